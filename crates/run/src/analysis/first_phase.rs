//! The first phase as a decay: every profile of orders as a mixture of the one before training and
//! the one where orders are lowest (after arXiv 2407.19198, whose network before training has
//! strengths of C(n, k) 2^(k/2); the measured profile in its place, the fits and their residuals are
//! ours).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{bootstrap::Estimate, mask::binomial};

use super::{Analysis, Finding, OfRun, Scope, Shown};
use crate::{
    Error,
    figure::{Axis, Curve, Curves, Drawn, Figure, FigureKind, Tone, caption},
    record::{Recorded, RunRecord, recorded},
    table::{Table, at_checkpoints},
};

/// The decay up to the checkpoint where orders are lowest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// Root mean square over orders between the measured shares before training and the theory's
    /// C(n, k) 2^(k/2), normalised.
    pub initial_residual: f64,
    /// The checkpoints up to the lowest one.
    pub fits: Vec<DecayFit>,
}

/// A checkpoint's profile as a mixture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecayFit {
    /// Position in `RunRecord::checkpoints`.
    pub checkpoint: usize,
    /// Part of the measured profile before training, 0 to 1.
    pub weight: f64,
    /// Root mean square over orders of what the mixture leaves.
    pub residual: f64,
    /// The same with the theory's profile in its place.
    pub weight_of_theory: f64,
    /// What that one leaves.
    pub residual_of_theory: f64,
}

impl Recorded for Decay {
    const NAME: &'static str = "first-phase";
    const VERSION: u32 = 1;
}

/// The analysis.
pub(super) struct FirstPhase;

impl Shown for FirstPhase {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        figure(record).into_iter().collect()
    }
}

impl Analysis for FirstPhase {
    fn name(&self) -> &'static str {
        Decay::NAME
    }

    fn version(&self) -> u32 {
        Decay::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Run]
    }

    fn of_run(&self, run: &OfRun<'_>) -> Result<Value, Error> {
        recorded(&fit(run))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "First phase",
            text,
        });
        finding.into_iter().collect()
    }
}

/// `None` where orders are lowest before training, or shares are undefined.
fn fit(run: &OfRun<'_>) -> Option<Decay> {
    let lowest = run.record.lowest()?;
    let (first, last) = (shares(run.record, 0)?, shares(run.record, lowest)?);
    if lowest == 0 {
        return None;
    }
    let theory = theory(first.len());
    let of_checkpoint = |checkpoint: usize| {
        let measured = shares(run.record, checkpoint)?;
        let (weight, residual) = mixture(&measured, &first, &last);
        let (weight_of_theory, residual_of_theory) = mixture(&measured, &theory, &last);
        Some(DecayFit {
            checkpoint,
            weight,
            residual,
            weight_of_theory,
            residual_of_theory,
        })
    };
    Some(Decay {
        initial_residual: apart(&first, &theory),
        fits: (0..=lowest).filter_map(of_checkpoint).collect(),
    })
}

fn shares(record: &RunRecord, checkpoint: usize) -> Option<Vec<f64>> {
    record.checkpoints.get(checkpoint)?.shares()
}

/// C(n, k) 2^(k/2), normalised.
fn theory(players: usize) -> Vec<f64> {
    let strengths: Vec<f64> = (1..=players)
        .map(|order| binomial(players, order) * 2.0_f64.powf(0.5 * order as f64))
        .collect();
    let sum: f64 = strengths.iter().sum();
    strengths
        .into_iter()
        .map(|strength| strength / sum)
        .collect()
}

/// The part of `first` in the mixture with `last` that is nearest, and what it leaves.
fn mixture(measured: &[f64], first: &[f64], last: &[f64]) -> (f64, f64) {
    let way = first.iter().zip(last).map(|(first, last)| first - last);
    let done = measured
        .iter()
        .zip(last)
        .map(|(measured, last)| measured - last);
    let (mut product, mut square) = (0.0, 0.0);
    for (way, done) in way.zip(done) {
        product += way * done;
        square += way * way;
    }
    let weight = if square > 0.0 {
        (product / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let mixed: Vec<f64> = first
        .iter()
        .zip(last)
        .map(|(first, last)| weight * first + (1.0 - weight) * last)
        .collect();
    (weight, apart(measured, &mixed))
}

/// Root mean square over orders.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    (squares / a.len().max(1) as f64).sqrt()
}

/// Weights over training.
fn figure(record: &RunRecord) -> Option<Figure> {
    let found: Decay = record.analyses.get()?;
    if found.fits.len() < 3 {
        return None;
    }
    let curve = |place: usize, name: &str, value: fn(&DecayFit) -> f64| Curve {
        name: name.into(),
        tone: if place == 0 {
            Tone::Certified
        } else {
            Tone::Theory
        },
        drawn: Drawn::Line,
        unscaled: None,
        values: found
            .fits
            .iter()
            .map(|fit| Some(Estimate::exact(value(fit))))
            .collect(),
    };
    let epochs = found.fits.iter();
    let epochs =
        epochs.filter_map(|fit| Some(record.checkpoints.get(fit.checkpoint)?.losses.epoch));
    Some(Figure {
        name: "first-phase",
        title: "How the profile before training decays in the first phase".into(),
        caption: in_words(record)?,
        kind: FigureKind::Curves(Curves {
            y: Axis {
                label: "part of the first profile",
                unit: "",
            },
            has_zero: true,
            epochs: epochs.collect(),
            curves: vec![
                curve(0, "as measured before training", |fit| fit.weight),
                curve(1, "as the theory has it", |fit| fit.weight_of_theory),
            ],
            // The gap opens later than this figure ends.
            marks: Vec::new(),
        }),
    })
}

fn in_words(record: &RunRecord) -> Option<String> {
    let found: Decay = record.analyses.get()?;
    let epoch = |fit: &DecayFit| Some(record.checkpoints.get(fit.checkpoint)?.losses.epoch);
    // Of the first and the last one the mixture is true by construction.
    let inner = found.fits.get(1..found.fits.len().checked_sub(1)?)?;
    let half = match inner.iter().find(|fit| fit.weight <= 0.5) {
        Some(fit) => format!(
            "half of the first profile is gone {}",
            caption::at(epoch(fit)?)
        ),
        None => format!(
            "{} of the first profile is left {}, at the checkpoint before the lowest",
            caption::number(inner.last()?.weight),
            caption::at(epoch(inner.last()?)?)
        ),
    };
    let largest = |value: fn(&DecayFit) -> f64| inner.iter().map(value).fold(0.0, f64::max);
    Some(format!(
        "Shares of orders up to the lowest checkpoint as a mixture of those before training and those there: {half}. Between them the mixture leaves at most {} in shares (root mean square over orders); with C(n, k) 2^(k/2) in place of the measured first profile at most {}. That profile of the theory is {} off the measured one before training: it is of the AND interactions of a network with independent outputs, not of sparse AND-OR answers.",
        caption::number(largest(|fit| fit.residual)),
        caption::number(largest(|fit| fit.residual_of_theory)),
        caption::number(found.initial_residual)
    ))
}

/// The fits: a row a checkpoint.
fn table(record: &RunRecord) -> Table {
    let fits = record.analyses.get::<Decay>().map(|found| found.fits);
    let fits = fits.unwrap_or_default();
    at_checkpoints(
        Table::new("first_phase"),
        record,
        fits.iter().map(|fit| fit.checkpoint),
    )
    .real("weight", fits.iter().map(|fit| fit.weight))
    .real("residual", fits.iter().map(|fit| fit.residual))
    .real(
        "weight_of_theory",
        fits.iter().map(|fit| fit.weight_of_theory),
    )
    .real(
        "residual_of_theory",
        fits.iter().map(|fit| fit.residual_of_theory),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_mixture_is_found_and_leaves_nothing() {
        let (first, last) = (theory(5), [0.9, 0.1, 0.0, 0.0, 0.0]);
        let mixed: Vec<f64> = first
            .iter()
            .zip(&last)
            .map(|(first, last)| 0.3 * first + 0.7 * last)
            .collect();
        let (weight, residual) = mixture(&mixed, &first, &last);
        assert!((weight - 0.3).abs() < 1e-12 && residual < 1e-12);
        assert!((first.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        // Beyond the ends there is no mixture.
        assert_eq!(mixture(&last, &first, &last).0, 0.0);
        assert_eq!(mixture(&first, &first, &first).0, 0.0);
    }
}
