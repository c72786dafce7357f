//! Layer normalisation of rows that lie in panels.

use crate::panels::{Row, WIDTH, ZERO, add};

/// What follows a normalisation, `[panel]` both.
#[derive(Clone, Copy)]
pub(super) struct Affine<'a> {
    pub(super) weight: &'a [Row],
    pub(super) bias: &'a [Row],
}

/// The gradients with respect to it.
pub(super) struct AffineGradients<'a> {
    pub(super) weight: &'a mut [Row],
    pub(super) bias: &'a mut [Row],
}

/// What is added to variances.
pub(super) const EPSILON: f32 = 1e-12;

/// Normalised rows, as the backward pass needs them.
#[derive(Default)]
pub(super) struct Normalised {
    /// (x - mean) / deviation, `[panel][row]`.
    values: Vec<Row>,
    /// 1 / deviation of each row.
    inverse: Vec<f32>,
}

impl Normalised {
    /// `out` <- weight * normalised + bias; `x` and `out` are `[panel][row]`.
    #[inline(always)]
    pub(super) fn forward(&mut self, x: &[Row], affine: Affine<'_>, out: &mut [Row]) {
        let Affine { weight, bias } = affine;
        let panels = weight.len();
        let (rows, width) = (x.len() / panels, (panels * WIDTH) as f32);
        self.values.clear();
        self.values.extend_from_slice(x);
        self.inverse.clear();
        for row in 0..rows {
            let places = (0..panels).map(|panel| panel * rows + row);
            let mut sums = ZERO;
            for place in places.clone() {
                add(&mut sums, &x[place]);
            }
            let mean = total(sums) / width;
            let mut squares = ZERO;
            for place in places.clone() {
                for (value, square) in self.values[place].iter_mut().zip(&mut squares) {
                    *value -= mean;
                    *square += *value * *value;
                }
            }
            let inverse = 1.0 / (total(squares) / width + EPSILON).sqrt();
            self.inverse.push(inverse);
            for (panel, place) in places.enumerate() {
                let lanes = self.values[place].iter_mut().zip(&mut out[place]);
                let affine = weight[panel].iter().zip(&bias[panel]);
                for ((value, out), (weight, bias)) in lanes.zip(affine) {
                    *value *= inverse;
                    *out = weight * *value + bias;
                }
            }
        }
    }

    /// The gradient with respect to `out` becomes that with respect to `x`; those with respect to
    /// weight and bias are added to theirs.
    #[inline(always)]
    pub(super) fn backward(
        &self,
        weight: &[Row],
        gradients: AffineGradients<'_>,
        gradient: &mut [Row],
    ) {
        let AffineGradients {
            weight: weight_gradient,
            bias: bias_gradient,
        } = gradients;
        let panels = weight.len();
        let (rows, width) = (self.inverse.len(), (panels * WIDTH) as f32);
        for (row, inverse) in self.inverse.iter().enumerate() {
            let (mut sums, mut products) = (ZERO, ZERO);
            for panel in 0..panels {
                let place = panel * rows + row;
                let lanes = gradient[place].iter_mut().zip(&self.values[place]);
                let sums = sums.iter_mut().zip(&mut products);
                let parameters = weight_gradient[panel]
                    .iter_mut()
                    .zip(&mut bias_gradient[panel])
                    .zip(&weight[panel]);
                for (((g, value), (sum, product)), ((weight_sum, bias_sum), weight)) in
                    lanes.zip(sums).zip(parameters)
                {
                    *weight_sum += *g * value;
                    *bias_sum += *g;
                    *g *= weight;
                    *sum += *g;
                    *product += *g * value;
                }
            }
            let (mean, slope) = (total(sums) / width, total(products) / width);
            for panel in 0..panels {
                let place = panel * rows + row;
                for (g, value) in gradient[place].iter_mut().zip(&self.values[place]) {
                    *g = inverse * (*g - mean - slope * value);
                }
            }
        }
    }
}

/// The sum of all lanes, in halves.
#[inline(always)]
pub(super) fn total(mut row: Row) -> f32 {
    let mut half = WIDTH / 2;
    while half > 0 {
        let (low, high) = row.split_at_mut(half);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
        half /= 2;
    }
    row[0]
}
