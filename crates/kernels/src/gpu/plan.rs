//! A network's kernels made ready for batches of up to some number of pictures.

use std::collections::BTreeMap;

use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, Buffer, BufferDescriptor, BufferUsages,
    CommandEncoder, ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor, Device,
    PipelineCompilationOptions, Queue, ShaderModuleDescriptor, ShaderSource,
};

use super::{
    fault::failed,
    kernels::{Kernel, Kernels, LANES, Slot, Width},
};
use crate::{Error, Sgd};

/// Buffers and pipelines for batches of up to `capacity` pictures.
pub(super) struct Plan {
    capacity: usize,
    picture_len: usize,
    buffers: BTreeMap<Slot, Buffer>,
    dispatches: Vec<Dispatch>,
}

struct Dispatch {
    pipeline: ComputePipeline,
    bindings: BindGroup,
    width: Width,
    rest: [u32; 2],
}

/// What a plan is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Logits.
    Forward,
    /// A step of training.
    Step,
}

impl Plan {
    /// A plan on buffers that it shares with others, as far as there are any.
    ///
    /// # Errors
    /// The device's limits are too small for so many pictures.
    pub(super) fn new(
        device: &Device,
        kernels: &Kernels<'_>,
        purpose: Purpose,
        shared: &BTreeMap<Slot, Buffer>,
    ) -> Result<Self, Error> {
        let mut list = kernels.forward();
        if purpose == Purpose::Step {
            list.extend(kernels.backward());
        }
        let mut buffers = shared.clone();
        for slot in list.iter().flat_map(|kernel| &kernel.slots) {
            let len = kernels.len(*slot);
            check_size(device, *slot, len)?;
            let buffer = || new_buffer(device, *slot, len);
            buffers.entry(*slot).or_insert_with(buffer);
        }
        for kernel in &list {
            check_grid(device, kernel, kernels.capacity())?;
        }
        let dispatches = list
            .into_iter()
            .map(|kernel| Dispatch::new(device, kernel, &buffers))
            .collect();
        Ok(Self {
            capacity: kernels.capacity(),
            picture_len: kernels.picture_len(),
            dispatches,
            buffers,
        })
    }

    /// Most pictures of a batch.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn buffer(&self, slot: Slot) -> Option<&Buffer> {
        self.buffers.get(&slot)
    }

    /// Sends a batch: pictures `[count, values]`, labels or none, and how to step.
    pub(super) fn send(&self, queue: &Queue, pictures: &[f32], labels: &[usize], sgd: Sgd) {
        let count = pictures.len() / self.picture_len;
        let input = self.input(pictures, labels);
        let mut control = [0; 16];
        control[..4].copy_from_slice(&(count as u32).to_le_bytes());
        control[4..8].copy_from_slice(&(sgd.learning_rate as f32).to_le_bytes());
        control[8..12].copy_from_slice(&(sgd.momentum as f32).to_le_bytes());
        for (slot, bytes) in [(Slot::Input, &input[..]), (Slot::Control, &control)] {
            if let Some(buffer) = self.buffers.get(&slot) {
                queue.write_buffer(buffer, 0, bytes);
            }
        }
    }

    /// Bytes of the input buffer: pictures transposed to `[blocks, values, LANES]`, then labels.
    fn input(&self, pictures: &[f32], labels: &[usize]) -> Vec<u8> {
        let mut input = vec![0; 4 * self.capacity * (self.picture_len + 1)];
        let (transposed, places) = input.split_at_mut(4 * self.capacity * self.picture_len);
        let blocks = transposed.chunks_exact_mut(4 * LANES * self.picture_len);
        for (block, pictures) in blocks.zip(pictures.chunks(LANES * self.picture_len)) {
            for (lane, picture) in pictures.chunks_exact(self.picture_len).enumerate() {
                for (values, value) in block.chunks_exact_mut(4 * LANES).zip(picture) {
                    values[4 * lane..4 * lane + 4].copy_from_slice(&value.to_le_bytes());
                }
            }
        }
        for (place, label) in places.chunks_exact_mut(4).zip(labels) {
            place.copy_from_slice(&(*label as f32).to_le_bytes());
        }
        input
    }

    /// Writes all dispatches for a batch of `count` pictures.
    pub(super) fn encode(&self, encoder: &mut CommandEncoder, count: usize) {
        let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
        for dispatch in &self.dispatches {
            let width = match dispatch.width {
                Width::Pictures => count.div_ceil(LANES),
                Width::Fixed(width) => width,
            };
            pass.set_pipeline(&dispatch.pipeline);
            pass.set_bind_group(0, &dispatch.bindings, &[]);
            pass.dispatch_workgroups(width as u32, dispatch.rest[0], dispatch.rest[1]);
        }
    }
}

impl Dispatch {
    fn new(device: &Device, kernel: Kernel, buffers: &BTreeMap<Slot, Buffer>) -> Self {
        let label = Some(&*kernel.name);
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label,
            source: ShaderSource::Wgsl(kernel.source.into()),
        });
        let pipeline = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label,
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: PipelineCompilationOptions::default(),
            cache: None,
        });
        let entries: Vec<BindGroupEntry<'_>> = kernel
            .slots
            .iter()
            .zip(0..)
            .filter_map(|(slot, binding)| {
                let resource = buffers.get(slot)?.as_entire_binding();
                Some(BindGroupEntry { binding, resource })
            })
            .collect();
        let bindings = device.create_bind_group(&BindGroupDescriptor {
            label,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Self {
            pipeline,
            bindings,
            width: kernel.width,
            rest: kernel.rest.map(|count| count as u32),
        }
    }
}

/// A buffer of `len` values, all zero.
pub(super) fn new_buffer(device: &Device, slot: Slot, len: usize) -> Buffer {
    let kind = match slot {
        Slot::Control => BufferUsages::UNIFORM,
        _ => BufferUsages::STORAGE,
    };
    device.create_buffer(&BufferDescriptor {
        label: Some(&format!("{slot:?}")),
        size: 4 * len as u64,
        usage: kind | BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// A buffer that holds these values.
pub(super) fn filled_buffer(device: &Device, queue: &Queue, slot: Slot, values: &[f32]) -> Buffer {
    let buffer = new_buffer(device, slot, values.len());
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    queue.write_buffer(&buffer, 0, &bytes);
    buffer
}

/// Whether a kernel's grid is one that the device allows.
fn check_grid(device: &Device, kernel: &Kernel, capacity: usize) -> Result<(), Error> {
    let most = device.limits().max_compute_workgroups_per_dimension as usize;
    let width = match kernel.width {
        Width::Pictures => capacity / LANES,
        Width::Fixed(width) => width,
    };
    let [y, z] = kernel.rest;
    if width.max(y).max(z) <= most {
        return Ok(());
    }
    let name = &kernel.name;
    let text = format!(
        "{name} takes {width} x {y} x {z} workgroups and it allows {most} along one side; take a \
         smaller network"
    );
    Err(failed(text))
}

fn check_size(device: &Device, slot: Slot, len: usize) -> Result<(), Error> {
    let most = device.limits().max_storage_buffer_binding_size;
    let size = 4 * len as u64;
    if size <= most {
        return Ok(());
    }
    let text = format!("{slot:?} takes {size} bytes and it allows {most}; take a smaller batch");
    Err(failed(text))
}
