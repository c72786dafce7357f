//! The loss around a checkpoint's weights, and other measures of over-fitting, on the axis of the
//! orders: sharpness, margins, a bound, how spread out the last features are.
//!
//! They need the network and its data, and not its interactions: `spindle landscape` measures them.

mod measures;

use serde::{Deserialize, Serialize};
use spindle_interactions::bootstrap::Estimate;

use self::measures::{Change, MEASURES, changes_in_words, changes_table, course};
use super::{Analysis, Finding, Shown};
use crate::{
    figure::{Curve, Curves, Figure, FigureKind, SCALED, caption, marks},
    record::{Recorded, RunRecord},
    sweep::Number,
    table::{self, Table, at_checkpoints, estimates},
};

/// Length of the step along the gradient after which the loss is taken again: the radius that the
/// method's authors recommend (Foret et al., arXiv 2010.01412, equation 2).
pub const SAM_RADIUS: f64 = 0.05;
/// Random directions.
pub const DIRECTIONS: usize = 16;
/// How far weights are moved in a random direction: every tensor by this share of its own norm, so
/// that scaling a layer up and the next one down changes nothing (after Li et al., arXiv 1712.09913).
pub const RANDOM_SHARE: f64 = 0.1;
/// Probability with which the bound holds.
pub const BOUND_CONFIDENCE: f64 = 0.95;
/// Bins of each of the last features, evenly from its lowest to its highest value.
pub const BINS: usize = 30;

/// What is measured around the weights of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// Training samples that it is measured on, with their labels as trained; test samples are as many, if
    /// there are.
    pub samples: usize,
    /// Their mean loss, nats.
    pub loss: f64,
    /// Norm of its gradient.
    pub gradient_norm: f64,
    /// The largest eigenvalue of its Hessian.
    pub curvature: Curvature,
    /// How much the loss grows after a step of length [`SAM_RADIUS`] along the gradient, nats.
    pub sam: f64,
    /// How much it grows in a random direction ([`RANDOM_SHARE`]), nats: mean over [`DIRECTIONS`], with
    /// its 95 % interval over directions by Student's t.
    pub random: Estimate,
    /// Logit of the label less the largest other one, nats: of these samples.
    pub train_margin: Quantiles,
    /// The same of test samples.
    pub test_margin: Quantiles,
    /// A bound of the test error.
    pub bound: Bound,
    /// Mean entropy of the features before the last layer, over features, each in [`BINS`] bins, nats.
    pub bin_entropy: f64,
}

impl Landscape {
    /// The first of its numbers that is not finite, in words.
    #[must_use]
    pub fn not_finite(&self) -> Option<&'static str> {
        let numbers = [
            ("the loss", self.loss),
            ("the norm of the gradient", self.gradient_norm),
            ("the largest eigenvalue", self.curvature.eigenvalue),
            ("what is left of the eigenvalue", self.curvature.residual),
            ("the rise along the gradient", self.sam),
            (
                "the rise in random directions",
                self.random.high - self.random.low,
            ),
            ("the margin in training", self.train_margin.tenth),
            ("the margin in test", self.test_margin.tenth),
            ("the bound", self.bound.value),
            ("the entropy of bins", self.bin_entropy),
        ];
        let found = numbers.iter().find(|(_, value)| !value.is_finite());
        found.map(|(name, _)| *name)
    }
}

/// The largest eigenvalue of a Hessian, by Lanczos' iteration on products with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curvature {
    /// The eigenvalue, nats.
    pub eigenvalue: f64,
    /// Norm of H v - lambda v: some eigenvalue is as near as this.
    pub residual: f64,
    /// Products with the Hessian that it took.
    pub products: usize,
}

/// Of a distribution over samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// A tenth lies below.
    pub tenth: f64,
    /// Half lies below.
    pub median: f64,
}

impl Quantiles {
    /// Of these values; `None` of nothing.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (values.len().checked_sub(1)? as f64);
            let (below, part) = (place.floor() as usize, place.fract());
            let above = (below + 1).min(values.len() - 1);
            Some((1.0 - part) * values[below] + part * values[above])
        };
        Some(Self {
            tenth: at(0.1)?,
            median: at(0.5)?,
        })
    }
}

/// A PAC-Bayes bound of the share of inputs that a network with noise on its weights takes for
/// another class than their label says, in McAllester's form with Maurer's constant:
/// error + sqrt((KL + ln(2 sqrt(m) / delta)) / 2m), where KL = |w - w0|^2 / 2 sigma^2, w0 are the weights
/// before training, m is the number of training samples, and sigma is the best of a few, each with
/// its part of delta. The error is an estimate: of some samples and draws of noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The bound; above 1 it says nothing.
    pub value: f64,
    /// Share of training samples that the network with noise takes for another class.
    pub error: f64,
    /// KL, nats.
    pub divergence: f64,
    /// sigma, the same for all weights.
    pub deviation: f64,
}

impl Recorded for Landscape {
    const NAME: &'static str = "landscape";
    const VERSION: u32 = 1;
}

/// Whether it is measured at all checkpoints of a run.
#[must_use]
pub fn is_measured(record: &RunRecord) -> bool {
    let mut checkpoints = record.checkpoints.iter();
    checkpoints.all(|at| at.analyses.get::<Landscape>().is_some())
}

/// The analysis: shows what was measured.
pub(super) struct Around;

impl Shown for Around {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figures = [
            figure(
                record,
                "sharpness",
                "Sharpness of the loss beside the orders",
                &[0, 1, 2, 3],
            ),
            figure(
                record,
                "other-measures",
                "Other measures of over-fitting beside the orders",
                &[0, 4, 5, 6, 7],
            ),
        ];
        figures.into_iter().flatten().collect()
    }
}

impl Analysis for Around {
    fn name(&self) -> &'static str {
        Landscape::NAME
    }

    fn version(&self) -> u32 {
        Landscape::VERSION
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record), changes_table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Other measures",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        MEASURES
            .iter()
            .filter_map(|measure| Some((measure, Change::of(record, measure)?)))
            .flat_map(|(measure, change)| change.numbers(measure))
            .collect()
    }
}

/// Some measures over training, each from its lowest to its highest value.
fn figure(record: &RunRecord, name: &'static str, title: &str, which: &[usize]) -> Option<Figure> {
    let found: Vec<usize> = table::parts::<Landscape>(record)
        .map(|(at, _)| at)
        .collect();
    if found.len() < 2 {
        return None;
    }
    let curve = |&which: &usize| {
        let measure = &MEASURES[which];
        let course = course(record, measure);
        let value = |at: &usize| course.iter().find(|(place, _)| place == at);
        let values = found.iter().map(|at| Some(Estimate::exact(value(at)?.1)));
        Curve::scaled(measure.name, measure.tone, measure.unit, values.collect())
    };
    Some(Figure {
        name,
        title: title.into(),
        caption: caption_of(record, which)?,
        kind: FigureKind::Curves(Curves {
            y: SCALED,
            has_zero: true,
            epochs: found
                .iter()
                .map(|&at| record.checkpoints[at].losses.epoch)
                .collect(),
            curves: which.iter().map(curve).collect(),
            marks: marks(record),
        }),
    })
}

fn caption_of(record: &RunRecord, which: &[usize]) -> Option<String> {
    let (_, last) = table::parts::<Landscape>(record).last()?;
    Some(format!(
        "{} On {} training samples with their labels as trained. One run: it shows what moves together with what, and not what causes what.",
        changes_in_words(record, which),
        last.samples
    ))
}

fn in_words(record: &RunRecord) -> Option<String> {
    let all: Vec<usize> = (0..MEASURES.len()).collect();
    let (_, last) = table::parts::<Landscape>(record).last()?;
    let bound = match last.bound.value {
        value if value < 1.0 => format!(
            "The bound of the test error at the end is {}",
            caption::number(value)
        ),
        value => format!(
            "The bound of the test error at the end is {}, which says nothing",
            caption::number(value)
        ),
    };
    Some(format!(
        "{} {bound}; the largest eigenvalue there is known to within {} (one run, {} training samples).",
        changes_in_words(record, &all),
        caption::number(last.curvature.residual),
        last.samples
    ))
}

/// What was measured: a row a checkpoint.
fn table(record: &RunRecord) -> Table {
    let rows: Vec<(usize, Landscape)> = table::parts(record).collect();
    let real = |value: fn(&Landscape) -> f64| rows.iter().map(move |(_, found)| value(found));
    let table = at_checkpoints(
        Table::new("landscape"),
        record,
        rows.iter().map(|row| row.0),
    )
    .integer("samples", rows.iter().map(|(_, found)| found.samples))
    .real("loss_nats", real(|found| found.loss))
    .real("gradient_norm", real(|found| found.gradient_norm))
    .real("eigenvalue_nats", real(|found| found.curvature.eigenvalue))
    .real("residual_nats", real(|found| found.curvature.residual))
    .integer(
        "products",
        rows.iter().map(|(_, found)| found.curvature.products),
    )
    .real("sam_rise_nats", real(|found| found.sam));
    estimates(
        table,
        "random_rise",
        "_nats",
        rows.iter().map(|(_, found)| Some(found.random)),
    )
    .real(
        "train_margin_tenth_nats",
        real(|found| found.train_margin.tenth),
    )
    .real(
        "train_margin_median_nats",
        real(|found| found.train_margin.median),
    )
    .real(
        "test_margin_tenth_nats",
        real(|found| found.test_margin.tenth),
    )
    .real(
        "test_margin_median_nats",
        real(|found| found.test_margin.median),
    )
    .real("bound", real(|found| found.bound.value))
    .real("bound_error", real(|found| found.bound.error))
    .real(
        "bound_divergence_nats",
        real(|found| found.bound.divergence),
    )
    .real("bound_deviation", real(|found| found.bound.deviation))
    .real("bin_entropy_nats", real(|found| found.bin_entropy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_values() {
        let found = Quantiles::of((0..=10).map(f64::from).rev().collect());
        let expected = Quantiles {
            tenth: 1.0,
            median: 5.0,
        };
        assert_eq!(found, Some(expected));
        assert_eq!(Quantiles::of(vec![]), None);
        assert_eq!(Quantiles::of(vec![3.0]).map(|found| found.tenth), Some(3.0));
    }
}
