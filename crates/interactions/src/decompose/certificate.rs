//! Upper and lower bounds of the optimum, evaluated apart from the solver, one game at a time, in f64.

use super::{Certificate, NoiseBound, Params};
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
    /// The bound of a game whose v(empty) is 0 and whose v(N) is `full`.
    pub(crate) fn new(
        tau: NoiseBound<'_>,
        full: f64,
        masks: usize,
        noise_ratio: f64,
    ) -> Result<Self, Error> {
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
            NoiseBound::Ratio => Ok(Self::Scalar(noise_ratio * full.abs())),
            NoiseBound::Scalar(tau) => Ok(Self::Scalar(checked(tau)?)),
            NoiseBound::PerMask(tau) if tau.len() == masks => Ok(Self::PerMask(
                tau.iter().map(|&t| checked(t)).collect::<Result<_, _>>()?,
            )),
            NoiseBound::PerMask(tau) => Err(Error::Mismatch {
                what: "the noise bound",
                found: tau.len(),
                expected: masks,
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
    // Gap and slack are differences of rounded numbers.
    let gap = certificate.absolute_gap() + ROUNDING * certificate.primal;
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

/// Evaluates effects and a dual point against outputs `v` with v(empty) = 0 already subtracted.
pub(crate) fn evaluate(
    v: &[f64],
    bound: &Bound,
    and: &[f64],
    or: &[f64],
    mut y: Vec<f64>,
    tie_break: f64,
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
    let regularization: f64 = and
        .iter()
        .chain(or)
        .map(|x| (tie_break * x.abs()) * x.abs())
        .sum();

    let (and_slack, or_slack) = dual_constraints(&y)?;
    let scale = and_slack
        .iter()
        .chain(&or_slack)
        .map(|x| x.abs())
        .fold(1.0, f64::max);
    for y in &mut y {
        *y /= scale;
    }
    let mut dual: f64 = y
        .iter()
        .zip(v)
        .enumerate()
        .map(|(s, (y, v))| y * v - bound.at(s) * y.abs())
        .sum();
    if dual.is_nan() || dual <= 0.0 {
        // y = 0 is always feasible.
        y.fill(0.0);
        dual = 0.0;
    }
    let gap = relative_gap(primal, dual);
    let certificate = Certificate {
        primal,
        dual,
        gap,
        iterations,
        noise_bound: bound.largest(),
        tie_break,
        regularized: primal + 0.5 * regularization,
        excess,
    };
    Ok(Evaluation {
        noise,
        dual: y,
        certificate,
    })
}

/// Evaluates any effects against any dual point: the upper bound |and|_1 + |or|_1, the lower bound that
/// `dual` gives when scaled to be feasible, and by how much the effects miss the noise bound. The upper bound is one
/// only where `excess` is 0 up to rounding. `outputs` and all other arrays have length 2^n.
///
/// # Errors
/// [`Error::Length`], [`Error::Players`], [`Error::Mismatch`], [`Error::NotFinite`] (for `outputs`), [`Error::Parameter`] (for
/// `params`, `tau`, and a value of the other arrays that is not finite).
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
    let bound = Bound::new(tau, v[v.len() - 1], v.len(), params.noise_ratio)?;
    Ok(evaluate(&v, &bound, and, or, dual.to_vec(), 0.0, 0)?.certificate)
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
