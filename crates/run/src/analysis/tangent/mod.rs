//! Which orders training moves, and by which rates: the outputs' derivatives by the weights at
//! checkpoints, of a step of gradient descent and of random directions.
//!
//! They need the network and its data: `spindle tangent` measures them. Orders are those of AND
//! effects of plain outputs here, without a solver, since derivatives pass through these and through
//! no choice of the sparsest answer.

mod compact;
mod movement;

use serde::{Deserialize, Serialize};
use spindle_interactions::{bootstrap::Estimate, decompose::HIGH_ORDER};

use super::{Analysis, Finding, Shown};
use crate::{
    figure::{
        Axis, BarPanel, BarPanels, Curve, Curves, Drawn, Figure, FigureKind, Measured, ORDER,
        SHARE, Series, Tone, caption, marks, orders,
    },
    record::{CheckpointRecord, Group, Recorded, RunRecord},
    sweep::{Domain, Number},
    table::{self, Table, at_checkpoints, estimates},
};

pub use movement::{Movement, Rounding, of_group};

/// How far weights move along the gradient, to each side, as a share of their norm: about as far as in
/// one step of training. Networks with kinks have no derivative that holds for long.
pub const STEP: f64 = 1e-3;
/// How far they move in a random direction, to each side.
pub const RANDOM: f64 = 1e-2;

/// What is measured at a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tangent {
    /// Training samples whose loss the step descends, with their labels as trained.
    pub samples: usize,
    /// Random directions.
    pub directions: usize,
    /// How alike gradients of the loss are.
    pub agreement: Agreement,
    /// Of measured samples.
    pub groups: Vec<GroupTangent>,
}

/// Cosines of gradients of batches of as many samples, mean over pairs, with jackknife intervals over
/// batches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Samples of a batch.
    pub batch: usize,
    /// Of two batches of training samples.
    pub train: Estimate,
    /// Of one of training samples and one of test samples.
    pub test: Estimate,
    /// The first less the second.
    pub difference: Estimate,
}

/// Of one group's samples: lists by order, index order - 1, of AND effects of plain outputs. `None` also
/// where rounding may have made a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupTangent {
    /// Which samples.
    pub group: Group,
    /// How many.
    pub samples: usize,
    /// Shares of strength of the outputs themselves; none where there is no strength.
    #[serde(with = "compact")]
    pub outputs: Vec<Option<Estimate>>,
    /// Of what a step of gradient descent changes.
    #[serde(with = "compact")]
    pub step: Vec<Option<Estimate>>,
    /// Of what random directions change.
    #[serde(with = "compact")]
    pub random: Vec<Option<Estimate>>,
    /// Cosine of effects before training and those of now; `None` where there are none.
    #[serde(with = "compact")]
    pub likeness: Vec<Option<Estimate>>,
    /// Root mean square change of effects, over their own, where weights move by [`RANDOM`] of their
    /// norm in a random direction.
    #[serde(with = "compact")]
    pub mobility: Vec<Option<Estimate>>,
    /// By degree instead of order: the mean eigenvalue of the tangent kernel of masked outputs on
    /// functions of that degree, over that of degree 1; the rate at which gradient descent on masked
    /// outputs would move them. From differences over [`RANDOM`].
    #[serde(with = "compact")]
    pub rate: Vec<Option<Estimate>>,
}

impl Recorded for Tangent {
    const NAME: &'static str = "tangent";
    const VERSION: u32 = 1;
}

/// The analysis: shows what was measured.
pub(super) struct Moved;

impl Shown for Moved {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figures = [shares(record), likeness(record), agreement(record)];
        figures.into_iter().flatten().collect()
    }
}

impl Analysis for Moved {
    fn name(&self) -> &'static str {
        Tangent::NAME
    }

    fn version(&self) -> u32 {
        Tangent::VERSION
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record), agreement_table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "What training moves",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        numbers(record)
    }
}

/// Whether it is measured at all checkpoints of a run.
#[must_use]
pub fn is_measured(record: &RunRecord) -> bool {
    let mut checkpoints = record.checkpoints.iter();
    checkpoints.all(|at| at.analyses.get::<Tangent>().is_some())
}

/// Before training by order, when half of the likeness to that is gone, and how much more alike
/// gradients of training samples are.
fn numbers(record: &RunRecord) -> Vec<Number> {
    const MOBILITY: [&str; 4] = [
        "tangent_mobility_order_1_first",
        "tangent_mobility_order_2_first",
        "tangent_mobility_order_3_first",
        "tangent_mobility_order_4_first",
    ];
    const RATE: [&str; 3] = [
        "tangent_rate_degree_2_first",
        "tangent_rate_degree_3_first",
        "tangent_rate_degree_4_first",
    ];
    const HALF: [&str; 4] = [
        "tangent_half_likeness_order_1_epoch",
        "tangent_half_likeness_order_2_epoch",
        "tangent_half_likeness_order_3_epoch",
        "tangent_half_likeness_order_4_epoch",
    ];
    let Some(first) = of_test(record, 0) else {
        return Vec::new();
    };
    let shares = [
        ("tangent_outputs_high_orders_first", &first.outputs),
        ("tangent_step_high_orders_first", &first.step),
        ("tangent_random_high_orders_first", &first.random),
    ];
    let shares = shares.into_iter();
    let shares = shares
        .filter_map(|(name, shares)| Some(Number::new(name, high(shares)?).within(Domain::SHARE)));
    let by_order = |names: &'static [&'static str], values: &[Option<Estimate>]| {
        let found = names.iter().zip(values.to_vec());
        found.filter_map(|(name, value)| Some(Number::estimate(name, value?)))
    };
    let half = (0..HALF.len()).filter_map(|order| {
        let half = Number::new(HALF[order], half_likeness(record, order)?);
        Some(half.within(Domain::POSITIVE))
    });
    let agreement = |name, checkpoint: Option<usize>| {
        let found: Tangent = record.checkpoints.get(checkpoint?)?.analyses.get()?;
        Some(Number::estimate(name, found.agreement.difference))
    };
    let last = record.checkpoints.len().checked_sub(1);
    let agreements = [
        agreement("tangent_agreement_difference_first", Some(0)),
        agreement("tangent_agreement_difference_lowest", record.lowest()),
        agreement("tangent_agreement_difference_last", last),
    ];
    shares
        .chain(by_order(&MOBILITY, &first.mobility))
        .chain(by_order(&RATE, first.rate.get(1..).unwrap_or_default()))
        .chain(half)
        .chain(agreements.into_iter().flatten())
        .collect()
}

/// The epoch at which effects of an order, index order - 1, are half as like those before training as
/// these are themselves, on a line between checkpoints; `None` where they stay more alike.
fn half_likeness(record: &RunRecord, order: usize) -> Option<f64> {
    // Across checkpoints where rounding hides it there is no line.
    let course = table::parts::<Tangent>(record).map_while(|(at, found)| {
        let likeness = *test(found)?.likeness.get(order)?;
        Some((record.checkpoints[at].losses.epoch, likeness?.value))
    });
    let course: Vec<(f64, f64)> = course.collect();
    let steps = course.windows(2).map(|pair| (pair[0], pair[1]));
    let mut halved = steps.filter(|(_, (_, later))| *later < 0.5);
    let ((then, before), (now, after)) = halved.next()?;
    Some(then + (now - then) * (before - 0.5) / (before - after))
}

/// What was found of the test samples at a checkpoint.
fn of_test(record: &RunRecord, checkpoint: usize) -> Option<GroupTangent> {
    let found: Tangent = record.checkpoints.get(checkpoint)?.analyses.get()?;
    test(found)
}

fn test(found: Tangent) -> Option<GroupTangent> {
    let mut groups = found.groups.into_iter();
    groups.find(|found| found.group == Group::Test)
}

/// Share of orders of 3 and more.
fn high(shares: &[Option<Estimate>]) -> Option<f64> {
    let high = shares.get(HIGH_ORDER - 1..)?.iter();
    high.map(|share| Some(share.as_ref()?.value)).sum()
}

/// Shares by order at the turning points.
fn shares(record: &RunRecord) -> Option<Figure> {
    let names = [
        "the outputs themselves",
        "a step of gradient descent",
        "random directions",
    ];
    let panels = Measured::turning_points::<Tangent>(record)
        .into_iter()
        .filter_map(|(at, found)| {
            let found = test(found)?;
            let bars = [found.outputs, found.step, found.random];
            let bars = bars.map(|bars| bars.into_iter().collect::<Option<Vec<_>>>());
            let is_lost = bars.iter().any(Option::is_none);
            Some(BarPanel {
                title: at.title(record),
                note: if is_lost { LOST.into() } else { String::new() },
                bars: bars.into(),
                overlay: None,
            })
        });
    let panels: Vec<BarPanel> = panels.collect();
    let players = record.experiment.measurement.players;
    (!panels.is_empty()).then_some(Figure {
        name: "tangent",
        title: "Which orders a step of training moves".into(),
        caption: format!("{} {BASIS}", shares_in_words(record)?),
        kind: FigureKind::Bars(BarPanels {
            x: ORDER,
            y: SHARE,
            categories: orders(players),
            series: names
                .into_iter()
                .enumerate()
                .map(|(place, name)| Series {
                    name: name.into(),
                    tone: Tone::Series(place),
                })
                .collect(),
            overlay: None,
            panels,
        }),
    })
}

/// How alike effects are to those before training, by order.
fn likeness(record: &RunRecord) -> Option<Figure> {
    let found: Vec<(usize, GroupTangent)> = table::parts::<Tangent>(record)
        .filter_map(|(at, found)| Some((at, test(found)?)))
        .collect();
    let curves = (0..4.min(record.experiment.measurement.players)).map(|order| Curve {
        name: format!("order {}", order + 1),
        tone: Tone::Ordered(order),
        drawn: Drawn::Line,
        unscaled: None,
        values: found
            .iter()
            .map(|(_, found)| found.likeness.get(order).copied().flatten())
            .collect(),
    });
    let curves = curves.filter(|curve| curve.values.iter().any(Option::is_some));
    over_training(
        record,
        "tangent-likeness",
        "How alike effects are to those before training",
        format!("{} {BASIS}", likeness_in_words(record)?),
        found.iter().map(|(at, _)| *at),
        curves.collect(),
    )
}

/// Cosines of gradients over training.
fn agreement(record: &RunRecord) -> Option<Figure> {
    let found: Vec<(usize, Tangent)> = table::parts(record).collect();
    let curve = |place: usize, name: &str, value: fn(&Agreement) -> Estimate| Curve {
        name: name.into(),
        tone: Tone::Series(place),
        drawn: Drawn::Line,
        unscaled: None,
        values: found
            .iter()
            .map(|(_, found)| Some(value(&found.agreement)))
            .collect(),
    };
    over_training(
        record,
        "tangent-agreement",
        "How alike gradients of two batches are",
        format!(
            "{} While both lie together, a step that helps training samples helps test samples as much. 95 % over the batches.",
            agreement_in_words(record)?
        ),
        found.iter().map(|(at, _)| *at),
        vec![
            curve(0, "two of training", |found| found.train),
            curve(1, "training and test", |found| found.test),
        ],
    )
}

fn over_training(
    record: &RunRecord,
    name: &'static str,
    title: &str,
    caption: String,
    checkpoints: impl Iterator<Item = usize>,
    curves: Vec<Curve>,
) -> Option<Figure> {
    let epochs: Vec<f64> = checkpoints
        .map(|at| record.checkpoints[at].losses.epoch)
        .collect();
    if epochs.len() < 2 {
        return None;
    }
    Some(Figure {
        name,
        title: title.into(),
        caption,
        kind: FigureKind::Curves(Curves {
            y: Axis {
                label: "cosine",
                unit: "",
            },
            has_zero: true,
            epochs,
            curves,
            marks: marks(record),
        }),
    })
}

/// What all of it says, in the sentences of the figures.
fn in_words(record: &RunRecord) -> Option<String> {
    let sentences = [
        shares_in_words(record),
        likeness_in_words(record),
        agreement_in_words(record),
        Some(BASIS.to_owned()),
    ];
    of_test(record, 0)?;
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    Some(sentences.join(" "))
}

/// A share of something, where rounding may have made it.
const UNKNOWN: &str = "an unknown share (lost in rounding)";

/// Said of a panel without the bars of all that it is about.
const LOST: &str = "some orders are lost in rounding, so that shares are not known";

const BASIS: &str = "AND effects of plain outputs, without OR and not the sparsest: derivatives pass through no solver, and shares are others than those of sparse answers. 95 % over the samples or batches.";

fn shares_in_words(record: &RunRecord) -> Option<String> {
    let first = of_test(record, 0)?;
    let [outputs, step, random] = [&first.outputs, &first.step, &first.random]
        .map(|shares| high(shares).map_or_else(|| UNKNOWN.to_owned(), caption::number));
    Some(format!(
        "Before training, orders of 3 and more are {outputs} of the strength of the outputs' AND effects, {step} of what a step of gradient descent changes, and {random} of what random movements of the weights change.",
    ))
}

fn likeness_in_words(record: &RunRecord) -> Option<String> {
    let first = of_test(record, 0)?;
    let lowest = record.lowest().filter(|lowest| *lowest > 0);
    let lowest = lowest.and_then(|lowest| {
        let found = of_test(record, lowest)?;
        let epoch = record.checkpoints.get(lowest)?.losses.epoch;
        Some(format!(
            "{}, where orders are lowest, effects have cosines of {} with those before training at orders 1 to 4. ",
            caption::capitalized(&caption::at(epoch)),
            listed(&found.likeness, 4)
        ))
    });
    Some(format!(
        "{}Where weights move by 1 % of their norm at random, effects before training change by {} times their own size; under the tangent kernel of masked outputs, parts of degrees 2 to 4 would move at {} times the rate of degree 1.",
        lowest.unwrap_or_default(),
        listed(&first.mobility, 4),
        listed(first.rate.get(1..)?, 3),
    ))
}

fn agreement_in_words(record: &RunRecord) -> Option<String> {
    let (first, last) = (record.checkpoints.first()?, record.checkpoints.last()?);
    let of = |at: &CheckpointRecord| Some(at.analyses.get::<Tangent>()?.agreement);
    let (then, now) = (of(first)?, of(last)?);
    Some(format!(
        "Gradients of two batches of {} training samples have a cosine of {} before training and {} {}; less that of a training and a test batch it is {} and {}.",
        then.batch,
        caption::estimate(then.train),
        caption::estimate(now.train),
        caption::at(last.losses.epoch),
        caption::estimate(then.difference),
        caption::estimate(now.difference),
    ))
}

/// The first of them.
fn listed(values: &[Option<Estimate>], count: usize) -> String {
    let values = values.iter().take(count);
    let values: Vec<String> = values
        .map(|value| value.map_or_else(|| "unknown".into(), caption::estimate))
        .collect();
    values.join(", ")
}

type ByOrder = fn(&GroupTangent) -> &Vec<Option<Estimate>>;

/// A row per checkpoint, group and order.
fn table(record: &RunRecord) -> Table {
    let found: Vec<(usize, GroupTangent)> = table::parts::<Tangent>(record)
        .flat_map(|(at, found)| found.groups.into_iter().map(move |found| (at, found)))
        .collect();
    let rows = found
        .iter()
        .flat_map(|(at, found)| (0..found.likeness.len()).map(move |order| (*at, found, order)));
    let rows: Vec<(usize, &GroupTangent, usize)> = rows.collect();
    let mut table = at_checkpoints(Table::new("tangent"), record, rows.iter().map(|row| row.0))
        .text("group", rows.iter().map(|row| row.1.group.name()))
        .integer("order", rows.iter().map(|row| row.2 + 1));
    let lists: [(&str, ByOrder); 6] = [
        ("outputs_share", |found| &found.outputs),
        ("step_share", |found| &found.step),
        ("random_share", |found| &found.random),
        ("likeness", |found| &found.likeness),
        ("mobility", |found| &found.mobility),
        ("rate", |found| &found.rate),
    ];
    for (name, of) in lists {
        let values = rows.iter();
        let values = values.map(|(_, found, order)| of(found).get(*order).copied().flatten());
        table = estimates(table, name, "", values);
    }
    table
}

/// A row a checkpoint.
fn agreement_table(record: &RunRecord) -> Table {
    let rows: Vec<(usize, Tangent)> = table::parts(record).collect();
    let table = at_checkpoints(
        Table::new("tangent_agreement"),
        record,
        rows.iter().map(|row| row.0),
    )
    .integer("samples", rows.iter().map(|(_, found)| found.samples))
    .integer("batch", rows.iter().map(|(_, found)| found.agreement.batch))
    .integer("directions", rows.iter().map(|(_, found)| found.directions));
    let of = |value: fn(&Agreement) -> Estimate| {
        let rows = rows.iter();
        rows.map(move |(_, found)| Some(value(&found.agreement)))
    };
    let table = estimates(table, "train", "", of(|found| found.train));
    let table = estimates(table, "test", "", of(|found| found.test));
    estimates(table, "difference", "", of(|found| found.difference))
}
