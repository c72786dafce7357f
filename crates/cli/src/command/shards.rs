//! `spindle extract` and `analyze` with `--shard`, and `spindle merge`: a run by several workers.

use std::{env, path::Path};

use anyhow::bail;
use serde::Serialize;
use serde_json::json;
use spindle_core::pipeline::{self, Run, Worked, Worker};
use spindle_run::{
    RunFolder, RunWriter,
    folder::{Making, StepState},
    record::RunRecord,
    shard::Shard,
};

use super::{
    address, data_of,
    run::{analyzed, stoppable},
    stores,
};
use crate::{computation::Computation, looking::Looking, terminal::Terminal};

/// The part that was asked for, or that a scheduler's variables name; `None` where it is all of it.
pub(super) fn part(asked: Option<Shard>) -> anyhow::Result<Option<Shard>> {
    let found = Shard::find(asked, |name| env::var(name).ok())?;
    Ok((asked.is_some() || !found.is_whole()).then_some(found))
}

/// Extracts at this worker's checkpoints.
pub(super) fn extract(
    path: &Path,
    shard: Shard,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let (writer, record) = RunWriter::open_shared(path)?;
    if is_made(&record) {
        return told_made(path, &record, terminal);
    }
    let place = computation.open(terminal)?;
    let data = data_of(&record)?;
    let experiment = record.experiment.clone().check()?;
    let places = computation.places(place, &experiment, &data, terminal)?;
    let lab = pipeline::lab(experiment, data, places)?;
    let worker = Worker::new(&writer, &record, shard);
    let looking = Looking::new(terminal);
    let worked = stoppable(pollster::block_on(worker.extract(&*lab, &looking)))?;
    drop(looking);
    let all = worker.steps().len();
    concluded(all, &worked, shard, Making::Outputs, path, terminal)
}

/// Decomposes at this worker's checkpoints.
pub(super) fn decompose(path: &Path, shard: Shard, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, record) = RunWriter::open_shared(path)?;
    if is_made(&record) {
        return told_made(path, &record, terminal);
    }
    let worker = Worker::new(&writer, &record, shard);
    let looking = Looking::new(terminal);
    let worked = stoppable(pollster::block_on(worker.decompose(&looking)))?;
    drop(looking);
    let all = worker.steps().len();
    concluded(all, &worked, shard, Making::Interactions, path, terminal)
}

/// Says what a worker came to, of all the checkpoints that are its part.
pub(super) fn concluded(
    all: usize,
    worked: &Worked,
    shard: Shard,
    making: Making,
    path: &Path,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let run = path.display();
    if let Some((step, error)) = worked.failed.first() {
        bail!(
            "{} of {all} checkpoints of part {shard} failed, step {step} with: {error}. The same command tries them again; `spindle status {run}` has all reasons",
            worked.failed.len()
        );
    }
    let others = match worked.others {
        0 => String::new(),
        count => format!(", {count} have other workers"),
    };
    let next = match making {
        Making::Outputs => format!("spindle analyze {run} --shard {shard}, or spindle merge {run}"),
        Making::Interactions => format!("once all parts are done: spindle merge {run}"),
    };
    terminal.say(&format!(
        "part {shard}: {} of {all} checkpoints are made{others}; next: {next}",
        worked.made
    ));
    terminal.document(&json!({
        "run": path,
        "shard": shard.to_string(),
        "checkpoints": all,
        "made": worked.made,
        "others": worked.others,
    }))
}

/// Runs `spindle merge`.
pub(crate) fn merge(path: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    match address(path) {
        Some(url) => stores::merge(url, terminal),
        None => merge_folder(path, terminal),
    }
}

/// The same of a folder.
pub(super) fn merge_folder(path: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, record) = RunWriter::open(path)?;
    let mut run = Run::open(writer, record);
    let looking = Looking::new(terminal);
    stoppable(pipeline::merge(&mut run, &looking))?;
    drop(looking);
    analyzed(run, terminal)
}

/// Whether all checkpoints are summed up in the record: of a run by one process, or one that was
/// merged. Workers have nothing to do there.
pub(super) fn is_made(record: &RunRecord) -> bool {
    let mut checkpoints = record.checkpoints.iter();
    !record.checkpoints.is_empty() && checkpoints.all(|at| at.summary.is_some())
}

/// Says so, as `status` does.
fn told_made(path: &Path, record: &RunRecord, terminal: &Terminal) -> anyhow::Result<()> {
    let all = record.checkpoints.len();
    terminal.answer(&format!("done     all {all} checkpoints are in the record"))?;
    terminal.say(&format!("nothing is left to do of {}", path.display()));
    let steps = record.checkpoints.iter().map(|at| at.losses.step);
    let listed = Making::ALL.iter().flat_map(|making| {
        steps.clone().map(|step| Listed {
            making: making.name(),
            step,
            state: StepState::Done,
        })
    });
    terminal.document(&listed.collect::<Vec<_>>())
}

/// How far the checkpoints of a run are.
#[derive(Serialize)]
struct Listed {
    making: &'static str,
    step: usize,
    #[serde(flatten)]
    state: StepState,
}

/// What of a run is done, worked on, failed or missing.
pub(super) fn status(
    folder: &RunFolder,
    record: &RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let steps: Vec<usize> = record.checkpoints.iter().map(|at| at.losses.step).collect();
    if is_made(record) {
        return told_made(folder.path(), record, terminal);
    }
    let states = |making| {
        let states = steps
            .iter()
            .map(|&step| (step, folder.step_state(making, step)));
        Ok(states.collect())
    };
    let next = folder.has_shards().then(|| folder.path().display());
    list(states, next, terminal)
}

/// Lists the states of all checkpoints, and what is next once they are done.
pub(super) fn list(
    states: impl Fn(Making) -> anyhow::Result<Vec<(usize, StepState)>>,
    next: Option<impl std::fmt::Display>,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for making in Making::ALL {
        let listed: Vec<Listed> = states(making)?
            .into_iter()
            .map(|(step, state)| Listed {
                making: making.name(),
                step,
                state,
            })
            .collect();
        listed
            .iter()
            .try_for_each(|listed| tell(listed, terminal))?;
        terminal.answer(&summary(making, &listed))?;
        all.extend(listed);
    }
    if let Some(run) = next {
        terminal.say(&format!("once all are done: spindle merge {run}"));
    }
    terminal.document(&all)
}

/// A line for what needs a look.
fn tell(listed: &Listed, terminal: &Terminal) -> anyhow::Result<()> {
    let Listed {
        making,
        step,
        state,
    } = listed;
    match state {
        StepState::Running { by, seconds } => {
            let since = seconds.map_or_else(
                || "begun in the future by this machine's clock".to_owned(),
                |seconds| format!("for {seconds} s"),
            );
            terminal.answer(&format!("running  {making} step {step}: {by}, {since}"))
        }
        StepState::Failed { error } => {
            terminal.answer(&format!("failed   {making} step {step}: {error}"))
        }
        StepState::Done | StepState::Missing => Ok(()),
    }
}

fn summary(making: Making, listed: &[Listed]) -> String {
    let count = |is: fn(&StepState) -> bool| listed.iter().filter(|at| is(&at.state)).count();
    format!(
        "{}: {} done, {} running, {} failed, {} missing of {} checkpoints",
        making.name(),
        count(|state| matches!(state, StepState::Done)),
        count(|state| matches!(state, StepState::Running { .. })),
        count(|state| matches!(state, StepState::Failed { .. })),
        count(|state| matches!(state, StepState::Missing)),
        listed.len()
    )
}
