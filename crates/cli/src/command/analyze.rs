//! `spindle analyze`: from masked outputs to interactions, strengths, phases and the report.

use std::{ops::ControlFlow, path::Path, sync::Mutex, time::Instant};

use anyhow::bail;
use indicatif::ProgressBar;
use spindle_interactions::{Error as MathError, decompose::Progress};
use spindle_run::{
    Error, RunWriter,
    analysis::{ANALYSES, AtCheckpoint, OfRun, Place, TestStrengths, Work, missing, summarize},
    decomposition::decompose_outputs,
    event::SampleLosses,
    experiment::Solver,
    record::RunRecord,
};

use super::report;
use crate::{interrupt, terminal::Terminal};

/// Runs the command.
pub(crate) fn command(path: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, mut record) = RunWriter::open(path)?;
    analyze(&writer, &mut record, terminal)?;
    report::conclude(&writer, &record, terminal)
}

/// Decomposes what is not decomposed yet, does what analyses have not done, and writes the report.
///
/// A game that does not reach the tolerance is an error, told after all else is done; its best decomposition is kept.
pub(crate) fn analyze(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    if record.checkpoints.is_empty() {
        bail!(
            "{} has no checkpoint yet; train it first",
            writer.path().display()
        );
    }
    decompose_checkpoints(writer, record, terminal)?;
    loop {
        let work = missing(ANALYSES, record);
        if work.is_empty() {
            break;
        }
        do_all(writer, record, terminal, &work)?;
    }
    report::write(writer, record)?;
    check_tolerance(record)
}

/// Decomposes what is not decomposed yet, and all that an earlier version did, so that checkpoints can be compared.
fn decompose_checkpoints(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let games = record.samples.len();
    let is_current = record.is_current();
    let is_done = |record: &RunRecord, index: usize| {
        let checkpoint = &record.checkpoints[index];
        is_current
            && checkpoint.summary.is_some()
            && writer.has_interactions(checkpoint.losses.step)
    };
    let missing: Vec<usize> = (0..record.checkpoints.len())
        .filter(|&index| !is_done(record, index))
        .collect();
    let done = (record.checkpoints.len() - missing.len()) * games;
    let bar = terminal.bar("decompose", "games", done, record.checkpoints.len() * games);
    for index in missing {
        let start = Instant::now();
        let step = record.checkpoints[index].losses.step;
        if !writer.has_outputs(step) {
            bail!(
                "the outputs at step {step} are missing; run: spindle extract {}",
                writer.path().display()
            );
        }
        let outputs = writer.outputs(record, step)?;
        let found = interruptible(decompose_outputs(
            &record.experiment,
            &outputs,
            &moving(&bar),
        ))?;
        writer.save_interactions(step, &found.decompositions)?;
        let summary = summarize(
            &record.experiment,
            &record.samples,
            &outputs,
            &found.decompositions,
        )?;
        record.put_summary(index, summary);
        for warning in found.warnings {
            terminal.warn(&warning);
            record.warnings.push(warning);
        }
        record.provenance.decompose_seconds += start.elapsed().as_secs_f64();
        writer.save_record(record)?;
    }
    record.make_current();
    bar.finish_with_message("done");
    Ok(())
}

/// A callback that moves the bar by the games done and stops on Ctrl-C.
pub(super) fn moving(bar: &ProgressBar) -> impl Fn(Progress) -> ControlFlow<()> + Sync {
    let seen = Mutex::new(0);
    let bar = bar.clone();
    move |progress| {
        if let Ok(mut seen) = seen.lock()
            && progress.games_done > *seen
        {
            bar.inc((progress.games_done - *seen) as u64);
            *seen = progress.games_done;
        }
        interrupt::control()
    }
}

/// Turns a solver that was stopped by Ctrl-C into an interruption.
pub(super) fn interruptible<T>(result: Result<T, Error>) -> anyhow::Result<T> {
    match result {
        Err(Error::Interactions(MathError::Stopped)) => Err(interrupt::Interrupted::Run.into()),
        result => Ok(result?),
    }
}

/// Does work that is of checkpoints, or of the run.
fn do_all(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
    work: &[Work<'_>],
) -> anyhow::Result<()> {
    let of_run: Vec<&Work<'_>> = work.iter().filter(|w| w.place == Place::Run).collect();
    if !of_run.is_empty() {
        return do_of_run(writer, record, &of_run);
    }
    for work in work {
        if let Place::Checkpoint(checkpoint) = work.place {
            do_at_checkpoint(writer, record, terminal, work, checkpoint)?;
            writer.save_record(record)?;
        }
    }
    Ok(())
}

fn do_at_checkpoint(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
    work: &Work<'_>,
    checkpoint: usize,
) -> anyhow::Result<()> {
    let losses = record.checkpoints[checkpoint].losses;
    let outputs = writer.outputs(record, losses.step)?;
    let decompositions = writer.interactions(record, losses.step)?;
    let Some(at) = AtCheckpoint::new(record, checkpoint, &outputs, &decompositions) else {
        return Ok(());
    };
    let bar = terminal.bar(work.analysis.name(), "games", 0, 0);
    let watch = |progress: Progress| {
        bar.set_length(progress.games as u64);
        bar.set_position(progress.games_done as u64);
        interrupt::control()
    };
    let found = interruptible(work.at_checkpoint(&at, &watch))?;
    bar.finish_with_message(format!("epoch {}", losses.epoch));
    work.put(record, found);
    Ok(())
}

fn do_of_run(writer: &RunWriter, record: &mut RunRecord, work: &[&Work<'_>]) -> anyhow::Result<()> {
    let mut strengths = Vec::with_capacity(record.checkpoints.len());
    let mut last = Vec::new();
    for checkpoint in &record.checkpoints {
        last = writer.interactions(record, checkpoint.losses.step)?;
        let threshold = checkpoint.summary.as_ref().map_or(0.0, |s| s.threshold);
        strengths.push(TestStrengths::new(&record.samples, &last, threshold));
    }
    let losses: Vec<SampleLosses> = record
        .checkpoints
        .iter()
        .map(|checkpoint| writer.losses(checkpoint.losses.step))
        .collect::<Result<_, _>>()?;
    let run = OfRun {
        record,
        strengths: &strengths,
        losses: &losses,
        last: &last,
    };
    let found: Vec<_> = work
        .iter()
        .map(|work| work.of_run(&run))
        .collect::<Result<_, _>>()?;
    for (work, found) in work.iter().zip(found) {
        work.put(record, found);
    }
    Ok(writer.save_record(record)?)
}

/// An error when a certified decomposition stayed above the tolerance.
fn check_tolerance(record: &RunRecord) -> anyhow::Result<()> {
    if record.experiment.solver == Solver::Sgd {
        return Ok(());
    }
    let summary = report::Certified::of(record);
    if summary.certified < summary.games {
        bail!(
            "{} of {} games did not reach the tolerance {:.0e}; the largest gap is {:.1e}. All results are kept, and the report gives their gaps; a new run with --tolerance {:.0e} would accept them",
            summary.games - summary.certified,
            summary.games,
            record.experiment.tolerance,
            summary.largest_gap,
            summary.largest_gap * 1.1
        );
    }
    Ok(())
}
