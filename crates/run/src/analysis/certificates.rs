//! How far from the optimum decompositions are at most, and how exactly they match the outputs.

use super::{Analysis, Finding, Shown};
use crate::{
    experiment::{NoiseScale, Solver},
    figure::numbers,
    record::{RunRecord, SampleCertificate},
    table::{self, Table, at_checkpoints},
};

/// Shows what the summary of every checkpoint has.
pub(super) struct Certificates;

impl Shown for Certificates {}

impl Analysis for Certificates {
    fn name(&self) -> &'static str {
        "certificates"
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let found = [
            ("Certificates", certificates(record)),
            ("Universal matching", matching(record)),
        ];
        let told = found
            .into_iter()
            .filter_map(|(about, text)| Some(Finding { about, text: text? }));
        told.collect()
    }
}

fn all(record: &RunRecord) -> impl Iterator<Item = &SampleCertificate> {
    let summaries = table::summaries(record);
    summaries.flat_map(|(_, summary)| &summary.certificates)
}

/// How many decompositions are certified, and how well.
fn certificates(record: &RunRecord) -> Option<String> {
    let games = all(record).count();
    let largest = all(record)
        .map(|certificate| certificate.gap)
        .max_by(f64::total_cmp)?;
    let tolerance = record.experiment.decomposition.tolerance;
    let certified = all(record)
        .filter(|certificate| certificate.smallest_gap() <= tolerance)
        .count();
    let of = if certified == games {
        format!("all {}", numbers::grouped(games))
    } else {
        let [certified, games] = [certified, games].map(numbers::grouped);
        format!("{certified} of {games}")
    };
    let shown = match record.experiment.decomposition.solver {
        Solver::Certified => canonical(record),
        Solver::Sgd => " Shown is where the published SGD ended.".to_owned(),
    };
    Some(format!(
        "The smallest L1 norm is known to {} % for {of} decompositions: the smallest that was found is at most so far above a bound that no decomposition can be under.{shown} So what is shown is at most {} % above that bound. The command spindle verify checks all of it in exact arithmetic.",
        numbers::setting(100.0 * tolerance),
        numbers::significant(100.0 * largest, 2)
    ))
}

/// What is shown, and how far its norms are above the smallest ones found.
fn canonical(record: &RunRecord) -> String {
    let above = all(record).filter_map(|certificate| {
        let smallest = certificate.smallest_norm.filter(|norm| *norm > 0.0)?;
        Some(certificate.primal / smallest - 1.0)
    });
    let most = numbers::significant(100.0 * above.fold(0.0, f64::max), 2);
    format!(
        " Many decompositions are nearly as sparse. Shown is the canonical one, the simplest by a fixed rule, whose norm is at most {most} % above the smallest here: it is unique and depends neither on the solver nor on its tolerance."
    )
}

/// How exactly interactions give the outputs back.
fn matching(record: &RunRecord) -> Option<String> {
    let ratio = |c: &SampleCertificate| {
        if c.noise_bound > 0.0 {
            c.residual / c.noise_bound
        } else {
            0.0
        }
    };
    let relative = all(record).map(ratio).max_by(f64::total_cmp)?;
    let residual = all(record)
        .map(|certificate| certificate.residual)
        .max_by(f64::total_cmp)?;
    let masks = numbers::grouped(
        1_usize.checked_shl(u32::try_from(record.experiment.measurement.players).ok()?)?,
    );
    let mut text = format!(
        "On all {masks} masks of every sample the interactions give the network's output back within {} nats, at most {} times the bound \
         of the noise term ({} of {} per sample).",
        numbers::significant(residual, 2),
        numbers::fixed(relative, 3),
        numbers::setting(record.experiment.decomposition.noise_ratio),
        match record.experiment.decomposition.noise_scale {
            NoiseScale::Change => "|v(N) − v(∅)|",
            NoiseScale::Deviation => "the standard deviation of v",
        }
    );
    let first = record.checkpoints.first()?;
    if let (Some(summary), true) = (&first.summary, first.losses.step == 0) {
        let change = numbers::significant(summary.mean_output_change, 2);
        let floor = numbers::significant(summary.noise_floor, 1);
        text.push_str(&format!(
            " Before training outputs hardly move with the mask: |v(N) − v(∅)| is {change} nats on average, the rounding noise of 32-bit outputs {floor}."
        ));
    }
    Some(text)
}

/// How far from the optimum every decomposition is at most: a row per checkpoint and sample.
fn table(record: &RunRecord) -> Table {
    let rows: Vec<_> = table::summaries(record)
        .flat_map(|(checkpoint, summary)| {
            summary
                .certificates
                .iter()
                .enumerate()
                .map(move |(sample, certificate)| (checkpoint, sample, certificate))
        })
        .collect();
    at_checkpoints(
        Table::new("certificates"),
        record,
        rows.iter().map(|row| row.0),
    )
    .integer("sample", rows.iter().map(|row| row.1))
    .real("primal_nats", rows.iter().map(|row| row.2.primal))
    .real("dual_nats", rows.iter().map(|row| row.2.dual))
    .real("gap", rows.iter().map(|row| row.2.gap))
    .integer("iterations", rows.iter().map(|row| row.2.iterations))
    .real("noise_bound_nats", rows.iter().map(|row| row.2.noise_bound))
    .real("residual_nats", rows.iter().map(|row| row.2.residual))
    .real(
        "smallest_norm_nats",
        rows.iter().map(|row| row.2.smallest_norm),
    )
    .real(
        "range_limit_nats",
        rows.iter().map(|row| Some(row.2.ranges?.limit)),
    )
    .real(
        "mean_order_below_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[0])),
    )
    .real(
        "mean_order_above_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[1])),
    )
    .real(
        "share_below_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[2])),
    )
    .real(
        "share_above_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[3])),
    )
}
