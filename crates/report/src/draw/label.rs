//! Numbers as people write them, and labels that do not lie on each other.

/// A number to `digits` significant digits, with a minus sign that is one; powers of ten beyond 10^-3 and 10^6.
pub(crate) fn significant(x: f64, digits: usize) -> String {
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
pub(crate) fn setting(x: f64) -> String {
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
pub(crate) fn fixed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    // No "-0.00".
    if text.chars().all(|c| matches!(c, '-' | '0' | '.')) {
        minus(text.trim_start_matches('-'))
    } else {
        minus(&text)
    }
}

/// 10 to an exponent.
pub(crate) fn power_of_ten(exponent: i32) -> String {
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
pub(crate) fn epoch(epochs: f64) -> String {
    if epochs.fract() == 0.0 {
        format!("{epochs:.0}")
    } else {
        significant(epochs, 2)
    }
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// Positions moved apart by at least `distance` within `low..=high`, each as near to where it was as the order allows.
/// Returned in the order given.
pub(crate) fn apart(wanted: &[f64], distance: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut placed = wanted.to_vec();
    let mut least = low;
    for &i in &order {
        placed[i] = placed[i].max(least);
        least = placed[i] + distance;
    }
    let mut most = high;
    for &i in order.iter().rev() {
        placed[i] = placed[i].min(most);
        most = placed[i] - distance;
    }
    placed
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
    fn labels_are_moved_apart_and_keep_their_order() {
        assert_eq!(apart(&[5.0, 5.0, 1.0], 2.0, 0.0, 10.0), [5.0, 7.0, 1.0]);
        assert_eq!(apart(&[9.5, 9.9], 2.0, 0.0, 10.0), [8.0, 10.0]);
    }
}
