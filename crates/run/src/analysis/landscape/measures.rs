//! What is compared with the orders over training, and how it goes on from where they are lowest.

use spindle_interactions::decompose::HIGH_ORDER;

use super::Landscape;
use crate::{
    figure::{Tone, caption},
    record::{CheckpointRecord, RunRecord},
    sweep::{Domain, Number},
    table::{self, Table},
};

/// Something over training that may tell of over-fitting.
pub(super) struct Measure {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    domain: Domain,
    pub(super) tone: Tone,
    /// What its numbers are called in a table of many runs: where orders are lowest, at the end, and
    /// when half of the way between the two is done.
    numbers: [&'static str; 3],
    value: fn(&CheckpointRecord, &Landscape) -> Option<f64>,
}

/// The orders, and what is compared with them.
pub(super) static MEASURES: [Measure; 8] = [
    Measure {
        name: "orders of 3 and more",
        unit: "",
        domain: Domain::SHARE,
        tone: Tone::Certified,
        numbers: [
            "share_at_lowest_orders",
            "share_at_end",
            "share_half_way_epoch",
        ],
        value: |at, _| Some(at.shares()?.iter().skip(HIGH_ORDER - 1).sum()),
    },
    Measure {
        name: "largest eigenvalue",
        unit: "nats",
        domain: Domain::ANY,
        tone: Tone::Series(1),
        numbers: [
            "eigenvalue_at_lowest_orders_nats",
            "eigenvalue_at_end_nats",
            "eigenvalue_half_way_epoch",
        ],
        value: |_, found| Some(found.curvature.eigenvalue),
    },
    Measure {
        name: "rise along the gradient",
        unit: "nats",
        domain: Domain::ANY,
        tone: Tone::Series(2),
        numbers: [
            "sam_rise_at_lowest_orders_nats",
            "sam_rise_at_end_nats",
            "sam_rise_half_way_epoch",
        ],
        value: |_, found| Some(found.sam),
    },
    Measure {
        name: "rise at random",
        unit: "nats",
        domain: Domain::ANY,
        tone: Tone::Series(4),
        numbers: [
            "random_rise_at_lowest_orders_nats",
            "random_rise_at_end_nats",
            "random_rise_half_way_epoch",
        ],
        value: |_, found| Some(found.random.value),
    },
    Measure {
        name: "accuracy gap",
        unit: "",
        domain: Domain::ANY,
        tone: Tone::Series(1),
        numbers: [
            "accuracy_gap_at_lowest_orders",
            "accuracy_gap_at_end",
            "accuracy_gap_half_way_epoch",
        ],
        value: |at, _| Some(at.losses.train_accuracy - at.losses.test_accuracy),
    },
    Measure {
        name: "median margin in training",
        unit: "nats",
        domain: Domain::ANY,
        tone: Tone::Series(2),
        numbers: [
            "train_margin_at_lowest_orders_nats",
            "train_margin_at_end_nats",
            "train_margin_half_way_epoch",
        ],
        value: |_, found| Some(found.train_margin.median),
    },
    Measure {
        name: "PAC-Bayes bound",
        unit: "",
        domain: Domain::POSITIVE,
        tone: Tone::Series(4),
        numbers: [
            "bound_at_lowest_orders",
            "bound_at_end",
            "bound_half_way_epoch",
        ],
        value: |_, found| Some(found.bound.value),
    },
    Measure {
        name: "entropy of bins",
        unit: "nats",
        domain: Domain::POSITIVE,
        tone: Tone::Series(0),
        numbers: [
            "bin_entropy_at_lowest_orders_nats",
            "bin_entropy_at_end_nats",
            "bin_entropy_half_way_epoch",
        ],
        value: |_, found| Some(found.bin_entropy),
    },
];

/// A measure at all checkpoints where it was measured, with their positions.
pub(super) fn course(record: &RunRecord, measure: &Measure) -> Vec<(usize, f64)> {
    let found = table::parts::<Landscape>(record);
    let values = found.filter_map(|(at, found)| {
        let value = (measure.value)(record.checkpoints.get(at)?, &found)?;
        Some((at, value))
    });
    values.collect()
}

/// How a measure goes on from where orders are lowest.
pub(super) struct Change {
    /// What it is where orders are lowest.
    lowest: f64,
    /// What it is at the end.
    last: f64,
    /// When half of the way between the two is done for the first time, epochs; `None` where there
    /// is no way.
    half: Option<f64>,
}

impl Change {
    /// `None` where it was not measured there, or nothing comes after it.
    pub(super) fn of(record: &RunRecord, measure: &Measure) -> Option<Self> {
        let &from = record.turning_points().get(1)?;
        let course = course(record, measure);
        let start = course.iter().position(|&(at, _)| at == from)?;
        let epoch = |at: usize| Some(record.checkpoints.get(at)?.losses.epoch);
        let course: Option<Vec<(f64, f64)>> = course[start..]
            .iter()
            .map(|&(at, value)| Some((epoch(at)?, value)))
            .collect();
        let course = course?;
        let (&(_, lowest), &(_, last)) = (course.first()?, course.last()?);
        (course.len() > 1).then(|| Self {
            lowest,
            last,
            half: half_way(&course),
        })
    }

    /// What stands for it in a table of many runs.
    pub(super) fn numbers(&self, measure: &Measure) -> Vec<Number> {
        let [lowest, last, half] = measure.numbers;
        let half = self
            .half
            .map(|epoch| Number::new(half, epoch).within(Domain::POSITIVE));
        [
            Number::new(lowest, self.lowest).within(measure.domain),
            Number::new(last, self.last).within(measure.domain),
        ]
        .into_iter()
        .chain(half)
        .collect()
    }
}

/// When half of the way from the first to the last value is done for the first time, by straight
/// lines between checkpoints.
fn half_way(course: &[(f64, f64)]) -> Option<f64> {
    let (first, last) = (course.first()?.1, course.last()?.1);
    let part = |value: f64| (value - first) / (last - first);
    let pair = course
        .windows(2)
        .find(|pair| part(pair[0].1) < 0.5 && part(pair[1].1) >= 0.5)?;
    let [before, after] = [pair[0], pair[1]];
    let share = (0.5 - part(before.1)) / (part(after.1) - part(before.1));
    Some(before.0 + share * (after.0 - before.0))
}

/// What measures do from where orders are lowest to the end.
pub(super) fn changes_in_words(record: &RunRecord, which: &[usize]) -> String {
    let turning = record.turning_points().get(1).copied();
    let from = turning.and_then(|at| record.checkpoints.get(at));
    let changes: Vec<String> = which
        .iter()
        .filter_map(|&which| change_in_words(record, &MEASURES[which]))
        .collect();
    match from {
        Some(from) if !changes.is_empty() => format!(
            "From {}, where orders are lowest, to the end: {}.",
            caption::when(from.losses.epoch),
            changes.join("; ")
        ),
        _ => "Orders are lowest at the end: nothing that comes after it was measured.".into(),
    }
}

fn change_in_words(record: &RunRecord, measure: &Measure) -> Option<String> {
    let Change { lowest, last, half } = Change::of(record, measure)?;
    let half = half.map_or_else(String::new, |half| {
        format!(", half of it by epoch {}", caption::epoch(half))
    });
    let unit = match measure.unit {
        "" => String::new(),
        unit => format!(" {unit}"),
    };
    Some(format!(
        "{} {} to {}{unit}{half}",
        measure.name,
        caption::number(lowest),
        caption::number(last)
    ))
}

/// Who moves first: a row a measure.
pub(super) fn changes_table(record: &RunRecord) -> Table {
    let changes: Vec<(&Measure, Change)> = MEASURES
        .iter()
        .filter_map(|measure| Some((measure, Change::of(record, measure)?)))
        .collect();
    let orders = changes.first().and_then(|(_, change)| change.half);
    let lag = |change: &Change| Some(change.half? - orders?);
    Table::new("landscape_changes")
        .text("measure", changes.iter().map(|(measure, _)| measure.name))
        .text("unit", changes.iter().map(|(measure, _)| measure.unit))
        .real(
            "at_lowest_orders",
            changes.iter().map(|(_, change)| change.lowest),
        )
        .real("last", changes.iter().map(|(_, change)| change.last))
        .real(
            "half_way_epoch",
            changes.iter().map(|(_, change)| change.half),
        )
        .real("lag_epochs", changes.iter().map(|(_, change)| lag(change)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_way_is_where_it_is_passed_first() {
        let course = |values: &[f64]| {
            let epochs = [0.0, 1.0, 2.0, 4.0];
            half_way(
                &epochs
                    .into_iter()
                    .zip(values.iter().copied())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(course(&[0.0, 1.0, 2.0, 4.0]), Some(2.0));
        assert_eq!(course(&[4.0, 4.0, 3.0, 0.0]), Some(2.0 + 2.0 / 3.0));
        // Beyond the end and back.
        assert_eq!(course(&[0.0, 8.0, 1.0, 2.0]), Some(0.125));
        assert_eq!(course(&[1.0, 2.0, 2.0, 1.0]), None);
        assert_eq!(course(&[0.0]), None);
    }
}
