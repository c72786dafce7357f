//! Captions: what is seen, in numbers of the run and no more.

use spindle_interactions::bootstrap::Estimate;

use super::{Mark, Measured};

/// What every interval is.
pub(super) const INTERVALS: &str = "Intervals: 95 % bootstrap over the samples.";

/// An epoch in words.
pub(super) fn when(epoch: f64) -> String {
    if epoch == 0.0 {
        "before training".into()
    } else {
        format!("epoch {}", number(epoch))
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
pub(super) fn two_phases(
    measured: &[Measured<'_>],
    boundary: Option<Mark>,
    gap: Option<Mark>,
) -> String {
    let samples = measured.first().map_or(0, |at| at.samples);
    let mut sentences = vec![course(measured, boundary.as_ref())];
    match (&boundary, &gap) {
        (Some(boundary), Some(gap)) => sentences.push(format!(
            "The boundary of the phases is at {}, the loss gap opens at {}.",
            interval(boundary),
            interval(gap)
        )),
        (Some(boundary), None) => sentences.push(format!(
            "The boundary of the phases is at {}; the loss gap does not open.",
            interval(boundary)
        )),
        (None, Some(gap)) => {
            sentences.push(format!(
                "There is no boundary of the phases; the loss gap opens at {}.",
                interval(gap)
            ));
        }
        (None, None) => {
            sentences
                .push("There is neither a boundary of the phases nor an open loss gap.".into());
        }
    }
    sentences.push(format!(
        "Salient interactions; test samples: {samples}. {INTERVALS}"
    ));
    sentences.join(" ")
}

/// How the mean order goes: from the first to the last checkpoint by way of the boundary, or of its smallest value.
pub(super) fn course(measured: &[Measured<'_>], boundary: Option<&Mark>) -> String {
    let points: Vec<(f64, Estimate)> = measured
        .iter()
        .filter_map(|at| Some((at.epoch, at.test.mean_order?)))
        .collect();
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
        return "No interaction is salient at any checkpoint.".into();
    };
    if points.len() == 1 {
        return format!("Mean order {} {}.", estimate(first.1), at(first.0));
    }
    let turn = match boundary {
        Some(mark) => points.iter().copied().find(|point| point.0 == mark.epoch),
        None => points
            .iter()
            .copied()
            .min_by(|a, b| a.1.value.total_cmp(&b.1.value)),
    };
    let legs: Vec<(f64, Estimate)> = match turn {
        Some(turn) if first.0 < turn.0 && turn.0 < last.0 => vec![turn, last],
        _ => vec![last],
    };
    let mut text = format!("Mean order {} {}", estimate(first.1), at(first.0));
    let mut from = first;
    for leg in legs {
        text += &format!(
            ", {} {} {}",
            verb(from.1, leg.1),
            estimate(leg.1),
            at(leg.0)
        );
        from = leg;
    }
    text + "."
}

fn at(epoch: f64) -> String {
    if epoch == 0.0 {
        when(epoch)
    } else {
        format!("at {}", when(epoch))
    }
}

/// Which way it went; overlapping intervals are said to overlap.
fn verb(from: Estimate, to: Estimate) -> &'static str {
    let overlap = from.low <= to.high && to.low <= from.high;
    match (
        number(from.value) == number(to.value),
        to.value < from.value,
        overlap,
    ) {
        (true, ..) => "unchanged",
        (_, true, false) => "falling to",
        (_, true, true) => "falling (intervals overlap) to",
        (_, false, false) => "rising to",
        (_, false, true) => "rising (intervals overlap) to",
    }
}

fn interval(mark: &Mark) -> String {
    format!(
        "epoch {} [{}, {}]",
        number(mark.epoch),
        number(mark.low),
        number(mark.high)
    )
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
