//! The GPU behind WebGPU: what it is, whether it computes right, and what goes wrong on it.

use spindle_core::self_test;
use spindle_kernels::gpu;
use spindle_run::device::Place;

use crate::{Error, protocol::Gpu};

/// Opens the GPU, tests it, and has `failed` called with all that goes wrong on it later: errors
/// that nothing caught, its loss.
///
/// # Errors
/// There is none, or it fails its test.
pub async fn open(
    failed: impl Fn(String) + Clone + Send + Sync + 'static,
) -> Result<(Gpu, wgpu::Device), Error> {
    let opened = gpu::open().await?;
    let device = opened.device.clone();
    let uncaptured = failed.clone();
    device.on_uncaptured_error(std::sync::Arc::new(move |error: wgpu::Error| {
        uncaptured(format!("the GPU reported an error: {error}"));
    }));
    device.set_device_lost_callback(move |reason, message| {
        failed(format!("the GPU was lost ({reason:?}): {message}"));
    });
    let adapter = opened.adapter();
    let limits = device.limits();
    let gpu = Gpu {
        software: adapter.is_software(),
        name: adapter.to_string(),
        max_buffer: limits.max_storage_buffer_binding_size,
        max_workgroup: limits.max_compute_invocations_per_workgroup,
        self_test: self_test::largest_difference(Place::GPU).await?,
    };
    Ok((gpu, device))
}
