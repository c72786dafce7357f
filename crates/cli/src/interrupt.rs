//! Ctrl-C: the first one asks the work to stop where it can go on later, the second one ends the
//! process.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

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
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(1);
        }
    });
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
