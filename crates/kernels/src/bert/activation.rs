//! Exponentials and GELU as plain arithmetic on each lane, which compilers turn into vectors.

use crate::panels::{Row, WIDTH};

/// e^x to 2e-7 of itself; 0 below -87 and no more than e^88.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Added to a number below 2^22, it leaves its whole part in the lowest bits.
    const SHIFT: f32 = 12_582_912.0;
    let powers = x.clamp(-87.0, 88.0) * std::f32::consts::LOG2_E + SHIFT;
    let whole = powers - SHIFT;
    // ln 2 in two parts, of which the first has few bits: x minus whole times it is exact.
    let rest = x.clamp(-87.0, 88.0) - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut sum = 1.0 / 5040.0;
    for factor in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        sum = sum * rest + factor;
    }
    let power = f32::from_bits((powers.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    if x < -87.0 { 0.0 } else { sum * power }
}

/// The error function to 4e-7, by a quotient of polynomials fitted to it on 0 to 4.
#[inline(always)]
fn erf(x: f32) -> f32 {
    const ABOVE: [f32; 7] = [
        1.910_448_9e-8,
        -1.942_646_5e-6,
        1.474_239_2e-4,
        3.996_646e-3,
        5.154_458_5e-2,
        0.207_269_64,
        std::f32::consts::FRAC_2_SQRT_PI,
    ];
    const BELOW: [f32; 5] = [
        1.022_552_5e-3,
        1.497_059_9e-2,
        0.118_030_92,
        0.517_019_17,
        1.0,
    ];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let polynomial = |factors: &[f32]| factors.iter().fold(0.0, |sum, a| sum * square + a);
    x * polynomial(&ABOVE) / polynomial(&BELOW)
}

/// The standard normal distribution function.
#[inline(always)]
fn normal(x: f32) -> f32 {
    0.5 + 0.5 * erf(x * std::f32::consts::FRAC_1_SQRT_2)
}

/// GELU, x times the standard normal distribution function of x.
#[inline(always)]
pub(super) fn gelu(x: &Row) -> Row {
    let mut out = [0.0; WIDTH];
    for (out, &x) in out.iter_mut().zip(x) {
        *out = x * normal(x);
    }
    out
}

/// `gradient` <- `gradient` times GELU's derivative at `x`.
#[inline(always)]
pub(super) fn gelu_backward(x: &Row, gradient: &mut Row) {
    let density = 1.0 / (2.0 * std::f32::consts::PI).sqrt();
    for (gradient, &x) in gradient.iter_mut().zip(x) {
        *gradient *= normal(x) + x * density * exp(-0.5 * x * x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_right() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0 + 0.001;
            let truth = f64::from(x).exp();
            let error = (f64::from(exp(x)) / truth - 1.0).abs();
            assert!(error < 4e-7, "e^{x}: {error}");
        }
        assert_eq!(exp(-1e9), 0.0);
        assert_eq!(exp(0.0), 1.0);
    }

    /// The integral of the normal density from 0 to x, by Simpson's rule.
    fn exact_normal(x: f64) -> f64 {
        let steps = 2000;
        let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let width = x / f64::from(steps);
        let sum: f64 = (0..=steps)
            .map(|i| {
                let factor = match i {
                    0 => 1.0,
                    i if i == steps => 1.0,
                    i if i % 2 == 1 => 4.0,
                    _ => 2.0,
                };
                factor * density(f64::from(i) * width)
            })
            .sum();
        0.5 + sum * width / 3.0
    }

    #[test]
    fn gelu_and_its_derivative_are_right() {
        for i in -120..=120 {
            let x = i as f32 / 20.0;
            let exact = |x: f64| x * exact_normal(x);
            let row = [x; WIDTH];
            assert!(
                (f64::from(gelu(&row)[0]) - exact(f64::from(x))).abs() < 1e-6,
                "{x}"
            );
            let mut gradient = [2.0; WIDTH];
            gelu_backward(&row, &mut gradient);
            let slope = (exact(f64::from(x) + 1e-4) - exact(f64::from(x) - 1e-4)) / 1e-4;
            assert!((f64::from(gradient[0]) - slope).abs() < 4e-6, "{x}");
        }
    }
}
