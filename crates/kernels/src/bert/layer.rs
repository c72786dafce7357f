//! One layer of the encoder, forward and back.

use pulp::Simd;

use super::{
    activation::{gelu, gelu_back},
    attention::{Attention, Projected, Span},
    layout::{Dense, Encoder, Norm},
    norm::{Normalised, add},
};
use crate::{
    linear::{Left, add_outer_products, product},
    product::{Row, Start, WIDTH},
};

/// Weights as both ways want them.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) parameters: &'a [Row],
    /// Weights of dense layers `[panel of inputs][output][lane]`; empty where there is no way back.
    pub(super) turned: &'a [Row],
}

/// As many rows as that, whatever they hold.
pub(super) fn room(rows: &mut Vec<Row>, len: usize) -> &mut [Row] {
    if rows.len() != len {
        rows.clear();
        rows.resize(len, [0.0; WIDTH]);
    }
    rows
}

impl Dense {
    pub(super) fn out_panels(&self) -> usize {
        self.outputs.div_ceil(WIDTH)
    }

    /// `out` <- weight * input + bias, both `[panel][row]`.
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &self,
        simd: S,
        weights: Weights<'_>,
        input: &[Row],
        out: &mut Vec<Row>,
    ) {
        let left = Left::whole(input, self.inputs);
        let out = room(out, left.stride * self.out_panels());
        let matrix = &weights.parameters[self.weight.clone()];
        let bias = &weights.parameters[self.bias.clone()];
        let panels = out
            .chunks_mut(left.stride)
            .zip(matrix.chunks(self.inputs))
            .zip(bias);
        for ((out, matrix), bias) in panels {
            product(simd, left, matrix, Start::Bias(bias), out);
        }
    }

    /// The way back: gradients by the weights are added to theirs, the one by the input to `by_input`, given that by what came out.
    #[inline(always)]
    pub(super) fn back<S: Simd>(
        &self,
        simd: S,
        weights: Weights<'_>,
        input: &[Row],
        by_out: &[Row],
        sums: &mut [Row],
        by_input: &mut [Row],
    ) {
        let left = Left::whole(by_out, self.outputs);
        let turned = &weights.turned[self.turned.clone()];
        let panels = by_input.chunks_mut(left.stride);
        for (by_input, turned) in panels.zip(turned.chunks(self.outputs)) {
            product(simd, left, turned, Start::Sum, by_input);
        }
        for (bias, by_out) in sums[self.bias.clone()]
            .iter_mut()
            .zip(by_out.chunks(left.stride))
        {
            by_out.iter().for_each(|row| add(bias, row));
        }
        let matrix = sums[self.weight.clone()].chunks_mut(self.inputs);
        for (matrix, by_out) in matrix.zip(by_out.chunks(left.stride)) {
            let parts = matrix.chunks_mut(WIDTH).zip(input.chunks(left.stride));
            for (matrix, input) in parts {
                add_outer_products(simd, input, by_out, matrix);
            }
        }
    }
}

impl Norm {
    #[inline(always)]
    pub(super) fn forward(
        &self,
        weights: Weights<'_>,
        x: &[Row],
        normalised: &mut Normalised,
        out: &mut Vec<Row>,
    ) {
        let affine = [&self.weight, &self.bias].map(|part| &weights.parameters[part.clone()]);
        normalised.forward(x, affine, room(out, x.len()));
    }

    #[inline(always)]
    pub(super) fn back(
        &self,
        weights: Weights<'_>,
        normalised: &Normalised,
        sums: &mut [Row],
        gradient: &mut [Row],
    ) {
        // The bias lies behind the weight.
        let (weight, bias) = sums[self.weight.start..self.bias.end].split_at_mut(self.weight.len());
        let scale = &weights.parameters[self.weight.clone()];
        normalised.back(scale, [weight, bias], gradient);
    }
}

/// What a layer computed, as the way back needs it.
#[derive(Default)]
pub(super) struct Tape {
    /// What came in.
    pub(super) input: Vec<Row>,
    /// Those of its rows that attend; empty where all do.
    asking: Vec<Row>,
    projected: Projected,
    attention: Attention,
    /// What attention found, before its dense layer.
    context: Vec<Row>,
    attention_norm: Normalised,
    /// Behind attention.
    attended: Vec<Row>,
    intermediate: Vec<Row>,
    activated: Vec<Row>,
    output_norm: Normalised,
    /// What is not kept.
    sum: Vec<Row>,
}

/// Arrays that gradients by a layer's values are in.
#[derive(Default)]
pub(super) struct Gradients {
    attended: Vec<Row>,
    activated: Vec<Row>,
    context: Vec<Row>,
    projected: Projected,
    /// The one by what came in.
    pub(super) input: Vec<Row>,
}

/// Whether all rows ask; in the last layer only the first one of every text does.
pub(super) fn all_ask(spans: &[Span]) -> bool {
    spans.iter().all(|span| span.queries == span.keys)
}

impl Tape {
    /// From `self.input` to `out`, which has the rows that ask.
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &mut self,
        simd: S,
        layer: &Encoder,
        weights: Weights<'_>,
        spans: &[Span],
        out: &mut Vec<Row>,
    ) {
        let panels = layer.query.inputs / WIDTH;
        self.asking.clear();
        if !all_ask(spans) {
            for rows in self.input.chunks(self.input.len() / panels) {
                self.asking
                    .extend(spans.iter().map(|span| rows[span.keys.start]));
            }
        }
        let asking = match self.asking.is_empty() {
            true => &self.input,
            false => &self.asking,
        };
        let Projected { query, key, value } = &mut self.projected;
        layer.query.forward(simd, weights, asking, query);
        layer.key.forward(simd, weights, &self.input, key);
        layer.value.forward(simd, weights, &self.input, value);
        let context = room(&mut self.context, asking.len());
        self.attention
            .forward(simd, spans, &self.projected, context);
        layer
            .attention
            .forward(simd, weights, &self.context, &mut self.sum);
        add_all(&mut self.sum, asking);
        layer.attention_norm.forward(
            weights,
            &self.sum,
            &mut self.attention_norm,
            &mut self.attended,
        );
        layer
            .intermediate
            .forward(simd, weights, &self.attended, &mut self.intermediate);
        self.activated.clear();
        for row in &self.intermediate {
            self.activated.push(gelu(row));
        }
        layer
            .output
            .forward(simd, weights, &self.activated, &mut self.sum);
        add_all(&mut self.sum, &self.attended);
        layer
            .output_norm
            .forward(weights, &self.sum, &mut self.output_norm, out);
    }

    /// Back from the gradient by what came out, which is changed, to `gradients.input`; those by parameters are added to `sums`.
    #[inline(always)]
    pub(super) fn back<S: Simd>(
        &mut self,
        simd: S,
        (layer, weights): (&Encoder, Weights<'_>),
        spans: &[Span],
        by_out: &mut [Row],
        sums: &mut [Row],
        gradients: &mut Gradients,
    ) {
        layer
            .output_norm
            .back(weights, &self.output_norm, sums, by_out);
        let activated = zeros(&mut gradients.activated, self.activated.len());
        layer
            .output
            .back(simd, weights, &self.activated, by_out, sums, activated);
        for (gradient, x) in activated.iter_mut().zip(&self.intermediate) {
            gelu_back(x, gradient);
        }
        // What attention found was added to the output as it was.
        gradients.attended.clear();
        gradients.attended.extend_from_slice(by_out);
        layer.intermediate.back(
            simd,
            weights,
            &self.attended,
            activated,
            sums,
            &mut gradients.attended,
        );
        layer
            .attention_norm
            .back(weights, &self.attention_norm, sums, &mut gradients.attended);
        let context = zeros(&mut gradients.context, self.context.len());
        layer.attention.back(
            simd,
            weights,
            &self.context,
            &gradients.attended,
            sums,
            context,
        );
        self.attention.back(
            simd,
            spans,
            &self.projected,
            context,
            &mut gradients.projected,
        );
        let Projected { query, key, value } = &gradients.projected;
        let asking = match self.asking.is_empty() {
            true => &self.input,
            false => &self.asking,
        };
        let by_asking = &mut gradients.attended;
        layer
            .query
            .back(simd, weights, asking, query, sums, by_asking);
        let by_input = zeros(&mut gradients.input, self.input.len());
        layer
            .key
            .back(simd, weights, &self.input, key, sums, by_input);
        layer
            .value
            .back(simd, weights, &self.input, value, sums, by_input);
        if self.asking.is_empty() {
            add_all(by_input, by_asking);
            return;
        }
        let panels = layer.query.inputs / WIDTH;
        let rows = by_input.len() / panels;
        for (by_input, by_asking) in by_input.chunks_mut(rows).zip(by_asking.chunks(spans.len())) {
            for (span, by_asking) in spans.iter().zip(by_asking) {
                add(&mut by_input[span.keys.start], by_asking);
            }
        }
    }
}

/// As many rows of zeros.
pub(super) fn zeros(rows: &mut Vec<Row>, len: usize) -> &mut [Row] {
    rows.clear();
    rows.resize(len, [0.0; WIDTH]);
    rows
}

/// `to` <- `to` + `from`, row by row.
#[inline(always)]
pub(super) fn add_all(to: &mut [Row], from: &[Row]) {
    for (to, from) in to.iter_mut().zip(from) {
        add(to, from);
    }
}
