//! Training and evaluation of a stack on a GPU.

use std::{
    collections::BTreeMap,
    future::ready,
    sync::{Mutex, PoisonError},
};

use spindle_run::event::Tensors;
use wgpu::{Buffer, CommandEncoder, CommandEncoderDescriptor, Device, DeviceType, Queue};

use super::{
    super::{SequentialKernels, sequential::Sequential},
    fault::{Fault, failed, guarded, watched},
    kernels::{Kernels, LANES, Slot, Tiling},
    plan::{Plan, Purpose, filled_buffer, new_buffer},
    read::read,
};
use crate::{Error, Sgd};
use spindle_run::player::PatchMasks;

/// Pictures per pass forward.
const CHUNK: usize = 256;
/// Passes between reads: what bounds the work that waits in the queue.
const CHUNKS_PER_READ: usize = 8;
/// Losses there is room for at first.
const LOSSES: usize = 256;
/// For passes that change nothing.
const NO_STEP: Sgd = Sgd {
    learning_rate: 0.0,
    momentum: 0.0,
};

/// A stack with its weights, on a GPU.
pub struct GpuSequentialKernels {
    device: Device,
    queue: Queue,
    stack: Sequential,
    tiling: Tiling,
    /// Parameters, momentum and the control block: what all plans work on.
    shared: BTreeMap<Slot, Buffer>,
    /// Whether there is any momentum yet.
    has_momentum: bool,
    /// For steps; made with the first one, and anew when a batch is larger than any before.
    training: Option<Plan>,
    evaluation: Plan,
    losses: Losses,
    /// What goes wrong where nobody can be told; a browser tells what it thinks of a kernel later.
    faults: Mutex<Vec<Fault>>,
}

/// Losses of steps since they were last taken.
struct Losses {
    buffer: Buffer,
    room: usize,
    count: usize,
}

/// Whether the kernels can run a stack.
fn check_plain(stack: &Sequential) -> Result<(), Error> {
    match stack.convolutions.iter().find(|layer| !layer.is_plain()) {
        None => Ok(()),
        Some(layer) => Err(Error::Network {
            network: stack.name,
            reason: format!(
                "its convolution {} has padding, strides or a pooling other than 2x2, which the GPU kernels do not know; the CPU's do",
                layer.name
            ),
        }),
    }
}

impl GpuSequentialKernels {
    /// A stack with weights and momentum buffers under PyTorch's names; no buffers before the first step.
    ///
    /// # Errors
    /// A network that cannot be; all tensors that are missing, extra or misshapen; a device that is too small.
    pub fn new(
        device: &Device,
        queue: &Queue,
        stack: Sequential,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        let tiling = match device.adapter_info().device_type {
            DeviceType::Cpu => Tiling::SOFTWARE,
            _ => Tiling::HARDWARE,
        };
        Self::tiled((device, queue), stack, weights, momentum, tiling)
    }

    /// The same with tiles of one's own choice.
    pub(super) fn tiled(
        (device, queue): (&Device, &Queue),
        stack: Sequential,
        weights: &Tensors,
        momentum: &Tensors,
        tiling: Tiling,
    ) -> Result<Self, Error> {
        stack.check()?;
        check_plain(&stack)?;
        let weights = stack.values(weights)?;
        let has_momentum = !momentum.is_empty();
        let velocity = if has_momentum {
            stack.values(momentum)?
        } else {
            vec![0.0; weights.len()]
        };
        let ((shared, losses, evaluation), fault) = watched(device, || {
            let values = [&weights[..], &velocity, &[0.0; 4]];
            let slots = [Slot::Parameters, Slot::Velocity, Slot::Control];
            let buffers = slots.into_iter().zip(values);
            let shared = buffers
                .map(|(slot, values)| (slot, filled_buffer(device, queue, slot, values)))
                .collect();
            let losses = Losses {
                buffer: new_buffer(device, Slot::Loss, LOSSES),
                room: LOSSES,
                count: 0,
            };
            let kernels = Kernels::new(&stack, CHUNK, tiling);
            let evaluation = Plan::new(device, &kernels, Purpose::Forward, &shared)?;
            Ok((shared, losses, evaluation))
        })?;
        Ok(Self {
            device: device.clone(),
            queue: queue.clone(),
            stack,
            tiling,
            shared,
            has_momentum,
            training: None,
            evaluation,
            losses,
            faults: Mutex::new(fault.into_iter().collect()),
        })
    }

    /// The stack.
    #[must_use]
    pub fn stack(&self) -> &Sequential {
        &self.stack
    }

    /// What computes, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        let adapter = self.device.adapter_info();
        // A browser may keep the name to itself.
        let text = format!("fused GPU kernels, {} {}", adapter.backend, adapter.name);
        text.trim_end().to_owned()
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, channels, side, side]`; no pictures make no step. The device
    /// may still be at it when this returns: what goes wrong there is told by the next read.
    ///
    /// # Errors
    /// Pictures of another size, not as many labels, or one that is no class.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        self.stack.check_batch(pictures, labels)?;
        if labels.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.try_step(pictures, labels, sgd) {
            self.watch(Box::pin(ready(Some(error.to_string()))));
        }
        Ok(())
    }

    /// Mean losses of the steps since they were last taken, in order.
    ///
    /// # Errors
    /// The device failed.
    pub async fn take_losses(&mut self) -> Result<Vec<f32>, Error> {
        let count = std::mem::take(&mut self.losses.count);
        if count == 0 {
            self.check().await?;
            return Ok(Vec::new());
        }
        self.read(&self.losses.buffer, count).await
    }

    /// Logits `[count, classes]` of `pictures` `[count, channels, side, side]`.
    ///
    /// # Errors
    /// Pictures of another size; the device failed.
    pub async fn logits(&self, pictures: &[f32]) -> Result<Vec<f32>, Error> {
        self.stack.checked_count(pictures)?;
        let picture_len = self.stack.input_len();
        let mut logits = Vec::new();
        for part in pictures.chunks(CHUNKS_PER_READ * CHUNK * picture_len) {
            logits.extend(self.few_logits(part, picture_len).await?);
        }
        Ok(logits)
    }

    /// Logits `[2^n, classes]` of one picture under all masks of its players; computed by the CPU's kernels, with this engine's weights:
    /// so few pictures at a time keep no GPU busy.
    ///
    /// # Errors
    /// The device failed.
    pub async fn masked_logits(
        &self,
        picture: &[f32],
        masks: &PatchMasks,
    ) -> Result<Vec<f32>, Error> {
        let weights = self.weights().await?;
        let engine = SequentialKernels::new(self.stack.clone(), &weights, &Tensors::new())?;
        engine.masked_logits(picture, masks)
    }

    /// Weights under PyTorch's names.
    ///
    /// # Errors
    /// The device failed.
    pub async fn weights(&self) -> Result<Tensors, Error> {
        self.tensors(Slot::Parameters).await
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    ///
    /// # Errors
    /// The device failed.
    pub async fn momentum(&self) -> Result<Tensors, Error> {
        if self.has_momentum {
            self.tensors(Slot::Velocity).await
        } else {
            Ok(Tensors::new())
        }
    }

    fn try_step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        let capacity = self.training.as_ref().map_or(0, Plan::capacity);
        if labels.len() > capacity {
            self.prepare(labels.len())?;
        }
        if let Some(plan) = &self.training {
            let losses = &mut self.losses;
            guarded(&self.device, || {
                plan.send(&self.queue, pictures, labels, sgd);
                let mut encoder = encoder(&self.device);
                plan.encode(&mut encoder, labels.len());
                if let Some(loss) = plan.buffer(Slot::Loss) {
                    losses.push(&self.device, &mut encoder, loss);
                }
                self.queue.submit([encoder.finish()]);
            })?;
            self.has_momentum = true;
        }
        Ok(())
    }

    /// Makes the plan for batches of up to `count` pictures.
    fn prepare(&mut self, count: usize) -> Result<(), Error> {
        let (plan, fault) = watched(&self.device, || {
            let kernels = Kernels::new(&self.stack, count, self.tiling);
            Plan::new(&self.device, &kernels, Purpose::Step, &self.shared)
        })?;
        fault.into_iter().for_each(|fault| self.watch(fault));
        self.training = Some(plan);
        Ok(())
    }

    async fn tensors(&self, slot: Slot) -> Result<Tensors, Error> {
        let Some(buffer) = self.shared.get(&slot) else {
            return Ok(Tensors::new());
        };
        let values = self.read(buffer, self.stack.parameter_count()).await?;
        Ok(self.stack.tensors(&values))
    }

    /// Logits of a few chunks of pictures, with one read.
    async fn few_logits(&self, pictures: &[f32], picture_len: usize) -> Result<Vec<f32>, Error> {
        let plan = &self.evaluation;
        let last = self.stack.convolutions.len() + self.stack.dense.len() - 1;
        let Some(out) = plan.buffer(Slot::Out(last)) else {
            return Ok(Vec::new());
        };
        let classes = self.stack.classes();
        let chunk_len = classes * plan.capacity();
        let chunks = pictures.chunks(plan.capacity() * picture_len);
        let len = chunks.len() * chunk_len;
        let results = guarded(&self.device, || {
            let results = new_buffer(&self.device, Slot::Out(last), len);
            for (index, chunk) in chunks.enumerate() {
                plan.send(&self.queue, chunk, &[], NO_STEP);
                let mut encoder = encoder(&self.device);
                plan.encode(&mut encoder, chunk.len() / picture_len);
                let [place, size] = [4 * (index * chunk_len) as u64, 4 * chunk_len as u64];
                encoder.copy_buffer_to_buffer(out, 0, &results, place, size);
                self.queue.submit([encoder.finish()]);
            }
            results
        })?;
        let values = self.read(&results, len).await?;
        let count = pictures.len() / picture_len;
        let logit = |index: usize| {
            let (picture, class) = (index / classes, index % classes);
            let (block, lane) = (picture / LANES, picture % LANES);
            values[(block * classes + class) * LANES + lane]
        };
        Ok((0..count * classes).map(logit).collect())
    }

    async fn read(&self, buffer: &Buffer, len: usize) -> Result<Vec<f32>, Error> {
        self.check().await?;
        read(&self.device, &self.queue, buffer, len).await
    }

    fn watch(&self, fault: Fault) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push(fault);
    }

    /// Whether nothing went wrong so far; what did is told every time.
    async fn check(&self) -> Result<(), Error> {
        let faults = {
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *faults)
        };
        for fault in faults {
            if let Some(reason) = fault.await {
                self.watch(Box::pin(ready(Some(reason.clone()))));
                return Err(failed(reason));
            }
        }
        Ok(())
    }
}

impl Losses {
    /// Writes the copy of one more loss; doubles the room where it is full.
    fn push(&mut self, device: &Device, encoder: &mut CommandEncoder, loss: &Buffer) {
        if self.count == self.room {
            let larger = new_buffer(device, Slot::Loss, 2 * self.room);
            encoder.copy_buffer_to_buffer(&self.buffer, 0, &larger, 0, 4 * self.room as u64);
            self.buffer = larger;
            self.room *= 2;
        }
        encoder.copy_buffer_to_buffer(loss, 0, &self.buffer, 4 * self.count as u64, 4);
        self.count += 1;
    }
}

fn encoder(device: &Device) -> CommandEncoder {
    device.create_command_encoder(&CommandEncoderDescriptor::default())
}
