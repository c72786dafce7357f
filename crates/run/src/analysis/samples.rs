//! Samples by their groups, as analyses take them.

use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    decompose::Decomposition,
    salience,
    strength::{self, SampleStrength},
};

use crate::{
    Experiment,
    event::Outputs,
    random::Stream,
    record::{Group, SampleRecord},
};

/// All groups, in the order in which they are named.
pub(super) const GROUPS: [Group; 3] = [Group::Test, Group::Train, Group::Mislabelled];

/// The bootstrap resamples behind every interval of an experiment.
#[must_use]
pub fn resamples(experiment: &Experiment) -> Resamples {
    Resamples::new(
        experiment.decomposition.resamples,
        Stream::Bootstrap.seed(experiment.training.seed, 0),
    )
}

/// Mean with its bootstrap interval; `None` of nothing.
pub(super) fn mean(values: &[f64], resamples: &Resamples) -> Option<Estimate> {
    resamples.estimate(values.len(), |draw| {
        let sum: f64 = draw.iter().map(|&index| values[index]).sum();
        (!draw.is_empty()).then(|| sum / draw.len() as f64)
    })
}

/// Strengths by order of one group's samples.
#[must_use]
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

/// A group's samples with their decompositions.
pub fn of<'a>(
    samples: &'a [SampleRecord],
    decompositions: &'a [Decomposition],
    group: Group,
) -> impl Iterator<Item = (&'a SampleRecord, &'a Decomposition)> {
    samples
        .iter()
        .zip(decompositions)
        .filter(move |(sample, _)| sample.group == group)
}

/// |v(N) - v(empty)| of a group's samples.
#[must_use]
pub fn output_changes(samples: &[SampleRecord], outputs: &Outputs, group: Group) -> Vec<f64> {
    samples
        .iter()
        .zip(outputs.values.chunks_exact(1 << outputs.players))
        .filter(|(sample, _)| sample.group == group)
        .filter_map(|(_, values)| salience::output_range(values))
        .collect()
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

/// Strengths by order of the test samples at one checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct TestStrengths {
    /// Of all effects.
    pub all: Vec<SampleStrength>,
    /// Of salient ones.
    pub salient: Vec<SampleStrength>,
}

impl TestStrengths {
    /// `threshold`: that of the checkpoint's summary.
    #[must_use]
    pub fn new(samples: &[SampleRecord], decompositions: &[Decomposition], threshold: f64) -> Self {
        let at = |threshold| group_strengths(samples, decompositions, Group::Test, threshold);
        Self {
            all: at(0.0),
            salient: at(threshold),
        }
    }
}
