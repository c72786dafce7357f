//! Numbers as people write them.

/// A number to `digits` significant digits, with a minus sign that is one; powers of ten beyond
/// 10^-3 and 10^6.
#[must_use]
pub fn significant(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 {
            "0".into()
        } else {
            "not finite".into()
        };
    }
    let scientific = format!("{x:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..6).contains(&exponent) {
        let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
        minus(&format!("{x:.decimals$}"))
    } else {
        // The space does not break: a line should not end in the middle of a number.
        format!("{}\u{a0}×\u{a0}{}", minus(mantissa), power_of_ten(exponent))
    }
}

/// As [`significant`], without zeros at the end: for what was set, not measured.
#[must_use]
pub fn setting(x: f64) -> String {
    let text = significant(x, 3);
    match text.split_once('\u{a0}') {
        None if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        Some((mantissa, power)) if mantissa.contains('.') => {
            format!(
                "{}\u{a0}{power}",
                mantissa.trim_end_matches('0').trim_end_matches('.')
            )
        }
        _ => text,
    }
}

/// A number with a fixed count of decimals.
#[must_use]
pub fn fixed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    // No "-0.00".
    if text.chars().all(|c| matches!(c, '-' | '0' | '.')) {
        minus(text.trim_start_matches('-'))
    } else {
        minus(&text)
    }
}

/// 10 to an exponent.
#[must_use]
pub fn power_of_ten(exponent: i32) -> String {
    let digit = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32('⁰' as u32 + u32::from(c) - u32::from('0')).unwrap_or(c),
    };
    format!(
        "10{}",
        exponent.to_string().chars().map(digit).collect::<String>()
    )
}

/// Epochs done: whole numbers plain, fractions to two significant digits.
#[must_use]
pub fn epoch(epochs: f64) -> String {
    if epochs.fract() == 0.0 {
        format!("{epochs:.0}")
    } else {
        significant(epochs, 2)
    }
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// A count with commas between its thousands.
#[must_use]
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        let of = |x| significant(x, 3);
        assert_eq!(
            [0.0106, 12.345, -0.5, 1234.0].map(of),
            ["0.0106", "12.3", "−0.500", "1234"]
        );
        assert_eq!(
            [1.5e-7, 2.5e9].map(of),
            ["1.50\u{a0}×\u{a0}10⁻⁷", "2.50\u{a0}×\u{a0}10⁹"]
        );
        assert_eq!([0.0, f64::NAN].map(of), ["0", "not finite"]);
        assert_eq!(
            [0.001, 0.02, 1e-6, 100.0].map(setting),
            ["0.001", "0.02", "1\u{a0}×\u{a0}10⁻⁶", "100"]
        );
        assert_eq!([-0.001, -0.25].map(|x| fixed(x, 2)), ["0.00", "−0.25"]);
        assert_eq!(
            [0.0, 0.0625, 3.0, 128.0].map(epoch),
            ["0", "0.062", "3", "128"]
        );
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(
            [7, 1024, 61_706, 1_000_000].map(grouped),
            ["7", "1,024", "61,706", "1,000,000"]
        );
    }
}
