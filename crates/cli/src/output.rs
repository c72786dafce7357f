//! Where a command writes its one file, checked before any work.

use std::path::Path;

use anyhow::bail;

/// Refuses a path that is a folder, lies in none, or is one of the command's inputs.
pub(crate) fn check(out: &Path, inputs: &[&Path]) -> anyhow::Result<()> {
    let name = out.display();
    if out.is_dir() {
        bail!("--out {name} is a folder; name a file in it");
    }
    let folder = match out.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        bail!(
            "--out {name}: there is no folder {}; make it first",
            folder.display()
        );
    }
    let same = |input: &&Path| match (out.canonicalize(), input.canonicalize()) {
        (Ok(out), Ok(input)) => out == input,
        _ => false,
    };
    if inputs.iter().any(same) {
        bail!("--out {name} is also an input and would be overwritten; choose another name");
    }
    Ok(())
}
