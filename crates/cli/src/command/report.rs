//! What a run leaves for people: tables, figures, the report, and a few sentences.

use serde::Serialize;
use spindle_interactions::phase::{Onset, Phases};
use spindle_run::{
    RunWriter,
    analysis::{self, phases},
    folder::write_whole,
    record::{RunRecord, SampleCertificate},
    table,
};

use crate::terminal::Terminal;

/// Pixels per point of the figures as PNG: 300 dpi.
const PNG_SCALE: f32 = 300.0 / 72.0;

/// Writes tables, figures and `report.html`.
pub(crate) fn write(writer: &RunWriter, record: &RunRecord) -> anyhow::Result<()> {
    for table in analysis::tables(record) {
        writer.save_table(table.name, &table.to_parquet()?)?;
    }
    let mut rows = Vec::new();
    for (index, checkpoint) in record.checkpoints.iter().enumerate() {
        let decompositions = writer.interactions(record, checkpoint.losses.step)?;
        rows.extend(table::interactions_rows(record, index, &decompositions));
    }
    let interactions = table::interactions(record, &rows);
    writer.save_table(interactions.name, &interactions.to_parquet()?)?;
    for figure in spindle_report::figures(record)? {
        writer.save_figure(&format!("{}.svg", figure.name), figure.svg.as_bytes())?;
        let png = spindle_report::png(&figure.svg, PNG_SCALE)?;
        writer.save_figure(&format!("{}.png", figure.name), &png)?;
    }
    let html = spindle_report::html(record)?;
    Ok(write_whole(
        &writer.path().join("report.html"),
        html.as_bytes(),
    )?)
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
