//! How far a network is evaluated by patterns, and for how many players at a time.
//!
//! The more players there are, the more values a table has: beyond what stays in cache, some
//! players are held fixed while the others vary, and everything is computed once for each of the
//! fixed ones' patterns. And where every position sees all players already, tables have a value per
//! mask, and plain passes over masked pictures do the same products with less around them.

use super::{
    Problem,
    layout::{Layout, Place, pool_cell, window},
    pieces::Pieces,
};
use crate::{
    panels::WIDTH,
    sequential::{Convolution, Sequential},
    simd::padded,
    tables::bits,
};
use spindle_run::player::PatchMasks;

/// How a network is evaluated on all masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Players that vary, as bits of a mask; the others are held fixed in turn.
    pub(super) free: u32,
    /// How many of the convolutions behind what is masked are evaluated by patterns. If it is all
    /// of them, dense layers are as well.
    pub(super) convolutions: usize,
}

/// What a choice takes.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    /// Products and additions on all masks.
    operations: usize,
    /// Bytes of the largest layer's tables.
    bytes: usize,
}

/// The choice with the fewest operations among those whose tables stay small.
pub(super) fn choose(problem: Problem<'_>) -> Choice {
    let Problem {
        network,
        masks,
        is_wide,
        tuning,
    } = problem;
    let players = masks.count().ilog2() as usize;
    let by_weight = players_by_weight(network, masks);
    let fewest = tuning.fewest_free.min(players);
    let candidates = (fewest..=players).flat_map(|count| {
        let free = by_weight[..count].iter().fold(0, |free, bit| free | bit);
        estimates(problem, free)
            .into_iter()
            .enumerate()
            .map(move |(convolutions, estimate)| (estimate, Choice { free, convolutions }))
    });
    let cost = |estimate: &Estimate| {
        let most = match is_wide {
            true => tuning.wide_table_bytes,
            false => tuning.table_bytes,
        };
        let excess = estimate.bytes.saturating_sub(most);
        (excess, estimate.operations)
    };
    let all = Choice {
        free: masks.count() as u32 - 1,
        convolutions: 0,
    };
    candidates
        .min_by_key(|(estimate, _)| cost(estimate))
        .map_or(all, |(_, choice)| choice)
}

/// All players, as bits; those whose variation costs least come first.
fn players_by_weight(network: &Sequential, masks: &PatchMasks) -> Vec<u32> {
    let all = masks.count() as u32 - 1;
    let layouts = layouts(network, masks, all);
    let places = layouts.iter().flat_map(|layout| &layout.places);
    let mut weights: Vec<(usize, u32)> = bits(all).map(|bit| (0, bit)).collect();
    for place in places {
        for (weight, _) in weights
            .iter_mut()
            .filter(|(_, bit)| place.players & bit != 0)
        {
            *weight += place.patterns();
        }
    }
    weights.sort_unstable();
    weights.into_iter().map(|(_, bit)| bit).collect()
}

/// The layout of what is masked, behind its pooling, and behind every convolution from there on.
pub(super) fn layouts(network: &Sequential, masks: &PatchMasks, free: u32) -> Vec<Layout> {
    let masked = Layout::masked(network, masks, free);
    let mut layouts = vec![masked];
    for layer in &network.convolutions[network.first_behind()..] {
        let next = layouts[layouts.len() - 1].behind(layer);
        layouts.push(next);
    }
    layouts
}

/// What it takes to evaluate no convolution by patterns, the first one, the first two and so on.
fn estimates(problem: Problem<'_>, free: u32) -> Vec<Estimate> {
    let Problem {
        network,
        masks,
        is_wide,
        tuning,
    } = problem;
    let additions = tuning.additions;
    let layouts = layouts(network, masks, free);
    let (patterns, rounds) = (1 << free.count_ones(), masks.count() >> free.count_ones());
    let (mut local, mut bytes) = (0, 0);
    let mut estimates = Vec::new();
    let first = network.first_behind();
    for (count, layout) in layouts
        .iter()
        .enumerate()
        .take(most_by_patterns(network) + 1)
    {
        if count > 0 {
            let layer = &network.convolutions[first + count - 1];
            let inputs = &layouts[count - 1];
            if is_wide {
                local += Pieces::new(layer, inputs, tuning.rows).multiplied()
                    * layer.inputs
                    * layer.outputs;
                // One panel's tables of all offsets.
                bytes = bytes.max(4 * WIDTH * inputs.rows * layer.kernel.pow(2));
            } else {
                local += convolution_operations(layer, inputs);
            }
        }
        let shape = network.shape_before(first + count);
        local += additions * layout.rows * shape.channels;
        bytes = bytes.max(4 * layout.rows * padded(shape.channels));
        let rest = &network.convolutions[first + count..];
        let (tail, tail_bytes) = if rest.is_empty() && !is_wide {
            let first = &network.dense[0];
            let per_position: usize = layout.places.iter().map(Place::patterns).sum();
            let products = per_position * shape.channels * first.outputs;
            let others: usize = network.dense[1..]
                .iter()
                .map(|d| d.inputs * d.outputs)
                .sum();
            (
                products + patterns * (additions * first.outputs + others),
                4 * patterns * padded(first.outputs),
            )
        } else {
            // Every mask's picture is put together from its positions' values.
            (
                patterns
                    * (shape.channels * shape.side.pow(2)
                        + plain_products(rest, network).sum::<usize>()),
                0,
            )
        };
        estimates.push(Estimate {
            operations: rounds * (local + tail),
            bytes: bytes.max(tail_bytes),
        });
    }
    estimates
}

/// How many of the convolutions behind what is masked patterns can reach: strides are left to plain
/// passes.
pub(super) fn most_by_patterns(network: &Sequential) -> usize {
    let behind = network.convolutions[network.first_behind()..].iter();
    behind.take_while(|layer| layer.stride == 1).count()
}

/// Products of a convolution by patterns.
fn convolution_operations(layer: &Convolution, inputs: &Layout) -> usize {
    let positions = (0..layer.out_side().pow(2)).flat_map(|cell| pool_cell(layer, cell));
    let patterns = positions
        .flat_map(|pixel| window(layer, pixel))
        .map(|input| inputs.places[input.position].patterns());
    patterns.sum::<usize>() * layer.inputs * layer.outputs
}

/// Products of one plain pass through some convolutions and all dense layers, layer by layer.
pub(super) fn plain_products(
    convolutions: &[Convolution],
    network: &Sequential,
) -> impl Iterator<Item = usize> {
    let convolutions = convolutions.iter().map(Convolution::products);
    convolutions.chain(network.dense.iter().map(|d| d.inputs * d.outputs))
}
