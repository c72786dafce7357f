//! From outputs to interactions and from interactions to what a run reports: strengths, similarity, phases, theory.

use std::ops::ControlFlow;

use spindle_interactions::{
    Error as MathError,
    bootstrap::{Estimate, Resamples},
    decompose::{self, Decomposition, Progress, RangeBounds, Ranges, Statistic},
    phase, reference, salience,
    similarity::{self, ClassEffects},
    strength::{self, SampleStrength},
    theory,
};
use spindle_run::{
    Experiment,
    event::{Outputs, SampleLosses},
    experiment::{Placement, Solver},
    record::{
        AllEffects, Analysis, AtNoise, AtRate, CheckpointRecord, Dynamics, Group, GroupStrength,
        Norms, Players, PublishedSgd, RangedEstimate, RateScale, RunRecord, SampleCertificate,
        SampleRecord, TheoryFit,
    },
};

use crate::{Error, random::Stream};

/// Rise of the loss gap over its running minimum that counts as its onset, in nats (ours).
pub const GAP_MARGIN: f64 = 0.01;
/// Values of sigma^2 that the theory is fitted over (ours): from 10^-6 to 10^2, 20 a decade.
const SIGMA2_GRID: (f64, f64, usize) = (1e-6, 1e2, 161);

/// The bootstrap resamples behind every interval of an experiment.
fn resamples(experiment: &Experiment) -> Resamples {
    Resamples::new(
        experiment.resamples,
        Stream::Bootstrap.seed(experiment.seed, 0),
    )
}

/// What a decomposition of all samples gave.
pub struct Decomposed {
    /// One decomposition a sample; where the tolerance was not reached, the best one found.
    pub decompositions: Vec<Decomposition>,
    /// In words, the samples that did not reach the tolerance.
    pub warnings: Vec<String>,
}

/// Decomposes all samples' outputs by the experiment's solver, natively on all cores.
///
/// # Errors
/// An output that is not finite, or [`MathError::Stopped`] when `progress` breaks.
pub fn decompose_outputs(
    experiment: &Experiment,
    outputs: &Outputs,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Decomposed, Error> {
    let results = match experiment.solver {
        Solver::Certified => {
            let params = experiment.decomposition();
            decompose::decompose_batch(&outputs.values, outputs.players, &params, progress)?
        }
        Solver::Sgd => published(experiment, &outputs.values, outputs.players, progress)?,
    };
    let mut decompositions = Vec::with_capacity(results.len());
    let mut warnings = Vec::new();
    for (sample, result) in results.into_iter().enumerate() {
        match result {
            Ok(decomposition) => decompositions.push(decomposition),
            Err(MathError::NotConverged {
                smallest_gap,
                tolerance,
                has_settled,
                iterations,
                decomposition,
                ..
            }) => {
                let settled = if has_settled {
                    ""
                } else {
                    ", and the answer has not settled"
                };
                warnings.push(format!(
                    "sample {sample} at step {}: gap {smallest_gap:.1e} of the smallest norm after {iterations} iterations, where {tolerance:.0e} is asked for{settled}; its best decomposition is kept",
                    outputs.step
                ));
                decompositions.push(*decomposition);
            }
            Err(error) => return Err(error.into()),
        }
    }
    warnings.extend(noise_warning(outputs, &decompositions));
    Ok(Decomposed {
        decompositions,
        warnings,
    })
}

/// Noise floors that a noise bound should be above: below, rounding is explained as if it were the network.
const NOISE_FLOORS: f64 = 3.0;

fn noise_warning(outputs: &Outputs, decompositions: &[Decomposition]) -> Option<String> {
    let least = NOISE_FLOORS * outputs.noise_floor;
    let bounds = decompositions.iter().map(|d| d.certificate.noise_bound);
    let count = bounds.filter(|&bound| bound > 0.0 && bound < least).count();
    (count > 0).then(|| {
        format!(
            "at step {} the noise bound of {count} of {} samples is below {NOISE_FLOORS} times the rounding noise of their outputs ({:.1e} nats): \
             a part of what is decomposed there is rounding. A larger --noise-ratio, or 0 to say so, is clearer",
            outputs.step,
            decompositions.len(),
            outputs.noise_floor
        )
    })
}

fn published(
    experiment: &Experiment,
    values: &[f64],
    players: usize,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Result<Decomposition, MathError>>, MathError> {
    let params = experiment.published_sgd();
    reference::decompose_batch(values, players, &params, progress)
}

/// Sums up the interactions of all samples at one checkpoint.
///
/// # Errors
/// Decompositions that do not fit the outputs.
pub fn analyze(
    experiment: &Experiment,
    samples: &[SampleRecord],
    outputs: &Outputs,
    decompositions: &[Decomposition],
) -> Result<Analysis, Error> {
    let resamples = resamples(experiment);
    let masks = 1 << outputs.players;
    let changes = samples
        .iter()
        .zip(outputs.values.chunks_exact(masks))
        .filter(|(sample, _)| sample.group == Group::Test)
        .filter_map(|(_, values)| salience::output_range(values));
    let changes: Vec<f64> = changes.collect();
    let threshold = salience::threshold(changes.iter().copied(), experiment.salience);
    let of_group = |group, threshold| group_strengths(samples, decompositions, group, threshold);
    let groups = [Group::Test, Group::Train, Group::Mislabelled];
    let strengths = groups.into_iter().filter_map(|group| {
        let strengths = of_group(group, threshold);
        (!strengths.is_empty()).then(|| GroupStrength {
            group,
            samples: strengths.len(),
            strength: strength::by_order(&strengths, &resamples),
        })
    });
    let test = || of(samples, decompositions, Group::Test);
    let all_test = of_group(Group::Test, 0.0);
    let salient: usize = test().map(|(_, d)| salient_count(d, threshold)).sum();
    Ok(Analysis {
        threshold,
        strengths: strengths.collect(),
        unthresholded: strength::by_order(&all_test, &resamples),
        all_effects: all_effects(&all_test, test().map(|(_, d)| d), &resamples),
        by_noise: Vec::new(),
        salient_per_sample: salient as f64 / changes.len().max(1) as f64,
        mean_output_change: salience::threshold(changes.iter().copied(), 1.0),
        noise_floor: outputs.noise_floor,
        certificates: outputs
            .values
            .chunks_exact(masks)
            .zip(decompositions)
            .map(|(values, decomposition)| certificate(values, decomposition))
            .collect::<Result<_, _>>()?,
        similarity: similarity_by_order(experiment, samples, decompositions, &resamples),
        published_sgd: None,
    })
}

/// The published SGD on the outputs of the test samples, for comparison with their certified decompositions.
///
/// # Errors
/// As [`decompose_outputs`].
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
    let by_order = |threshold| {
        let strengths: Vec<_> = found
            .iter()
            .map(|d| strength::of_sample(d, threshold))
            .collect();
        strength::by_order(&strengths, &resamples)
    };
    let smallest: Vec<f64> = of(samples, decompositions, Group::Test)
        .map(|(_, certified)| certified.certificate.smallest_norm)
        .collect();
    let starts: Vec<f64> = values
        .chunks_exact(1 << outputs.players)
        .map(reference::start_norm)
        .collect::<Result<_, _>>()?;
    let ends = norms(&found);
    let sweep = if experiment.sgd_sweep {
        sweep(experiment, &values, outputs.players, &smallest, progress)?
    } else {
        Vec::new()
    };
    Ok(PublishedSgd {
        learning_rate: experiment.sgd_learning_rate,
        schedule: experiment.sgd_schedule,
        steps: experiment.sgd_steps,
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
                ..experiment.published_sgd()
            };
            let found = reference::decompose_batch(values, players, &params, progress)?
                .into_iter()
                .collect::<Result<Vec<_>, _>>()?;
            let ends = norms(&found);
            let strengths: Vec<_> = found.iter().map(|d| strength::of_sample(d, 0.0)).collect();
            let none = Resamples::new(0, 0);
            rows.push(AtRate {
                learning_rate,
                scale,
                norm: mean(&ends),
                objective_ratio: median_ratio(&ends, smallest),
                mean_order: strength::by_order(&strengths, &none)
                    .mean_order
                    .map(|m| m.value),
                share_of_order_3_and_more: strength::share_of_high_orders(&strengths, &none)
                    .map(|share| share.value),
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
/// As [`decompose_outputs`].
pub fn by_noise<P: Fn(Progress) -> ControlFlow<()> + Sync>(
    experiment: &Experiment,
    samples: &[SampleRecord],
    outputs: &Outputs,
    progress: impl Fn() -> P,
) -> Result<Vec<AtNoise>, Error> {
    let values = test_outputs(samples, outputs);
    let resamples = resamples(experiment);
    let at = |noise_ratio| {
        let params = decompose::Params {
            noise_ratio,
            ranges: false,
            ..experiment.decomposition()
        };
        let results = decompose::decompose_batch(&values, outputs.players, &params, &progress())?;
        let found = results.into_iter().map(|result| match result {
            Err(MathError::NotConverged { decomposition, .. }) => Ok(*decomposition),
            result => result,
        });
        let found: Vec<Decomposition> = found.collect::<Result<_, _>>()?;
        let strengths: Vec<_> = found.iter().map(|d| strength::of_sample(d, 0.0)).collect();
        Ok(AtNoise {
            noise_ratio,
            norm: mean(&norms(&found)),
            strength: strength::by_order(&strengths, &resamples),
            share_of_order_3_and_more: strength::share_of_high_orders(&strengths, &resamples),
        })
    };
    NOISE_RATIOS.into_iter().map(at).collect()
}

/// Outputs of the test samples, one after the other.
fn test_outputs(samples: &[SampleRecord], outputs: &Outputs) -> Vec<f64> {
    samples
        .iter()
        .zip(outputs.values.chunks_exact(1 << outputs.players))
        .filter(|(sample, _)| sample.group == Group::Test)
        .flat_map(|(_, values)| values.iter().copied())
        .collect()
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

/// Mean order and share of high orders of all effects, with the ranges of all near-optimal decompositions of these samples.
fn all_effects<'a>(
    strengths: &[SampleStrength],
    decompositions: impl Iterator<Item = &'a Decomposition>,
    resamples: &Resamples,
) -> AllEffects {
    // Games without effects add nothing to the sums; where a game with effects has no ranges, all together have none.
    let with_effects: Vec<&Decomposition> = decompositions
        .filter(|d| d.certificate.primal > 0.0)
        .collect();
    let players = with_effects.first().map_or(0, |d| d.players());
    let bounds: Option<Vec<RangeBounds>> = with_effects
        .iter()
        .map(|d| d.ranges.as_ref().map(Ranges::bounds))
        .collect();
    let pooled = RangeBounds::pooled(&bounds.unwrap_or_default());
    let ranged = |estimate: Option<Estimate>, statistic| {
        let Estimate { value, low, high } = estimate?;
        let range = pooled.range(statistic, players);
        Some(RangedEstimate {
            value,
            low,
            high,
            lowest: range.map(|(lowest, _)| lowest),
            highest: range.map(|(_, highest)| highest),
        })
    };
    let mean_order = strength::by_order(strengths, resamples).mean_order;
    let share = strength::share_of_high_orders(strengths, resamples);
    AllEffects {
        mean_order: ranged(mean_order, Statistic::MeanOrder),
        share_of_order_3_and_more: ranged(share, Statistic::ShareOfHighOrders),
    }
}

/// Strengths by order of one group's samples.
pub fn group_strengths(
    samples: &[SampleRecord],
    decompositions: &[Decomposition],
    group: Group,
    threshold: f64,
) -> Vec<SampleStrength> {
    of(samples, decompositions, group)
        .map(|(_, decomposition)| strength::of_sample(decomposition, threshold))
        .collect()
}

fn of<'a>(
    samples: &'a [SampleRecord],
    decompositions: &'a [Decomposition],
    group: Group,
) -> impl Iterator<Item = (&'a SampleRecord, &'a Decomposition)> {
    samples
        .iter()
        .zip(decompositions)
        .filter(move |(sample, _)| sample.group == group)
}

/// AND and OR interactions of order 1 and above that are salient.
fn salient_count(decomposition: &Decomposition, threshold: f64) -> usize {
    [&decomposition.and, &decomposition.or]
        .into_iter()
        .flat_map(|effects| effects.iter().skip(1))
        .filter(|effect| salience::is_salient(**effect, threshold))
        .count()
}

fn certificate(values: &[f64], decomposition: &Decomposition) -> Result<SampleCertificate, Error> {
    let reconstruction = decomposition.reconstruct()?;
    let residual = values
        .iter()
        .zip(&reconstruction)
        .map(|(value, explained)| (value - explained).abs())
        .fold(0.0, f64::max);
    let certificate = &decomposition.certificate;
    Ok(SampleCertificate {
        primal: certificate.primal,
        dual: certificate.dual,
        gap: certificate.gap,
        iterations: certificate.iterations,
        noise_bound: certificate.noise_bound,
        residual,
        smallest_norm: Some(certificate.smallest_norm),
        ranges: decomposition.ranges.as_ref().map(Ranges::bounds),
    })
}

/// Similarity needs players at the same positions for all samples, and samples of both splits.
fn similarity_by_order(
    experiment: &Experiment,
    samples: &[SampleRecord],
    decompositions: &[Decomposition],
    resamples: &Resamples,
) -> Option<Vec<Option<Estimate>>> {
    let shared = experiment.placement == Placement::Shared
        && samples
            .iter()
            .all(|s| matches!(s.players, Players::Patches(_)));
    if !shared || experiment.train_samples == 0 {
        return None;
    }
    let effects = |group| -> Vec<ClassEffects<'_>> {
        of(samples, decompositions, group)
            .map(|(sample, decomposition)| ClassEffects {
                label: sample.label,
                and: &decomposition.and,
                or: &decomposition.or,
            })
            .collect()
    };
    Some(similarity::by_order(
        &effects(Group::Train),
        &effects(Group::Test),
        resamples,
    ))
}

/// What all checkpoints together show.
///
/// `strengths` are those of the test samples' salient interactions at every checkpoint, `losses` the samples' losses
/// there, `last` the decompositions of all samples at the last one.
///
/// # Errors
/// Decompositions that do not fit the experiment.
pub fn dynamics(
    experiment: &Experiment,
    samples: &[SampleRecord],
    checkpoints: &[CheckpointRecord],
    strengths: &[Vec<SampleStrength>],
    losses: &[SampleLosses],
    last: &[Decomposition],
) -> Result<Dynamics, Error> {
    let resamples = resamples(experiment);
    let boundary = phase::boundary(strengths, &resamples);
    let of_split = |split: fn(&SampleLosses) -> &Vec<f32>| -> Vec<Vec<f64>> {
        let wide = |losses| split(losses).iter().map(|&x| f64::from(x)).collect();
        losses.iter().map(wide).collect()
    };
    let gap_onset = phase::gap_onset_of_samples(
        &of_split(|losses| &losses.train),
        &of_split(|losses| &losses.test),
        GAP_MARGIN,
        &resamples,
    );
    let theory = match &boundary {
        Some(boundary) => theory_fits(experiment, samples, checkpoints, boundary.index, last)?,
        None => Vec::new(),
    };
    Ok(Dynamics {
        boundary,
        gap_onset,
        gap_margin: GAP_MARGIN,
        theory,
    })
}

/// Whether the second phase has begun: at the last checkpoint the mean order of the test samples lies above that at the boundary, and
/// their intervals apart (ours).
#[must_use]
pub fn second_phase_has_begun(record: &RunRecord) -> bool {
    let mean_order = |checkpoint: &CheckpointRecord| {
        let test = checkpoint.analysis.as_ref()?.of(Group::Test)?;
        test.strength.mean_order
    };
    let risen = || {
        let boundary = record.dynamics.as_ref()?.boundary?;
        let lowest = mean_order(record.checkpoints.get(boundary.index)?)?;
        let last = mean_order(record.checkpoints.last()?)?;
        Some(last.low > lowest.high)
    };
    risen().unwrap_or(false)
}

/// The theory's curve fitted to every checkpoint from the boundary on.
fn theory_fits(
    experiment: &Experiment,
    samples: &[SampleRecord],
    checkpoints: &[CheckpointRecord],
    boundary: usize,
    last: &[Decomposition],
) -> Result<Vec<TheoryFit>, Error> {
    let Some(end) = checkpoints.last().and_then(|c| c.analysis.as_ref()) else {
        return Ok(Vec::new());
    };
    let salient: Vec<[Vec<f64>; 2]> = of(samples, last, Group::Test)
        .map(|(_, d)| [&d.and, &d.or].map(|effects| salient_only(effects, end.threshold)))
        .collect();
    let arrays: Vec<[&[f64]; 2]> = salient
        .iter()
        .map(|sample| sample.each_ref().map(Vec::as_slice))
        .collect();
    let overlay = theory::Overlay::new(experiment.players, &arrays, experiment.salience)?;
    let measured: Vec<(usize, Vec<f64>)> = checkpoints
        .iter()
        .enumerate()
        .skip(boundary)
        .filter_map(|(checkpoint, record)| {
            Some((checkpoint, test_share(record.analysis.as_ref()?)?))
        })
        .collect();
    let shares: Vec<Vec<f64>> = measured.iter().map(|(_, share)| share.clone()).collect();
    let (low, high, count) = SIGMA2_GRID;
    let fits = overlay.fit(&shares, &theory::log_grid(low, high, count))?;
    let fits = measured
        .iter()
        .zip(fits)
        .filter_map(|((checkpoint, _), fit)| {
            let fit = fit?;
            Some(TheoryFit {
                checkpoint: *checkpoint,
                sigma2: fit.sigma2,
                share: fit.share,
            })
        });
    Ok(fits.collect())
}

/// Effects below the threshold, and that of the empty set, set to 0.
fn salient_only(effects: &[f64], threshold: f64) -> Vec<f64> {
    let kept = |(mask, &effect): (usize, &f64)| {
        if mask > 0 && salience::is_salient(effect, threshold) {
            effect
        } else {
            0.0
        }
    };
    effects.iter().enumerate().map(kept).collect()
}

fn test_share(analysis: &Analysis) -> Option<Vec<f64>> {
    let test = analysis.strengths.iter().find(|s| s.group == Group::Test)?;
    let share = test.strength.share.as_ref()?;
    Some(share.iter().map(|estimate| estimate.value).collect())
}
