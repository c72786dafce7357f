//! Over all checkpoints of a run.

use spindle_run::{
    Store,
    event::Tensors,
    record::{Part as Found, Place, Recorded, recorded},
    store::Part,
};

use crate::{
    Error,
    pipeline::{Run, Stretch, Watch},
};

/// Measures something at the weights of every checkpoint that has nothing of it yet, or something
/// else than what is wanted (`is_wanted`); the run is saved after each.
///
/// # Errors
/// [`Error::Stopped`], a checkpoint without weights, what `measure` says.
pub(crate) async fn at_checkpoints<S: Store, T: Recorded>(
    run: &mut Run<S>,
    is_wanted: impl Fn(&T) -> bool,
    measure: impl AsyncFn(usize, &Tensors) -> Result<T, Error>,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let total = run.record().checkpoints.len();
    let missing = missing(run, is_wanted);
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
        let found = measure(step, &weights(run, step)?).await?;
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
pub(crate) fn weights<S: Store>(run: &Run<S>, step: usize) -> Result<Tensors, Error> {
    if !run.store().has(Part::Weights, step) {
        return Err(Error::Data(format!(
            "the weights at step {step} are missing; {}",
            run.store().command("train")
        )));
    }
    Ok(run.store().weights(step)?)
}

/// Checkpoints at which nothing of what is wanted is known yet, by position and step.
fn missing<S: Store, T: Recorded>(
    run: &Run<S>,
    is_wanted: impl Fn(&T) -> bool,
) -> Vec<(usize, usize)> {
    let checkpoints = run.record().checkpoints.iter().enumerate();
    let missing = checkpoints.filter(|(_, at)| {
        let found: Option<T> = at.analyses.get();
        !found.is_some_and(|found| is_wanted(&found))
    });
    missing
        .map(|(position, at)| (position, at.losses.step))
        .collect()
}
