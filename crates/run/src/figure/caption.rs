//! Captions: what is seen, in numbers of the run and no more.

use spindle_interactions::bootstrap::Estimate;

use super::Mark;

/// An epoch in words.
#[must_use]
pub fn when(epoch: f64) -> String {
    if epoch == 0.0 {
        "before training".into()
    } else {
        format!("epoch {}", self::epoch(epoch))
    }
}

/// A whole number of epochs, or two significant digits.
#[must_use]
pub fn epoch(epochs: f64) -> String {
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
#[must_use]
pub fn number(value: f64) -> String {
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

/// A whole number with commas between its thousands.
#[must_use]
pub fn count(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2.1 [1.9, 2.4]`
#[must_use]
pub fn estimate(estimate: Estimate) -> String {
    format!(
        "{} [{}, {}]",
        number(estimate.value),
        number(estimate.low),
        number(estimate.high)
    )
}

/// `before training`, or `at epoch 3`.
#[must_use]
pub fn at(epoch: f64) -> String {
    if epoch == 0.0 {
        when(epoch)
    } else {
        format!("at {}", when(epoch))
    }
}

/// `epoch 3 [2, 6]`
#[must_use]
pub fn interval(mark: &Mark) -> String {
    format!("epoch {}", mark.interval())
}

/// Text with a capital letter at its beginning.
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
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
        let counts = [0.0, 999.0, 75_000.0, 1_024_000.0].map(count);
        assert_eq!(counts, ["0", "999", "75,000", "1,024,000"]);
    }
}
