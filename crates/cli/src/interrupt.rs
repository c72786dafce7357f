//! Ctrl-C: the first one asks the work to stop where it can go on later, the second one ends the
//! process.

use std::{
    fs, io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether the process waits for somebody else, who may never come.
static WAITING: AtomicBool = AtomicBool::new(false);

/// What a command ends with when it was asked to stop.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// The work on a run, which goes on later.
    Run,
    /// Work whose result is one file.
    File,
    /// Work that only reads.
    Reading,
}

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Run => "interrupted; the same command continues from here",
            Self::File => "interrupted; nothing was written",
            Self::Reading => "interrupted",
        })
    }
}

impl std::error::Error for Interrupted {}

/// Listens for Ctrl-C and termination from now on. Where one of these signals is ignored already, as
/// by `nohup`, all of them stay as they are.
pub(crate) fn listen() {
    // Without a handler the default one ends the process, which loses at most a minute of work.
    let _ = ctrlc::try_set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) || WAITING.load(Ordering::SeqCst) {
            std::process::exit(1);
        }
    });
}

/// Reads or writes what another process has the other end of: nothing is lost when the first
/// interruption ends this process meanwhile.
pub(crate) fn waiting<T>(work: impl FnOnce() -> T) -> T {
    WAITING.store(true, Ordering::SeqCst);
    // It may have been asked to stop just before.
    if requested() {
        std::process::exit(1);
    }
    let done = work();
    WAITING.store(false, Ordering::SeqCst);
    done
}

/// A file's bytes, which may be those of a pipe.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    waiting(|| fs::read(path))
}

/// Whether the work was asked to stop.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// The error of this work when it was asked to stop.
pub(crate) fn check(work: Interrupted) -> anyhow::Result<()> {
    if requested() {
        return Err(work.into());
    }
    Ok(())
}

/// For callbacks that may stop a solver.
pub(crate) fn control() -> std::ops::ControlFlow<()> {
    if requested() {
        std::ops::ControlFlow::Break(())
    } else {
        std::ops::ControlFlow::Continue(())
    }
}
