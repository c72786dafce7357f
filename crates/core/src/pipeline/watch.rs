//! Who looks on while a run is conducted.

use std::ops::ControlFlow;

/// How far a stretch of work is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch<'a> {
    /// What is done: `train`, `extract`, `decompose`, or an analysis by its name.
    pub name: &'a str,
    /// What is counted.
    pub unit: &'static str,
    /// How many are done, those of earlier sessions too.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// Mean training loss of the last steps, in nats, where there is one.
    pub loss: Option<f64>,
}

/// Who looks on. Told from several threads.
pub trait Watch: Sync {
    /// Work went on; where `done` is `total` the stretch is at its end.
    fn progress(&self, stretch: Stretch<'_>);

    /// Something to know that does not stop the run; it is in the record as well.
    fn warn(&self, warning: &str);

    /// Whether to stop. What was made so far is kept, and the run goes on from there.
    fn wants_to_stop(&self) -> bool;
}

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Watch for Quiet {
    fn progress(&self, _stretch: Stretch<'_>) {}

    fn warn(&self, _warning: &str) {}

    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// Games done, of an analysis or of a decomposition.
pub(super) fn tell_games(watch: &dyn Watch, name: &str, done: usize, total: usize) {
    watch.progress(Stretch {
        name,
        unit: "games",
        done,
        total,
        loss: None,
    });
}

/// What a solver is told when it asks whether to go on.
pub(crate) fn control(watch: &dyn Watch) -> ControlFlow<()> {
    match watch.wants_to_stop() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}
