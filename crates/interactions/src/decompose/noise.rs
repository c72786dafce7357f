//! How far the explained outputs may lie from the outputs: the noise bound tau.

use crate::Error;

/// What a noise bound is relative to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum NoiseScale {
    /// |v(N) - v(empty)|, as published.
    #[default]
    Change,
    /// The standard deviation of v over all masks (ours): not 0 where both ends agree.
    Deviation,
}

impl NoiseScale {
    /// Its size for outputs by mask, in units of v.
    #[must_use]
    pub fn of(self, v: &[f64]) -> f64 {
        match self {
            Self::Change => match v {
                [first, .., last] => (last - first).abs(),
                _ => 0.0,
            },
            Self::Deviation => {
                // In units of the largest output, whose square may be out of range.
                let largest = v.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
                if largest == 0.0 {
                    return 0.0;
                }
                let count = v.len() as f64;
                let mean = v.iter().map(|v| v / largest).sum::<f64>() / count;
                let square = v.iter().map(|v| (v / largest - mean).powi(2)).sum::<f64>() / count;
                largest * square.sqrt()
            }
        }
    }
}

/// A noise bound relative to the outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseRatio {
    /// In units of `scale`; 0 or above.
    pub ratio: f64,
    /// What it is relative to.
    pub scale: NoiseScale,
}

impl NoiseRatio {
    /// tau of a game from its outputs by mask, in units of v.
    #[must_use]
    pub fn bound(self, v: &[f64]) -> f64 {
        self.ratio * self.scale.of(v)
    }

    /// Checks the ratio.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(self) -> Result<(), Error> {
        if self.ratio.is_finite() && self.ratio >= 0.0 {
            return Ok(());
        }
        Err(Error::Parameter {
            field: "noise_ratio",
            value: self.ratio,
            allowed: "finite and 0 or above",
        })
    }
}

/// The noise bound tau of one game.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoiseBound<'a> {
    /// That of the parameters, the same for every mask.
    Ratio,
    /// This value for every mask, in units of v.
    Scalar(f64),
    /// One value for every mask, in units of v; length 2^n.
    PerMask(&'a [f64]),
}
