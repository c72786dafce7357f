//! The canonical answers beside others on the same outputs: the published SGD, and other noise bounds.

use std::ops::ControlFlow;

use spindle_interactions::{
    Error as MathError,
    bootstrap::Resamples,
    decompose::{self, Decomposition, Progress},
    reference,
    strength::{self, SampleStrength, StrengthByOrder},
};
use spindle_run::{
    Experiment,
    event::Outputs,
    record::{AtNoise, AtRate, Group, Norms, PublishedSgd, RateScale, SampleRecord},
};

use super::{of, resamples};
use crate::Error;

/// The published SGD on the outputs of the test samples, for comparison with their certified decompositions.
///
/// # Errors
/// As [`super::decompose_outputs`].
pub fn published_sgd(
    experiment: &Experiment,
    samples: &[SampleRecord],
    outputs: &Outputs,
    decompositions: &[Decomposition],
    threshold: f64,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<PublishedSgd, Error> {
    let values = test_outputs(samples, outputs);
    let found = published(experiment, &values, outputs.players, progress)?
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let resamples = resamples(experiment);
    let by_order = |threshold| strength::by_order(&strengths(&found, threshold), &resamples);
    let smallest: Vec<f64> = of(samples, decompositions, Group::Test)
        .map(|(_, certified)| certified.certificate.smallest_norm)
        .collect();
    let starts: Vec<f64> = values
        .chunks_exact(1 << outputs.players)
        .map(reference::start_norm)
        .collect::<Result<_, _>>()?;
    let ends = norms(&found);
    let sweep = if experiment.decomposition.sgd_sweep {
        sweep(
            experiment,
            &values,
            outputs.players,
            &smallest,
            threshold,
            progress,
        )?
    } else {
        Vec::new()
    };
    Ok(PublishedSgd {
        learning_rate: experiment.decomposition.sgd_learning_rate,
        schedule: experiment.decomposition.sgd_schedule,
        steps: experiment.decomposition.sgd_steps,
        strength: by_order(threshold),
        unthresholded: by_order(0.0),
        objective_ratio: median_ratio(&ends, &smallest),
        start_ratio: Some(median_ratio(&starts, &smallest)),
        norms: Some(Norms {
            smallest: mean(&smallest),
            start: mean(&starts),
            end: mean(&ends),
        }),
        sweep,
    })
}

/// Rates that the published SGD is tried with.
const RATES: [f64; 5] = [1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/// The published SGD at other rates, in nats and in units of |v(N) - v(empty)|.
fn sweep(
    experiment: &Experiment,
    values: &[f64],
    players: usize,
    smallest: &[f64],
    threshold: f64,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<AtRate>, Error> {
    let mut rows = Vec::new();
    for (scale, unit) in [
        (RateScale::Absolute, reference::RateScale::Absolute),
        (RateScale::Change, reference::RateScale::Change),
    ] {
        for learning_rate in RATES {
            let params = reference::Params {
                learning_rate,
                rate_scale: unit,
                ..experiment.decomposition.published_sgd()
            };
            let found = reference::decompose_batch(values, players, &params, progress)?
                .into_iter()
                .collect::<Result<Vec<_>, _>>()?;
            let ends = norms(&found);
            let all = strengths(&found, 0.0);
            let none = Resamples::new(0, 0);
            rows.push(AtRate {
                learning_rate,
                scale,
                norm: mean(&ends),
                objective_ratio: median_ratio(&ends, smallest),
                mean_order: strength::by_order(&all, &none).mean_order.map(|m| m.value),
                share_of_order_3_and_more: strength::share_of_high_orders(&all, &none)
                    .map(|share| share.value),
                salient: Some(salient_by_order(experiment, &found, threshold)),
            });
        }
    }
    Ok(rows)
}

/// Noise bounds that all effects are looked at with, in units of the experiment's noise scale.
pub const NOISE_RATIOS: [f64; 4] = [0.0, 0.005, 0.02, 0.05];

/// All interactions of the test samples at other noise bounds: how much of what is seen depends on that choice. `progress` makes a callback for each.
///
/// # Errors
/// As [`super::decompose_outputs`].
pub fn by_noise<P: Fn(Progress) -> ControlFlow<()> + Sync>(
    experiment: &Experiment,
    samples: &[SampleRecord],
    outputs: &Outputs,
    threshold: f64,
    progress: impl Fn() -> P,
) -> Result<Vec<AtNoise>, Error> {
    let values = test_outputs(samples, outputs);
    let resamples = resamples(experiment);
    let at = |noise_ratio| {
        let params = decompose::Params {
            noise_ratio,
            ranges: false,
            ..experiment.decomposition.params()
        };
        let results = decompose::decompose_batch(&values, outputs.players, &params, &progress())?;
        let found = results.into_iter().map(|result| match result {
            Err(MathError::NotConverged { decomposition, .. }) => Ok(*decomposition),
            result => result,
        });
        let found: Vec<Decomposition> = found.collect::<Result<_, _>>()?;
        let all = strengths(&found, 0.0);
        Ok(AtNoise {
            noise_ratio,
            norm: mean(&norms(&found)),
            strength: strength::by_order(&all, &resamples),
            salient: Some(salient_by_order(experiment, &found, threshold)),
            share_of_order_3_and_more: strength::share_of_high_orders(&all, &resamples),
        })
    };
    NOISE_RATIOS.into_iter().map(at).collect()
}

/// Outputs of the test samples, one after the other.
#[must_use]
pub fn test_outputs(samples: &[SampleRecord], outputs: &Outputs) -> Vec<f64> {
    samples
        .iter()
        .zip(outputs.values.chunks_exact(1 << outputs.players))
        .filter(|(sample, _)| sample.group == Group::Test)
        .flat_map(|(_, values)| values.iter().copied())
        .collect()
}

fn strengths(found: &[Decomposition], threshold: f64) -> Vec<SampleStrength> {
    let of_sample = |found| strength::of_sample(found, threshold);
    found.iter().map(of_sample).collect()
}

/// Salient by the threshold of the checkpoint's analysis, which follows from the outputs only.
fn salient_by_order(
    experiment: &Experiment,
    found: &[Decomposition],
    threshold: f64,
) -> StrengthByOrder {
    strength::by_order(&strengths(found, threshold), &resamples(experiment))
}

fn norms(decompositions: &[Decomposition]) -> Vec<f64> {
    decompositions
        .iter()
        .map(|d| d.certificate.primal)
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Median of the ratios that are finite; 1 where none is.
fn median_ratio(values: &[f64], smallest: &[f64]) -> f64 {
    let pairs = values.iter().zip(smallest);
    let mut ratios: Vec<f64> = pairs.map(|(value, smallest)| value / smallest).collect();
    ratios.retain(|ratio| ratio.is_finite());
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
}

pub(super) fn published(
    experiment: &Experiment,
    values: &[f64],
    players: usize,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Result<Decomposition, MathError>>, MathError> {
    let params = experiment.decomposition.published_sgd();
    reference::decompose_batch(values, players, &params, progress)
}
