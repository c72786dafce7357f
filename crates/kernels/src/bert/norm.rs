//! Layer normalisation of rows that lie in panels.

use crate::product::{Row, WIDTH};

/// What is added to variances.
pub(super) const EPSILON: f32 = 1e-12;

/// Normalised rows, as the way back needs them.
#[derive(Default)]
pub(super) struct Normalised {
    /// (x - mean) / deviation, `[panel][row]`.
    values: Vec<Row>,
    /// 1 / deviation of each row.
    inverse: Vec<f32>,
}

impl Normalised {
    /// `out` <- weight * normalised + bias, both `[panel]`; `x` and `out` are `[panel][row]`.
    #[inline(always)]
    pub(super) fn forward(&mut self, x: &[Row], [weight, bias]: [&[Row]; 2], out: &mut [Row]) {
        let panels = weight.len();
        let (rows, width) = (x.len() / panels, (panels * WIDTH) as f32);
        self.values.clear();
        self.values.extend_from_slice(x);
        self.inverse.clear();
        for row in 0..rows {
            let places = (0..panels).map(|panel| panel * rows + row);
            let mut sums = [0.0; WIDTH];
            for place in places.clone() {
                add(&mut sums, &x[place]);
            }
            let mean = total(sums) / width;
            let mut squares = [0.0; WIDTH];
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

    /// `gradient` by `out` becomes that by `x`; those by weight and bias are added to theirs.
    #[inline(always)]
    pub(super) fn back(
        &self,
        weight: &[Row],
        [weight_gradient, bias_gradient]: [&mut [Row]; 2],
        gradient: &mut [Row],
    ) {
        let panels = weight.len();
        let (rows, width) = (self.inverse.len(), (panels * WIDTH) as f32);
        for (row, inverse) in self.inverse.iter().enumerate() {
            let (mut sums, mut products) = ([0.0; WIDTH], [0.0; WIDTH]);
            for panel in 0..panels {
                let place = panel * rows + row;
                let lanes = gradient[place].iter_mut().zip(&self.values[place]);
                let sums = sums.iter_mut().zip(&mut products);
                let parameters = weight_gradient[panel]
                    .iter_mut()
                    .zip(&mut bias_gradient[panel])
                    .zip(&weight[panel]);
                for (((g, value), (sum, product)), ((by_weight, by_bias), weight)) in
                    lanes.zip(sums).zip(parameters)
                {
                    *by_weight += *g * value;
                    *by_bias += *g;
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

/// `to` <- `to` + `from`.
#[inline(always)]
pub(super) fn add(to: &mut Row, from: &Row) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
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
