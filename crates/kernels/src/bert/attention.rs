//! Attention within each text of a group, head by head.

use std::ops::Range;

use pulp::Simd;

use super::{activation::exp, norm::total};
use crate::{
    linear::{Left, add_outer_products, product},
    product::{Row, Start, WIDTH},
};

/// Values of a head.
pub(super) const HEAD: usize = 64;
/// Panels of a head.
const PANELS: usize = HEAD / WIDTH;

const ZERO: &Row = &[0.0; WIDTH];

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

/// Queries, keys and values of all heads, `[panel][row]`, or the gradients by them.
#[derive(Default)]
pub(super) struct Projected {
    pub(super) query: Vec<Row>,
    pub(super) key: Vec<Row>,
    pub(super) value: Vec<Row>,
}

/// Attention's weights, as the way back needs them, and room to work in.
#[derive(Default)]
pub(super) struct Attention {
    /// Of every text and head `[panel of keys][query]`.
    shares: Vec<Row>,
    /// Keys or values of a head as columns, `[panel of rows][lane of the head]`.
    turned: Vec<Row>,
    /// Gradients by the shares of a head.
    gradient: Vec<Row>,
}

/// Where the panels of a head lie in arrays of `rows` rows.
fn panels(head: usize) -> Range<usize> {
    head * PANELS..(head + 1) * PANELS
}

impl Attention {
    /// `out` `[panel][query]` <- means of values weighted by softmax(query * key / 8).
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &mut self,
        simd: S,
        spans: &[Span],
        projected: &Projected,
        out: &mut [Row],
    ) {
        let Projected { query, key, value } = projected;
        let all = spans.last().map_or(0, |span| span.keys.end);
        let asking = spans.last().map_or(0, |span| span.queries.end);
        let heads = out.len() / asking.max(1) / PANELS;
        self.shares.clear();
        for span in spans {
            for head in 0..heads {
                let (count, first) = (span.queries.len(), self.shares.len());
                self.shares.resize(first + span.panels() * count, *ZERO);
                turn(key, all, head, &span.keys, &mut self.turned);
                let queries = Left {
                    rows: &query[head * PANELS * asking..],
                    stride: asking,
                    first: span.queries.start,
                    columns: HEAD,
                };
                let shares = &mut self.shares[first..];
                for (panel, scores) in shares.chunks_mut(count).enumerate() {
                    let keys = &self.turned[panel * HEAD..][..HEAD];
                    product(simd, queries, keys, Start::Bias(ZERO), scores);
                }
                softmax(shares, count, span.keys.len());
                for panel in panels(head) {
                    let out = &mut out[panel * asking..][span.queries.clone()];
                    let values = &value[panel * all..][span.keys.clone()];
                    product(
                        simd,
                        shares_of(shares, span),
                        values,
                        Start::Bias(ZERO),
                        out,
                    );
                }
            }
        }
    }

    /// Gradients by queries, keys and values, given that by what came out.
    #[inline(always)]
    pub(super) fn back<S: Simd>(
        &mut self,
        simd: S,
        spans: &[Span],
        projected: &Projected,
        out: &[Row],
        gradients: &mut Projected,
    ) {
        let all = spans.last().map_or(0, |span| span.keys.end);
        let asking = spans.last().map_or(0, |span| span.queries.end);
        let heads = out.len() / asking.max(1) / PANELS;
        gradients.query.clear();
        gradients.query.resize(projected.query.len(), *ZERO);
        for gradient in [&mut gradients.key, &mut gradients.value] {
            gradient.clear();
            gradient.resize(projected.key.len(), *ZERO);
        }
        let mut first = 0;
        for span in spans {
            let count = span.queries.len();
            for head in 0..heads {
                let shares = &self.shares[first..][..span.panels() * count];
                first += shares.len();
                turn(&projected.value, all, head, &span.keys, &mut self.turned);
                self.gradient.clear();
                self.gradient.resize(shares.len(), *ZERO);
                let by_out = Left {
                    rows: &out[head * PANELS * asking..],
                    stride: asking,
                    first: span.queries.start,
                    columns: HEAD,
                };
                for (panel, gradient) in self.gradient.chunks_mut(count).enumerate() {
                    let values = &self.turned[panel * HEAD..][..HEAD];
                    product(simd, by_out, values, Start::Bias(ZERO), gradient);
                }
                softmax_back(shares, count, &mut self.gradient);
                for panel in panels(head) {
                    let by_query = &mut gradients.query[panel * asking..][span.queries.clone()];
                    let keys = &projected.key[panel * all..][span.keys.clone()];
                    let left = shares_of(&self.gradient, span);
                    product(simd, left, keys, Start::Bias(ZERO), by_query);
                    let queries = &projected.query[panel * asking..][span.queries.clone()];
                    let by_out = &out[panel * asking..][span.queries.clone()];
                    let by_key = &mut gradients.key[panel * all..][span.keys.clone()];
                    let by_value = &mut gradients.value[panel * all..][span.keys.clone()];
                    let sides = self.gradient.chunks(count).zip(shares.chunks(count));
                    let targets = by_key.chunks_mut(WIDTH).zip(by_value.chunks_mut(WIDTH));
                    for ((gradient, shares), (by_key, by_value)) in sides.zip(targets) {
                        add_outer_products(simd, gradient, queries, by_key);
                        add_outer_products(simd, shares, by_out, by_value);
                    }
                }
            }
        }
    }
}

/// Shares of a text's queries in its keys as the left side of a product.
fn shares_of<'a>(shares: &'a [Row], span: &Span) -> Left<'a> {
    Left {
        rows: shares,
        stride: span.queries.len(),
        first: 0,
        columns: span.keys.len(),
    }
}

/// Some rows of a head as columns: `[panel of rows][lane of the head]`.
#[inline(always)]
fn turn(from: &[Row], stride: usize, head: usize, rows: &Range<usize>, to: &mut Vec<Row>) {
    to.clear();
    to.resize(rows.len().div_ceil(WIDTH) * HEAD, *ZERO);
    for (part, panel) in panels(head).enumerate() {
        let from = &from[panel * stride..][rows.clone()];
        for (from, to) in from.chunks(WIDTH).zip(to.chunks_mut(HEAD)) {
            for (lane, to) in to[part * WIDTH..][..WIDTH].iter_mut().enumerate() {
                for (to, from) in to.iter_mut().zip(from) {
                    *to = from[lane];
                }
            }
        }
    }
}

/// Scores `[panel of keys][query]` become shares; lanes behind the keys become 0.
#[inline(always)]
fn softmax(scores: &mut [Row], count: usize, keys: usize) {
    let scale = 1.0 / (HEAD as f32).sqrt();
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
        let mut sums = [0.0; WIDTH];
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
            scores[place].iter_mut().for_each(|share| *share *= inverse);
        }
    }
}

/// Gradients by shares become those by scores.
#[inline(always)]
fn softmax_back(shares: &[Row], count: usize, gradient: &mut [Row]) {
    let scale = 1.0 / (HEAD as f32).sqrt();
    let panels = shares.len() / count;
    for query in 0..count {
        let places = (0..panels).map(|panel| panel * count + query);
        let mut products = [0.0; WIDTH];
        for place in places.clone() {
            for ((product, share), g) in products
                .iter_mut()
                .zip(&shares[place])
                .zip(&gradient[place])
            {
                *product += share * g;
            }
        }
        let mean = total(products);
        for place in places {
            for (share, g) in shares[place].iter().zip(&mut gradient[place]) {
                *g = scale * share * (*g - mean);
            }
        }
    }
}
