//! Networks on a graphics adapter, on machines without a graphics card: Mesa's lavapipe is a Vulkan
//! driver that computes on the CPU.

use std::{fs, path::PathBuf};

use anyhow::Context;

use crate::{apt, process::cargo_with};

/// Where Debian's packages say which drivers there are.
const DRIVERS: &str = "/usr/share/vulkan/icd.d";
/// The build with graphics adapters has other features in many crates: in the folder of the other
/// builds each would throw away what the other made.
pub(crate) const TARGET: &str = "target/gpu";
/// See Cargo.toml.
pub(crate) const PROFILE: &str = "gpu-test";

/// Tests the library's networks and the tool on lavapipe, and on nothing else.
pub(crate) fn test() -> anyhow::Result<()> {
    let driver = lavapipe()?.display().to_string();
    let environment = [
        ("VK_DRIVER_FILES", &driver[..]),
        ("VK_ICD_FILENAMES", &driver[..]),
    ];
    // In one build: with other packages beside them, dependencies have other features, and Burn takes
    // minutes to build.
    cargo_with(
        &format!(
            "test --profile {PROFILE} -p spindle-core -p spindle --features spindle/wgpu --test gpu --target-dir {TARGET}"
        ),
        &environment,
    )
}

/// The file that names the driver; it is installed where it is missing.
fn lavapipe() -> anyhow::Result<PathBuf> {
    let advice = "Mesa's lavapipe is missing and could not be installed by apt-get: install mesa-vulkan-drivers and libvulkan1";
    if let Some(found) = installed() {
        return Ok(found);
    }
    for package in ["mesa-vulkan-drivers", "libvulkan1"] {
        apt::install(package).context(advice)?;
    }
    installed().context(advice)
}

fn installed() -> Option<PathBuf> {
    let files = fs::read_dir(DRIVERS).ok()?;
    let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
    paths.find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("lvp_icd") && name.ends_with(".json")
    })
}
