//! Debian's packages.

use std::{path::Path, process::Command};

use crate::process::{output, run_command};

/// Installs a package, as root or by sudo.
pub(crate) fn install(package: &str) -> anyhow::Result<()> {
    update()?;
    run_command(as_root(&["install", "--yes", package])?.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Asks the servers for what they have.
pub(crate) fn update() -> anyhow::Result<()> {
    run_command(&mut as_root(&["update"])?)
}

/// Fetches packages and unpacks them into a folder; nothing is installed.
pub(crate) fn unpack(packages: &[String], folder: &Path) -> anyhow::Result<()> {
    let downloads = folder.join("packages");
    std::fs::create_dir_all(&downloads)?;
    run_command(
        Command::new("apt-get")
            .arg("download")
            .args(packages)
            .current_dir(&downloads),
    )?;
    for file in std::fs::read_dir(&downloads)? {
        let file = file?.path();
        run_command(Command::new("dpkg").arg("-x").args([&file, folder]))?;
    }
    std::fs::remove_dir_all(&downloads)?;
    Ok(())
}

/// Packages that a package depends on; none where it is not known.
pub(crate) fn dependencies(package: &str) -> anyhow::Result<Vec<String>> {
    let listed = output("apt-cache", &["depends", package]).unwrap_or_default();
    Ok(listed.lines().filter_map(dependency).collect())
}

/// The package of a line of `apt-cache depends` like `  Depends: libc6`.
fn dependency(line: &str) -> Option<String> {
    Some(line.trim().strip_prefix("Depends: ")?.to_owned())
}

fn as_root(arguments: &[&str]) -> anyhow::Result<Command> {
    let root = output("id", &["-u"])?.trim() == "0";
    let mut command = Command::new(if root { "apt-get" } else { "sudo" });
    if !root {
        command.arg("apt-get");
    }
    command.args(arguments);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_depended_on_counts() {
        assert_eq!(dependency("  Depends: libc6"), Some("libc6".to_owned()));
        assert_eq!(dependency("  Breaks: libstd-rust-dev"), None);
    }
}
