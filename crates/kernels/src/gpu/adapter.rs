//! What a GPU says of itself.

use std::fmt;

use wgpu::{AdapterInfo, Backend, DeviceType, Limits};

/// An adapter as its driver describes it.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// What wgpu knows of it.
    pub info: AdapterInfo,
    /// Its place among the adapters of its graphics API and type.
    pub index: usize,
    /// Bytes of the largest buffer that a kernel can be given. What memory there is no API tells.
    pub largest_buffer: u64,
}

/// The adapters of this machine, graphics cards before programs on the CPU. Their place is the
/// number that people give.
///
/// OpenGL is asked only where no other API has anything: it has the same cards once more, and its
/// loader complains to stderr.
#[cfg(not(target_arch = "wasm32"))]
pub async fn adapters() -> Vec<Adapter> {
    let mut found: Vec<Adapter> = Vec::new();
    for api in [Backend::Vulkan, Backend::Metal, Backend::Dx12, Backend::Gl] {
        if api == Backend::Gl && !found.is_empty() {
            break;
        }
        // An instance for one API each: what goes wrong in one driver is not told of another.
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = api.into();
        let instance = wgpu::Instance::new(descriptor);
        for adapter in instance.enumerate_adapters(api.into()).await {
            let info = adapter.get_info();
            let is_alike = |other: &&Adapter| {
                other.info.backend == api && other.info.device_type == info.device_type
            };
            let index = found.iter().filter(is_alike).count();
            found.push(Adapter::new(info, index, &adapter.limits()));
        }
    }
    found.sort_by_key(Adapter::is_software);
    found
}

impl Adapter {
    pub(super) fn new(info: AdapterInfo, index: usize, limits: &Limits) -> Self {
        let bound = limits.max_storage_buffer_binding_size;
        Self {
            info,
            index,
            largest_buffer: bound.min(limits.max_buffer_size),
        }
    }

    /// Whether it is a program on the CPU. Browsers do not say what type an adapter is, but
    /// software adapters have names.
    #[must_use]
    pub fn is_software(&self) -> bool {
        const NAMES: [&str; 4] = ["swiftshader", "llvmpipe", "basic render", "software"];
        let info = &self.info;
        let words = format!("{} {} {}", info.name, info.driver, info.driver_info).to_lowercase();
        info.device_type == DeviceType::Cpu || NAMES.iter().any(|name| words.contains(name))
    }

    /// It in words, with what makes it no graphics card.
    #[must_use]
    pub fn words(&self) -> String {
        match self.is_software() {
            true => format!("{self}, software"),
            false => self.to_string(),
        }
    }

    /// Whether it is reached through OpenGL, whose compute shaders are an afterthought.
    #[must_use]
    pub fn is_compatibility(&self) -> bool {
        self.info.backend == Backend::Gl
    }
}

impl fmt::Display for Adapter {
    /// Its name, driver and graphics API, as far as they are known.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = &self.info;
        let api = match info.backend {
            Backend::Noop | Backend::BrowserWebGpu => "",
            Backend::Vulkan => "Vulkan",
            Backend::Metal => "Metal",
            Backend::Dx12 => "DirectX 12",
            Backend::Gl => "OpenGL",
        };
        let parts = [&info.name, &info.driver, &info.driver_info, api];
        // A driver's name is often a part of the adapter's.
        let mut known: Vec<&str> = Vec::new();
        for part in parts {
            if !part.is_empty() && !known.iter().any(|known| known.contains(part)) {
                known.push(part);
            }
        }
        formatter.write_str(&known.join(", "))
    }
}
