//! One layer of the encoder, forward and backward.

use pulp::Simd;

use super::{
    activation::{gelu, gelu_backward},
    attention::{Attention, Projected, Span},
    layout::{Dense, Encoder, Norm},
    norm::{Affine, AffineGradients, Normalised},
};
use crate::{
    linear::{Left, add_outer_products, product},
    panels::{Row, WIDTH, add, add_all, panels, room, zeros},
    product::Start,
};

/// Weights as forward and backward passes want them.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) parameters: &'a [Row],
    /// Weights of dense layers `[panel of inputs][output][lane]`; empty where there is no backward
    /// pass.
    pub(super) transposed: &'a [Row],
}

/// What a dense layer's backward pass works with.
pub(super) struct Flow<'a> {
    /// What came in.
    pub(super) input: &'a [Row],
    /// The gradient with respect to what came out.
    pub(super) out_gradient: &'a [Row],
    /// That with respect to what came in is added to it.
    pub(super) input_gradient: &'a mut [Row],
}

impl Dense {
    pub(super) fn out_panels(&self) -> usize {
        panels(self.outputs)
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

    /// The backward pass; gradients with respect to the parameters are added to `sums`.
    #[inline(always)]
    pub(super) fn backward<S: Simd>(
        &self,
        simd: S,
        weights: Weights<'_>,
        flow: Flow<'_>,
        sums: &mut [Row],
    ) {
        let Flow {
            input,
            out_gradient,
            input_gradient,
        } = flow;
        let left = Left::whole(out_gradient, self.outputs);
        let transposed = &weights.transposed[self.transposed.clone()];
        let panels = input_gradient.chunks_mut(left.stride);
        for (input_gradient, transposed) in panels.zip(transposed.chunks(self.outputs)) {
            product(simd, left, transposed, Start::Sum, input_gradient);
        }
        for (bias, out_gradient) in sums[self.bias.clone()]
            .iter_mut()
            .zip(out_gradient.chunks(left.stride))
        {
            out_gradient.iter().for_each(|row| add(bias, row));
        }
        let matrix = sums[self.weight.clone()].chunks_mut(self.inputs);
        for (matrix, out_gradient) in matrix.zip(out_gradient.chunks(left.stride)) {
            let parts = matrix.chunks_mut(WIDTH).zip(input.chunks(left.stride));
            for (matrix, input) in parts {
                add_outer_products(simd, input, out_gradient, matrix);
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
        let affine = Affine {
            weight: &weights.parameters[self.weight.clone()],
            bias: &weights.parameters[self.bias.clone()],
        };
        normalised.forward(x, affine, room(out, x.len()));
    }

    #[inline(always)]
    pub(super) fn backward(
        &self,
        weights: Weights<'_>,
        normalised: &Normalised,
        sums: &mut [Row],
        gradient: &mut [Row],
    ) {
        // The bias lies behind the weight.
        let (weight, bias) = sums[self.weight.start..self.bias.end].split_at_mut(self.weight.len());
        let scale = &weights.parameters[self.weight.clone()];
        let gradients = AffineGradients { weight, bias };
        normalised.backward(scale, gradients, gradient);
    }
}

/// What a layer computed, as the backward pass needs it.
#[derive(Default)]
pub(super) struct Tape {
    /// What came in.
    pub(super) input: Vec<Row>,
    /// Those of its rows that attend; empty where all do.
    query_input: Vec<Row>,
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

/// Arrays that gradients with respect to a layer's values are in.
#[derive(Default)]
pub(super) struct Gradients {
    attended: Vec<Row>,
    activated: Vec<Row>,
    context: Vec<Row>,
    projected: Projected,
    /// The one with respect to what came in.
    pub(super) input: Vec<Row>,
}

/// What a layer works with.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) layer: &'a Encoder,
    pub(super) weights: Weights<'a>,
    pub(super) spans: &'a [Span],
}

/// Whether all rows attend; in the last layer only the first one of every text does.
pub(super) fn all_attend(spans: &[Span]) -> bool {
    spans.iter().all(|span| span.queries == span.keys)
}

impl Tape {
    /// From `self.input` to `out`, which has the rows that attend.
    #[inline(always)]
    pub(super) fn forward<S: Simd>(&mut self, simd: S, setting: Setting<'_>, out: &mut Vec<Row>) {
        let Setting {
            layer,
            weights,
            spans,
        } = setting;
        let panels = layer.query.inputs / WIDTH;
        self.query_input.clear();
        if !all_attend(spans) {
            for rows in self.input.chunks(self.input.len() / panels) {
                self.query_input
                    .extend(spans.iter().map(|span| rows[span.keys.start]));
            }
        }
        let query_input = match self.query_input.is_empty() {
            true => &self.input,
            false => &self.query_input,
        };
        let Projected { query, key, value } = &mut self.projected;
        layer.query.forward(simd, weights, query_input, query);
        layer.key.forward(simd, weights, &self.input, key);
        layer.value.forward(simd, weights, &self.input, value);
        let context = room(&mut self.context, query_input.len());
        self.attention
            .forward(simd, layer.heads, spans, &self.projected, context);
        layer
            .attention
            .forward(simd, weights, &self.context, &mut self.sum);
        add_all(&mut self.sum, query_input);
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

    /// From the gradient with respect to what came out, which is changed, to `gradients.input`;
    /// those with respect to parameters are added to `sums`.
    #[inline(always)]
    pub(super) fn backward<S: Simd>(
        &mut self,
        simd: S,
        setting: Setting<'_>,
        out_gradient: &mut [Row],
        sums: &mut [Row],
        gradients: &mut Gradients,
    ) {
        let Setting {
            layer,
            weights,
            spans,
        } = setting;
        layer
            .output_norm
            .backward(weights, &self.output_norm, sums, out_gradient);
        let activated = zeros(&mut gradients.activated, self.activated.len());
        let flow = Flow {
            input: &self.activated,
            out_gradient,
            input_gradient: activated,
        };
        layer.output.backward(simd, weights, flow, sums);
        for (gradient, x) in activated.iter_mut().zip(&self.intermediate) {
            gelu_backward(x, gradient);
        }
        // What attention found was added to the output as it was.
        gradients.attended.clear();
        gradients.attended.extend_from_slice(out_gradient);
        let flow = Flow {
            input: &self.attended,
            out_gradient: activated,
            input_gradient: &mut gradients.attended,
        };
        layer.intermediate.backward(simd, weights, flow, sums);
        layer
            .attention_norm
            .backward(weights, &self.attention_norm, sums, &mut gradients.attended);
        let context = zeros(&mut gradients.context, self.context.len());
        let flow = Flow {
            input: &self.context,
            out_gradient: &gradients.attended,
            input_gradient: context,
        };
        layer.attention.backward(simd, weights, flow, sums);
        self.attention.backward(
            simd,
            layer.heads,
            spans,
            &self.projected,
            context,
            &mut gradients.projected,
        );
        let Projected { query, key, value } = &gradients.projected;
        let query_input_gradient = &mut gradients.attended;
        let flow = Flow {
            input: match self.query_input.is_empty() {
                true => &self.input,
                false => &self.query_input,
            },
            out_gradient: query,
            input_gradient: query_input_gradient,
        };
        layer.query.backward(simd, weights, flow, sums);
        let input_gradient = zeros(&mut gradients.input, self.input.len());
        for (dense, out_gradient) in [(&layer.key, key), (&layer.value, value)] {
            let flow = Flow {
                input: &self.input,
                out_gradient,
                input_gradient: &mut *input_gradient,
            };
            dense.backward(simd, weights, flow, sums);
        }
        if self.query_input.is_empty() {
            add_all(input_gradient, query_input_gradient);
            return;
        }
        let rows = input_gradient.len() / (layer.query.inputs / WIDTH);
        for (input_gradient, query_input_gradient) in input_gradient
            .chunks_mut(rows)
            .zip(query_input_gradient.chunks(spans.len()))
        {
            for (span, gradient) in spans.iter().zip(query_input_gradient) {
                add(&mut input_gradient[span.keys.start], gradient);
            }
        }
    }
}
