//! Two runs at one time of training, and what differs between experiments.

use serde::{Deserialize, Serialize};
use spindle_interactions::bootstrap::Estimate;

use super::caption;
use crate::Experiment;

/// What the intervals of differences rest on.
const INTERVALS: &str = "Intervals of differences: 95 %, from both runs' intervals as if their samples were drawn apart.";

/// What is compared of a run at a checkpoint: a part of `Bars`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Compared {
    /// Epochs done.
    pub epoch: f64,
    /// Share of the strength by order; `None` when nothing is salient.
    pub share: Option<Vec<Estimate>>,
    /// Mean order.
    pub mean_order: Option<Estimate>,
}

/// Share of strength of one order in two runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ShareDifference {
    /// The order.
    pub order: usize,
    /// Share in the first run; 0 where it has fewer players.
    pub first: Estimate,
    /// Share in the second run.
    pub second: Estimate,
    /// Second - first.
    pub difference: Estimate,
}

/// Shares of strength by order in two runs, and their difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Comparison {
    /// By order.
    pub shares: Vec<ShareDifference>,
    /// Mean order, second - first; `None` where nothing is salient in one of them.
    pub mean_order: Option<Estimate>,
    /// What is seen.
    pub caption: String,
}

/// Compares two runs, each at a checkpoint of its own.
#[must_use]
pub fn comparison(first: &Compared, second: &Compared) -> Comparison {
    let shares = shares(first, second);
    let mean_order = first
        .mean_order
        .zip(second.mean_order)
        .map(|(first, second)| difference(first, second));
    let caption = words(first, second, &shares, mean_order);
    Comparison {
        shares,
        mean_order,
        caption,
    }
}

fn shares(first: &Compared, second: &Compared) -> Vec<ShareDifference> {
    let (Some(ours), Some(theirs)) = (&first.share, &second.share) else {
        return Vec::new();
    };
    let nothing = Estimate::exact(0.0);
    (0..ours.len().max(theirs.len()))
        .map(|index| {
            let first = ours.get(index).copied().unwrap_or(nothing);
            let second = theirs.get(index).copied().unwrap_or(nothing);
            ShareDifference {
                order: index + 1,
                first,
                second,
                difference: difference(first, second),
            }
        })
        .collect()
}

/// Second - first, with the interval that the two intervals give for independent estimates: each
/// side's distance from its value is a standard error that squares add up of (MOVER; Zou and
/// Donner, Statistics in Medicine 27, 2008).
fn difference(first: Estimate, second: Estimate) -> Estimate {
    let value = second.value - first.value;
    Estimate {
        value,
        low: value - (second.value - second.low).hypot(first.high - first.value),
        high: value + (second.high - second.value).hypot(first.value - first.low),
    }
}

fn words(
    first: &Compared,
    second: &Compared,
    shares: &[ShareDifference],
    mean_order: Option<Estimate>,
) -> String {
    let when = if first.epoch == second.epoch {
        format!("Both {}", at(first.epoch))
    } else {
        format!(
            "The first run {}, the second {}",
            at(first.epoch),
            at(second.epoch)
        )
    };
    let Some(mean_order) = mean_order else {
        return format!(
            "{when}. In one of them no interaction is salient, so that there are no shares to compare."
        );
    };
    let apart: Vec<String> = shares
        .iter()
        .filter(|share| excludes_zero(share.difference))
        .map(|share| share.order.to_string())
        .collect();
    let orders = match apart.len() {
        0 => "at no order do the shares differ by more than their intervals".to_owned(),
        1 => format!(
            "the shares of order {} differ by more than their intervals",
            apart[0]
        ),
        _ => format!(
            "the shares of orders {} differ by more than their intervals",
            apart.join(", ")
        ),
    };
    let verdict = if excludes_zero(mean_order) {
        ""
    } else {
        ", which may be none"
    };
    format!(
        "{when}: the mean order of the second minus that of the first is {}{verdict}; {orders}. {INTERVALS}",
        caption::estimate(mean_order)
    )
}

fn at(epoch: f64) -> String {
    let when = caption::when(epoch);
    if epoch == 0.0 {
        when
    } else {
        format!("at {when}")
    }
}

fn excludes_zero(estimate: Estimate) -> bool {
    estimate.low > 0.0 || estimate.high < 0.0
}

/// A field in which experiments differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Differing {
    /// Name of the field.
    pub field: String,
    /// Its value in every experiment, in their order.
    pub values: Vec<String>,
}

/// Fields in which any of the experiments differ from the first, in alphabetical order.
#[must_use]
pub fn differing(experiments: &[Experiment]) -> Vec<Differing> {
    let mut fields: Vec<Differing> = Vec::new();
    let Some(first) = experiments.first() else {
        return fields;
    };
    for (position, experiment) in experiments.iter().enumerate() {
        for found in first.differences(experiment) {
            let at = match fields.binary_search_by(|field| field.field.cmp(&found.field)) {
                Ok(at) => at,
                Err(at) => {
                    let values = vec![found.left; experiments.len()];
                    fields.insert(
                        at,
                        Differing {
                            field: found.field,
                            values,
                        },
                    );
                    at
                }
            };
            fields[at].values[position] = found.right;
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Training;

    fn estimate(value: f64, width: f64) -> Estimate {
        Estimate {
            value,
            low: value - width,
            high: value + width,
        }
    }

    fn run(epoch: f64, shares: &[f64]) -> Compared {
        let share: Vec<_> = shares.iter().map(|&share| estimate(share, 0.03)).collect();
        let mean = (1..)
            .zip(shares)
            .map(|(k, share)| f64::from(k) * share)
            .sum();
        Compared {
            epoch,
            share: Some(share),
            mean_order: Some(estimate(mean, 0.04)),
        }
    }

    #[test]
    fn a_difference_is_as_wide_as_both_intervals_together() {
        let found = difference(estimate(0.5, 0.03), estimate(0.25, 0.04));
        assert!((found.value + 0.25).abs() < 1e-12);
        assert!((found.low + 0.30).abs() < 1e-12 && (found.high + 0.20).abs() < 1e-12);
        // An interval that is wide on one side only.
        let skewed = Estimate {
            value: 0.5,
            low: 0.5,
            high: 0.9,
        };
        let found = difference(skewed, estimate(0.5, 0.0));
        assert!((found.low + 0.4).abs() < 1e-12 && found.high == 0.0);
    }

    #[test]
    fn orders_that_differ_are_named() {
        let found = comparison(&run(1.0, &[0.6, 0.4]), &run(1.0, &[0.4, 0.4, 0.2]));
        assert_eq!(found.shares.len(), 3);
        assert_eq!(found.shares[2].first.value, 0.0);
        assert!(found.caption.starts_with("Both at epoch 1: the mean order"));
        assert!(
            found.caption.contains("orders 1, 3 differ"),
            "{}",
            found.caption
        );
        let same = comparison(&run(1.0, &[0.6, 0.4]), &run(2.0, &[0.6, 0.4]));
        assert!(same.caption.contains("which may be none; at no order"));
        assert!(
            same.caption
                .starts_with("The first run at epoch 1, the second at epoch 2")
        );
    }

    #[test]
    fn nothing_salient_leaves_nothing_to_compare() {
        let nothing = Compared {
            share: None,
            mean_order: None,
            ..run(0.0, &[1.0])
        };
        let found = comparison(&nothing, &run(0.0, &[1.0]));
        assert!(found.shares.is_empty() && found.mean_order.is_none());
        assert!(found.caption.contains("no interaction is salient"));
    }

    #[test]
    fn a_field_has_a_value_for_every_experiment() {
        let of = |seed, batch| Experiment {
            training: Training {
                seed,
                batch,
                ..Training::default()
            },
            ..Experiment::default()
        };
        let found = differing(&[of(0, 128), of(1, 128), of(0, 32)]);
        let found: Vec<_> = found
            .iter()
            .map(|f| (f.field.as_str(), f.values.join(" ")))
            .collect();
        assert_eq!(
            found,
            [
                ("batch", "128 128 32".to_owned()),
                ("seed", "0 1 0".to_owned())
            ]
        );
        assert!(differing(&[]).is_empty());
    }
}
