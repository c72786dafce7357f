//! From one part of a run to the next: the whole course, and extraction.

use std::sync::atomic::{AtomicUsize, Ordering};

use spindle_run::{
    Store,
    event::{Outputs, Tensors},
    store::Part,
};
use web_time::Instant;

use super::{
    AfterSample, Lab, Run, Stretch, Watch,
    analyzing::{analyze, analyze_missing},
    following::train_from,
    healing,
    watch::control,
};
use crate::Error;

/// How far a run is conducted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// Weights and losses at all checkpoints.
    Trained,
    /// Masked outputs there.
    Extracted,
    /// Decompositions and all analyses.
    Analysed,
}

/// Conducts a run as far as asked, from wherever it is.
///
/// # Errors
/// As [`train`](super::train), [`extract`] and [`analyze`].
pub async fn conduct<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    goal: Goal,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let begins_again = healing::put_aside(run, healing::parts(goal), watch)?;
    train_from(run, lab, begins_again, watch).await?;
    if goal >= Goal::Extracted {
        extract_missing(run, lab, watch).await?;
    }
    if goal >= Goal::Analysed {
        analyze_missing(run, watch)?;
    }
    Ok(())
}

/// Measures and analyses what was trained so far, and trains no more.
///
/// # Errors
/// As [`extract`] and [`analyze`].
pub async fn measure<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    watch: &dyn Watch,
) -> Result<(), Error> {
    extract(run, lab, watch).await?;
    analyze(run, watch)
}

/// Tells it, and keeps it in the record.
pub(super) fn warn<S: Store>(run: &mut Run<S>, warning: String, watch: &dyn Watch) {
    watch.warn(&warning);
    run.record_mut().warnings.push(warning);
}

/// Extracts at every checkpoint whose outputs are not there yet, or damaged.
///
/// # Errors
/// [`Error::Stopped`], a device that fails, outputs that are not finite.
pub async fn extract<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    watch: &dyn Watch,
) -> Result<(), Error> {
    healing::put_aside(run, &[Part::Outputs], watch)?;
    extract_missing(run, lab, watch).await
}

/// Outputs at a checkpoint; `coarse` is told where a device rounds too coarsely and the CPU computes
/// them.
pub(super) async fn outputs_at(
    lab: &dyn Lab,
    step: usize,
    weights: &Tensors,
    each: AfterSample<'_>,
    coarse: &mut dyn FnMut(String),
) -> Result<Outputs, Error> {
    match lab.extract(step, weights, false, each).await {
        Err(error @ Error::Coarse { .. }) => {
            coarse(format!("{error}, and so they are computed there"));
            lab.extract(step, weights, true, each).await
        }
        outputs => outputs,
    }
}

pub(super) async fn extract_missing<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let (samples, missing) = (run.record().samples.len(), run.without_outputs());
    let total = run.steps().len() * samples;
    let mut before = total - missing.len() * samples;
    let done = AtomicUsize::new(before);
    let tell = || {
        watch.progress(Stretch {
            name: "extract",
            unit: "samples",
            done: done.load(Ordering::Relaxed),
            total,
            loss: None,
        });
    };
    tell();
    for step in missing {
        let start = Instant::now();
        let weights = run.store().weights(step)?;
        let each = || {
            done.fetch_add(1, Ordering::Relaxed);
            tell();
            control(watch)
        };
        let mut coarse = |warning| {
            done.store(before, Ordering::Relaxed);
            warn(run, warning, watch);
        };
        let outputs = outputs_at(lab, step, &weights, &each, &mut coarse).await?;
        before += samples;
        run.put_outputs(&outputs, start.elapsed().as_secs_f64())?;
    }
    Ok(())
}
