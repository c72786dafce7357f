//! Passes through a stack: forward, forward from its masked feature map, and backward, for a few pictures at a time.

use super::{
    convolution::{self, Passed, Scratch},
    product::{Destination, Matrix, product},
    stack::{Dense, Stack},
};

/// Buffers for passes of up to `capacity` pictures, so that no pass allocates.
pub(super) struct Workspace {
    /// What comes out of each convolution, `[pictures, len]`.
    convolved: Vec<Vec<f32>>,
    /// Which of four values each pooled cell took, `[pictures, len]`.
    largest: Vec<Vec<u8>>,
    /// What comes out of each dense layer, `[pictures, outputs]`.
    activations: Vec<Vec<f32>>,
    scratch: Vec<Scratch>,
    /// Gradients on the way back, `[pictures, len]`.
    gradient: Vec<f32>,
    next_gradient: Vec<f32>,
}

impl Workspace {
    pub(super) fn new(stack: &Stack, capacity: usize) -> Self {
        let convolved = stack
            .convolutions
            .iter()
            .map(|c| vec![0.0; capacity * c.out_len()]);
        let largest = stack
            .convolutions
            .iter()
            .map(|c| vec![0; capacity * c.out_len()]);
        let activations = stack.dense.iter().map(|d| vec![0.0; capacity * d.outputs]);
        let widest = stack
            .convolutions
            .iter()
            .map(|c| c.in_len().max(c.out_len()));
        let widest = widest
            .chain(stack.dense.iter().map(|d| d.outputs))
            .max()
            .unwrap_or(0);
        Self {
            convolved: convolved.collect(),
            largest: largest.collect(),
            activations: activations.collect(),
            scratch: stack.convolutions.iter().map(Scratch::new).collect(),
            gradient: vec![0.0; capacity * widest],
            next_gradient: vec![0.0; capacity * widest],
        }
    }

    /// Logits of `pictures` `[count, 1, side, side]`, as `[count, classes]`.
    pub(super) fn logits(&mut self, stack: &Stack, weights: &[f32], pictures: &[f32]) -> &[f32] {
        let count = pictures.len() / stack.convolutions[0].in_len();
        for index in 0..stack.convolutions.len() {
            self.convolve(stack, weights, index, pictures, count);
        }
        self.dense_forward(stack, weights, count)
    }

    /// Logits `[count, classes]` from convolution `first` on, which is not the first of all: `fill(index, input)` writes what
    /// comes into it, `[channels, side, side]`.
    pub(super) fn logits_from(
        &mut self,
        stack: &Stack,
        weights: &[f32],
        first: usize,
        count: usize,
        fill: impl Fn(usize, &mut [f32]),
    ) -> &[f32] {
        let in_len = stack.convolutions[first].in_len();
        let inputs = self.convolved[first - 1].chunks_exact_mut(in_len);
        for (index, input) in inputs.take(count).enumerate() {
            fill(index, input);
        }
        for index in first..stack.convolutions.len() {
            self.convolve(stack, weights, index, &[], count);
        }
        self.dense_forward(stack, weights, count)
    }

    /// One convolution for all pictures; the first reads `pictures`, the others what the one before gave.
    fn convolve(
        &mut self,
        stack: &Stack,
        weights: &[f32],
        index: usize,
        pictures: &[f32],
        count: usize,
    ) {
        let layer = &stack.convolutions[index];
        let parameters = stack.layers(weights)[index];
        let (before, after) = self.convolved.split_at_mut(index);
        let inputs: &[f32] = before.last().map_or(pictures, |inputs| inputs);
        let outs = after[0].chunks_exact_mut(layer.out_len());
        let largest = self.largest[index].chunks_exact_mut(layer.out_len());
        let each = inputs.chunks_exact(layer.in_len()).zip(outs.zip(largest));
        for (picture, (out, largest)) in each.take(count) {
            convolution::forward(
                layer,
                parameters,
                picture,
                &mut self.scratch[index],
                out,
                largest,
            );
        }
    }

    fn dense_forward(&mut self, stack: &Stack, weights: &[f32], count: usize) -> &[f32] {
        let parameters = &stack.layers(weights)[stack.convolutions.len()..];
        for (index, (layer, (weight, bias))) in stack.dense.iter().zip(parameters).enumerate() {
            let (before, after) = self.activations.split_at_mut(index);
            let inputs = before.last().or(self.convolved.last());
            let out = &mut after[0][..count * layer.outputs];
            for row in out.chunks_exact_mut(layer.outputs) {
                row.copy_from_slice(bias);
            }
            product(
                [count, layer.inputs, layer.outputs],
                Matrix::rows(inputs.map_or(&[], |inputs| inputs), layer.inputs),
                Matrix::rows(weight, layer.inputs).transposed(),
                out,
                Destination::Add,
            );
            if layer.relu {
                for value in out {
                    *value = value.max(0.0);
                }
            }
        }
        let classes = stack.classes();
        self.activations
            .last()
            .map_or(&[], |logits| &logits[..count * classes])
    }

    /// Adds the gradients of sum(cross-entropy) / `batch_len` over these pictures to `gradients`; returns that sum.
    pub(super) fn loss_and_gradients(
        &mut self,
        stack: &Stack,
        weights: &[f32],
        (pictures, labels): (&[f32], &[usize]),
        batch_len: usize,
        gradients: &mut [f32],
    ) -> f32 {
        self.logits(stack, weights, pictures);
        let loss = self.logit_gradient(stack.classes(), labels, batch_len);
        let parameters = stack.layers(weights);
        let mut gradients = stack.layers_mut(gradients);
        let first_dense = stack.convolutions.len();
        for index in (0..stack.dense.len()).rev() {
            let (weight, _) = parameters[first_dense + index];
            let (weight_gradient, bias_gradient) = &mut gradients[first_dense + index];
            self.dense_backward(
                &stack.dense[index],
                index,
                labels.len(),
                weight,
                (weight_gradient, bias_gradient),
            );
        }
        for index in (0..first_dense).rev() {
            let (weight, _) = parameters[index];
            let (weight_gradient, bias_gradient) = &mut gradients[index];
            self.convolution_backward(
                stack,
                index,
                pictures,
                weight,
                (weight_gradient, bias_gradient),
            );
        }
        loss
    }

    /// Writes softmax minus one-hot, over `batch_len`, into `gradient`; returns the loss.
    fn logit_gradient(&mut self, classes: usize, labels: &[usize], batch_len: usize) -> f32 {
        let logits = self.activations.last().map_or(&[][..], |logits| logits);
        let rows = logits
            .chunks_exact(classes)
            .zip(self.gradient.chunks_exact_mut(classes));
        let mut loss = 0.0;
        for ((logits, gradient), &label) in rows.zip(labels) {
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (gradient, logit) in gradient.iter_mut().zip(logits) {
                *gradient = (logit - largest).exp();
            }
            let sum: f32 = gradient.iter().sum();
            loss += sum.ln() + largest - logits[label];
            for gradient in gradient.iter_mut() {
                *gradient /= sum * batch_len as f32;
            }
            gradient[label] -= 1.0 / batch_len as f32;
        }
        loss / batch_len as f32
    }

    /// One dense layer's way back; leaves the gradient by what came in, behind its ReLU, in `gradient`.
    fn dense_backward(
        &mut self,
        layer: &Dense,
        index: usize,
        count: usize,
        weight: &[f32],
        (weight_gradient, bias_gradient): (&mut [f32], &mut [f32]),
    ) {
        let gradient = &mut self.gradient[..count * layer.outputs];
        if layer.relu {
            for (gradient, out) in gradient.iter_mut().zip(&self.activations[index]) {
                *gradient = if *out > 0.0 { *gradient } else { 0.0 };
            }
        }
        for row in gradient.chunks_exact(layer.outputs) {
            for (sum, value) in bias_gradient.iter_mut().zip(row) {
                *sum += value;
            }
        }
        let inputs = self.activations[..index].last().or(self.convolved.last());
        product(
            [layer.outputs, count, layer.inputs],
            Matrix::rows(gradient, layer.outputs).transposed(),
            Matrix::rows(inputs.map_or(&[], |inputs| inputs), layer.inputs),
            weight_gradient,
            Destination::Add,
        );
        product(
            [count, layer.outputs, layer.inputs],
            Matrix::rows(gradient, layer.outputs),
            Matrix::rows(weight, layer.inputs),
            &mut self.next_gradient,
            Destination::Overwrite,
        );
        std::mem::swap(&mut self.gradient, &mut self.next_gradient);
    }

    /// One convolution's way back, picture by picture.
    fn convolution_backward(
        &mut self,
        stack: &Stack,
        index: usize,
        pictures: &[f32],
        weight: &[f32],
        (weight_gradient, bias_gradient): (&mut [f32], &mut [f32]),
    ) {
        let layer = &stack.convolutions[index];
        let (in_len, out_len) = (layer.in_len(), layer.out_len());
        let inputs = self.convolved[..index]
            .last()
            .map_or(pictures, |inputs| inputs);
        let count = pictures.len() / stack.convolutions[0].in_len();
        for picture in 0..count {
            let out = picture * out_len..(picture + 1) * out_len;
            let input = picture * in_len..(picture + 1) * in_len;
            let passed = Passed {
                picture: &inputs[input.clone()],
                out: &self.convolved[index][out.clone()],
                largest: &self.largest[index][out.clone()],
            };
            convolution::backward(
                layer,
                weight,
                &passed,
                &self.gradient[out],
                &mut self.scratch[index],
                (weight_gradient, bias_gradient),
                (index > 0).then_some(&mut self.next_gradient[input]),
            );
        }
        std::mem::swap(&mut self.gradient, &mut self.next_gradient);
    }
}
