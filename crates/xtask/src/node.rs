//! Node and npm, by which the page is built.

use std::{path::Path, process::Command, time::SystemTime};

use anyhow::{Context, bail};

use crate::process::{output, run_command};

/// Vite needs it.
const OLDEST: [u32; 2] = [20, 19];

/// Installs the packages of a folder's `package-lock.json`, unless they are there.
pub(crate) fn install_packages(folder: &str) -> anyhow::Result<()> {
    check_version()?;
    let folder = Path::new(folder);
    // npm writes this file last.
    let installed = changed(&folder.join("node_modules/.package-lock.json"));
    let wanted = changed(&folder.join("package-lock.json"));
    if installed.is_some() && installed >= wanted {
        return Ok(());
    }
    run_command(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )
}

fn changed(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|data| data.modified()).ok()
}

/// A program of a folder's packages, to be run in that folder.
pub(crate) fn tool(folder: &str, name: &str) -> anyhow::Result<Command> {
    let program = Path::new(folder).join("node_modules/.bin").join(name);
    let program = program.canonicalize().with_context(|| {
        format!(
            "there is no {}: remove {folder}/node_modules and try again",
            program.display()
        )
    })?;
    let mut command = Command::new("node");
    command.arg(program).current_dir(folder);
    Ok(command)
}

fn check_version() -> anyhow::Result<()> {
    let advice = "The page is built with Node 20.19 or newer and its npm: install them from https://nodejs.org or by `apt-get install nodejs npm`.";
    let text = output("node", &["--version"]).context(advice)?;
    output("npm", &["--version"]).context(advice)?;
    if version(&text).is_none_or(|version| version < OLDEST) {
        bail!("Node is {} here. {advice}", text.trim());
    }
    Ok(())
}

/// Major and minor number of `v20.19.1`.
fn version(text: &str) -> Option<[u32; 2]> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    Some([numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("v20.19.1\n"), Some([20, 19]));
        assert!(version("v9.11.2") < Some(OLDEST));
        assert!(version("v22.3.0") > Some(OLDEST));
        assert_eq!(version("nonsense"), None);
    }
}
