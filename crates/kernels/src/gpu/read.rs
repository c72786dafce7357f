//! Reading from the GPU, without blocking where a browser forbids it.

use wgpu::{
    Buffer, BufferDescriptor, BufferUsages, CommandEncoderDescriptor, Device, MapMode, Queue,
};

use super::fault::{failed, guarded};
use crate::Error;

/// The first `len` values of a buffer, once all work submitted before is done.
///
/// # Errors
/// The device was lost or refuses.
pub(super) async fn read(
    device: &Device,
    queue: &Queue,
    source: &Buffer,
    len: usize,
) -> Result<Vec<f32>, Error> {
    let size = 4 * len as u64;
    let (sender, receiver) = futures_channel::oneshot::channel();
    let target = guarded(device, || {
        let target = device.create_buffer(&BufferDescriptor {
            label: Some("read"),
            size,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(source, 0, &target, 0, size);
        queue.submit([encoder.finish()]);
        target.map_async(MapMode::Read, .., move |outcome| {
            // Nobody listens any more where the read was given up.
            let _ = sender.send(outcome);
        });
        target
    })?;
    #[cfg(not(target_arch = "wasm32"))]
    device
        .poll(wgpu::PollType::wait_indefinitely())
        .map_err(|error| failed(error.to_string()))?;
    receiver
        .await
        .map_err(|_| failed("it was lost during a read".to_owned()))?
        .map_err(|error| failed(format!("reading from it, {error}; it may have been lost")))?;
    let bytes = target
        .get_mapped_range(..)
        .map_err(|error| failed(error.to_string()))?;
    let values = bytes.chunks_exact(4).map(|bytes| {
        let mut value = [0; 4];
        value.copy_from_slice(bytes);
        f32::from_le_bytes(value)
    });
    Ok(values.collect())
}
