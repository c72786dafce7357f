//! From one part of a run to the next.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicUsize, Ordering},
};

use spindle_interactions::{
    Error as MathError,
    decompose::{Decomposition, Progress as Games},
};
use spindle_run::{
    Store,
    analysis::{self, ANALYSES, AtCheckpoint, Before, OfRun, Rule, Stopping, TestStrengths, Work},
    decomposition::decompose_outputs,
    event::{Event, SampleLosses},
    record::{Place, Recorded as _},
    store::Part,
};
use web_time::Instant;

use super::{Lab, Run, Stretch, Training, Watch, healing};
use crate::Error;

/// Training steps between two looks at who watches.
const STEPS_PER_LOOK: usize = 32;

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
/// As [`train`], [`extract`] and [`analyze`].
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
/// As [`train`], [`extract`] and [`analyze`].
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
    let work = Work::of_run_by_name(Stopping::NAME);
    if let Some(work) = work {
        analyse(run, &work, watch)?;
    }
    let found = run.record().analyses.get::<Stopping>();
    let rules = found.into_iter().flat_map(|found| found.rules);
    Ok(rules
        .into_iter()
        .find(|found| found.rule == rule)
        .and_then(|found| found.at))
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

async fn train_from<S: Store>(
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

/// Tells it, and keeps it in the record.
fn warn<S: Store>(run: &mut Run<S>, warning: String, watch: &dyn Watch) {
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

async fn extract_missing<S: Store>(
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
            match watch.wants_to_stop() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let outputs = match lab.extract(step, &weights, false, &each).await {
            Err(error @ Error::Coarse { .. }) => {
                done.store(before, Ordering::Relaxed);
                warn(
                    run,
                    format!("{error}, and so they are computed there"),
                    watch,
                );
                lab.extract(step, &weights, true, &each).await?
            }
            outputs => outputs?,
        };
        before += samples;
        run.put_outputs(&outputs, start.elapsed().as_secs_f64())?;
    }
    Ok(())
}

/// Decomposes what is not decomposed yet, or damaged, and all that an earlier version did; then does
/// every analysis that is missing.
///
/// # Errors
/// [`Error::Stopped`], a checkpoint without outputs, no checkpoint at all.
pub fn analyze<S: Store>(run: &mut Run<S>, watch: &dyn Watch) -> Result<(), Error> {
    healing::put_aside(run, &[Part::Interactions], watch)?;
    analyze_missing(run, watch)
}

fn analyze_missing<S: Store>(run: &mut Run<S>, watch: &dyn Watch) -> Result<(), Error> {
    if run.record().checkpoints.is_empty() {
        return Err(Error::Data(format!(
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
        for work in missing {
            analyse(run, &work, watch)?;
        }
    }
}

fn decompose<S: Store>(run: &mut Run<S>, watch: &dyn Watch) -> Result<(), Error> {
    let (games, missing) = (run.record().samples.len(), run.without_interactions());
    let total = run.steps().len() * games;
    let before = total - missing.len() * games;
    for (index, step) in missing.iter().copied().enumerate() {
        if !run.store().has(Part::Outputs, step) {
            return Err(Error::Data(format!(
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
    let found = match work.place {
        Place::Checkpoint(position) => {
            let record = run.record();
            let step = record.checkpoints[position].losses.step;
            let outputs = run.store().outputs(record, step)?;
            let decompositions = run.store().interactions(record, step)?;
            let at = AtCheckpoint::new(record, position, &outputs, &decompositions);
            let at = at.ok_or_else(|| Error::Data(format!("step {step} is not decomposed yet")))?;
            let before = before(run, work, position)?;
            let at = at.with_before(before.as_ref().map(|(threshold, found)| Before {
                threshold: *threshold,
                decompositions: found,
            }));
            let name = work.analysis.name();
            let look = |games: Games| {
                tell_games(watch, name, games.games_done, games.games);
                control(watch)
            };
            work.at_checkpoint(&at, &look).map_err(stopped)?
        }
        Place::Run => of_run(run, work)?,
    };
    work.put(run.record_mut(), found);
    run.save()
}

/// Threshold and decompositions of the checkpoint before, for an analysis that looks back.
fn before<S: Store>(
    run: &Run<S>,
    work: &Work<'_>,
    position: usize,
) -> Result<Option<(f64, Vec<Decomposition>)>, Error> {
    let record = run.record();
    let before = position
        .checked_sub(1)
        .filter(|_| work.analysis.looks_back());
    let Some(checkpoint) = before.and_then(|before| record.checkpoints.get(before)) else {
        return Ok(None);
    };
    let Some(summary) = &checkpoint.summary else {
        return Ok(None);
    };
    let found = run.store().interactions(record, checkpoint.losses.step)?;
    Ok(Some((summary.threshold, found)))
}

fn of_run<S: Store>(run: &Run<S>, work: &Work<'_>) -> Result<serde_json::Value, Error> {
    let (record, store) = (run.record(), run.store());
    let mut strengths = Vec::with_capacity(record.checkpoints.len());
    let mut last = Vec::new();
    for checkpoint in &record.checkpoints {
        last = store.interactions(record, checkpoint.losses.step)?;
        let threshold = checkpoint.summary.as_ref().map_or(0.0, |s| s.threshold);
        strengths.push(TestStrengths::new(&record.samples, &last, threshold));
    }
    let losses: Vec<SampleLosses> = run
        .steps()
        .into_iter()
        .map(|step| store.losses(step))
        .collect::<Result<_, _>>()?;
    Ok(work.of_run(&OfRun {
        record,
        strengths: &strengths,
        losses: &losses,
        last: &last,
    })?)
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

fn tell_games(watch: &dyn Watch, name: &str, done: usize, total: usize) {
    watch.progress(Stretch {
        name,
        unit: "games",
        done,
        total,
        loss: None,
    });
}

fn control(watch: &dyn Watch) -> ControlFlow<()> {
    match watch.wants_to_stop() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
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
