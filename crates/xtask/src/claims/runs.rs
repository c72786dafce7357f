//! The runs that come with the page, and plain facts of each.

use std::path::{Path, PathBuf};

use anyhow::Context;
use spindle_run::{
    export::Export,
    record::{Group, LossRecord, RunRecord},
    table,
};

use super::{
    format::{count, epoch, minutes, nats, percent, rate, seconds},
    table::Claims,
};

/// Where they are.
pub(super) const FOLDER: &str = "web/public/runs";

/// A `.spindle` file.
pub(super) struct Run {
    /// The file's name without its end: what its claims begin with.
    pub(super) name: String,
    /// Its record.
    pub(super) record: RunRecord,
}

/// All that come with the page, by name.
pub(super) fn shipped() -> anyhow::Result<Vec<Run>> {
    let entries = std::fs::read_dir(FOLDER)
        .with_context(|| format!("cannot read {FOLDER}, where the runs are"))?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "spindle"));
    files.sort();
    files.iter().map(|file| open(file)).collect()
}

fn open(file: &Path) -> anyhow::Result<Run> {
    let shown = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let export = Export::unpack(&bytes)
        .with_context(|| format!("cannot read the claims of the run {shown}"))?;
    let stem = file.file_stem().unwrap_or_default();
    Ok(Run {
        name: stem.to_string_lossy().into_owned(),
        record: export.record,
    })
}

/// What was run: `RUN.epochs`, `RUN.games` and so on.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    settings(claims, run)?;
    sizes(claims, run)?;
    times(claims, run)?;
    ends(claims, run)
}

fn settings(claims: &mut Claims, Run { name, record }: &Run) -> anyhow::Result<()> {
    let experiment = &record.experiment;
    claims.put(format!("{name}.epochs"), count(experiment.training.epochs))?;
    claims.put(format!("{name}.batch"), count(experiment.training.batch))?;
    claims.put(
        format!("{name}.players"),
        count(experiment.measurement.players),
    )?;
    claims.put(format!("{name}.seed"), experiment.training.seed.to_string())?;
    claims.put(
        format!("{name}.label-noise"),
        percent(experiment.training.label_noise),
    )?;
    claims.put(
        format!("{name}.noise-ratio"),
        experiment.decomposition.noise_ratio.to_string(),
    )?;
    claims.put(
        format!("{name}.tolerance"),
        rate(experiment.decomposition.tolerance),
    )
}

fn sizes(claims: &mut Claims, Run { name, record }: &Run) -> anyhow::Result<()> {
    let provenance = &record.provenance;
    claims.put(format!("{name}.train-size"), count(provenance.train_size))?;
    claims.put(format!("{name}.test-size"), count(provenance.test_size))?;
    claims.put(format!("{name}.mislabelled"), count(provenance.mislabelled))?;
    claims.put(format!("{name}.samples"), count(record.samples.len()))?;
    for group in [Group::Test, Group::Train, Group::Mislabelled] {
        let of_group = record.samples.iter().filter(|of| of.group == group);
        let name = format!("{name}.samples.{}", group.name());
        claims.put(name, count(of_group.count()))?;
    }
    let summaries = table::summaries(record);
    let games = summaries.map(|(_, found)| found.certificates.len()).sum();
    claims.put(format!("{name}.games"), count(games))?;
    claims.put(
        format!("{name}.checkpoints"),
        count(record.checkpoints.len()),
    )
}

fn times(claims: &mut Claims, Run { name, record }: &Run) -> anyhow::Result<()> {
    let provenance = &record.provenance;
    for (part, time) in [
        ("train", provenance.train_seconds),
        ("extract", provenance.extract_seconds),
        ("decompose", provenance.decompose_seconds),
        ("all", all_seconds(record)),
    ] {
        claims.put(format!("{name}.{part}-seconds"), seconds(time))?;
        claims.put(format!("{name}.{part}-minutes"), minutes(time))?;
    }
    Ok(())
}

fn all_seconds(record: &RunRecord) -> f64 {
    let provenance = &record.provenance;
    provenance.train_seconds + provenance.extract_seconds + provenance.decompose_seconds
}

/// Losses and accuracies after training, and where the test loss is smallest.
fn ends(claims: &mut Claims, Run { name, record }: &Run) -> anyhow::Result<()> {
    let Some(last) = record.checkpoints.last().map(|at| &at.losses) else {
        return Ok(());
    };
    claims.put(
        format!("{name}.train-accuracy"),
        percent(last.train_accuracy),
    )?;
    claims.put(format!("{name}.test-accuracy"), percent(last.test_accuracy))?;
    claims.put(format!("{name}.train-loss"), nats(last.train_loss))?;
    claims.put(format!("{name}.test-loss"), nats(last.test_loss))?;
    let lowest = lowest_test_loss(record);
    let loss = lowest.map(|at| nats(at.test_loss));
    claims.put_some(format!("{name}.test-loss.lowest"), loss)?;
    let when = lowest.map(|at| epoch(at.epoch));
    claims.put_some(format!("{name}.test-loss.lowest.epoch"), when)
}

fn lowest_test_loss(record: &RunRecord) -> Option<&LossRecord> {
    let at_checkpoints = record.checkpoints.iter().map(|at| &at.losses);
    let all = record.losses.iter().chain(at_checkpoints);
    all.filter(|at| at.test_loss.is_finite())
        .min_by(|a, b| a.test_loss.total_cmp(&b.test_loss))
}
