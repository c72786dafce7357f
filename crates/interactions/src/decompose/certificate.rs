//! Upper and lower bounds of the optimum, evaluated apart from the solver, one game at a time, in
//! f64.

use super::{Certificate, NoiseBound, NoiseRatio, Params, objective::Objective};
use crate::{Error, mask, transform};

/// Rounding of sums over masks that a proof allows for, relative.
const ROUNDING: f64 = 1e-12;

/// A checked noise bound.
#[derive(Clone, Debug)]
pub(crate) enum Bound {
    Scalar(f64),
    PerMask(Vec<f64>),
}

impl Bound {
    /// The bound of a game whose v(empty) is 0.
    pub(crate) fn new(tau: NoiseBound<'_>, v: &[f64], noise: NoiseRatio) -> Result<Self, Error> {
        let checked = |value: f64| {
            if value.is_finite() && value >= 0.0 {
                Ok(value)
            } else {
                Err(Error::Parameter {
                    field: "noise bound",
                    value,
                    allowed: "finite and 0 or above",
                })
            }
        };
        match tau {
            NoiseBound::Ratio => Ok(Self::Scalar(noise.bound(v))),
            NoiseBound::Scalar(tau) => Ok(Self::Scalar(checked(tau)?)),
            NoiseBound::PerMask(tau) if tau.len() == v.len() => Ok(Self::PerMask(
                tau.iter().map(|&t| checked(t)).collect::<Result<_, _>>()?,
            )),
            NoiseBound::PerMask(tau) => Err(Error::Mismatch {
                what: "the noise bound",
                found: tau.len(),
                expected: v.len(),
            }),
        }
    }

    #[inline]
    pub(crate) fn at(&self, mask: usize) -> f64 {
        match self {
            Self::Scalar(tau) => *tau,
            Self::PerMask(tau) => tau[mask],
        }
    }

    /// The bound in other units.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Scalar(tau) => Self::Scalar(factor * tau),
            Self::PerMask(tau) => Self::PerMask(tau.iter().map(|tau| factor * tau).collect()),
        }
    }

    pub(crate) fn largest(&self) -> f64 {
        match self {
            Self::Scalar(tau) => *tau,
            Self::PerMask(tau) => tau.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// baseline + Z and + Z_B or.
pub(super) fn reconstruct(and: &[f64], or: &[f64], baseline: f64) -> Result<Vec<f64>, Error> {
    if or.len() != and.len() {
        return Err(Error::Mismatch {
            what: "the OR effects",
            found: or.len(),
            expected: and.len(),
        });
    }
    let mut outputs = and.to_vec();
    transform::zeta(&mut outputs, 1)?;
    let mut from_or = or.to_vec();
    transform::or_synthesis(&mut from_or, 1)?;
    for (output, or) in outputs.iter_mut().zip(from_or) {
        *output += or + baseline;
    }
    Ok(outputs)
}

/// Z' y and Z_B' y.
fn dual_constraints(y: &[f64]) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let (mut and, mut or) = (y.to_vec(), y.to_vec());
    transform::superset_zeta(&mut and, 1)?;
    transform::or_synthesis_adjoint(&mut or, 1)?;
    Ok((and, or))
}

pub(super) fn largest_optimal_effects(
    y: &[f64],
    certificate: &Certificate,
) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let (mut and, mut or) = dual_constraints(y)?;
    // Of an optimal decomposition, whose norm is at most the smallest found. Gap and slack are
    // differences of rounded numbers.
    let gap =
        (certificate.smallest_norm - certificate.dual).max(0.0) + ROUNDING * certificate.primal;
    for value in and.iter_mut().chain(&mut or) {
        let slack = 1.0 - value.abs() - ROUNDING;
        *value = if slack > 0.0 {
            gap / slack
        } else {
            f64::INFINITY
        };
    }
    Ok((and, or))
}

/// (primal - dual) / primal; 0 for a primal of 0, and infinite where it is no number.
pub(super) fn relative_gap(primal: f64, dual: f64) -> f64 {
    let gap = (primal - dual) / primal;
    if primal == 0.0 {
        0.0
    } else if gap.is_nan() {
        f64::INFINITY
    } else {
        gap.max(0.0)
    }
}

/// Everything a certificate is made of.
pub(crate) struct Evaluation {
    pub(crate) noise: Vec<f64>,
    /// y scaled to be feasible.
    pub(crate) dual: Vec<f64>,
    pub(crate) certificate: Certificate,
}

/// The largest |k_S' y| / w_|S|.
fn largest_ratio(y: &[f64], objective: &Objective) -> Result<f64, Error> {
    let (and, or) = dual_constraints(y)?;
    let of = |constraints: &[f64]| {
        let ratios = (0..)
            .zip(constraints)
            .map(|(s, ky)| ky.abs() / objective.weights[mask::order(s)]);
        // Not f64::max, which passes over NaN.
        ratios.fold(
            0.0,
            |most, x: f64| if x > most || x.is_nan() { x } else { most },
        )
    };
    Ok(of(&and).max(of(&or)))
}

/// How far within its constraints a dual point is kept, relative: more than rounding can add to the
/// sums over 2^n masks, so that they hold in exact arithmetic.
fn room(masks: usize) -> f64 {
    let players = masks.trailing_zeros() as i32;
    2.0_f64.powi((players - 12).max(0) - 40)
}

/// Scales y to be feasible for the weights of `objective`. A point that is no number becomes 0.
fn make_feasible(y: &mut [f64], objective: &Objective) -> Result<(), Error> {
    let ratio = largest_ratio(y, objective)?;
    if !ratio.is_finite() {
        y.fill(0.0);
        return Ok(());
    }
    let scale = (1.0 - room(y.len())) / ratio.max(1.0);
    for y in y {
        *y *= scale;
    }
    Ok(())
}

/// As [`make_feasible`], in single precision, whose rounding is allowed for by a little more room.
pub(super) fn feasible_single(y: &[f64], objective: &Objective) -> Result<Vec<f32>, Error> {
    let mut wide = y.to_vec();
    make_feasible(&mut wide, objective)?;
    loop {
        let single: Vec<f32> = wide.iter().map(|y| *y as f32).collect();
        let rounded: Vec<f64> = single.iter().map(|y| f64::from(*y)).collect();
        let ratio = largest_ratio(&rounded, objective)?;
        if ratio <= 1.0 - room(y.len()) {
            return Ok(single);
        }
        for y in &mut wide {
            *y *= (1.0 - 2.0_f64.powi(-23)) / ratio;
        }
    }
}

/// Evaluates effects and a dual point against outputs `v` with v(empty) = 0 already subtracted.
pub(crate) fn evaluate(
    v: &[f64],
    bound: &Bound,
    and: &[f64],
    or: &[f64],
    mut y: Vec<f64>,
    iterations: usize,
) -> Result<Evaluation, Error> {
    let mut noise = reconstruct(and, or, 0.0)?;
    for (noise, v) in noise.iter_mut().zip(v) {
        *noise -= v;
    }
    let excess = noise
        .iter()
        .enumerate()
        .map(|(s, q)| q.abs() - bound.at(s))
        // Not f64::max, which passes over NaN.
        .fold(
            0.0,
            |worst, x| if x > worst || x.is_nan() { x } else { worst },
        );
    let primal: f64 = and.iter().chain(or).map(|x| x.abs()).sum();
    make_feasible(&mut y, &Objective::PLAIN)?;
    let mut dual: f64 = y
        .iter()
        .zip(v)
        .enumerate()
        .map(|(s, (y, v))| y * v - bound.at(s) * y.abs())
        .sum();
    if !dual.is_finite() || dual <= 0.0 {
        // y = 0 is always feasible.
        y.fill(0.0);
        dual = 0.0;
    }
    let certificate = Certificate {
        primal,
        dual,
        gap: relative_gap(primal, dual),
        smallest_norm: primal,
        iterations,
        noise_bound: bound.largest(),
        excess,
    };
    Ok(Evaluation {
        noise,
        dual: y,
        certificate,
    })
}

/// Evaluates any effects against any dual point: the upper bound |and|_1 + |or|_1, the lower bound
/// that `dual` gives when scaled to be feasible, and by how much the effects miss the noise bound.
/// The upper bound is one only where `excess` is 0 up to rounding. `outputs` and all other arrays
/// have length 2^n.
///
/// # Errors
/// [`Error::Length`], [`Error::Players`], [`Error::Mismatch`], [`Error::NotFinite`] (for
/// `outputs`), [`Error::Parameter`] (for `params`, `tau`, and a value of the other arrays that is
/// not finite).
pub fn certify(
    outputs: &[f64],
    params: &Params,
    tau: NoiseBound<'_>,
    and: &[f64],
    or: &[f64],
    dual: &[f64],
) -> Result<Certificate, Error> {
    params.check()?;
    mask::player_count(outputs.len())?;
    for (what, array) in [
        ("the AND effects", and),
        ("the OR effects", or),
        ("the dual point", dual),
    ] {
        if array.len() != outputs.len() {
            return Err(Error::Mismatch {
                what,
                found: array.len(),
                expected: outputs.len(),
            });
        }
        if let Some(&value) = array.iter().find(|x| !x.is_finite()) {
            return Err(Error::Parameter {
                field: what,
                value,
                allowed: "finite at every mask",
            });
        }
    }
    let v = without_baseline(outputs)?;
    let bound = Bound::new(tau, &v, params.noise())?;
    Ok(evaluate(&v, &bound, and, or, dual.to_vec(), 0)?.certificate)
}

/// v - v(empty), checked to be finite.
pub(crate) fn without_baseline(outputs: &[f64]) -> Result<Vec<f64>, Error> {
    check_finite(outputs)?;
    let v: Vec<f64> = outputs.iter().map(|v| v - outputs[0]).collect();
    // Outputs near the largest float can still overflow here.
    check_finite(&v)?;
    Ok(v)
}

fn check_finite(outputs: &[f64]) -> Result<(), Error> {
    match outputs.iter().position(|v| !v.is_finite()) {
        Some(mask) => Err(Error::NotFinite {
            mask,
            value: outputs[mask],
        }),
        None => Ok(()),
    }
}
