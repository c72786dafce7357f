//! From outputs to interactions and from interactions to what a run reports: strengths, similarity, phases, theory.

mod comparison;
mod dynamics;

use std::ops::ControlFlow;

use spindle_interactions::{
    Error as MathError,
    bootstrap::{Estimate, Resamples},
    decompose::{self, Decomposition, Progress, RangeBounds, Ranges, Statistic},
    salience,
    similarity::{self, ClassEffects},
    strength::{self, SampleStrength},
};
use spindle_run::{
    Experiment,
    event::Outputs,
    experiment::{Placement, Solver},
    record::{
        AllEffects, Analysis, Group, GroupDifference, GroupStrength, Players, RangedEstimate,
        SampleCertificate, SampleRecord,
    },
};

pub use comparison::{NOISE_RATIOS, by_noise, published_sgd, test_outputs};
pub use dynamics::{TestStrengths, dynamics, second_phase_has_begun};

use crate::Error;
use spindle_run::random::Stream;

/// The bootstrap resamples behind every interval of an experiment.
fn resamples(experiment: &Experiment) -> Resamples {
    Resamples::new(
        experiment.decomposition.resamples,
        Stream::Bootstrap.seed(experiment.training.seed, 0),
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
    let results = match experiment.decomposition.solver {
        Solver::Certified => {
            let params = experiment.decomposition.params();
            decompose::decompose_batch(&outputs.values, outputs.players, &params, progress)?
        }
        Solver::Sgd => {
            comparison::published(experiment, &outputs.values, outputs.players, progress)?
        }
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
    let changes = output_changes(samples, outputs, Group::Test);
    let threshold = salience::threshold(changes.iter().copied(), experiment.decomposition.salience);
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
    let by_class = effects_by_class(experiment, samples, decompositions);
    let seed = Stream::Bootstrap.seed(experiment.training.seed, 0);
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
        similarity: by_class
            .as_ref()
            .map(|[train, test]| similarity::by_order(train, test)),
        ceilings: by_class
            .as_ref()
            .map(|[train, test]| similarity::with_ceilings(train, test, similarity::SPLITS, seed)),
        group_differences: group_differences(experiment, samples, outputs, decompositions),
        published_sgd: None,
    })
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

/// Number of a group's samples.
#[must_use]
pub fn group_size(samples: &[SampleRecord], group: Group) -> usize {
    samples
        .iter()
        .filter(|sample| sample.group == group)
        .count()
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

/// Effects on training and on test samples. Similarity needs players at the same positions for all samples, and samples of both splits.
fn effects_by_class<'a>(
    experiment: &Experiment,
    samples: &'a [SampleRecord],
    decompositions: &'a [Decomposition],
) -> Option<[Vec<ClassEffects<'a>>; 2]> {
    let shared = experiment.measurement.placement == Placement::Shared
        && samples
            .iter()
            .all(|s| matches!(s.players, Players::Patches(_)));
    if !shared || experiment.measurement.train_samples == 0 {
        return None;
    }
    let effects = |group| {
        let found = of(samples, decompositions, group);
        found.map(|(sample, decomposition)| ClassEffects {
            label: sample.label,
            and: &decomposition.and,
            or: &decomposition.or,
        })
    };
    Some([
        effects(Group::Train).collect(),
        effects(Group::Test).collect(),
    ])
}

/// How far the groups that have samples differ.
fn group_differences(
    experiment: &Experiment,
    samples: &[SampleRecord],
    outputs: &Outputs,
    decompositions: &[Decomposition],
) -> Vec<GroupDifference> {
    let resamples = resamples(experiment);
    let pairs = [
        (Group::Mislabelled, Group::Test),
        (Group::Mislabelled, Group::Train),
        (Group::Train, Group::Test),
    ];
    let all = |group| group_strengths(samples, decompositions, group, 0.0);
    let salient = |group| {
        let threshold = salience::threshold(
            output_changes(samples, outputs, group),
            experiment.decomposition.salience,
        );
        group_strengths(samples, decompositions, group, threshold)
    };
    let has_samples = |group| samples.iter().any(|sample| sample.group == group);
    let pairs = pairs
        .into_iter()
        .filter(|(group, than)| has_samples(*group) && has_samples(*than));
    let difference = |(group, than)| {
        let of_all =
            |statistic| strength::difference(statistic, &all(group), &all(than), &resamples);
        GroupDifference {
            group,
            than,
            mean_order: of_all(Statistic::MeanOrder),
            share_of_order_3_and_more: of_all(Statistic::ShareOfHighOrders),
            salient_mean_order: strength::difference(
                Statistic::MeanOrder,
                &salient(group),
                &salient(than),
                &resamples,
            ),
        }
    };
    pairs.map(difference).collect()
}

/// |v(N) - v(empty)| of a group's samples.
fn output_changes(samples: &[SampleRecord], outputs: &Outputs, group: Group) -> Vec<f64> {
    samples
        .iter()
        .zip(outputs.values.chunks_exact(1 << outputs.players))
        .filter(|(sample, _)| sample.group == group)
        .filter_map(|(_, values)| salience::output_range(values))
        .collect()
}
