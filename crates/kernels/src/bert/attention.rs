//! Attention within each text of a group, head by head.

use std::ops::Range;

use pulp::Simd;

use super::{activation::exp, norm::total};
use crate::{
    linear::{Left, add_outer_products, product},
    panels::{Row, WIDTH, ZERO, transpose},
    product::Start,
};

/// How the values of a piece are divided among heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heads {
    pub(super) count: usize,
    /// Values of each; a multiple of a panel's.
    pub(super) len: usize,
}

impl Heads {
    /// Panels of a head.
    fn panels(self) -> usize {
        self.len / WIDTH
    }

    /// Where the panels of a head lie among all.
    fn panels_of(self, head: usize) -> Range<usize> {
        head * self.panels()..(head + 1) * self.panels()
    }

    /// What scores are multiplied by.
    fn scale(self) -> f32 {
        1.0 / (self.len as f32).sqrt()
    }
}

/// Rows of one text: those that attend, and those that they attend to.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) queries: Range<usize>,
    pub(super) keys: Range<usize>,
}

impl Span {
    fn panels(&self) -> usize {
        self.keys.len().div_ceil(WIDTH)
    }
}

/// Queries, keys and values of all heads, `[panel][row]`, or the gradients with respect to them.
#[derive(Default)]
pub(super) struct Projected {
    pub(super) query: Vec<Row>,
    pub(super) key: Vec<Row>,
    pub(super) value: Vec<Row>,
}

/// Attention weights, as the backward pass needs them, and room to work in.
#[derive(Default)]
pub(super) struct Attention {
    /// Of every text and head `[panel of keys][query]`.
    weights: Vec<Row>,
    /// Keys or values of a head as columns, `[panel of rows][lane of the head]`.
    transposed: Vec<Row>,
    /// The gradient with respect to the attention weights of a head.
    gradient: Vec<Row>,
}

impl Attention {
    /// `out` `[panel][query]` <- means of values weighted by softmax(query * key / sqrt(len)).
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &mut self,
        simd: S,
        heads: Heads,
        spans: &[Span],
        projected: &Projected,
        out: &mut [Row],
    ) {
        let Projected { query, key, value } = projected;
        let all = spans.last().map_or(0, |span| span.keys.end);
        let query_input = spans.last().map_or(0, |span| span.queries.end);
        self.weights.clear();
        for span in spans {
            for head in 0..heads.count {
                let (count, first) = (span.queries.len(), self.weights.len());
                self.weights.resize(first + span.panels() * count, ZERO);
                transpose_head(
                    Head {
                        values: key,
                        rows: all,
                        panels: heads.panels_of(head),
                    },
                    &span.keys,
                    &mut self.transposed,
                );
                let queries = Left {
                    rows: &query[heads.panels_of(head).start * query_input..],
                    stride: query_input,
                    first: span.queries.start,
                    columns: heads.len,
                };
                let weights = &mut self.weights[first..];
                for (panel, scores) in weights.chunks_mut(count).enumerate() {
                    let keys = &self.transposed[panel * heads.len..][..heads.len];
                    product(simd, queries, keys, Start::Bias(&ZERO), scores);
                }
                softmax(heads.scale(), weights, count, span.keys.len());
                for panel in heads.panels_of(head) {
                    let out = &mut out[panel * query_input..][span.queries.clone()];
                    let values = &value[panel * all..][span.keys.clone()];
                    product(
                        simd,
                        as_left(weights, span),
                        values,
                        Start::Bias(&ZERO),
                        out,
                    );
                }
            }
        }
    }

    /// Gradients with respect to queries, keys and values, given that with respect to what came
    /// out.
    #[inline(always)]
    pub(super) fn backward<S: Simd>(
        &mut self,
        simd: S,
        heads: Heads,
        spans: &[Span],
        projected: &Projected,
        out: &[Row],
        gradients: &mut Projected,
    ) {
        let all = spans.last().map_or(0, |span| span.keys.end);
        let query_input = spans.last().map_or(0, |span| span.queries.end);
        gradients.query.clear();
        gradients.query.resize(projected.query.len(), ZERO);
        for gradient in [&mut gradients.key, &mut gradients.value] {
            gradient.clear();
            gradient.resize(projected.key.len(), ZERO);
        }
        let mut first = 0;
        for span in spans {
            let count = span.queries.len();
            for head in 0..heads.count {
                let weights = &self.weights[first..][..span.panels() * count];
                first += weights.len();
                transpose_head(
                    Head {
                        values: &projected.value,
                        rows: all,
                        panels: heads.panels_of(head),
                    },
                    &span.keys,
                    &mut self.transposed,
                );
                self.gradient.clear();
                self.gradient.resize(weights.len(), ZERO);
                let out_gradient = Left {
                    rows: &out[heads.panels_of(head).start * query_input..],
                    stride: query_input,
                    first: span.queries.start,
                    columns: heads.len,
                };
                for (panel, gradient) in self.gradient.chunks_mut(count).enumerate() {
                    let values = &self.transposed[panel * heads.len..][..heads.len];
                    product(simd, out_gradient, values, Start::Bias(&ZERO), gradient);
                }
                softmax_backward(heads.scale(), weights, count, &mut self.gradient);
                for panel in heads.panels_of(head) {
                    let query_gradient =
                        &mut gradients.query[panel * query_input..][span.queries.clone()];
                    let keys = &projected.key[panel * all..][span.keys.clone()];
                    let left = as_left(&self.gradient, span);
                    product(simd, left, keys, Start::Bias(&ZERO), query_gradient);
                    let queries = &projected.query[panel * query_input..][span.queries.clone()];
                    let out_gradient = &out[panel * query_input..][span.queries.clone()];
                    let key_gradient = &mut gradients.key[panel * all..][span.keys.clone()];
                    let value_gradient = &mut gradients.value[panel * all..][span.keys.clone()];
                    let sides = self.gradient.chunks(count).zip(weights.chunks(count));
                    let targets = key_gradient
                        .chunks_mut(WIDTH)
                        .zip(value_gradient.chunks_mut(WIDTH));
                    for ((gradient, weights), (key_gradient, value_gradient)) in sides.zip(targets)
                    {
                        add_outer_products(simd, gradient, queries, key_gradient);
                        add_outer_products(simd, weights, out_gradient, value_gradient);
                    }
                }
            }
        }
    }
}

/// The attention weights of a text as the left side of a product.
fn as_left<'a>(weights: &'a [Row], span: &Span) -> Left<'a> {
    Left {
        rows: weights,
        stride: span.queries.len(),
        first: 0,
        columns: span.keys.len(),
    }
}

/// A head of queries, keys or values.
struct Head<'a> {
    /// Of all heads, `[panel][row]`.
    values: &'a [Row],
    /// Rows of a panel.
    rows: usize,
    /// Those of the head.
    panels: Range<usize>,
}

/// Some rows of a head as columns: `[panel of rows][lane of the head]`.
#[inline(always)]
fn transpose_head(from: Head<'_>, rows: &Range<usize>, to: &mut Vec<Row>) {
    let len = from.panels.len() * WIDTH;
    to.clear();
    to.resize(rows.len().div_ceil(WIDTH) * len, ZERO);
    for (part, panel) in from.panels.enumerate() {
        let from = &from.values[panel * from.rows..][rows.clone()];
        for (from, to) in from.chunks(WIDTH).zip(to.chunks_mut(len)) {
            transpose(from, &mut to[part * WIDTH..][..WIDTH]);
        }
    }
}

/// Scores `[panel of keys][query]` become attention weights; lanes behind the keys become 0.
#[inline(always)]
fn softmax(scale: f32, scores: &mut [Row], count: usize, keys: usize) {
    let panels = scores.len() / count;
    let mut behind = [1.0; WIDTH];
    behind[keys - (panels - 1) * WIDTH..].fill(0.0);
    for query in 0..count {
        let places = (0..panels).map(|panel| panel * count + query);
        let mut largest = [f32::NEG_INFINITY; WIDTH];
        for (panel, place) in places.clone().enumerate() {
            let last = panel + 1 == panels;
            for ((largest, score), behind) in largest.iter_mut().zip(&scores[place]).zip(&behind) {
                let score = if last && *behind == 0.0 {
                    f32::NEG_INFINITY
                } else {
                    *score
                };
                *largest = largest.max(score);
            }
        }
        let largest = largest.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sums = ZERO;
        for (panel, place) in places.clone().enumerate() {
            let last = panel + 1 == panels;
            for ((sum, score), behind) in sums.iter_mut().zip(&mut scores[place]).zip(&behind) {
                let kept = if last { *behind } else { 1.0 };
                *score = kept * exp(scale * (*score - largest));
                *sum += *score;
            }
        }
        let inverse = 1.0 / total(sums);
        for place in places {
            scores[place]
                .iter_mut()
                .for_each(|weight| *weight *= inverse);
        }
    }
}

/// The gradient with respect to attention weights becomes that with respect to scores.
#[inline(always)]
fn softmax_backward(scale: f32, weights: &[Row], count: usize, gradient: &mut [Row]) {
    let panels = weights.len() / count;
    for query in 0..count {
        let places = (0..panels).map(|panel| panel * count + query);
        let mut products = ZERO;
        for place in places.clone() {
            for ((product, weight), g) in products
                .iter_mut()
                .zip(&weights[place])
                .zip(&gradient[place])
            {
                *product += weight * g;
            }
        }
        let mean = total(products);
        for place in places {
            for (weight, g) in weights[place].iter().zip(&mut gradient[place]) {
                *g = scale * weight * (*g - mean);
            }
        }
    }
}
