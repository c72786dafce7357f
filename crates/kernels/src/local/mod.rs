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
mod wide;

use std::{borrow::Cow, iter, ops::Add};

use self::{
    choice::{Choice, choose, layouts, plain_products},
    convolution::{ConvolutionPlan, masked_rows},
    head::Head,
    layout::{Layout, spread},
};
use super::{
    pass::{Network, Workspace},
    product::{Row, WIDTH},
    rows::{Lookup, padded, without_padding},
    sequential::Sequential,
    wide::{WideNetwork, Workspace as WideWorkspace},
};
use spindle_run::{parallel, player::PatchMasks};

/// Masks per chunk of plain passes.
const MASKS: usize = 64;

/// What a network is evaluated with.
#[derive(Clone, Copy)]
pub(super) enum Kernels<'a> {
    Narrow(Network<'a>),
    Wide(&'a WideNetwork),
}

/// Operations on floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arithmetic {
    /// Products, each with an addition.
    pub products: usize,
    /// Other additions.
    pub additions: usize,
}

impl Arithmetic {
    fn of_products(products: usize) -> Self {
        Self {
            products,
            additions: 0,
        }
    }

    /// Products and additions.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.products + self.additions
    }
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
    stack: Sequential,
    masks: PatchMasks,
    /// Players that vary; the others are fixed in turn.
    free: u32,
    masked: Layout,
    convolutions: Vec<ConvolutionPlan>,
    /// The dense layers; absent where plain passes take over before.
    head: Option<Head>,
}

impl LocalPlan {
    pub(super) fn new(stack: &Sequential, masks: &PatchMasks, wide: bool) -> Self {
        let choice = choose(stack, masks, wide);
        Self::of_choice(stack, masks, choice, wide)
    }

    fn of_choice(stack: &Sequential, masks: &PatchMasks, choice: Choice, wide: bool) -> Self {
        let masked = Layout::masked(stack, masks, choice.free);
        let mut convolutions = Vec::<ConvolutionPlan>::new();
        let behind = &stack.convolutions[stack.first_behind()..];
        for layer in &behind[..choice.convolutions] {
            let inputs = convolutions.last().map_or(&masked, |plan| &plan.layout);
            let plan = ConvolutionPlan::new(layer, inputs, wide);
            convolutions.push(plan);
        }
        let outputs = convolutions.last().map_or(&masked, |plan| &plan.layout);
        let has_head = !wide && choice.convolutions == behind.len();
        let head = has_head.then(|| Head::new(stack, outputs));
        Self {
            stack: stack.clone(),
            masks: masks.clone(),
            free: choice.free,
            masked,
            convolutions,
            head,
        }
    }

    /// Whether it was made for these masks.
    pub(super) fn is_for(&self, masks: &PatchMasks) -> bool {
        self.masks == *masks
    }

    /// What each layer behind the masked feature map takes on all masks.
    fn arithmetic(&self) -> Vec<Arithmetic> {
        let rounds = self.masks.count() / self.patterns();
        let mut layers: Vec<Arithmetic> = self
            .convolutions
            .iter()
            .map(ConvolutionPlan::arithmetic)
            .collect();
        match &self.head {
            Some(head) => layers.extend(head.arithmetic()),
            None => layers.extend(
                plain_products(self.plain_convolutions(), &self.stack)
                    .map(|products| Arithmetic::of_products(self.patterns() * products)),
            ),
        }
        for layer in &mut layers {
            layer.products *= rounds;
            layer.additions *= rounds;
        }
        layers
    }

    /// Logits `[2^n, classes]`; `map`: the feature map `[side, side, channels]` behind its ReLU that players are patches of.
    pub(super) fn logits(&self, network: Kernels<'_>, map: &[f32]) -> Vec<f32> {
        let fixed = (self.masks.count() as u32 - 1) & !self.free;
        if fixed == 0 {
            return self.round(network, map, 0);
        }
        let classes = self.stack.classes();
        let rounds = parallel::map(self.masks.count() / self.patterns(), |round| {
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

    /// The first convolution of plain passes, or the number of convolutions where they begin with dense layers.
    fn first_plain(&self) -> usize {
        self.stack.first_behind() + self.convolutions.len()
    }

    /// The convolutions of plain passes.
    fn plain_convolutions(&self) -> &[super::Convolution] {
        &self.stack.convolutions[self.first_plain()..]
    }

    /// Where the values lie that plain passes begin with.
    fn last_layout(&self) -> &Layout {
        let last = self.convolutions.last();
        last.map_or(&self.masked, |plan| &plan.layout)
    }

    /// For each position that plain passes begin with, its rows for every pattern of the free players.
    fn lookups(&self) -> Vec<Lookup> {
        let places = self.last_layout().places.iter();
        places
            .map(|place| Lookup::new(place.first, place.players, self.free))
            .collect()
    }

    /// Logits for all patterns of the free players, with `present` those of the others that are there.
    fn round(&self, network: Kernels<'_>, map: &[f32], present: u32) -> Vec<f32> {
        let rows = masked_rows(&self.stack, &self.masks, &self.masked, present, map);
        match network {
            Kernels::Narrow(network) => self.narrow_round(network, rows),
            Kernels::Wide(network) => {
                let shape = self.stack.shape_before(self.stack.first_behind());
                let rows = wide::in_panels(&rows, padded(shape.channels), shape.channels);
                self.wide_round(network, rows)
            }
        }
    }

    fn narrow_round(&self, network: Network<'_>, mut rows: Vec<f32>) -> Vec<f32> {
        for (plan, weights) in self
            .convolutions
            .iter()
            .zip(&network.forward.convolutions[self.stack.first_behind()..])
        {
            rows = plan.rows(weights, &rows);
        }
        match &self.head {
            Some(head) => self.for_all_free(head.logits(network.forward, &rows), head.players()),
            None => self.plain_passes(network, &rows),
        }
    }

    fn wide_round(&self, network: &WideNetwork, mut rows: Vec<Row>) -> Vec<f32> {
        let layers = &network.layers.all[self.stack.first_behind()..];
        for (plan, layer) in self.convolutions.iter().zip(layers) {
            if let Some(pieces) = &plan.pieces {
                rows = plan.wide_rows(pieces, (layer, &network.parameters), &rows);
            }
        }
        match self.first_plain() {
            0 => self.wide_passes_of_pictures(network, &rows),
            first => self.wide_passes(network, first, &rows),
        }
    }

    /// The rest of a wide network for every pattern of the free players.
    fn wide_passes(&self, network: &WideNetwork, first: usize, rows: &[Row]) -> Vec<f32> {
        let (lookups, table_rows) = (self.lookups(), self.last_layout().rows);
        let mut workspace = WideWorkspace::new(&network.layers);
        let mut logits = Vec::with_capacity(self.patterns() * self.stack.classes());
        let masks = network.layers.pictures_behind(first);
        for start in (0..self.patterns()).step_by(masks) {
            let count = masks.min(self.patterns() - start);
            let input = workspace.input_mut(&network.layers, first, count);
            for (index, part) in input.chunks_mut(count).enumerate() {
                let (panel, position) = (index / lookups.len(), index % lookups.len());
                let patterns = &lookups[position].rows()[start..];
                for (to, row) in part.iter_mut().zip(patterns) {
                    *to = rows[panel * table_rows + *row as usize];
                }
            }
            workspace.forward(network, (first, None), count, false);
            logits.extend(workspace.logits(&network.layers, count));
        }
        logits
    }

    /// All of a wide network for every pattern of the free players.
    fn wide_passes_of_pictures(&self, network: &WideNetwork, rows: &[Row]) -> Vec<f32> {
        let (lookups, table_rows) = (self.lookups(), self.last_layout().rows);
        let len = self.stack.input_len();
        let starts: Vec<usize> = (0..self.patterns()).step_by(MASKS).collect();
        let parts = starts.into_iter().map(|start| {
            let count = MASKS.min(self.patterns() - start);
            let value = |place: usize| {
                let (pattern, place) = (start + place / len, place % len);
                let (channel, position) = (place / lookups.len(), place % lookups.len());
                let row = lookups[position].rows()[pattern] as usize;
                rows[channel / WIDTH * table_rows + row][channel % WIDTH]
            };
            let pictures: Vec<f32> = (0..count * len).map(value).collect();
            network.logits(&pictures)
        });
        parts.collect::<Vec<_>>().concat()
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
        let first = self.first_plain();
        let channels = self.stack.shape_before(first).channels;
        let stride = padded(channels);
        let lookups = self.lookups();
        let chunks = self.patterns().div_ceil(MASKS);
        parallel::map(chunks, |chunk| {
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

/// What one layer takes on all masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerArithmetic {
    /// The layer's name.
    pub name: Cow<'static, str>,
    /// As it is evaluated.
    pub by_patterns: Arithmetic,
    /// By a plain pass for every mask.
    pub mask_by_mask: Arithmetic,
}

impl Sequential {
    /// What the layers behind the masked feature map take on all masks.
    #[must_use]
    pub fn masked_arithmetic(&self, masks: &PatchMasks) -> Vec<LayerArithmetic> {
        let convolutions = &self.convolutions[self.first_behind()..];
        let names = convolutions.iter().map(|layer| &layer.name);
        let names = names.chain(self.dense.iter().map(|layer| &layer.name));
        let plain = plain_products(convolutions, self)
            .map(|products| Arithmetic::of_products(masks.count() * products));
        names
            .zip(LocalPlan::new(self, masks, !self.is_narrow()).arithmetic())
            .zip(plain)
            .map(|((name, by_patterns), mask_by_mask)| LayerArithmetic {
                name: name.clone(),
                by_patterns,
                mask_by_mask,
            })
            .collect()
    }

    /// The players, as bits of a mask, that each position of a feature map sees: for what is masked and the maps behind it, in
    /// order, each behind its pooling and row by row.
    #[must_use]
    pub fn receptive_players(&self, masks: &PatchMasks) -> Vec<Vec<u32>> {
        let all = masks.count() as u32 - 1;
        let players = |layout: Layout| layout.places.iter().map(|place| place.players).collect();
        layouts(self, masks, all).into_iter().map(players).collect()
    }
}
