//! The interactions of all samples at one checkpoint, summed up: what every analysis builds on.

use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    decompose::{Decomposition, RangeBounds, Ranges, Statistic},
    salience,
    strength::{self, SampleStrength},
};

use super::samples::{group_strengths, of, output_changes, resamples};
use crate::{
    Error, Experiment,
    event::Outputs,
    record::{
        AllEffects, Group, GroupStrength, RangedEstimate, SampleCertificate, SampleRecord, Summary,
    },
};

/// Sums up the interactions of all samples at one checkpoint.
///
/// # Errors
/// Decompositions that do not fit the outputs.
pub fn summarize(
    experiment: &Experiment,
    samples: &[SampleRecord],
    outputs: &Outputs,
    decompositions: &[Decomposition],
) -> Result<Summary, Error> {
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
    let salient: usize = test().map(|(_, d)| salient_count(d, threshold)).sum();
    Ok(Summary {
        version: Summary::VERSION,
        threshold,
        strengths: strengths.collect(),
        unthresholded: strength::by_order(&all_test, &resamples),
        all_effects: all_effects(&all_test, test().map(|(_, d)| d), &resamples),
        salient_per_sample: salient as f64 / changes.len().max(1) as f64,
        mean_output_change: salience::threshold(changes.iter().copied(), 1.0),
        noise_floor: outputs.noise_floor,
        certificates: outputs
            .values
            .chunks_exact(masks)
            .zip(decompositions)
            .map(|(values, decomposition)| certificate(values, decomposition))
            .collect::<Result<_, _>>()?,
    })
}

/// Mean order and share of high orders of all effects, with the ranges of all near-optimal
/// decompositions of these samples.
fn all_effects<'a>(
    strengths: &[SampleStrength],
    decompositions: impl Iterator<Item = &'a Decomposition>,
    resamples: &Resamples,
) -> AllEffects {
    // Games without effects add nothing to the sums; where a game with effects has no ranges, all
    // together have none.
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
