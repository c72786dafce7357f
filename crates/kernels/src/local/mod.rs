//! Masked outputs by local patterns: exact, and without computing anything twice.
//!
//! Behind a convolution, the value at a position depends on those players alone whose patches lie
//! in its receptive field: it is computed once for each of their 2^k patterns and shared by all 2^n
//! masks. The first dense layer is then a sum over positions of contributions that depend on few
//! players each, which is computed by patterns as well ([`sum`]). From there on every mask has
//! activations of its own, and the remaining dense layers run in blocks of masks that stay in
//! cache.
//!
//! docs/local-patterns.md explains the method with a picture. (Ours.)

mod arithmetic;
mod choice;
mod convolution;
mod head;
mod layout;
mod pieces;
mod sum;
#[cfg(test)]
mod tests;
mod tuning;
mod wide;

use spindle_run::{parallel, player::PatchMasks};

pub use self::{
    arithmetic::{Arithmetic, LayerArithmetic},
    tuning::LocalTuning,
};
use self::{
    choice::{Choice, choose},
    convolution::{ConvolutionPlan, masked_rows},
    head::Head,
    layout::{Layout, spread},
};
use crate::{
    narrow::{Model, Workspace},
    panels::{Row, WIDTH, to_panels},
    sequential::{Convolution, Sequential},
    simd::{padded, without_padding},
    tables::Lookup,
    wide::{Source, WideNetwork, Workspace as WideWorkspace},
};

/// What a network is evaluated with.
#[derive(Clone, Copy)]
pub(crate) enum Kernels<'a> {
    Narrow(Model<'a>),
    Wide(&'a WideNetwork),
}

/// What is to be evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Problem<'a> {
    pub(crate) network: &'a Sequential,
    pub(crate) masks: &'a PatchMasks,
    /// Whether wide kernels evaluate it.
    pub(crate) is_wide: bool,
    pub(crate) tuning: &'a LocalTuning,
}

/// How a network is evaluated on all masks of some players: depends on neither picture nor weights.
#[derive(Clone, Debug)]
pub(crate) struct LocalPlan {
    network: Sequential,
    masks: PatchMasks,
    tuning: LocalTuning,
    /// Players that vary; the others are fixed in turn.
    free: u32,
    masked: Layout,
    convolutions: Vec<ConvolutionPlan>,
    /// The dense layers; absent where plain passes take over before.
    head: Option<Head>,
}

impl LocalPlan {
    pub(crate) fn new(problem: Problem<'_>) -> Self {
        Self::of_choice(problem, choose(problem))
    }

    fn of_choice(problem: Problem<'_>, choice: Choice) -> Self {
        let Problem {
            network,
            masks,
            is_wide,
            tuning,
        } = problem;
        let masked = Layout::masked(network, masks, choice.free);
        let mut convolutions = Vec::<ConvolutionPlan>::new();
        let behind = &network.convolutions[network.first_behind()..];
        for layer in &behind[..choice.convolutions] {
            let inputs = convolutions.last().map_or(&masked, |plan| &plan.layout);
            let plan = ConvolutionPlan::new(layer, inputs, is_wide, tuning);
            convolutions.push(plan);
        }
        let outputs = convolutions.last().map_or(&masked, |plan| &plan.layout);
        let has_head = !is_wide && choice.convolutions == behind.len();
        let head = has_head.then(|| Head::new(network, outputs, tuning));
        Self {
            network: network.clone(),
            masks: masks.clone(),
            tuning: *tuning,
            free: choice.free,
            masked,
            convolutions,
            head,
        }
    }

    /// Whether it was made for these masks.
    pub(crate) fn is_for(&self, masks: &PatchMasks) -> bool {
        self.masks == *masks
    }

    /// Logits `[2^n, classes]`; `map`: what players are patches of, `[side, side, channels]`,
    /// behind its ReLU if it is a feature map.
    pub(crate) fn logits(&self, kernels: Kernels<'_>, map: &[f32]) -> Vec<f32> {
        let fixed = (self.masks.count() as u32 - 1) & !self.free;
        if fixed == 0 {
            return self.round(kernels, map, 0);
        }
        let classes = self.network.classes();
        let rounds = parallel::map(self.masks.count() / self.patterns(), |round| {
            self.round(kernels, map, spread(round, fixed))
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

    /// The first convolution of plain passes, or the number of convolutions where they begin with
    /// dense layers.
    fn first_plain(&self) -> usize {
        self.network.first_behind() + self.convolutions.len()
    }

    /// The convolutions of plain passes.
    fn plain_convolutions(&self) -> &[Convolution] {
        &self.network.convolutions[self.first_plain()..]
    }

    /// Where the values lie that plain passes begin with.
    fn last_layout(&self) -> &Layout {
        let last = self.convolutions.last();
        last.map_or(&self.masked, |plan| &plan.layout)
    }

    /// For each position that plain passes begin with, its rows for every pattern of the free
    /// players.
    fn lookups(&self) -> Vec<Lookup> {
        let places = self.last_layout().places.iter();
        places
            .map(|place| Lookup::new(place.first, place.players, self.free))
            .collect()
    }

    /// Logits for all patterns of the free players, with `present` those of the others that are
    /// there.
    fn round(&self, kernels: Kernels<'_>, map: &[f32], present: u32) -> Vec<f32> {
        let rows = masked_rows(&self.network, &self.masks, &self.masked, present, map);
        match kernels {
            Kernels::Narrow(model) => self.narrow_round(model, rows),
            Kernels::Wide(network) => {
                let shape = self.network.shape_before(self.network.first_behind());
                let rows = to_panels(&rows, padded(shape.channels), shape.channels);
                self.wide_round(network, rows)
            }
        }
    }

    fn narrow_round(&self, model: Model<'_>, mut rows: Vec<f32>) -> Vec<f32> {
        let weights = &model.forward.convolutions[self.network.first_behind()..];
        for (plan, weights) in self.convolutions.iter().zip(weights) {
            rows = plan.rows(weights, &rows);
        }
        match &self.head {
            Some(head) => self.for_all_free(head.logits(model.forward, &rows), head.players()),
            None => self.plain_passes(model, &rows),
        }
    }

    fn wide_round(&self, network: &WideNetwork, mut rows: Vec<Row>) -> Vec<f32> {
        let layers = &network.layers.all[self.network.first_behind()..];
        for (plan, layer) in self.convolutions.iter().zip(layers) {
            if let Some(pieces) = &plan.pieces {
                rows = plan.wide_rows(pieces, layer, layer.parameters(&network.parameters), &rows);
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
        let mut logits = Vec::with_capacity(self.patterns() * self.network.classes());
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
            workspace.forward(network, Source::Layer(first), count, false);
            logits.extend(workspace.logits(&network.layers, count));
        }
        logits
    }

    /// All of a wide network for every pattern of the free players.
    fn wide_passes_of_pictures(&self, network: &WideNetwork, rows: &[Row]) -> Vec<f32> {
        let (lookups, table_rows) = (self.lookups(), self.last_layout().rows);
        let (len, masks) = (self.network.input_len(), self.tuning.masks);
        let starts = (0..self.patterns()).step_by(masks);
        let parts = starts.map(|start| {
            let count = masks.min(self.patterns() - start);
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

    /// Logits for all patterns of the free players, given those of the players that logits depend
    /// on.
    fn for_all_free(&self, logits: Vec<f32>, players: u32) -> Vec<f32> {
        if players == self.free {
            return logits;
        }
        let classes = self.network.classes();
        let lookup = Lookup::new(0, players, self.free);
        let rows = lookup.rows().iter().map(|&row| row as usize * classes);
        rows.flat_map(|first| &logits[first..first + classes])
            .copied()
            .collect()
    }

    /// The rest of a narrow network for every pattern of the free players, picture by picture.
    fn plain_passes(&self, model: Model<'_>, rows: &[f32]) -> Vec<f32> {
        let (first, most) = (self.first_plain(), self.tuning.masks);
        let channels = self.network.shape_before(first).channels;
        let stride = padded(channels);
        let lookups = self.lookups();
        parallel::map(self.patterns().div_ceil(most), |chunk| {
            let masks = chunk * most..self.patterns().min((chunk + 1) * most);
            let mut workspace = Workspace::new(&self.network, masks.len());
            let fill = |index: usize, picture: &mut [f32]| {
                for (position, lookup) in lookups.iter().enumerate() {
                    let row = lookup.rows()[masks.start + index] as usize * stride;
                    picture[position * channels..][..channels]
                        .copy_from_slice(&rows[row..row + channels]);
                }
            };
            let logits = workspace.logits_from(model, first, masks.len(), fill);
            without_padding(logits, self.network.classes())
        })
        .concat()
    }
}
