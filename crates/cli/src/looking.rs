//! A run's course on the terminal: a bar for every stretch of work, and Ctrl-C.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;
use spindle_core::pipeline::{Stretch, Watch};

use crate::{interrupt, terminal::Terminal};

/// Who looks on at the terminal.
pub(crate) struct Looking<'a> {
    terminal: &'a Terminal,
    /// The stretch that is on, and its bar.
    bar: Mutex<Option<(String, ProgressBar)>>,
}

impl<'a> Looking<'a> {
    pub(crate) fn new(terminal: &'a Terminal) -> Self {
        Self {
            terminal,
            bar: Mutex::new(None),
        }
    }

    fn bar(&self) -> MutexGuard<'_, Option<(String, ProgressBar)>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Looking<'_> {
    fn progress(&self, stretch: Stretch<'_>) {
        let mut current = self.bar();
        if !matches!(&*current, Some((name, _)) if name == stretch.name) {
            let Stretch {
                name,
                unit,
                done,
                total,
                ..
            } = stretch;
            let bar = self.terminal.bar(name, unit, done, total);
            *current = Some((name.to_owned(), bar));
        }
        let Some((_, bar)) = &*current else {
            return;
        };
        // Games may be told out of order; the next checkpoint's begin where this one's end.
        bar.set_length(stretch.total as u64);
        bar.set_position(bar.position().max(stretch.done as u64));
        if let Some(loss) = stretch.loss {
            bar.set_message(format!("loss {loss:.4}"));
        }
        if stretch.done >= stretch.total {
            bar.finish_with_message("done");
        }
    }

    fn warn(&self, warning: &str) {
        self.terminal.warn(warning);
    }

    fn wants_to_stop(&self) -> bool {
        interrupt::requested()
    }
}

impl Drop for Looking<'_> {
    /// A stretch that was broken off stays as it was.
    fn drop(&mut self) {
        if let Some((_, bar)) = &*self.bar()
            && !bar.is_finished()
        {
            bar.abandon();
        }
    }
}
