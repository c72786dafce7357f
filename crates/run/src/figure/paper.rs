//! Figure 3 of arXiv 2405.10262 by the published procedure, in nats, and on the very same outputs the certified answers.

use serde::Serialize;
use spindle_interactions::{bootstrap::Estimate, strength::StrengthByOrder};

use super::{Bars, Measured, caption::number, measured, three};
use crate::record::{Analysis, AtRate, RateScale, RunRecord};

/// The learning rate, in nats, that gives panels like the paper's: a guess, which the paper does not state.
const PAPER_RATE: f64 = 1e-6;
/// Orders at which the procedure leaves a residue while low ones grow.
const RESIDUE: std::ops::RangeInclusive<usize> = 8..=10;
/// Noise bounds of the certified rows.
const NOISE_RATIOS: [f64; 2] = [0.0, 0.02];

/// Strengths by order in nats, one way of decomposing at up to three checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PaperRow {
    /// How it was decomposed.
    pub name: String,
    /// A panel per checkpoint.
    pub panels: Vec<Bars>,
}

/// The published procedure and the certified answers, a row each.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PaperFigure {
    /// The published procedure first.
    pub rows: Vec<PaperRow>,
    /// What is seen.
    pub caption: String,
}

/// Figure 3 of the paper for this run; `None` where the published procedure was not run with other rates.
#[must_use]
pub fn paper(record: &RunRecord) -> Option<PaperFigure> {
    let tried: Vec<_> = measured(record)
        .filter(|at| published(at.analysis).is_some())
        .collect();
    let shown = three(record, &tried);
    shown.first()?;
    let row = |name: String, strength: &dyn Fn(&Analysis) -> Option<&StrengthByOrder>| {
        let panels: Option<Vec<Bars>> = shown
            .iter()
            .map(|at| Some(Bars::of(record, *at, strength(at.analysis)?)))
            .collect();
        Some(PaperRow {
            name,
            panels: panels?,
        })
    };
    let first = row(format!("published SGD, rate {PAPER_RATE:e}"), &|analysis| {
        published(analysis)?.salient.as_ref()
    })?;
    let certified = NOISE_RATIOS.into_iter().filter_map(|ratio| {
        row(
            format!("certified, noise bound {ratio}"),
            &move |analysis| {
                let row = analysis
                    .by_noise
                    .iter()
                    .find(|row| row.noise_ratio == ratio)?;
                row.salient.as_ref()
            },
        )
    });
    let caption = caption(&shown)?;
    Some(PaperFigure {
        rows: std::iter::once(first).chain(certified).collect(),
        caption,
    })
}

fn published(analysis: &Analysis) -> Option<&AtRate> {
    let sweep = &analysis.published_sgd.as_ref()?.sweep;
    let row = sweep
        .iter()
        .find(|row| row.scale == RateScale::Absolute && row.learning_rate == PAPER_RATE)?;
    row.salient.as_ref().map(|_| row)
}

/// J_pos - J_neg by order, in nats.
fn sums(strength: &StrengthByOrder) -> Vec<f64> {
    let value = |estimate: &Estimate| estimate.value;
    let orders = strength.positive.iter().zip(&strength.negative);
    orders
        .map(|(above, below)| value(above) - value(below))
        .collect()
}

fn caption(shown: &[Measured<'_>]) -> Option<String> {
    let panels: Option<Vec<String>> = shown.iter().map(in_words).collect();
    Some(format!(
        "Salient interactions in nats, positive up and negative down, each panel with a scale of its own. The published procedure, with the authors' schedule from {PAPER_RATE:e}: {}. \
         Its steps have one size, so they leave a floor of one size; the threshold, which grows with the outputs, cuts it, medium orders first, since it is spread over most masks there. \
         The certified answers to the very same outputs have no such floor. That shows how panels like the paper's come about here. It does not prove that the paper's did: its rate is not stated, and its heights can only be read by eye.",
        panels?.join("; ")
    ))
}

/// Where the procedure's strength lies, what is left at high orders, and the threshold.
fn in_words(at: &Measured<'_>) -> Option<String> {
    let strength = sums(published(at.analysis)?.salient.as_ref()?);
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
        super::caption::when(at.epoch),
        number(*most),
        number(strength.iter().sum()),
        number(sum(3..=7)),
        RESIDUE.start(),
        RESIDUE.end(),
        number(sum(RESIDUE)),
        number(at.analysis.threshold)
    ))
}
