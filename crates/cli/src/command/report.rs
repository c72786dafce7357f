//! What a run leaves for people: tables, figures, the report, and a few sentences.

use serde::Serialize;
use spindle_interactions::phase::{Onset, Phases};
use spindle_run::{
    RunWriter,
    analysis::{self, phases},
    record::{RunRecord, SampleCertificate},
    table,
};

use crate::terminal::Terminal;

/// Pixels per point of the figures as PNG: 300 dpi.
const PNG_SCALE: f32 = 300.0 / 72.0;

/// Tables, figures and the report, as they go into a run's folder.
#[derive(PartialEq)]
struct Drawn {
    /// Names and contents.
    tables: Vec<(&'static str, Vec<u8>)>,
    /// Names with their extensions, and contents.
    figures: Vec<(String, Vec<u8>)>,
    html: String,
}

impl Drawn {
    fn of(writer: &RunWriter, record: &RunRecord) -> anyhow::Result<Self> {
        let mut tables = analysis::tables(record);
        let mut rows = Vec::new();
        for (index, checkpoint) in record.checkpoints.iter().enumerate() {
            let decompositions = writer.interactions(record, checkpoint.losses.step)?;
            rows.extend(table::interactions_rows(record, index, &decompositions));
        }
        tables.push(table::interactions(record, &rows));
        let tables = tables
            .into_iter()
            .map(|table| Ok((table.name, table.to_parquet()?)))
            .collect::<anyhow::Result<_>>()?;
        let mut figures = Vec::new();
        for figure in spindle_report::figures(record)? {
            let png = spindle_report::png(&figure.svg, PNG_SCALE)?;
            figures.push((format!("{}.svg", figure.name), figure.svg.into_bytes()));
            figures.push((format!("{}.png", figure.name), png));
        }
        Ok(Self {
            tables,
            figures,
            html: spindle_report::html(record)?,
        })
    }

    /// Replaces those that are there; the report comes last, since people open it.
    fn save(&self, writer: &RunWriter) -> anyhow::Result<()> {
        for (name, parquet) in &self.tables {
            writer.save_table(name, parquet)?;
        }
        for (name, bytes) in &self.figures {
            writer.save_figure(name, bytes)?;
        }
        Ok(writer.save_report(&self.html)?)
    }
}

/// Writes tables, figures and `report.html`.
pub(crate) fn write(writer: &RunWriter, record: &RunRecord) -> anyhow::Result<()> {
    Drawn::of(writer, record)?.save(writer)
}

/// How the games of a run were solved.
#[derive(Serialize)]
pub(crate) struct Certified {
    /// Games decomposed.
    pub(crate) games: usize,
    /// Of these, certified to the tolerance.
    pub(crate) certified: usize,
    /// The largest relative gap.
    pub(crate) largest_gap: f64,
    /// The largest |v - reconstruction| over its noise bound, minus the bound, in nats; 0 where
    /// matching holds everywhere.
    pub(crate) largest_excess: f64,
}

impl Certified {
    /// Sums up all certificates of a run.
    pub(crate) fn of(record: &RunRecord) -> Self {
        let certificates = || {
            let summaries = table::summaries(record);
            summaries.flat_map(|(_, summary)| &summary.certificates)
        };
        let tolerance = record.experiment.decomposition.tolerance;
        Self {
            games: certificates().count(),
            certified: certificates()
                .filter(|c| c.smallest_gap() <= tolerance)
                .count(),
            largest_gap: certificates()
                .map(SampleCertificate::smallest_gap)
                .fold(0.0, f64::max),
            largest_excess: certificates()
                .map(|c| c.residual - c.noise_bound)
                .fold(0.0, f64::max),
        }
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    run: &'a std::path::Path,
    checkpoints: usize,
    /// What decides on phases, with what is missing where there is no boundary.
    phases: Option<Phases>,
    boundary: Option<At>,
    gap_onset: Option<At>,
    certificates: Certified,
    train_seconds: f64,
    extract_seconds: f64,
    decompose_seconds: f64,
}

/// A checkpoint with its interval, in epochs.
#[derive(Serialize)]
struct At {
    step: usize,
    epoch: f64,
    low: f64,
    high: f64,
}

impl At {
    fn new(record: &RunRecord, onset: Onset) -> Option<Self> {
        let losses = |index: usize| record.checkpoints.get(index).map(|c| c.losses);
        Some(Self {
            step: losses(onset.index)?.step,
            epoch: losses(onset.index)?.epoch,
            low: losses(onset.low)?.epoch,
            high: losses(onset.high)?.epoch,
        })
    }
}

/// The first numbers, what they amount to and the loss gap, a paragraph each.
fn in_sentences(record: &RunRecord) -> String {
    let first = phases::statistics(record).into_iter().next();
    let sentences = [
        (
            "numbers",
            first.and_then(|first| phases::numbers(record, first)),
        ),
        ("phases", phases::verdict(record)),
        ("loss gap", analysis::loss_gap(record)),
    ];
    let lines = sentences
        .into_iter()
        .filter_map(|(about, text)| Some(format!("{about:<12}{}\n", text?)));
    lines.collect()
}

/// Says what was found and where it is.
pub(crate) fn conclude(
    writer: &RunWriter,
    record: &RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let at = |onset: Option<Onset>| onset.and_then(|onset| At::new(record, onset));
    let summary = Summary {
        run: writer.path(),
        checkpoints: record.checkpoints.len(),
        phases: record.deciding_phases(),
        boundary: at(record.boundary()),
        gap_onset: at(record.gap_onset()),
        certificates: Certified::of(record),
        train_seconds: record.provenance.train_seconds,
        extract_seconds: record.provenance.extract_seconds,
        decompose_seconds: record.provenance.decompose_seconds,
    };
    let certified = &summary.certificates;
    terminal.say(&format!(
        "certified   {} of {} games to a gap of {:.0e} (largest {:.1e})\n{}report      {}",
        certified.certified,
        certified.games,
        record.experiment.decomposition.tolerance,
        certified.largest_gap,
        in_sentences(record),
        writer.path().join("report.html").display(),
    ));
    terminal.document(&summary)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use spindle_core::pipeline::{Goal, Quiet, Run, conduct, lab};
    use spindle_data::mnist;
    use spindle_run::{
        Experiment,
        device::Place,
        each::Each,
        folder::{
            Disk,
            ending::{self, End, Survived},
        },
    };
    use tempfile::TempDir;

    use super::*;
    use crate::{command::export, output};

    /// The smallest run with every figure, as `spindle run` has it before anything is drawn.
    fn analysed(path: &Path) -> anyhow::Result<()> {
        let mut experiment = Experiment::default();
        experiment.training.train_size = Some(96);
        experiment.training.epochs = 2;
        experiment.measurement.checkpoints = 2;
        experiment.measurement.samples = 2;
        experiment.measurement.train_samples = 2;
        experiment.measurement.players = 3;
        experiment.decomposition.resamples = 100;
        let experiment = experiment.check()?;
        let (writer, _) = RunWriter::create(path, &experiment)?;
        let lab = lab(experiment, Each::Pictures(mnist::embedded()?), Place::CPU)?;
        let mut run = Run::begin(writer, lab.description()?)?;
        pollster::block_on(conduct(&mut run, &*lab, Goal::Analysed, &Quiet))?;
        Ok(())
    }

    fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
        for (name, bytes) in ending::files(from)? {
            let path = to.join(name);
            fs::create_dir_all(path.parent().unwrap_or(to))?;
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    /// In memory where that is possible: hundreds of folders are written and brought to the disk.
    fn in_memory() -> std::io::Result<TempDir> {
        let memory = Path::new("/dev/shm");
        match memory.is_dir() {
            true => TempDir::new_in(memory),
            false => TempDir::new(),
        }
    }

    /// What is drawn of a run and exported, ended before every step that it does to the disk.
    #[expect(
        clippy::print_stderr,
        reason = "how much was tried is what a person reads"
    )]
    fn survives(end: End) -> anyhow::Result<()> {
        let whole = in_memory()?;
        analysed(whole.path())?;
        let (writer, record) = RunWriter::open(whole.path())?;
        let drawn = Drawn::of(&writer, &record)?;
        assert!(
            Drawn::of(&writer, &record)? == drawn,
            "drawn otherwise again"
        );
        drop(writer);
        let exported = export::packed(whole.path(), None)?;
        let files = drawn.tables.len() + drawn.figures.len() + 2;
        let fresh = || {
            let folder = in_memory()?;
            copy(whole.path(), &folder.path().join("run"))?;
            Ok(folder)
        };
        let work = |folder: &Path, disk: &Disk| {
            let (writer, _) = RunWriter::open_on(disk.clone(), folder.join("run"))?;
            drawn.save(&writer)?;
            output::write_on(disk, &folder.join("run.spindle"), &exported)
        };
        let found = ending::at_every_step(end, fresh, work, ending::files);
        let Survived { steps, ended } = found.map_err(anyhow::Error::msg)?;
        eprintln!("{end:?}: {ended} of {steps} steps that write {files} files, nothing lost");
        // Each is made, written, brought to the disk and renamed, and its folder is brought there.
        assert!(ended == steps && steps >= 5 * files, "{ended} of {steps}");
        Ok(())
    }

    #[test]
    fn figures_report_and_export_survive_a_kill_at_every_step() -> anyhow::Result<()> {
        survives(End::Killed)
    }

    #[test]
    fn figures_report_and_export_survive_a_loss_of_power_at_every_step() -> anyhow::Result<()> {
        survives(End::PowerLoss)
    }
}
