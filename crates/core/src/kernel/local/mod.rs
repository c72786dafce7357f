//! Masked outputs by local patterns: exact, and without computing anything twice.
//!
//! Behind a convolution, the value at a position depends on those players alone whose patches lie in its receptive
//! field: it is computed once for each of their 2^k patterns and shared by all 2^n masks. The first dense layer is then a sum over
//! positions of contributions that depend on few players each, which is computed by patterns as well ([`sum`]). From there on every mask
//! has activations of its own, and the remaining dense layers run in blocks of masks that stay in cache.
//!
//! docs/local-patterns.md explains the method with a picture. (Ours.)

mod choice;
mod convolution;
mod head;
mod layout;
mod sum;
#[cfg(test)]
mod tests;

use std::{iter, ops::Add};

use self::{
    choice::{Choice, choose, dense_products},
    convolution::{ConvolutionPlan, masked_rows},
    head::Head,
    layout::{Layout, spread},
};
use super::{
    pass::{Network, Workspace},
    rows::{Lookup, padded, without_padding},
    stack::Stack,
};
use crate::{device, player::PatchMasks};

/// Masks per chunk of plain passes.
const MASKS: usize = 64;

/// Operations on floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arithmetic {
    /// Products, each with an addition.
    pub products: usize,
    /// Other additions.
    pub additions: usize,
}

impl Add for Arithmetic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            products: self.products + other.products,
            additions: self.additions + other.additions,
        }
    }
}

impl iter::Sum for Arithmetic {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// How a stack is evaluated on all masks of some players: depends on neither picture nor weights.
#[derive(Clone, Debug)]
pub(super) struct LocalPlan {
    stack: Stack,
    masks: PatchMasks,
    /// Players that vary; the others are fixed in turn.
    free: u32,
    masked: Layout,
    convolutions: Vec<ConvolutionPlan>,
    /// The dense layers; absent where plain passes take over before.
    head: Option<Head>,
}

impl LocalPlan {
    pub(super) fn new(stack: &Stack, masks: &PatchMasks) -> Self {
        Self::of_choice(stack, masks, choose(stack, masks))
    }

    fn of_choice(stack: &Stack, masks: &PatchMasks, Choice { free, last }: Choice) -> Self {
        let masked = Layout::masked(&stack.convolutions[stack.masked], masks, free);
        let mut convolutions = Vec::<ConvolutionPlan>::new();
        for layer in &stack.convolutions[stack.masked + 1..=last] {
            let inputs = convolutions.last().map_or(&masked, |plan| &plan.layout);
            let plan = ConvolutionPlan::new(layer, inputs);
            convolutions.push(plan);
        }
        let outputs = convolutions.last().map_or(&masked, |plan| &plan.layout);
        let head = (last + 1 == stack.convolutions.len()).then(|| Head::new(stack, outputs));
        Self {
            stack: stack.clone(),
            masks: masks.clone(),
            free,
            masked,
            convolutions,
            head,
        }
    }

    /// Whether it was made for these masks.
    pub(super) fn is_for(&self, masks: &PatchMasks) -> bool {
        self.masks == *masks
    }

    /// What all masks take.
    pub(super) fn arithmetic(&self) -> Arithmetic {
        let local = self.convolutions.iter().map(ConvolutionPlan::arithmetic);
        let tail = match &self.head {
            Some(head) => head.arithmetic(),
            None => Arithmetic {
                products: self.patterns() * dense_products(self.plain_convolutions(), &self.stack),
                additions: 0,
            },
        };
        let once = local.sum::<Arithmetic>() + tail;
        let rounds = self.masks.count() / self.patterns();
        Arithmetic {
            products: rounds * once.products,
            additions: rounds * once.additions,
        }
    }

    /// Logits `[2^n, classes]`; `map`: the feature map `[side, side, channels]` behind its ReLU that players are patches of.
    pub(super) fn logits(&self, network: Network<'_>, map: &[f32]) -> Vec<f32> {
        let fixed = (self.masks.count() as u32 - 1) & !self.free;
        if fixed == 0 {
            return self.round(network, map, 0);
        }
        let classes = self.stack.classes();
        let rounds = device::in_parallel(self.masks.count() / self.patterns(), |round| {
            self.round(network, map, spread(round, fixed))
        });
        let mut logits = vec![0.0; self.masks.count() * classes];
        for (round, values) in rounds.iter().enumerate() {
            let present = spread(round, fixed);
            for (pattern, values) in values.chunks_exact(classes).enumerate() {
                let mask = (spread(pattern, self.free) | present) as usize;
                logits[mask * classes..][..classes].copy_from_slice(values);
            }
        }
        logits
    }

    /// Number of patterns of the free players.
    fn patterns(&self) -> usize {
        1 << self.free.count_ones()
    }

    /// The convolutions of plain passes.
    fn plain_convolutions(&self) -> &[super::Convolution] {
        &self.stack.convolutions[self.stack.masked + 1 + self.convolutions.len()..]
    }

    /// Logits for all patterns of the free players, with `present` those of the others that are there.
    fn round(&self, network: Network<'_>, map: &[f32], present: u32) -> Vec<f32> {
        let layer = &self.stack.convolutions[self.stack.masked];
        let mut rows = masked_rows(layer, &self.masks, &self.masked, present, map);
        for (plan, weights) in self
            .convolutions
            .iter()
            .zip(&network.forward.convolutions[self.stack.masked + 1..])
        {
            rows = plan.rows(weights, &rows);
        }
        match &self.head {
            Some(head) => self.for_all_free(head.logits(network.forward, &rows), head.players()),
            None => self.plain_passes(network, &rows),
        }
    }

    /// Logits for all patterns of the free players, given those of the players that logits depend on.
    fn for_all_free(&self, logits: Vec<f32>, players: u32) -> Vec<f32> {
        if players == self.free {
            return logits;
        }
        let classes = self.stack.classes();
        let lookup = Lookup::new(0, players, self.free);
        let rows = lookup.rows().iter().map(|&row| row as usize * classes);
        rows.flat_map(|first| &logits[first..first + classes])
            .copied()
            .collect()
    }

    /// The rest of the network for every pattern of the free players, picture by picture.
    fn plain_passes(&self, network: Network<'_>, rows: &[f32]) -> Vec<f32> {
        let layout = self
            .convolutions
            .last()
            .map_or(&self.masked, |plan| &plan.layout);
        let first = self.stack.masked + 1 + self.convolutions.len();
        let channels = self.stack.convolutions[first].inputs;
        let stride = padded(channels);
        let lookups: Vec<Lookup> = layout
            .places
            .iter()
            .map(|place| Lookup::new(place.first, place.players, self.free))
            .collect();
        let chunks = self.patterns().div_ceil(MASKS);
        device::in_parallel(chunks, |chunk| {
            let masks = chunk * MASKS..self.patterns().min((chunk + 1) * MASKS);
            let mut workspace = Workspace::new(&self.stack, masks.len());
            let fill = |index: usize, picture: &mut [f32]| {
                for (position, lookup) in lookups.iter().enumerate() {
                    let row = lookup.rows()[masks.start + index] as usize * stride;
                    picture[position * channels..][..channels]
                        .copy_from_slice(&rows[row..row + channels]);
                }
            };
            let logits = workspace.logits_from(network, first, masks.len(), fill);
            without_padding(logits, self.stack.classes())
        })
        .concat()
    }
}

impl Stack {
    /// What the logits on all masks take behind the masked feature map: by local patterns, and by a plain pass for every mask.
    #[must_use]
    pub fn masked_arithmetic(&self, masks: &PatchMasks) -> [Arithmetic; 2] {
        let plain = dense_products(&self.convolutions[self.masked + 1..], self);
        let plain = Arithmetic {
            products: masks.count() * plain,
            additions: 0,
        };
        [LocalPlan::new(self, masks).arithmetic(), plain]
    }
}
