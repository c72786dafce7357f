//! Graphics adapters through wgpu: one is opened by Burn and shared with the fused kernels.

use std::sync::OnceLock;

use burn::tensor::{
    Device as BurnDevice, DeviceKind,
    wgpu::{WgpuBackend, wgpu},
};
use spindle_kernels::gpu::{self, Adapter, Gpu};
use spindle_run::device::Device;

use super::{Opened, Wanted, Which};
use crate::Error;

static OPENED: OnceLock<BurnDevice> = OnceLock::new();

/// The adapter that was opened, for Burn.
///
/// # Errors
/// [`Error::Device`]: none was.
pub(crate) fn burn_device() -> Result<&'static BurnDevice, Error> {
    OPENED.get().ok_or_else(|| Error::Device {
        reason: "no GPU was opened".to_owned(),
    })
}

/// The adapter that was opened in words, if the device is that.
pub(super) fn words(device: &BurnDevice) -> Option<String> {
    let is_opened = OPENED.get() == Some(device);
    let gpu = gpu::opened().filter(|_| is_opened)?;
    Some(gpu.adapter().words())
}

/// Opens an adapter for Burn and for the fused kernels.
///
/// # Errors
/// [`Error::NoDevice`]: there is none like it, or it refuses.
pub(super) async fn open(which: Option<&Which>) -> Result<Opened, Error> {
    let adapters = gpu::adapters().await;
    let adapter = found(&adapters, which)?;
    let refused =
        |reason: String| no_device(which, format!("{adapter} cannot be opened: {reason}"));
    let options = BurnDevice::wgpu_options()
        .graphics_api(api(adapter.info.backend))
        .device_kind(kind(adapter));
    let (device, setup) = options
        .init_with_setup_async()
        .await
        .map_err(|error| refused(error.to_string()))?;
    gpu::keep(Gpu {
        instance: setup.instance,
        adapter: setup.adapter,
        device: setup.device,
        queue: setup.queue,
    })?;
    OPENED
        .set(device)
        .map_err(|_| refused("another one was opened before".to_owned()))?;
    Ok(Opened {
        device: Device::Gpu,
        warning: warning(adapter),
    })
}

fn found<'a>(adapters: &'a [Adapter], which: Option<&Which>) -> Result<&'a Adapter, Error> {
    let found = match which {
        None => adapters.first(),
        Some(Which::Number(number)) => adapters.get(*number),
        Some(Which::Name(name)) => {
            let name = name.to_lowercase();
            let has_name = |adapter: &&Adapter| adapter.to_string().to_lowercase().contains(&name);
            adapters.iter().find(has_name)
        }
    };
    found.ok_or_else(|| no_device(which, known(adapters)))
}

/// What there is instead, in a sentence.
fn known(adapters: &[Adapter]) -> String {
    if adapters.is_empty() {
        return "no graphics driver offers any adapter (for Vulkan on Linux: the card's driver, \
                and libvulkan1; spindle doctor has the names of packages)"
            .to_owned();
    }
    let adapters = adapters.iter().enumerate();
    let list = adapters.map(|(number, adapter)| format!("gpu:{number}, {}", adapter.words()));
    format!("here there is {}", list.collect::<Vec<_>>().join("; "))
}

fn no_device(which: Option<&Which>, reason: String) -> Error {
    Error::NoDevice {
        device: Wanted::Gpu(which.cloned()).to_string(),
        reason,
    }
}

fn warning(adapter: &Adapter) -> Option<String> {
    let says = [
        (
            adapter.is_software(),
            "a program on the CPU, no graphics card: slower than --device cpu",
        ),
        (
            adapter.is_compatibility(),
            "reached through OpenGL, since Vulkan offers none; it was not made for this: wrong numbers and failures are more likely",
        ),
    ];
    let says: Vec<&str> = says
        .iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, words)| *words)
        .collect();
    (!says.is_empty()).then(|| format!("{adapter}: {}", says.join("; ")))
}

const fn api(backend: wgpu::Backend) -> WgpuBackend {
    match backend {
        wgpu::Backend::Noop => WgpuBackend::Auto,
        wgpu::Backend::Vulkan => WgpuBackend::Vulkan,
        wgpu::Backend::Metal => WgpuBackend::Metal,
        wgpu::Backend::Dx12 => WgpuBackend::Dx12,
        wgpu::Backend::Gl => WgpuBackend::Gl,
        wgpu::Backend::BrowserWebGpu => WgpuBackend::WebGpu,
    }
}

fn kind(adapter: &Adapter) -> DeviceKind {
    match adapter.info.device_type {
        wgpu::DeviceType::DiscreteGpu => DeviceKind::DiscreteGpu(adapter.index),
        wgpu::DeviceType::IntegratedGpu => DeviceKind::IntegratedGpu(adapter.index),
        wgpu::DeviceType::VirtualGpu => DeviceKind::VirtualGpu(adapter.index),
        wgpu::DeviceType::Cpu => DeviceKind::Cpu,
        wgpu::DeviceType::Other => DeviceKind::DefaultDevice,
    }
}
