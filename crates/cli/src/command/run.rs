//! `spindle run`, `train`, `extract` and `analyze`: a run's course, or a part of it, from wherever
//! it is.

use std::path::Path;

use anyhow::{Context, bail};
use spindle_core::pipeline::{self, Goal, Lab, Run};
use spindle_data::Labelled as _;
use spindle_run::{
    Experiment, RunWriter,
    analysis::Rule,
    content::Contents,
    device::Place,
    experiment::{Solver, Training},
    record::RunRecord,
};

use super::{address, as_begun, data_of, report, shards, stores, unchanged};
use crate::{
    arguments::{Analyze, Extract, NewRun},
    computation::{Computation, Work},
    interrupt::Interrupted,
    looking::Looking,
    terminal::Terminal,
};

/// Runs `spindle run`: all of the course, and the report.
pub(crate) fn run(new: &NewRun, terminal: &Terminal) -> anyhow::Result<()> {
    new.computation.guarded(terminal, Work::Run, |computation| {
        let (run, lab) = begin(new, computation, terminal)?;
        let (run, has_ended) = until_ended(new, run, &*lab, terminal)?;
        let mut run = match has_ended {
            true => measured(run, &*lab, terminal)?,
            false => conducted(run, &*lab, Goal::Analysed, terminal)?,
        };
        conclude(&mut run, terminal)
    })
}

/// A run of a sweep: all of the course and the report, which nobody is told of. Returns what people
/// should know of it.
pub(super) fn run_in_silence(new: &NewRun, terminal: &Terminal) -> anyhow::Result<Option<String>> {
    new.computation.guarded(terminal, Work::Run, |computation| {
        let (run, lab) = begin(new, computation, terminal)?;
        let run = conducted(run, &*lab, Goal::Analysed, terminal)?;
        report::write(run.store(), run.record())?;
        Ok(missed_tolerance(run.record()))
    })
}

/// Runs `spindle train`.
pub(crate) fn train(new: &NewRun, terminal: &Terminal) -> anyhow::Result<()> {
    new.computation.guarded(terminal, Work::Run, |computation| {
        let (run, lab) = begin(new, computation, terminal)?;
        let (run, has_ended) = until_ended(new, run, &*lab, terminal)?;
        let run = match has_ended {
            true => run,
            false => conducted(run, &*lab, Goal::Trained, terminal)?,
        };
        terminal.say(&format!(
            "trained; measure it with: spindle extract {0} && spindle analyze {0}",
            run.store().path().display()
        ));
        terminal.document(run.record())
    })
}

/// Runs `spindle extract`.
pub(crate) fn extract(arguments: &Extract, terminal: &Terminal) -> anyhow::Result<()> {
    let part = shards::part(arguments.shard)?;
    if let Some(url) = address(&arguments.run.run) {
        return arguments
            .computation
            .guarded(terminal, Work::Run, |computation| {
                stores::extract(url, part, computation, terminal)
            });
    }
    arguments
        .computation
        .guarded(terminal, Work::Run, |computation| match part {
            Some(shard) => shards::extract(&arguments.run.run, shard, computation, terminal),
            None => extract_on(computation, &arguments.run.run, terminal),
        })
}

fn extract_on(computation: &Computation, path: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, record) = RunWriter::open(path)?;
    let place = computation.open(terminal)?;
    let data = data_of(&record)?;
    let experiment = record.experiment.clone().check()?;
    let places = computation.places(place, &experiment, &data, terminal)?;
    let lab = pipeline::lab(experiment, data, places)?;
    let mut run = Run::open(writer, record);
    let looking = Looking::new(terminal);
    stoppable(pollster::block_on(pipeline::extract(
        &mut run, &*lab, &looking,
    )))?;
    drop(looking);
    terminal.say(&format!(
        "extracted; next: spindle analyze {}",
        path.display()
    ));
    terminal.document(&run.record().provenance)
}

/// Runs `spindle analyze`.
pub(crate) fn analyze(arguments: &Analyze, terminal: &Terminal) -> anyhow::Result<()> {
    let path = &arguments.run.run;
    if let Some(url) = address(path) {
        return stores::decompose(url, shards::part(arguments.shard)?, terminal);
    }
    if let Some(shard) = shards::part(arguments.shard)? {
        return shards::decompose(path, shard, terminal);
    }
    let (writer, record) = RunWriter::open(path)?;
    analyzed(Run::open(writer, record), terminal)
}

/// Does what is missing of decompositions and analyses, and concludes.
pub(super) fn analyzed(mut run: Run<RunWriter>, terminal: &Terminal) -> anyhow::Result<()> {
    let looking = Looking::new(terminal);
    stoppable(pipeline::analyze(&mut run, &looking))?;
    drop(looking);
    conclude(&mut run, terminal)
}

/// A new run, or the one of this experiment that is in the folder, with its data set.
fn begin(
    new: &NewRun,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<(Run<RunWriter>, Box<dyn Lab>)> {
    let experiment = from_anywhere(new.experiment.clone())?.check()?;
    let place = computation.open(terminal)?;
    let data = spindle_data::load(&experiment)?;
    let (writer, found) = RunWriter::create(&new.out, &experiment)?;
    let data = match &found {
        Some(record) => as_begun(record, data),
        None => data,
    };
    let warnings = data.about().warnings.iter();
    warnings.for_each(|warning| terminal.warn(warning));
    if let Some(record) = &found {
        unchanged(record, &data)?;
    }
    let places = computation.places(place, &experiment, &data, terminal)?;
    let asked = experiment.training.clone();
    let lab = pipeline::lab(experiment, data, places)?;
    let run = match found {
        Some(record) => moved(Run::open(writer, record), &asked)?,
        None => Run::begin(writer, lab.description()?)?,
    };
    Ok((run, lab))
}

/// An experiment whose paths hold wherever a later command runs.
fn from_anywhere(mut experiment: Experiment) -> anyhow::Result<Experiment> {
    let training = &mut experiment.training;
    for path in [&mut training.data_dir, &mut training.vocabulary] {
        // An empty one is refused with its name.
        if let Some(path) = path.as_mut().filter(|path| !path.is_empty()) {
            let absolute = std::path::absolute(&*path)
                .with_context(|| format!("cannot tell where {path} is"))?;
            *path = absolute.display().to_string();
        }
    }
    Ok(experiment)
}

/// The files may lie elsewhere by now, for the commands that follow too.
fn moved(mut run: Run<RunWriter>, asked: &Training) -> anyhow::Result<Run<RunWriter>> {
    let training = &mut run.record_mut().experiment.training;
    let found = (&mut training.data_dir, &mut training.vocabulary);
    if (&*found.0, &*found.1) != (&asked.data_dir, &asked.vocabulary) {
        found.0.clone_from(&asked.data_dir);
        found.1.clone_from(&asked.vocabulary);
        run.save()?;
    }
    Ok(run)
}

/// What the measured samples of a run look like.
pub(crate) fn contents_of(record: &RunRecord) -> anyhow::Result<Contents> {
    let data = data_of(record)?;
    let experiment = record.experiment.clone().check()?;
    Ok(pipeline::lab(experiment, data, Place::CPU)?.contents()?)
}

fn conducted(
    mut run: Run<RunWriter>,
    lab: &dyn Lab,
    goal: Goal,
    terminal: &Terminal,
) -> anyhow::Result<Run<RunWriter>> {
    let looking = Looking::new(terminal);
    stoppable(pollster::block_on(pipeline::conduct(
        &mut run, lab, goal, &looking,
    )))?;
    Ok(run)
}

/// Trains until the rule that was asked for ends it; whether one did.
fn until_ended(
    new: &NewRun,
    mut run: Run<RunWriter>,
    lab: &dyn Lab,
    terminal: &Terminal,
) -> anyhow::Result<(Run<RunWriter>, bool)> {
    let Some(rule) = new.stop_at.map(Rule::from) else {
        return Ok((run, false));
    };
    let looking = Looking::new(terminal);
    let ended = stoppable(pollster::block_on(pipeline::train_until(
        &mut run, lab, rule, &looking,
    )))?;
    drop(looking);
    let checkpoints = &run.record().checkpoints;
    let Some(losses) = ended.and_then(|at| Some(checkpoints.get(at)?.losses)) else {
        terminal.say(&format!(
            "the rule did not end the training: {}",
            rule.name()
        ));
        return Ok((run, false));
    };
    terminal.say(&format!(
        "training ended at epoch {}: {} (test loss {:.3} nats)",
        losses.epoch,
        rule.name(),
        losses.test_loss
    ));
    Ok((run, true))
}

/// What was trained so far, measured and analysed.
fn measured(
    mut run: Run<RunWriter>,
    lab: &dyn Lab,
    terminal: &Terminal,
) -> anyhow::Result<Run<RunWriter>> {
    let looking = Looking::new(terminal);
    stoppable(pollster::block_on(pipeline::measure(
        &mut run, lab, &looking,
    )))?;
    Ok(run)
}

/// Turns a course that was stopped by Ctrl-C into an interruption.
pub(super) fn stoppable<T>(result: Result<T, spindle_core::Error>) -> anyhow::Result<T> {
    match result {
        Err(spindle_core::Error::Stopped) => Err(Interrupted::Run.into()),
        result => Ok(result?),
    }
}

/// Writes tables, figures and the report, and says what was found.
///
/// A game that does not reach the tolerance is an error, told after all else is done; its best
/// decomposition is kept.
fn conclude(run: &mut Run<RunWriter>, terminal: &Terminal) -> anyhow::Result<()> {
    report::write(run.store(), run.record())?;
    if let Some(missed) = missed_tolerance(run.record()) {
        bail!(missed);
    }
    report::conclude(run.store(), run.record(), terminal)
}

/// What to say of games whose gap stayed above the tolerance.
fn missed_tolerance(record: &RunRecord) -> Option<String> {
    let decomposition = &record.experiment.decomposition;
    if decomposition.solver == Solver::Sgd {
        return None;
    }
    let summary = report::Certified::of(record);
    (summary.certified < summary.games).then(|| {
        format!(
            "{} of {} games did not reach the tolerance {:.0e}; the largest gap is {:.1e}. All results are kept, and the report gives their gaps; a new run with --tolerance {:.0e} would accept them",
            summary.games - summary.certified,
            summary.games,
            decomposition.tolerance,
            summary.largest_gap,
            summary.largest_gap * 1.1
        )
    })
}
