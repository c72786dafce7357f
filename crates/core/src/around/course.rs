//! Over all checkpoints of a run.

use spindle_run::{
    Store,
    event::Tensors,
    record::{Part as Found, Place, Recorded, recorded},
    store::Part,
};

use crate::{
    Error,
    network::Answer,
    pipeline::{AfterSample, Run, Stretch, Watch, control},
};

/// Something that is measured at the weights of a checkpoint.
pub trait Probe<T> {
    /// Whether what a checkpoint has is what this would find: of as many samples, say.
    fn is_wanted(&self, found: &T) -> bool;

    /// What is found at these weights. `each` is called now and then, and may stop it.
    ///
    /// # Errors
    /// [`Error::Stopped`], weights that do not fit, a device that fails, numbers that are not finite.
    fn at<'a>(&'a self, step: usize, weights: &'a Tensors, each: AfterSample<'a>) -> Answer<'a, T>;
}

/// Measures at every checkpoint that has nothing of it yet, or something else than what is wanted; the
/// run is saved after each.
///
/// # Errors
/// As [`Probe::at`]; a checkpoint without weights.
pub async fn measure<S: Store, T: Recorded>(
    run: &mut Run<S>,
    probe: &dyn Probe<T>,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let total = run.record().checkpoints.len();
    let missing = missing(run, probe);
    let tell = |done: usize| {
        watch.progress(Stretch {
            name: T::NAME,
            unit: "checkpoints",
            done,
            total,
            loss: None,
        });
    };
    tell(total - missing.len());
    for (done, &(position, step)) in missing.iter().enumerate() {
        let weights = weights(run.store(), step)?;
        let found = probe.at(step, &weights, &|| control(watch)).await?;
        let part = Found {
            version: T::VERSION,
            value: recorded(&Some(found))?,
        };
        let place = Place::Checkpoint(position);
        run.record_mut().put_part(place, T::NAME, part);
        run.save()?;
        tell(total - missing.len() + done + 1);
    }
    Ok(())
}

/// The weights at a step.
///
/// # Errors
/// They are not there, which says how they come about.
pub fn weights(store: &impl Store, step: usize) -> Result<Tensors, Error> {
    if !store.has(Part::Weights, step) {
        return Err(Error::Incomplete(format!(
            "the weights at step {step} are missing; {}",
            store.command("train")
        )));
    }
    Ok(store.weights(step)?)
}

/// Checkpoints at which nothing of what is wanted is known yet, by position and step.
fn missing<S: Store, T: Recorded>(run: &Run<S>, probe: &dyn Probe<T>) -> Vec<(usize, usize)> {
    let checkpoints = run.record().checkpoints.iter().enumerate();
    let missing = checkpoints.filter(|(_, at)| {
        let found: Option<T> = at.analyses.get();
        !found.is_some_and(|found| probe.is_wanted(&found))
    });
    missing
        .map(|(position, at)| (position, at.losses.step))
        .collect()
}
