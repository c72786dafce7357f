//! Over all checkpoints of a run.

use spindle_run::{
    Store,
    analysis::landscape::Landscape,
    record::{Part as Found, Place, Recorded as _, recorded},
    store::Part,
};

use super::Survey;
use crate::{
    Error,
    pipeline::{Run, Stretch, Watch, control},
};

/// Measures what is around the weights of every checkpoint that has nothing of it yet, or something
/// of other samples; the run is saved after each.
///
/// # Errors
/// [`Error::Stopped`], a checkpoint without weights, a device that fails.
pub async fn landscape<S: Store>(
    run: &mut Run<S>,
    survey: &dyn Survey,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let total = run.record().checkpoints.len();
    let missing = missing(run, survey.samples());
    let tell = |done: usize| {
        watch.progress(Stretch {
            name: "landscape",
            unit: "checkpoints",
            done,
            total,
            loss: None,
        });
    };
    tell(total - missing.len());
    for (done, &(position, step)) in missing.iter().enumerate() {
        if !run.store().has(Part::Weights, step) {
            return Err(Error::Data(format!(
                "the weights at step {step} are missing; {}",
                run.store().command("train")
            )));
        }
        let weights = run.store().weights(step)?;
        let found = survey.at(step, &weights, &|| control(watch)).await?;
        if let Some(what) = found.not_finite() {
            return Err(Error::Data(format!(
                "{what} at step {step} is not finite: the network overflows around its weights there"
            )));
        }
        let part = Found {
            version: Landscape::VERSION,
            value: recorded(&Some(found))?,
        };
        let place = Place::Checkpoint(position);
        run.record_mut().put_part(place, Landscape::NAME, part);
        run.save()?;
        tell(total - missing.len() + done + 1);
    }
    Ok(())
}

/// Checkpoints that nothing is known around yet, by position and step.
fn missing<S: Store>(run: &Run<S>, samples: usize) -> Vec<(usize, usize)> {
    let checkpoints = run.record().checkpoints.iter().enumerate();
    let missing = checkpoints.filter(|(_, at)| {
        let found: Option<Landscape> = at.analyses.get();
        found.is_none_or(|found| found.samples != samples)
    });
    missing
        .map(|(position, at)| (position, at.losses.step))
        .collect()
}
