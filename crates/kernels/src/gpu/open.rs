//! The GPU that networks are computed on: opened once, then found by every engine.

use std::sync::OnceLock;

use wgpu::{
    Adapter, DeviceDescriptor, Instance, InstanceDescriptor, PowerPreference, Queue,
    RequestAdapterOptions,
};

use crate::Error;

static OPENED: OnceLock<Gpu> = OnceLock::new();

/// wgpu's own handles: what the adapter is, what it can do, what goes wrong on it.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// What the browser offered it through.
    pub instance: Instance,
    /// The physical device.
    pub adapter: Adapter,
    /// The opened device.
    pub device: wgpu::Device,
    /// Where its work goes.
    pub queue: Queue,
}

/// Opens the GPU of a browser, which hands it out asynchronously.
///
/// # Errors
/// [`Error::Device`]: there is none, it refuses, or it was opened before.
pub async fn open() -> Result<&'static Gpu, Error> {
    let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
    let wanted = RequestAdapterOptions {
        power_preference: PowerPreference::HighPerformance,
        ..Default::default()
    };
    let adapter = instance.request_adapter(&wanted).await.map_err(failed)?;
    let (device, queue) = adapter
        .request_device(&DeviceDescriptor::default())
        .await
        .map_err(failed)?;
    keep(Gpu {
        instance,
        adapter,
        device,
        queue,
    })
}

/// Keeps a GPU that was opened elsewhere, for all that comes.
///
/// # Errors
/// [`Error::Device`]: another one was opened before.
pub fn keep(gpu: Gpu) -> Result<&'static Gpu, Error> {
    match OPENED.set(gpu) {
        Ok(()) => opened().ok_or_else(|| failed("the GPU was not kept")),
        Err(_) => Err(failed("a GPU was opened before")),
    }
}

impl Gpu {
    /// What it says of itself.
    #[must_use]
    pub fn adapter(&self) -> super::Adapter {
        super::Adapter::new(self.adapter.get_info(), 0, &self.adapter.limits())
    }
}

/// The GPU, once it was opened.
#[must_use]
pub fn opened() -> Option<&'static Gpu> {
    OPENED.get()
}

fn failed(reason: impl ToString) -> Error {
    Error::Device {
        reason: reason.to_string(),
    }
}
