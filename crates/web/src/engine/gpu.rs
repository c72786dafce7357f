//! The GPU behind WebGPU: what it is, whether it computes right, and what goes wrong on it.

use spindle_core::self_test;
use spindle_kernels::gpu;
use spindle_run::device::Place;
use wgpu::{AdapterInfo, DeviceType};

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
    let info = opened.adapter.get_info();
    let limits = device.limits();
    let gpu = Gpu {
        software: is_software(&info),
        name: name(&info),
        max_buffer: limits.max_storage_buffer_binding_size,
        max_workgroup: limits.max_compute_invocations_per_workgroup,
        self_test: self_test::largest_difference(Place::GPU).await?,
    };
    Ok((gpu, device))
}

/// What wgpu says of the adapter; nothing in browsers that keep it.
fn name(info: &AdapterInfo) -> String {
    let parts = [&info.name, &info.driver, &info.driver_info];
    let known: Vec<&str> = parts
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    known.join(", ")
}

/// Browsers do not say what type an adapter is, but software adapters have names.
fn is_software(info: &AdapterInfo) -> bool {
    const NAMES: [&str; 4] = ["swiftshader", "llvmpipe", "basic render", "software"];
    let words = format!("{} {} {}", info.name, info.driver, info.driver_info).to_lowercase();
    info.device_type == DeviceType::Cpu || NAMES.iter().any(|name| words.contains(name))
}
