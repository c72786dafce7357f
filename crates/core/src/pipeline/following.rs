//! Training as a part of a run's course: to its end, or until a rule ends it.

use spindle_run::{
    Store,
    analysis::{Rule, Stopping, Work},
    event::Event,
    record::Recorded as _,
};

use super::{
    Goal, Lab, Run, Stretch, Training, Watch,
    analyzing::{analyse, decompose},
    course::{extract_missing, warn},
    healing,
};
use crate::Error;

/// Training steps between two looks at who watches.
const STEPS_PER_LOOK: usize = 32;

/// Trains what is left of a run, and again what is damaged. Where it goes on by something else than
/// before, the record says so.
///
/// # Errors
/// [`Error::Stopped`]; a network that diverges or a device that fails: what was made before is
/// kept.
pub async fn train<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let begins_again = healing::put_aside(run, healing::parts(Goal::Trained), watch)?;
    train_from(run, lab, begins_again, watch).await
}

/// Trains until a rule ends it, measuring at every checkpoint. Returns the rule's checkpoint, by its
/// position; `None` where the training came to its end. What was trained is a run like others, which
/// goes on from there.
///
/// # Errors
/// As [`train`], [`extract`](super::extract) and [`analyze`](super::analyze).
pub async fn train_until<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    rule: Rule,
    watch: &dyn Watch,
) -> Result<Option<usize>, Error> {
    let begins_again = healing::put_aside(run, healing::parts(Goal::Analysed), watch)?;
    let mut training = training_of(run, lab, begins_again, watch)?;
    loop {
        extract_missing(run, lab, watch).await?;
        if let Some(at) = ended_by(run, rule, watch)? {
            return Ok(Some(at));
        }
        run.begin_training();
        let leg = follow(run, training.as_mut(), Pace::ToCheckpoint, watch).await;
        run.end_training();
        if leg? == Leg::Finished {
            return Ok(None);
        }
    }
}

/// Where a rule ends the training, on what is measured by now.
fn ended_by<S: Store>(
    run: &mut Run<S>,
    rule: Rule,
    watch: &dyn Watch,
) -> Result<Option<usize>, Error> {
    if run.record().checkpoints.is_empty() {
        return Ok(None);
    }
    decompose(run, watch)?;
    if let Some(work) = Work::of_run_by_name(Stopping::NAME) {
        analyse(run, &work, watch)?;
    }
    let found = run.record().analyses.get::<Stopping>();
    let rules = found.into_iter().flat_map(|found| found.rules);
    Ok(rules
        .into_iter()
        .find(|found| found.rule == rule)
        .and_then(|found| found.at))
}

pub(super) async fn train_from<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    begins_again: bool,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let mut training = training_of(run, lab, begins_again, watch)?;
    run.begin_training();
    let trained = follow(run, training.as_mut(), Pace::ToTheEnd, watch).await;
    run.end_training();
    trained.map(|_| ())
}

/// The training of a run, from where it is.
fn training_of<S: Store>(
    run: &mut Run<S>,
    lab: &dyn Lab,
    begins_again: bool,
    watch: &dyn Watch,
) -> Result<Box<dyn Training>, Error> {
    let state = match run.lost_checkpoint() {
        _ if begins_again => None,
        Some(step) => {
            watch.warn(&format!(
                "weights or losses of step {step} are missing in {}: training begins again, to the same numbers",
                run.store().name()
            ));
            None
        }
        None => healing::state(run, watch)?,
    };
    let training = lab.train(state.as_ref())?;
    let progress = training.progress();
    let is_done = progress.step >= progress.total_steps && training.is_settled();
    if !is_done {
        tell_of_another_engine(run, &training.describe(), progress.step, watch);
    }
    Ok(training)
}

/// How far a training is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    ToTheEnd,
    ToCheckpoint,
}

/// What ended a part of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leg {
    Finished,
    Checkpoint,
}

/// Keeps what a training tells, to its end or to the next checkpoint.
async fn follow<S: Store>(
    run: &mut Run<S>,
    training: &mut dyn Training,
    pace: Pace,
    watch: &dyn Watch,
) -> Result<Leg, Error> {
    let progress = training.progress();
    let tell = |done: usize, loss| {
        watch.progress(Stretch {
            name: "train",
            unit: "steps",
            done,
            total: progress.total_steps,
            loss,
        });
    };
    tell(progress.step, None);
    loop {
        // Between a stop and what is due there, a state would forget what is due.
        if watch.wants_to_stop() && training.is_settled() {
            let state = training.state().await?;
            run.apply(Event::State(state))?;
            return Err(Error::Stopped);
        }
        let events = training.advance(STEPS_PER_LOOK).await;
        if events.is_err() {
            run.save()?;
        }
        let mut is_at_checkpoint = false;
        for event in events? {
            is_at_checkpoint |= matches!(event, Event::Checkpoint { .. });
            match event {
                Event::Progress { step, loss } => tell(step, Some(loss)),
                Event::Finished => return Ok(Leg::Finished),
                event => run.apply(event)?,
            }
        }
        if is_at_checkpoint && pace == Pace::ToCheckpoint {
            return Ok(Leg::Checkpoint);
        }
    }
}

/// A run goes on on another device, to numbers that may differ in their last digits.
fn tell_of_another_engine<S: Store>(
    run: &mut Run<S>,
    engine: &str,
    step: usize,
    watch: &dyn Watch,
) {
    let provenance = &mut run.record_mut().provenance;
    let last = provenance.engine.rsplit("; then ").next();
    let is_same =
        last.is_some_and(|last| without_threads(last).starts_with(without_threads(engine)));
    if is_same || step == 0 {
        return;
    }
    let warning = format!(
        "from step {step} on the network is trained by {engine}, before by {}",
        provenance.engine
    );
    provenance.engine = format!("{}; then {engine} from step {step} on", provenance.engine);
    warn(run, warning, watch);
}

/// An engine in words without the number of threads, on which its numbers do not depend.
fn without_threads(engine: &str) -> &str {
    let Some(rest) = engine.strip_suffix(" threads") else {
        return engine;
    };
    let digits = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    digits.strip_suffix(", ").unwrap_or(engine)
}
