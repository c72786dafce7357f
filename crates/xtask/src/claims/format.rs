//! Numbers as the texts have them.

use spindle_run::record::RangedEstimate;

/// Two decimals: `0.48`.
pub(super) fn value(x: f64) -> String {
    decimals(x, 2)
}

/// With the interval of sampling: `0.48 [0.43, 0.53]`.
pub(super) fn interval(estimate: RangedEstimate) -> String {
    let [x, low, high] = [estimate.value, estimate.low, estimate.high].map(value);
    format!("{x} [{low}, {high}]")
}

/// The range of all decompositions alone: `(0.46 to 0.56)`; none where there is none.
pub(super) fn range(estimate: RangedEstimate) -> Option<String> {
    let (lowest, highest) = (estimate.lowest?, estimate.highest?);
    Some(format!("({} to {})", value(lowest), value(highest)))
}

/// How many times: two digits that count, and all before the point: `5.2`, `52`, `932`.
pub(super) fn ratio(x: f64) -> String {
    significant(x, 2)
}

/// Three digits that count, and all before the point: `0.0183`, `14.6`, `1734`.
pub(super) fn nats(x: f64) -> String {
    significant(x, 3)
}

/// Two digits that count and no zeros behind them: `0.25`, `1.5`, `21`, `256`.
pub(super) fn epoch(x: f64) -> String {
    trimmed(significant(x, 2))
}

/// A share in hundredths, to a tenth of one: `98.5 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", trimmed(decimals(share * 100.0, 1)))
}

/// As it was set, not measured: `1e-5`.
pub(super) fn rate(x: f64) -> String {
    format!("{x:e}")
}

/// A count, with commas between thousands: `15,000`.
pub(super) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as whole minutes: `29`.
pub(super) fn minutes(seconds: f64) -> String {
    decimals(seconds / 60.0, 0)
}

/// Whole seconds: `1747`.
pub(super) fn seconds(seconds: f64) -> String {
    decimals(seconds, 0)
}

fn decimals(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    // What rounds to zero has no sign.
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|digit| matches!(digit, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

/// So many digits that count, and all before the point; what is below 1e-4 as `5.2e-6`.
fn significant(x: f64, digits: usize) -> String {
    let places = digits.saturating_sub(1);
    let scientific = format!("{x:.places$e}");
    let exponent = scientific.split_once('e').map(|(_, exponent)| exponent);
    let Some(Ok(exponent)) = exponent.map(str::parse::<i64>) else {
        return x.to_string();
    };
    if x == 0.0 {
        return "0".to_owned();
    }
    if exponent < -4 {
        return scientific;
    }
    let behind = i64::try_from(places).unwrap_or(i64::MAX) - exponent;
    decimals(x, usize::try_from(behind).unwrap_or(0))
}

fn trimmed(text: String) -> String {
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: RangedEstimate = RangedEstimate {
        value: 0.4803,
        low: 0.426,
        high: 0.526,
        lowest: Some(0.458),
        highest: Some(0.556),
    };

    #[test]
    fn values_have_two_decimals_with_interval_and_range() {
        assert_eq!(
            [0.0165, 2.8317, -0.001, 1.0].map(value),
            ["0.02", "2.83", "0.00", "1.00"]
        );
        assert_eq!(interval(SHARE), "0.48 [0.43, 0.53]");
        assert_eq!(range(SHARE).as_deref(), Some("(0.46 to 0.56)"));
        let highest = None;
        assert_eq!(range(RangedEstimate { highest, ..SHARE }), None);
    }

    #[test]
    fn ratios_and_nats_keep_the_digits_that_count() {
        assert_eq!(
            [1.307, 5.228, 9.96, 51.98, 932.2, 0.0].map(ratio),
            ["1.3", "5.2", "10", "52", "932", "0"]
        );
        assert_eq!(
            [0.018_305, 14.6258, 27.886, 1_734.3, 5.2e-6, 0.5].map(nats),
            ["0.0183", "14.6", "27.9", "1734", "5.20e-6", "0.500"]
        );
        assert_eq!(nats(f64::NAN), "NaN");
    }

    #[test]
    fn epochs_are_trimmed() {
        assert_eq!(
            [0.0, 0.061_83, 0.249_47, 1.0, 1.5, 21.0, 256.0].map(epoch),
            ["0", "0.062", "0.25", "1", "1.5", "21", "256"]
        );
    }

    #[test]
    fn shares_rates_counts_and_times_read_as_one_would_write_them() {
        assert_eq!([0.01, 0.9852, 1.0].map(percent), ["1 %", "98.5 %", "100 %"]);
        assert_eq!([1e-5, 0.001].map(rate), ["1e-5", "1e-3"]);
        assert_eq!(
            [0, 50, 999, 3_000, 1_234_567].map(count),
            ["0", "50", "999", "3,000", "1,234,567"]
        );
        assert_eq!(minutes(1_746.99), "29");
        assert_eq!(seconds(1_746.99), "1747");
    }
}
