//! What follows a dense layer: forward, and backward from what came out of it.

use spindle_run::experiment::Activation;

/// What is left to do behind a product whose epilogue does ReLU.
#[inline(always)]
pub(crate) fn finish(activation: Option<Activation>, outputs: &mut [f32]) {
    if activation == Some(Activation::Tanh) {
        for out in outputs {
            *out = out.tanh();
        }
    }
}

/// Whether a product's epilogue does it.
pub(crate) fn is_relu(activation: Option<Activation>) -> bool {
    activation == Some(Activation::Relu)
}

/// The gradient with respect to what came out becomes that with respect to what came in.
#[inline(always)]
pub(crate) fn backward(activation: Option<Activation>, outputs: &[f32], gradient: &mut [f32]) {
    let values = gradient.iter_mut().zip(outputs);
    match activation {
        None => {}
        Some(Activation::Relu) => {
            values.for_each(|(gradient, out)| *gradient = if *out > 0.0 { *gradient } else { 0.0 });
        }
        Some(Activation::Tanh) => {
            values.for_each(|(gradient, out)| *gradient *= 1.0 - out * out);
        }
    }
}
