//! The devices of this machine that this build can use.

use super::Wanted;

/// A device that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// How it is asked for.
    pub wanted: Wanted,
    /// What it says of itself.
    pub words: String,
    /// Whether it is a program on the CPU that stands in for a graphics card.
    pub is_software: bool,
    /// Bytes of the largest array that it takes, where that is known and less than its memory.
    pub largest_array: Option<u64>,
}

/// All of them, the CPU first. Cards of NVIDIA's are listed as one: whether there is any shows when
/// it is opened.
pub async fn list() -> Vec<Listed> {
    let mut devices = vec![Listed {
        wanted: Wanted::Cpu,
        words: spindle_run::parallel::description(),
        is_software: false,
        largest_array: None,
    }];
    devices.extend(adapters().await);
    if cfg!(feature = "burn-cuda") {
        devices.push(Listed {
            wanted: Wanted::Cuda(None),
            words: "NVIDIA's first card, if there is one".to_owned(),
            is_software: false,
            largest_array: None,
        });
    }
    devices
}

#[cfg(feature = "burn-wgpu")]
async fn adapters() -> Vec<Listed> {
    let adapters = spindle_kernels::gpu::adapters().await.into_iter();
    let listed = adapters.enumerate().map(|(number, adapter)| Listed {
        wanted: Wanted::Gpu(Some(super::Which::Number(number))),
        words: adapter.words(),
        is_software: adapter.is_software(),
        largest_array: Some(adapter.largest_buffer),
    });
    listed.collect()
}

#[cfg(not(feature = "burn-wgpu"))]
async fn adapters() -> Vec<Listed> {
    std::future::ready(Vec::new()).await
}

/// The first adapter that is a graphics card, and not reached through OpenGL.
#[cfg(feature = "burn-wgpu")]
pub(super) async fn first_card() -> Option<super::Which> {
    let adapters = spindle_kernels::gpu::adapters().await;
    let card = adapters
        .iter()
        .position(|adapter| !adapter.is_software() && !adapter.is_compatibility());
    card.map(super::Which::Number)
}

#[cfg(not(feature = "burn-wgpu"))]
pub(super) async fn first_card() -> Option<super::Which> {
    std::future::ready(None).await
}

/// What this build has beside the fused kernels on the CPU, by Cargo feature of the
/// command line tool, and whether it has it.
#[must_use]
pub const fn features() -> [(&'static str, bool); 3] {
    [
        ("burn", cfg!(feature = "burn")),
        ("wgpu", cfg!(feature = "burn-wgpu")),
        ("cuda", cfg!(feature = "burn-cuda")),
    ]
}
