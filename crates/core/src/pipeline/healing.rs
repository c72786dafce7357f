//! What is damaged is found before it is used, put aside and made again.

use spindle_run::{Store, event::TrainingState, store::Part};

use super::{Goal, Run, Watch};
use crate::Error;

/// Parts that are made on the way to a goal.
pub(super) const fn parts(goal: Goal) -> &'static [Part] {
    const ALL: [Part; 4] = [
        Part::Weights,
        Part::Losses,
        Part::Outputs,
        Part::Interactions,
    ];
    match goal {
        Goal::Trained => ALL.split_at(2).0,
        Goal::Extracted => ALL.split_at(3).0,
        Goal::Analysed => &ALL,
    }
}

/// Puts aside what is damaged of some parts; whether it takes a training to make it again.
///
/// # Errors
/// What cannot be read for another reason, or cannot be put aside.
pub(super) fn put_aside<S: Store>(
    run: &Run<S>,
    parts: &[Part],
    watch: &dyn Watch,
) -> Result<bool, Error> {
    let mut needs_training = false;
    for step in run.steps() {
        for &part in parts {
            if !is_damaged(run, part, step)? {
                continue;
            }
            let aside = run.store().set_aside(part, step)?;
            tell(&format!("the {} of step {step}", name(part)), &aside, watch);
            needs_training |= matches!(part, Part::Weights | Part::Losses);
        }
    }
    Ok(needs_training)
}

/// The state from which training goes on; a damaged one is put aside.
///
/// # Errors
/// As [`put_aside`].
pub(super) fn state<S: Store>(
    run: &Run<S>,
    watch: &dyn Watch,
) -> Result<Option<TrainingState>, Error> {
    match run.store().state() {
        Err(error) if error.is_damage() => {
            let aside = run.store().set_aside_state()?;
            tell("the state of the training", &aside, watch);
            Ok(None)
        }
        state => Ok(state?),
    }
}

fn is_damaged<S: Store>(run: &Run<S>, part: Part, step: usize) -> Result<bool, Error> {
    let (store, record) = (run.store(), run.record());
    if !store.has(part, step) {
        return Ok(false);
    }
    let read = match part {
        Part::Weights => store.weights(step).map(drop),
        Part::Losses => store.losses(step).map(drop),
        Part::Outputs => store.outputs(record, step).map(drop),
        Part::Interactions => store.interactions(record, step).map(drop),
    };
    match read {
        Err(error) if error.is_damage() => Ok(true),
        read => Ok(read.map(|()| false)?),
    }
}

fn tell(what: &str, aside: &str, watch: &dyn Watch) {
    watch.warn(&format!(
        "{what} on the disk is not what was written: it is kept as {aside} and made again"
    ));
}

const fn name(part: Part) -> &'static str {
    match part {
        Part::Weights => "file of weights",
        Part::Losses => "file of losses",
        Part::Outputs => "file of outputs",
        Part::Interactions => "file of decompositions",
    }
}
