//! Training and evaluation of a sequential network on a GPU.

use std::{
    collections::BTreeMap,
    future::ready,
    sync::{Mutex, PoisonError},
};

use spindle_run::event::Tensors;
use wgpu::{Buffer, CommandEncoder, CommandEncoderDescriptor, Device, DeviceType, Queue};

use super::{
    Adapter,
    fault::{Fault, failed, guarded, watched},
    kernels::{Kernels, LANES, Slot, Tiling},
    plan::{Plan, Purpose, filled_buffer, new_buffer},
    read::read,
};
use crate::{Error, Sgd, sequential::Sequential};

/// Losses there is room for at first; twice as many whenever they are too few.
const LOSSES: usize = 256;
/// For passes that change nothing.
const NO_STEP: Sgd = Sgd {
    learning_rate: 0.0,
    momentum: 0.0,
};

/// What is a free choice on a GPU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
    /// What invocations do.
    pub(super) tiling: Tiling,
    /// Pictures per pass forward.
    pub(super) chunk: usize,
    /// Passes between reads: what bounds the work that waits in the queue.
    pub(super) chunks_per_read: usize,
}

impl Tuning {
    /// The usual one for a kind of device.
    pub(super) fn of(tiling: Tiling) -> Self {
        Self {
            tiling,
            chunk: 256,
            chunks_per_read: 8,
        }
    }
}

/// What work is given to.
#[derive(Clone, Copy)]
pub(super) struct Handles<'a> {
    pub(super) device: &'a Device,
    pub(super) queue: &'a Queue,
}

/// A network with its weights, on a GPU.
pub struct GpuSequentialKernels {
    device: Device,
    queue: Queue,
    network: Sequential,
    tuning: Tuning,
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

impl GpuSequentialKernels {
    /// A network with weights and momentum buffers under PyTorch's names; no buffers before the
    /// first step.
    ///
    /// # Errors
    /// A network that cannot be; all tensors that are missing, extra or misshapen; a device that is
    /// too small.
    pub fn new(
        device: &Device,
        queue: &Queue,
        network: Sequential,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        let tiling = match device.adapter_info().device_type {
            DeviceType::Cpu => Tiling::SOFTWARE,
            _ => Tiling::HARDWARE,
        };
        let gpu = Handles { device, queue };
        Self::with_tuning(gpu, network, weights, momentum, Tuning::of(tiling))
    }

    /// The same with a tuning of one's own.
    pub(super) fn with_tuning(
        Handles { device, queue }: Handles<'_>,
        network: Sequential,
        weights: &Tensors,
        momentum: &Tensors,
        tuning: Tuning,
    ) -> Result<Self, Error> {
        network.check()?;
        network.check_for_gpu()?;
        let weights = network.values(weights)?;
        let has_momentum = !momentum.is_empty();
        let velocity = if has_momentum {
            network.values(momentum)?
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
            let kernels = Kernels::new(&network, tuning.chunk, tuning.tiling);
            let evaluation = Plan::new(device, &kernels, Purpose::Forward, &shared)?;
            Ok((shared, losses, evaluation))
        })?;
        Ok(Self {
            device: device.clone(),
            queue: queue.clone(),
            network,
            tuning,
            shared,
            has_momentum,
            training: None,
            evaluation,
            losses,
            faults: Mutex::new(fault.into_iter().collect()),
        })
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Sequential {
        &self.network
    }

    /// What computes, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        let adapter = Adapter::new(self.device.adapter_info(), 0, &self.device.limits());
        let words = adapter.words();
        // A browser may keep the name to itself.
        match words.is_empty() {
            true => "fused GPU kernels".to_owned(),
            false => format!("fused GPU kernels on {words}"),
        }
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, channels, side, side]`;
    /// no pictures make no step. The device may still be at it when this returns: what goes wrong
    /// there is told by the next read.
    ///
    /// # Errors
    /// Pictures of another size, not as many labels, or one that is no class.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        self.network.check_batch(pictures, labels)?;
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
        self.network.checked_count(pictures)?;
        let picture_len = self.network.input_len();
        let most = self.tuning.chunks_per_read * self.tuning.chunk;
        let mut logits = Vec::new();
        for part in pictures.chunks(most * picture_len) {
            logits.extend(self.few_logits(part, picture_len).await?);
        }
        Ok(logits)
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
            let kernels = Kernels::new(&self.network, count, self.tuning.tiling);
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
        let values = self.read(buffer, self.network.parameter_count()).await?;
        Ok(self.network.tensors(&values))
    }

    /// Logits of a few chunks of pictures, with one read.
    async fn few_logits(&self, pictures: &[f32], picture_len: usize) -> Result<Vec<f32>, Error> {
        let plan = &self.evaluation;
        let last = self.network.convolutions.len() + self.network.dense.len() - 1;
        let Some(out) = plan.buffer(Slot::Out(last)) else {
            return Ok(Vec::new());
        };
        let classes = self.network.classes();
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
