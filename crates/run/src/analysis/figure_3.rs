//! Figure 3 of arXiv 2405.10262 by the published procedure, in nats, and on the very same outputs
//! the certified answers.

use spindle_interactions::{bootstrap::Estimate, strength::StrengthByOrder};

use super::{Analysis, AtRate, NoiseBounds, PublishedSgd, RateScale, Shown};
use crate::{
    figure::{
        Bars, Figure, FigureKind, Measured, StrengthRow, StrengthRows,
        caption::{self, number},
    },
    record::RunRecord,
};

/// Shows what two other analyses have found.
pub(super) struct Figure3;

impl Shown for Figure3 {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figure = shown(record).map(|shown| Figure {
            name: "figure-3",
            title:
                "Figure 3 of arXiv 2405.10262 by the published procedure and by certified answers"
                    .into(),
            caption: caption(&shown),
            kind: FigureKind::StrengthRows(rows(record, &shown)),
        });
        figure.into_iter().collect()
    }
}

impl Analysis for Figure3 {
    fn name(&self) -> &'static str {
        "figure-3"
    }
}

/// The learning rate, in nats, that gives panels like the paper's: a guess, which the paper does
/// not state.
const PAPER_RATE: f64 = 1e-6;
/// Orders at which the procedure leaves a residue while low ones grow.
const RESIDUE: std::ops::RangeInclusive<usize> = 8..=10;
/// Noise bounds of the certified rows.
const NOISE_RATIOS: [f64; 2] = [0.0, 0.02];

/// Figure 3 of the paper for this run; `None` where the published procedure was not run with other
/// rates.
#[must_use]
pub fn figure_3(record: &RunRecord) -> Option<StrengthRows> {
    Some(rows(record, &shown(record)?))
}

/// A checkpoint with what the procedure gives at the paper's rate.
type Panel<'a> = (Measured<'a>, StrengthByOrder);

/// The turning points at which it was run.
fn shown(record: &RunRecord) -> Option<Vec<Panel<'_>>> {
    let shown: Vec<_> = Measured::turning_points(record)
        .into_iter()
        .filter_map(|(at, sgd)| Some((at, at_paper_rate(sgd)?)))
        .collect();
    (!shown.is_empty()).then_some(shown)
}

fn at_paper_rate(sgd: PublishedSgd) -> Option<StrengthByOrder> {
    let is_papers =
        |row: &AtRate| row.scale == RateScale::Absolute && row.learning_rate == PAPER_RATE;
    sgd.sweep.into_iter().find(is_papers)?.salient
}

/// The procedure, and the certified answers at each noise bound that was tried at all these points.
fn rows(record: &RunRecord, shown: &[Panel<'_>]) -> StrengthRows {
    let published = shown
        .iter()
        .map(|(at, strength)| Bars::of(record, *at, strength));
    let first = StrengthRow {
        name: format!("published SGD, rate {PAPER_RATE:e}"),
        panels: published.collect(),
    };
    let certified = NOISE_RATIOS.into_iter().filter_map(|ratio| {
        let panels = shown.iter().map(|(at, _)| {
            let NoiseBounds(rows) = at.part()?;
            let row = rows.into_iter().find(|row| row.noise_ratio == ratio)?;
            Some(Bars::of(record, *at, &row.salient?))
        });
        Some(StrengthRow {
            name: format!("certified, noise bound {ratio}"),
            panels: panels.collect::<Option<_>>()?,
        })
    });
    StrengthRows {
        rows: std::iter::once(first).chain(certified).collect(),
    }
}

/// J_pos - J_neg by order, in nats.
fn sums(strength: &StrengthByOrder) -> Vec<f64> {
    let value = |estimate: &Estimate| estimate.value;
    let orders = strength.positive.iter().zip(&strength.negative);
    orders
        .map(|(above, below)| value(above) - value(below))
        .collect()
}

fn caption(shown: &[Panel<'_>]) -> String {
    let panels: Vec<String> = shown.iter().filter_map(in_words).collect();
    format!(
        "Salient interactions in nats, positive up and negative down, each panel with a scale of its own. The published procedure, with the authors' schedule from {PAPER_RATE:e}: {}. \
         Its steps have one size, so they leave a floor of one size; the threshold, which grows with the outputs, cuts it, medium orders first, since it is spread over most masks there. \
         The certified answers to the very same outputs have no such floor. That shows how panels like the paper's come about here. It does not prove that the paper's did: its rate is not stated, and its heights can only be read by eye.",
        panels.join("; ")
    )
}

/// Where the procedure's strength lies, what is left at high orders, and the threshold.
fn in_words((at, strength): &Panel<'_>) -> Option<String> {
    let strength = sums(strength);
    let (order, most) = (1..)
        .zip(&strength)
        .max_by(|a: &(usize, &f64), b| a.1.total_cmp(b.1))?;
    let sum = |orders: std::ops::RangeInclusive<usize>| {
        let within = (1..)
            .zip(&strength)
            .filter(|(order, _)| orders.contains(order));
        within.map(|(_, strength)| strength).sum::<f64>()
    };
    Some(format!(
        "{} order {order} is strongest, {} nats of {}, orders 3 to 7 hold {}, orders {} to {} {}, the threshold is {}",
        caption::when(at.epoch),
        number(*most),
        number(strength.iter().sum()),
        number(sum(3..=7)),
        RESIDUE.start(),
        RESIDUE.end(),
        number(sum(RESIDUE)),
        number(at.summary.threshold)
    ))
}
