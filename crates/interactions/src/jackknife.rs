//! Jackknife intervals over samples that were drawn by strata (Wolter, 2007, chapter 4; Efron and
//! Tibshirani, 1993, chapter 11).
//!
//! For statistics that drawing with replacement distorts: the bootstrap puts a sample into a mean
//! twice, which makes the mean noisier than it is. The jackknife only ever leaves one sample out.
//! With theta_(i) the statistic without sample i of a stratum of m samples:
//!
//! ```text
//! se^2 = sum over strata of (m-1)/m sum_i (theta_(i) - mean of the stratum's theta_(.))^2
//! interval = value -/+ t se      t: 97.5 % quantile of Student's t with (samples - strata) degrees of freedom
//! ```
//!
//! For a mean in one stratum this is the textbook's s / sqrt(m).

use crate::bootstrap::Estimate;

/// Degrees of freedom above which [`t_quantile`] no longer changes; it is 2.4e-4 too large then.
const MOST_DEGREES: usize = 10_000;

/// Standard error of a statistic. `strata`: for each stratum the statistic without each of its
/// samples. A stratum of fewer than two gives nothing to it, for its spread is unknown; `None` when
/// all are such.
#[must_use]
pub fn standard_error(strata: &[Vec<f64>]) -> Option<f64> {
    let of_stratum = |without: &Vec<f64>| {
        let m = without.len() as f64;
        let mean = without.iter().sum::<f64>() / m;
        let squares: f64 = without.iter().map(|x| (x - mean) * (x - mean)).sum();
        (m - 1.0) / m * squares
    };
    let spread = strata.iter().filter(|without| without.len() > 1);
    let variances: Vec<f64> = spread.map(of_stratum).collect();
    (!variances.is_empty()).then(|| variances.iter().sum::<f64>().sqrt())
}

/// A value with its 95 % interval, within the `range` of values that there can be. `strata` as in
/// [`standard_error`]. Where no stratum has two samples nothing is known of the spread, and the
/// interval is all of `range`.
#[must_use]
pub fn estimate(value: f64, strata: &[Vec<f64>], range: [f64; 2]) -> Estimate {
    let degrees = strata.iter().map(|s| s.len().saturating_sub(1)).sum();
    let half_width = standard_error(strata).zip(t_quantile(degrees));
    let half_width = half_width.map_or(f64::INFINITY, |(se, t)| se * t);
    Estimate {
        value,
        low: (value - half_width).max(range[0]),
        high: (value + half_width).min(range[1]),
    }
}

/// The 97.5 % quantile of Student's t, to 1e-12 (3e-4 above 10,000 degrees of freedom); `None` for
/// no degree of freedom.
#[must_use]
pub fn t_quantile(degrees: usize) -> Option<f64> {
    let degrees = degrees.min(MOST_DEGREES);
    if degrees == 0 {
        return None;
    }
    let (mut low, mut high) = (1.0, 13.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if probability_within(middle, degrees) < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

/// Probability that Student's t lies between -t and t (Abramowitz and Stegun, 1964, 26.7.3 and
/// 26.7.4).
fn probability_within(t: f64, degrees: usize) -> f64 {
    let square = t * t / degrees as f64;
    let cosine2 = 1.0 / (1.0 + square);
    let sine = (square * cosine2).sqrt();
    let odd = degrees % 2 == 1;
    let mut term = if odd { cosine2.sqrt() } else { 1.0 };
    let mut sum = if degrees == 1 { 0.0 } else { term };
    for power in (2 + degrees % 2..degrees - 1).step_by(2) {
        term *= cosine2 * (power - 1) as f64 / power as f64;
        sum += term;
    }
    if odd {
        (square.sqrt().atan() + sine * sum) * std::f64::consts::FRAC_2_PI
    } else {
        sine * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_is_that_of_the_tables() {
        let table = [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (3, 3.182_446_305),
            (4, 2.776_445_105),
            (5, 2.570_581_836),
            (10, 2.228_138_852),
            (19, 2.093_024_054),
            (30, 2.042_272_456),
            (100, 1.983_971_519),
        ];
        for (degrees, expected) in table {
            let found = t_quantile(degrees).unwrap_or(f64::NAN);
            assert!((found - expected).abs() < 1e-8, "{degrees}: {found}");
        }
        assert_eq!(t_quantile(0), None);
        let normal = t_quantile(usize::MAX).unwrap_or(f64::NAN);
        assert!((normal - 1.959_964).abs() < 3e-4, "{normal}");
    }
}
