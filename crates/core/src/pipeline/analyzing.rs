//! Decompositions and analyses as a part of a run's course.

use std::ops::ControlFlow;

use spindle_interactions::{
    Error as MathError,
    decompose::{Decomposition, Progress as Games},
};
use spindle_run::{
    Store,
    analysis::{self, ANALYSES, AtCheckpoint, Before, OfRun, TestStrengths, Work},
    decomposition::decompose_outputs,
    event::{Outputs, SampleLosses},
    record::{Place, RunRecord},
    store::Part,
};
use web_time::Instant;

use super::{
    Run, Watch, healing,
    watch::{control, tell_games},
};
use crate::Error;

/// Decomposes what is not decomposed yet, or damaged, and all that an earlier version did; then does
/// every analysis that is missing.
///
/// # Errors
/// [`Error::Stopped`], a checkpoint without outputs, no checkpoint at all.
pub fn analyze<S: Store>(run: &mut Run<S>, watch: &dyn Watch) -> Result<(), Error> {
    healing::put_aside(run, &[Part::Interactions], watch)?;
    analyze_missing(run, watch)
}

pub(super) fn analyze_missing<S: Store>(run: &mut Run<S>, watch: &dyn Watch) -> Result<(), Error> {
    if run.record().checkpoints.is_empty() {
        return Err(Error::Incomplete(format!(
            "{} has no checkpoint yet; train it first",
            run.store().name()
        )));
    }
    decompose(run, watch)?;
    loop {
        let missing = analysis::missing(ANALYSES, run.record());
        if missing.is_empty() {
            return run.save();
        }
        // What several analyses look at is read once.
        let mut seen: Option<(Place, Seen)> = None;
        for work in &missing {
            let at_hand = match seen.take() {
                Some((place, at_hand)) if place == work.place => at_hand,
                _ => Seen::by(run, work.place, &missing)?,
            };
            analyse_seen(run, work, &at_hand, watch)?;
            seen = Some((work.place, at_hand));
        }
    }
}

pub(super) fn decompose<S: Store>(run: &mut Run<S>, watch: &dyn Watch) -> Result<(), Error> {
    let (games, missing) = (run.record().samples.len(), run.without_interactions());
    let total = run.steps().len() * games;
    let before = total - missing.len() * games;
    for (index, step) in missing.iter().copied().enumerate() {
        if !run.store().has(Part::Outputs, step) {
            return Err(Error::Incomplete(format!(
                "the outputs at step {step} are missing; {}",
                run.store().command("extract")
            )));
        }
        let start = Instant::now();
        let outputs = run.store().outputs(run.record(), step)?;
        let so_far = before + index * games;
        let look = looking_on(watch, "decompose", so_far, total);
        let found = decompose_outputs(&run.record().experiment, &outputs, &look);
        let found = found.map_err(stopped)?;
        for warning in &found.warnings {
            watch.warn(warning);
        }
        run.put_interactions(&outputs, found, start.elapsed().as_secs_f64())?;
    }
    run.record_mut().make_current();
    tell_games(watch, "decompose", total, total);
    Ok(())
}

/// Does one analysis at its place.
///
/// # Errors
/// [`Error::Stopped`], parts that are missing or do not fit.
pub fn analyse<S: Store>(
    run: &mut Run<S>,
    work: &Work<'_>,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let seen = Seen::by(run, work.place, &[*work])?;
    analyse_seen(run, work, &seen, watch)
}

fn analyse_seen<S: Store>(
    run: &mut Run<S>,
    work: &Work<'_>,
    seen: &Seen,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let found = seen.analysed(run.record(), work, watch)?;
    work.put(run.record_mut(), found);
    run.save()
}

/// What analyses look at, out of a run's store.
enum Seen {
    /// At a checkpoint.
    Checkpoint {
        position: usize,
        outputs: Outputs,
        decompositions: Vec<Decomposition>,
        /// Threshold and decompositions of the checkpoint before.
        before: Option<(f64, Vec<Decomposition>)>,
    },
    /// Of the whole run.
    Run {
        strengths: Vec<TestStrengths>,
        losses: Vec<SampleLosses>,
        last: Vec<Decomposition>,
    },
}

impl Seen {
    /// What these look at at a place.
    fn by<S: Store>(run: &Run<S>, place: Place, works: &[Work<'_>]) -> Result<Self, Error> {
        let mut here = works.iter().filter(|work| work.place == place);
        match place {
            Place::Checkpoint(position) => {
                let looks_back = here.any(|work| work.analysis.looks_back());
                Self::at_checkpoint(run, position, looks_back)
            }
            Place::Run => Self::of_run(run),
        }
    }

    fn at_checkpoint<S: Store>(
        run: &Run<S>,
        position: usize,
        looks_back: bool,
    ) -> Result<Self, Error> {
        let (record, store) = (run.record(), run.store());
        let step = record.checkpoints[position].losses.step;
        let earlier = position.checked_sub(1).filter(|_| looks_back);
        let earlier = earlier.and_then(|earlier| record.checkpoints.get(earlier));
        let before = match earlier.and_then(|at| Some((at.losses.step, at.summary.as_ref()?))) {
            Some((step, summary)) => Some((summary.threshold, store.interactions(record, step)?)),
            None => None,
        };
        Ok(Self::Checkpoint {
            position,
            outputs: store.outputs(record, step)?,
            decompositions: store.interactions(record, step)?,
            before,
        })
    }

    fn of_run<S: Store>(run: &Run<S>) -> Result<Self, Error> {
        let (record, store) = (run.record(), run.store());
        let mut strengths = Vec::with_capacity(record.checkpoints.len());
        let mut last = Vec::new();
        for checkpoint in &record.checkpoints {
            last = store.interactions(record, checkpoint.losses.step)?;
            let threshold = checkpoint.summary.as_ref().map_or(0.0, |s| s.threshold);
            strengths.push(TestStrengths::new(&record.samples, &last, threshold));
        }
        let losses = run.steps().into_iter().map(|step| store.losses(step));
        Ok(Self::Run {
            strengths,
            losses: losses.collect::<Result<_, _>>()?,
            last,
        })
    }

    fn analysed(
        &self,
        record: &RunRecord,
        work: &Work<'_>,
        watch: &dyn Watch,
    ) -> Result<serde_json::Value, Error> {
        match self {
            Self::Checkpoint {
                position,
                outputs,
                decompositions,
                before,
            } => {
                let at = AtCheckpoint::new(record, *position, outputs, decompositions);
                let at = at.ok_or_else(|| {
                    Error::Incomplete(format!("step {} is not decomposed yet", outputs.step))
                })?;
                let before = before.as_ref().map(|(threshold, found)| Before {
                    threshold: *threshold,
                    decompositions: found,
                });
                let name = work.analysis.name();
                let look = |games: Games| {
                    tell_games(watch, name, games.games_done, games.games);
                    control(watch)
                };
                let found = work.at_checkpoint(&at.with_before(before), &look);
                found.map_err(stopped)
            }
            Self::Run {
                strengths,
                losses,
                last,
            } => Ok(work.of_run(&OfRun {
                record,
                strengths,
                losses,
                last,
            })?),
        }
    }
}

/// A callback of the solver that tells of games done behind those before, and stops it.
pub fn looking_on<'a>(
    watch: &'a dyn Watch,
    name: &'a str,
    before: usize,
    total: usize,
) -> impl Fn(Games) -> ControlFlow<()> + Sync + 'a {
    move |games| {
        tell_games(watch, name, before + games.games_done, total);
        control(watch)
    }
}

/// A solver that was stopped is a course that was stopped.
#[must_use]
pub fn stopped(error: spindle_run::Error) -> Error {
    match error {
        spindle_run::Error::Interactions(MathError::Stopped) => Error::Stopped,
        error => error.into(),
    }
}
