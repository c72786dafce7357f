//! `spindle analyze`: from masked outputs to interactions, strengths, phases and the report.

use std::{ops::ControlFlow, path::Path, sync::Mutex, time::Instant};

use anyhow::bail;
use indicatif::ProgressBar;
use spindle_core::analysis::{self, TestStrengths};
use spindle_interactions::{Error as MathError, decompose::Progress};
use spindle_run::{
    RunWriter,
    event::{Outputs, SampleLosses},
    experiment::Solver,
    record::{Analysis, Group, RunRecord},
};

use super::report;
use crate::{interrupt, terminal::Terminal};

/// Runs the command.
pub(crate) fn command(path: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, mut record) = RunWriter::open(path)?;
    analyze(&writer, &mut record, terminal)?;
    report::conclude(&writer, &record, terminal)
}

/// Decomposes what is not decomposed yet, reads off what all checkpoints show, and writes the report.
///
/// A game that does not reach the tolerance is an error, told after all else is done; its best decomposition is kept.
pub(crate) fn analyze(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    decompose_checkpoints(writer, record, terminal)?;
    let strengths = strengths(writer, record)?;
    let losses: Vec<SampleLosses> = record
        .checkpoints
        .iter()
        .map(|checkpoint| writer.losses(checkpoint.losses.step))
        .collect::<Result<_, _>>()?;
    let Some(last) = record.checkpoints.last() else {
        bail!(
            "{} has no checkpoint yet; train it first",
            writer.path().display()
        );
    };
    let last = writer.interactions(record, last.losses.step)?;
    record.dynamics = Some(analysis::dynamics(record, &strengths, &losses, &last)?);
    writer.save_record(record)?;
    compare_noise_bounds(writer, record, terminal)?;
    compare_with_published(writer, record, terminal)?;
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
            && checkpoint.analysis.is_some()
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
        let found = interruptible(analysis::decompose_outputs(
            &record.experiment,
            &outputs,
            &moving(&bar),
        ))?;
        writer.save_interactions(step, &found.decompositions)?;
        let analysis = analysis::analyze(
            &record.experiment,
            &record.samples,
            &outputs,
            &found.decompositions,
        )?;
        record.checkpoints[index].analysis = Some(analysis);
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
pub(super) fn interruptible<T>(result: Result<T, spindle_core::Error>) -> anyhow::Result<T> {
    match result {
        Err(spindle_core::Error::Interactions(MathError::Stopped)) => {
            Err(interrupt::Interrupted::Run.into())
        }
        result => Ok(result?),
    }
}

/// Strengths by order of the test samples at every checkpoint.
fn strengths(writer: &RunWriter, record: &RunRecord) -> anyhow::Result<Vec<TestStrengths>> {
    let mut strengths = Vec::with_capacity(record.checkpoints.len());
    for checkpoint in &record.checkpoints {
        let decompositions = writer.interactions(record, checkpoint.losses.step)?;
        let threshold = checkpoint.analysis.as_ref().map_or(0.0, |a| a.threshold);
        strengths.push(TestStrengths::new(
            &record.samples,
            &decompositions,
            threshold,
        ));
    }
    Ok(strengths)
}

/// What an analysis compares its answers with.
struct Comparison {
    /// What the bar says.
    name: &'static str,
    /// Times that every test sample is decomposed.
    rounds: usize,
    is_done: fn(&Analysis) -> bool,
}

/// Adds a comparison to the analysis before training, where orders are lowest and at the end, where it is not there yet; for certified answers only.
fn compare(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
    comparison: &Comparison,
    add: impl Fn(&ProgressBar, &RunRecord, &Outputs, &mut Analysis) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if record.experiment.decomposition.solver == Solver::Sgd {
        return Ok(());
    }
    let positions = record.turning_points();
    let games = analysis::group_size(&record.samples, Group::Test) * comparison.rounds;
    let bar = terminal.bar(comparison.name, "games", 0, positions.len() * games);
    for index in positions {
        let checkpoint = &record.checkpoints[index];
        let Some(mut analysis) = checkpoint.analysis.clone() else {
            continue;
        };
        if (comparison.is_done)(&analysis) {
            bar.inc(games as u64);
            continue;
        }
        let outputs = writer.outputs(record, checkpoint.losses.step)?;
        add(&bar, record, &outputs, &mut analysis)?;
        record.checkpoints[index].analysis = Some(analysis);
        writer.save_record(record)?;
    }
    bar.finish_with_message("done");
    Ok(())
}

/// Looks at the outputs with other noise bounds.
fn compare_noise_bounds(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let comparison = Comparison {
        name: "noise bounds",
        rounds: analysis::NOISE_RATIOS.len(),
        is_done: |analysis| !analysis.by_noise.is_empty(),
    };
    let add = |bar: &ProgressBar, record: &RunRecord, outputs: &Outputs, found: &mut Analysis| {
        let (experiment, samples) = (&record.experiment, &record.samples);
        let threshold = found.threshold;
        let by_noise = analysis::by_noise(experiment, samples, outputs, threshold, || moving(bar));
        found.by_noise = interruptible(by_noise)?;
        Ok(())
    };
    compare(writer, record, terminal, &comparison, add)
}

/// Runs the published SGD on the outputs.
fn compare_with_published(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let comparison = Comparison {
        name: "published",
        rounds: 1,
        is_done: |analysis| analysis.published_sgd.is_some(),
    };
    let add = |bar: &ProgressBar, record: &RunRecord, outputs: &Outputs, found: &mut Analysis| {
        let published = analysis::published_sgd(
            &record.experiment,
            &record.samples,
            outputs,
            &writer.interactions(record, outputs.step)?,
            found.threshold,
            &moving(bar),
        );
        found.published_sgd = Some(interruptible(published)?);
        Ok(())
    };
    compare(writer, record, terminal, &comparison, add)
}

/// An error when a certified decomposition stayed above the tolerance.
fn check_tolerance(record: &RunRecord) -> anyhow::Result<()> {
    if record.experiment.decomposition.solver == Solver::Sgd {
        return Ok(());
    }
    let summary = report::Certified::of(record);
    if summary.certified < summary.games {
        bail!(
            "{} of {} games did not reach the tolerance {:.0e}; the largest gap is {:.1e}. All results are kept, and the report gives their gaps; a new run with --tolerance {:.0e} would accept them",
            summary.games - summary.certified,
            summary.games,
            record.experiment.decomposition.tolerance,
            summary.largest_gap,
            summary.largest_gap * 1.1
        );
    }
    Ok(())
}
