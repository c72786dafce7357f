//! Captions: what is seen, in numbers of the run and no more.

use spindle_interactions::bootstrap::Estimate;

use super::{Measured, phases};
use crate::record::RunRecord;

/// An epoch in words.
pub(super) fn when(epoch: f64) -> String {
    if epoch == 0.0 {
        "before training".into()
    } else {
        format!("epoch {}", self::epoch(epoch))
    }
}

/// A whole number of epochs, or two significant digits.
pub(super) fn epoch(epochs: f64) -> String {
    if epochs.fract() == 0.0 {
        return format!("{epochs:.0}");
    }
    let digits = (1.0 - epochs.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{epochs:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

/// Up to three significant digits, without trailing zeros.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 300.0) as usize;
    if digits > 6 {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

/// `2.1 [1.9, 2.4]`
pub(super) fn estimate(estimate: Estimate) -> String {
    format!(
        "{} [{}, {}]",
        number(estimate.value),
        number(estimate.low),
        number(estimate.high)
    )
}

/// Caption of the two phases.
pub(super) fn two_phases(record: &RunRecord, measured: &[Measured<'_>]) -> String {
    let samples = measured.first().map_or(0, |at| at.samples);
    let first = phases::statistics(record).into_iter().next();
    let sentences = [
        first.and_then(|statistic| phases::numbers(record, statistic)),
        phases::verdict(record),
        phases::loss_gap(record),
        Some(if measured.iter().all(|at| at.test.share.is_none()) {
            "No interaction is salient at any checkpoint.".to_owned()
        } else {
            format!("Bars: salient interactions, as in the papers; test samples: {samples}.")
        }),
        Some(phases::RANGES.to_owned()),
    ];
    sentences
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

pub(super) fn at(epoch: f64) -> String {
    if epoch == 0.0 {
        when(epoch)
    } else {
        format!("at {}", when(epoch))
    }
}

/// `epoch 3 [2, 6]`
pub(super) fn interval(epochs: [f64; 3]) -> String {
    format!("epoch {}", bare_interval(epochs))
}

/// `3 [2, 6]`
pub(super) fn bare_interval(epochs: [f64; 3]) -> String {
    let [at, low, high] = epochs.map(epoch);
    format!("{at} [{low}, {high}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let words = [0.0, 0.0123, 0.5, 1.0, 2.345, 23.45, 128.0, 1234.5, 1e-8].map(number);
        assert_eq!(
            words,
            [
                "0", "0.0123", "0.5", "1", "2.35", "23.4", "128", "1234", "1.0e-8"
            ]
        );
    }
}
