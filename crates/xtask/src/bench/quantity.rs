//! Numbers as the page has them: three digits that count, and a unit that fits.

/// A number; a dash for what was not measured.
pub(crate) fn number(x: f64) -> String {
    if !x.is_finite() {
        return "–".to_owned();
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    if x.abs() < 1e-3 {
        return format!("{x:.1e}");
    }
    // Digits before the point, of the number as it is rounded.
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    let whole = rounded.abs().max(1e-3).log10().floor() as i32;
    match usize::try_from(2 - whole) {
        Ok(decimals) => format!("{x:.decimals$}"),
        Err(_) => grouped(x),
    }
}

/// A number as it was set, not measured: without zeros that nobody wrote.
pub(crate) fn setting(x: f64) -> String {
    if x.fract() == 0.0 {
        grouped(x)
    } else {
        x.to_string()
    }
}

/// A whole number with commas between thousands.
fn grouped(x: f64) -> String {
    let digits = format!("{:.0}", x.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if x < 0.0 { format!("-{text}") } else { text }
}

/// A time, in the unit that people would take.
pub(crate) fn time(seconds: f64) -> String {
    let (scale, unit) = match seconds {
        s if s < 1e-3 => (1e6, "µs"),
        s if s < 1.0 => (1e3, "ms"),
        s if s < 120.0 => (1.0, "s"),
        s if s < 7_200.0 => (1.0 / 60.0, "min"),
        _ => (1.0 / 3_600.0, "h"),
    };
    with_unit(seconds * scale, unit)
}

/// A number with its unit; a dash alone for what was not measured.
pub(crate) fn with_unit(x: f64, unit: &str) -> String {
    if x.is_finite() && !unit.is_empty() {
        format!("{} {unit}", number(x))
    } else {
        number(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        let texts = [0.0, 0.01063, 0.9996, 9.996, 42.42, 850.4, 1_512.3, 1e6].map(number);
        assert_eq!(
            texts,
            [
                "0",
                "0.0106",
                "1.00",
                "10.0",
                "42.4",
                "850",
                "1,512",
                "1,000,000"
            ]
        );
        assert_eq!(
            [1.26e-5, -1_234.0, f64::NAN].map(number),
            ["1.3e-5", "-1,234", "–"]
        );
    }

    #[test]
    fn settings_are_as_they_were_written() {
        assert_eq!([0.0, 2.5, 1_500.0].map(setting), ["0", "2.5", "1,500"]);
    }

    #[test]
    fn times_have_units_that_fit() {
        let texts = [2.5e-7, 0.0099, 8.5, 300.0, 9_000.0, f64::NAN].map(time);
        assert_eq!(
            texts,
            ["0.250 µs", "9.90 ms", "8.50 s", "5.00 min", "2.50 h", "–"]
        );
    }
}
