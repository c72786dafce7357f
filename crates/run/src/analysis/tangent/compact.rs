//! Estimates as `[value, low, high]` with six digits, null where there is none: there are thousands of
//! them in a record, and difference quotients are not known any better.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use spindle_interactions::bootstrap::Estimate;

/// Digits that are kept.
const DIGITS: i32 = 6;

fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10.0_f64.powi(DIGITS - 1 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// Writes a list.
pub(super) fn serialize<S: Serializer>(
    values: &[Option<Estimate>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let triple = |found: &Estimate| [found.value, found.low, found.high].map(rounded);
    let values = values.iter();
    values
        .map(|value| value.as_ref().map(triple))
        .collect::<Vec<_>>()
        .serialize(serializer)
}

/// Reads it.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Option<Estimate>>, D::Error> {
    let values = Vec::<Option<[f64; 3]>>::deserialize(deserializer)?;
    let estimate = |[value, low, high]: [f64; 3]| Estimate { value, low, high };
    Ok(values
        .into_iter()
        .map(|value| value.map(estimate))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_kept_and_numbers_that_have_fewer_stay() {
        assert_eq!(rounded(0.123_456_789), 0.123_457);
        assert_eq!(rounded(-98_765.432_1), -98_765.4);
        assert_eq!(rounded(1.234_567_8e-9), 1.234_57e-9);
        for value in [0.0, 0.125, -3.0, 1e-300] {
            assert_eq!(rounded(value), value);
        }
        assert!(rounded(f64::NAN).is_nan());
    }
}
