//! Where a command writes its one file, checked before any work.

use std::{
    io::{IsTerminal as _, stdout},
    path::Path,
};

use anyhow::bail;
use spindle_run::folder::{self, Disk};

use crate::{
    interrupt,
    terminal::{self, Terminal},
};

/// What stands for standard output in place of a file's name, and for standard input of an input.
pub(crate) const STANDARD: &str = "-";

/// Refuses a path that is a folder, lies in none, or is one of the command's inputs; and standard
/// output where nobody could read what is written there.
pub(crate) fn check(out: &Path, inputs: &[&Path], terminal: &Terminal) -> anyhow::Result<()> {
    let name = out.display();
    if out == Path::new(STANDARD) {
        return check_standard(terminal);
    }
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

fn check_standard(terminal: &Terminal) -> anyhow::Result<()> {
    if terminal.is_json() {
        bail!("--out - and --json would both write to standard output; name a file");
    }
    if stdout().is_terminal() {
        bail!("--out - would fill this terminal with bytes; pass them on, or name a file");
    }
    Ok(())
}

/// Writes the file, whole or not at all, or to standard output.
pub(crate) fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_on(&Disk::default(), out, bytes)
}

/// As [`write()`], on a disk that may fail.
pub(crate) fn write_on(disk: &Disk, out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let whole = || folder::write_on(disk, out, bytes);
    match out == Path::new(STANDARD) {
        true => interrupt::waiting(|| terminal::write_out(bytes)),
        false if is_stream(out) => Ok(interrupt::waiting(whole)?),
        false => Ok(whole()?),
    }
}

/// Whether a path leads to what is there and has no contents of its own: a pipe, a device.
fn is_stream(out: &Path) -> bool {
    out.metadata()
        .is_ok_and(|found| !found.is_file() && !found.is_dir())
}
