//! Certificates checked in exact arithmetic (feature `exact`).
//!
//! Every f64 is a rational number with a power of two below its line, and the dictionary of effects
//! is 0 and 1, so that residuals, dual constraints and both norms can be had without any rounding:
//! arrays become integers in units of one power of two, and the transforms add and subtract these.
//! Nothing is rescaled and nothing is rounded before it is compared: a dual point that exceeds one
//! of its weights by one unit proves nothing.
//!
//! What a solver does with certificates, and how, is not used here; the transforms are the plain
//! loops of their definition.

use num_bigint::{BigInt, Sign};

use crate::{Error, mask};

/// Integers in units of 2^`exponent`.
#[derive(Clone, Debug)]
struct Scaled {
    values: Vec<BigInt>,
    exponent: i32,
}

/// Mantissa and exponent of a finite float: `m` times 2^`e`.
fn parts(x: f64) -> (i64, i32) {
    let bits = x.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = if biased == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, biased - 1075)
    };
    let zeros = mantissa.trailing_zeros().min(63) as i32;
    let (mantissa, exponent) = if mantissa == 0 {
        (0, 0)
    } else {
        (mantissa >> zeros, exponent + zeros)
    };
    (if x < 0.0 { -mantissa } else { mantissa }, exponent)
}

impl Scaled {
    fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let parts: Vec<(i64, i32)> = values.into_iter().map(parts).collect();
        let nonzero = parts.iter().filter(|(mantissa, _)| *mantissa != 0);
        let exponent = nonzero.map(|(_, exponent)| *exponent).min().unwrap_or(0);
        let scaled = |(mantissa, own): (i64, i32)| {
            if mantissa == 0 {
                BigInt::ZERO
            } else {
                BigInt::from(mantissa) << (own - exponent)
            }
        };
        Self {
            values: parts.into_iter().map(scaled).collect(),
            exponent,
        }
    }

    /// The same in units of 2^`exponent`, at most its own.
    fn in_units_of(mut self, exponent: i32) -> Self {
        for value in &mut self.values {
            *value <<= self.exponent - exponent;
        }
        self.exponent = exponent;
        self
    }
}

/// Sums over subsets, or over supersets.
fn summed(values: &[BigInt], over_subsets: bool) -> Vec<BigInt> {
    let mut sums = values.to_vec();
    let mut bit = 1;
    while bit < sums.len() {
        for mask in 0..sums.len() {
            if mask & bit != 0 {
                let (with, without) = (mask, mask ^ bit);
                let (to, from) = if over_subsets {
                    (with, without)
                } else {
                    (without, with)
                };
                let added = sums[from].clone();
                sums[to] += added;
            }
        }
        bit <<= 1;
    }
    sums
}

/// The float nearest to `value` times 2^`exponent`, away from 0 in a tie.
fn nearest(value: &BigInt, exponent: i32) -> f64 {
    let excess = value.bits() as i64 - 54;
    let (top, exponent) = if excess > 0 {
        // Half to odd below the last kept bit, so that what comes last rounds as the whole would.
        let magnitude = value.magnitude();
        let kept = magnitude >> excess as u64;
        let lost = (&kept << excess as u64) != *magnitude;
        let kept: u64 = kept.try_into().unwrap_or(u64::MAX);
        (kept | u64::from(lost), i64::from(exponent) + excess)
    } else {
        (
            value.magnitude().try_into().unwrap_or(u64::MAX),
            i64::from(exponent),
        )
    };
    let mut float = top as f64;
    // In steps, since one power of two may be out of range where the product is not.
    let mut left = exponent.clamp(-4000, 4000) as i32;
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        float *= 2.0_f64.powi(step);
        left -= step;
    }
    if value.sign() == Sign::Minus {
        -float
    } else {
        float
    }
}

/// A lower bound that a dual point proves, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactBound {
    /// Whether |k_S' y| <= w_|S| for every AND and OR effect.
    pub is_feasible: bool,
    /// v'y - tau |y|_1, rounded once; a lower bound where `is_feasible`.
    pub bound: f64,
}

/// What effects are, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactEffects {
    /// |and|_1 + |or|_1, rounded once.
    pub norm: f64,
    /// By how much |v - reconstruction| exceeds the noise bound at the worst mask, rounded once; 0
    /// or above.
    pub excess: f64,
}

/// Evaluates effects against outputs: `outputs`, `and` and `or` by mask, all in units of v.
///
/// # Errors
/// [`Error::Length`], [`Error::Players`], [`Error::Mismatch`], [`Error::Parameter`] for a value
/// that is not finite.
pub fn effects(
    outputs: &[f64],
    noise_bound: f64,
    baseline: f64,
    and: &[f64],
    or: &[f64],
) -> Result<ExactEffects, Error> {
    check("the outputs", outputs, outputs.len())?;
    check("the AND effects", and, outputs.len())?;
    check("the OR effects", or, outputs.len())?;
    check("baseline and noise bound", &[baseline, noise_bound], 2)?;
    let all = outputs
        .iter()
        .chain(and)
        .chain(or)
        .chain([&baseline, &noise_bound]);
    let mut all = Scaled::of(all.copied());
    let masks = outputs.len();
    let exponent = all.exponent;
    let tau = all.values.pop().unwrap_or_default();
    let baseline = all.values.pop().unwrap_or_default();
    let or = all.values.split_off(2 * masks);
    let and = all.values.split_off(masks);
    let v = all.values;
    let norm: BigInt = and.iter().chain(&or).map(magnitude).sum();
    let from_and = summed(&and, true);
    // Of a mask, the OR effects that meet it: all but those within its complement.
    let missed = summed(&or, true);
    let every: BigInt = or.iter().sum();
    let excess = (0..masks).map(|s| {
        let met = &every - &missed[masks - 1 - s];
        let residual = &baseline + &from_and[s] + met - &v[s];
        magnitude(&residual) - &tau
    });
    let worst = excess.max().unwrap_or_default().max(BigInt::ZERO);
    Ok(ExactEffects {
        norm: nearest(&norm, exponent),
        excess: nearest(&worst, exponent),
    })
}

/// Evaluates a dual point against outputs. `weights`: w by order, 0 to n.
///
/// # Errors
/// As [`effects`].
pub fn bound(
    outputs: &[f64],
    noise_bound: f64,
    dual: &[f64],
    weights: &[f64],
) -> Result<ExactBound, Error> {
    let players = mask::player_count(outputs.len())?;
    check("the outputs", outputs, outputs.len())?;
    check("the dual point", dual, outputs.len())?;
    check("the weights", weights, players + 1)?;
    check("the noise bound", &[noise_bound], 1)?;
    let masks = outputs.len();
    let y = Scaled::of(dual.iter().copied());
    let weights = Scaled::of(weights.iter().copied());
    // One unit for both, the finer one.
    let unit = y.exponent.min(weights.exponent);
    let (y, weights) = (y.in_units_of(unit), weights.in_units_of(unit));
    let above = summed(&y.values, false);
    let within = summed(&y.values, true);
    let every: BigInt = y.values.iter().sum();
    let is_feasible = (0..masks).all(|s| {
        let weight = &weights.values[mask::order(s as mask::Mask)];
        let met = &every - &within[masks - 1 - s];
        magnitude(&above[s]) <= *weight && magnitude(&met) <= *weight
    });
    let mut v = Scaled::of(outputs.iter().copied().chain([noise_bound]));
    let tau = v.values.pop().unwrap_or_default();
    let first = v.values.first().cloned().unwrap_or_default();
    let terms = y.values.iter().zip(&v.values);
    let value: BigInt = terms
        .map(|(y, v)| y * (v - &first) - magnitude(y) * &tau)
        .sum();
    Ok(ExactBound {
        is_feasible,
        bound: nearest(&value, y.exponent + v.exponent),
    })
}

fn magnitude(value: &BigInt) -> BigInt {
    BigInt::from(value.magnitude().clone())
}

fn check(what: &'static str, values: &[f64], expected: usize) -> Result<(), Error> {
    if values.len() != expected {
        return Err(Error::Mismatch {
            what,
            found: values.len(),
            expected,
        });
    }
    match values.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::Parameter {
            field: what,
            value,
            allowed: "finite",
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_come_back_from_integers() {
        for x in [
            0.0,
            1.0,
            -0.1,
            1e300,
            -5e-324,
            f64::MAX,
            f64::MIN_POSITIVE,
            2.0 / 3.0,
        ] {
            let scaled = Scaled::of([x, 1.5]);
            assert_eq!(nearest(&scaled.values[0], scaled.exponent), x);
        }
        let sum = Scaled::of([1.0, 1e-30, -1.0]);
        assert_eq!(nearest(&sum.values.iter().sum(), sum.exponent), 1e-30);
    }

    #[test]
    fn one_unit_above_a_weight_proves_nothing() {
        let v = [0.0, 1.0, 1.0, 2.0];
        let weights = [1.0; 3];
        let found = bound(&v, 0.0, &[0.0, 0.0, 0.0, 1.0], &weights).unwrap();
        assert_eq!((found.is_feasible, found.bound), (true, 2.0));
        let above = bound(&v, 0.0, &[0.0, 0.0, 0.0, 1.0 + f64::EPSILON], &weights).unwrap();
        assert!(!above.is_feasible);
        // 1 + 2^-1074 is no float, and is told from 1.
        let hardly = bound(&v, 0.0, &[0.0, 5e-324, 0.0, 1.0], &weights).unwrap();
        assert!(!hardly.is_feasible);
    }

    #[test]
    fn residuals_are_exact() {
        let v = [0.1, 0.2, 0.3, 0.6];
        let (and, or) = ([0.0, 0.1, 0.2, 0.2], [0.0; 4]);
        let found = effects(&v, 0.0, 0.1, &and, &or).unwrap();
        // 0.1 + 0.1 + 0.2 + 0.2 is not 0.6 by less than an f64 sum of them would say.
        assert!(found.excess > 0.0 && found.excess < 1e-15);
        assert_eq!(effects(&v, 1e-15, 0.1, &and, &or).unwrap().excess, 0.0);
        assert_eq!(found.norm, 0.5);
        assert!(effects(&v, f64::NAN, 0.1, &and, &or).is_err());
    }

    #[test]
    fn certificates_hold_exactly() {
        use crate::decompose::{Params, decompose, weights};
        let v: Vec<f64> = (0..256_u32)
            .map(|s| (f64::from(s.wrapping_mul(2_654_435_761)) / 4e9).sin())
            .collect();
        let d = decompose(&v, &Params::default()).unwrap();
        let tau = d.certificate.noise_bound;
        let plain = bound(&v, tau, &d.dual, &[1.0; 9]).unwrap();
        assert!(
            plain.is_feasible && (plain.bound - d.certificate.dual).abs() <= 1e-12 * plain.bound
        );
        let found = effects(&v, tau, d.baseline, &d.and, &d.or).unwrap();
        assert!(
            found.excess <= 1e-12
                && (found.norm - d.certificate.primal).abs() <= 1e-12 * found.norm
        );
        let ranges = d.ranges.unwrap();
        for (proof, weights) in ranges.proofs.iter().zip(weights(8)) {
            let dual: Vec<f64> = proof.dual.iter().map(|y| f64::from(*y)).collect();
            let exact = bound(&v, tau, &dual, &weights).unwrap();
            assert!(exact.is_feasible && (exact.bound - proof.bound).abs() <= 1e-12 * exact.bound);
        }
    }
}
