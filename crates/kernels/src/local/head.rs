//! The dense layers by patterns: the first one as a sum of what every position gives it, the others
//! in blocks of masks that stay in cache.

use pulp::{Simd, WithSimd};

use super::{
    Arithmetic, LocalTuning,
    layout::Layout,
    sum::{Channels, Input, Sum},
};
use crate::{
    activation::{finish, is_relu},
    narrow::{Forward, ForwardWeights},
    rows::{self, Epilogue, Factors, WHOLE},
    sequential::{Dense, Sequential},
    simd::{padded, with_simd},
    tables::Tables,
};
use spindle_run::parallel;

/// All dense layers.
#[derive(Clone, Debug)]
pub(super) struct Head {
    layers: Vec<Dense>,
    /// Channels of what comes in.
    channels: Channels,
    /// Masks that go through the layers together.
    masks: usize,
    /// The first layer.
    sum: Sum,
}

impl Head {
    /// The dense layers of `network` behind a feature map, or a picture, that lies as `inputs` say.
    pub(super) fn new(network: &Sequential, inputs: &Layout, tuning: &LocalTuning) -> Self {
        let count = network.shape_before(network.convolutions.len()).channels;
        let channels = Channels {
            count,
            stride: padded(count),
        };
        let places = inputs.places.iter().enumerate();
        let inputs = places.map(|(weights, &place)| Input { weights, place });
        Self {
            layers: network.dense.clone(),
            channels,
            masks: tuning.head_masks,
            sum: Sum::new(inputs, channels),
        }
    }

    /// The players that the outputs depend on.
    pub(super) fn players(&self) -> u32 {
        self.sum.players
    }

    /// What each layer takes.
    pub(super) fn arithmetic(&self) -> impl Iterator<Item = Arithmetic> {
        let first = self
            .sum
            .arithmetic(self.channels.count, self.layers[0].outputs);
        let others = self.layers[1..].iter().map(|layer| {
            Arithmetic::of_products(self.sum.patterns() * layer.inputs * layer.outputs)
        });
        [first].into_iter().chain(others)
    }

    /// Logits `[patterns, classes]`, given the rows of the feature map.
    pub(super) fn logits(&self, weights: &ForwardWeights, inputs: &[f32]) -> Vec<f32> {
        let first = &weights.dense[0];
        let mut tables = vec![0.0; self.sum.table_rows() * first.weight.stride()];
        with_simd(Fill {
            head: self,
            weights: first,
            inputs,
            tables: &mut tables,
        });
        let classes = self.layers[self.layers.len() - 1].outputs;
        let mut logits = vec![0.0; self.sum.patterns() * classes];
        let mut blocks: Vec<&mut [f32]> = logits.chunks_mut(self.masks * classes).collect();
        parallel::for_each(&mut blocks, |index, out| {
            with_simd(Block {
                head: self,
                weights,
                tables: &tables,
                first: index * self.masks,
                out,
            });
        });
        logits
    }

    fn epilogue<'a>(&self, index: usize, layer: &'a Forward) -> Epilogue<'a> {
        Epilogue {
            bias: Some(&layer.bias),
            relu: is_relu(self.layers[index].activation),
        }
    }
}

/// The tables of the first layer.
struct Fill<'a> {
    head: &'a Head,
    weights: &'a Forward,
    inputs: &'a [f32],
    tables: &'a mut [f32],
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Head { channels, sum, .. } = self.head;
        sum.fill(
            simd,
            self.inputs,
            *channels,
            &self.weights.weight,
            self.tables,
        );
    }
}

/// All layers for a few patterns.
struct Block<'a> {
    head: &'a Head,
    weights: &'a ForwardWeights,
    tables: &'a [f32],
    /// The first pattern.
    first: usize,
    /// Logits `[patterns, classes]`.
    out: &'a mut [f32],
}

impl WithSimd for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (head, layers) = (self.head, &self.weights.dense);
        let classes = head.layers[head.layers.len() - 1].outputs;
        let count = self.out.len() / classes;
        let widest = layers.iter().map(|layer| layer.weight.stride()).max();
        let mut from = vec![0.0; count * widest.unwrap_or(0)];
        let mut to = from.clone();
        let mut stride = layers[0].weight.stride();
        let epilogue = head.epilogue(0, &layers[0]);
        let sums = &mut from[..count * stride];
        let tables = Tables {
            values: self.tables,
            stride,
        };
        head.sum.add_up(simd, tables, self.first, epilogue, sums);
        finish(head.layers[0].activation, sums);
        for (index, layer) in layers.iter().enumerate().skip(1) {
            let factors = Factors {
                left: &from,
                row_stride: stride,
                step: 1,
                runs: WHOLE,
                len: head.layers[index].inputs,
                right: layer.weight.as_matrix(),
            };
            stride = layer.weight.stride();
            let epilogue = head.epilogue(index, layer);
            let to_rows = &mut to[..count * stride];
            rows::multiply(simd, factors, epilogue, to_rows);
            finish(head.layers[index].activation, to_rows);
            std::mem::swap(&mut from, &mut to);
        }
        for (out, row) in self
            .out
            .chunks_exact_mut(classes)
            .zip(from.chunks_exact(stride))
        {
            out.copy_from_slice(&row[..classes]);
        }
    }
}
