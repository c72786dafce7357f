//! What comparisons have in common, which decompose the same outputs several times.

use std::ops::ControlFlow;

use spindle_interactions::{
    decompose::{Decomposition, Progress},
    strength::{self, SampleStrength},
};

use super::Watch;

/// Rounds over the same games, told as one piece of work.
pub(super) struct Rounds<'a> {
    count: usize,
    watch: Watch<'a>,
}

impl<'a> Rounds<'a> {
    /// So many rounds, each over all games.
    pub(super) fn new(count: usize, watch: Watch<'a>) -> Self {
        Self { count, watch }
    }

    /// The callback of one round, from 0.
    pub(super) fn watch(&self, round: usize) -> impl Fn(Progress) -> ControlFlow<()> + Sync {
        let (count, watch) = (self.count, self.watch);
        move |progress| {
            watch(Progress {
                games_done: round * progress.games + progress.games_done,
                games: count * progress.games,
                ..progress
            })
        }
    }
}

pub(super) fn strengths(found: &[Decomposition], threshold: f64) -> Vec<SampleStrength> {
    let of_sample = |found| strength::of_sample(found, threshold);
    found.iter().map(of_sample).collect()
}

pub(super) fn norms(decompositions: &[Decomposition]) -> Vec<f64> {
    let norms = decompositions.iter().map(|d| d.certificate.primal);
    norms.collect()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
