//! How alike the interactions on training and on test samples are (arXiv 2405.10262, section 4).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    bootstrap::Estimate,
    decompose::Decomposition,
    similarity::{self, Ceilings, ClassEffects},
};

use super::{Analysis, AtCheckpoint, Finding, Scope, Shown, Watch, samples::of};
use crate::{
    Error, Experiment,
    experiment::Placement,
    figure::{
        Axis, Ceiling, EPOCH, Figure, FigureKind, Measured, OrderCurve, SimilarityFigure, caption,
    },
    random::Stream,
    record::{Group, Players, Recorded, RunRecord, SampleRecord, recorded},
    table::{self, Table, at_checkpoints, estimates},
};

/// Similarity of training and test interactions at a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Similarity {
    /// Per order, index order - 1; `None` where undefined.
    pub by_order: Vec<Option<Estimate>>,
    /// The same at equal numbers, beside what two halves of one split give.
    #[serde(default)]
    pub ceilings: Option<Vec<Option<Ceilings>>>,
}

impl Recorded for Similarity {
    const NAME: &'static str = "similarity";
    const VERSION: u32 = 1;
}

/// The analysis.
pub(super) struct TrainAndTest;

impl Shown for TrainAndTest {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figure = over_training(record).map(|(epoch, data)| Figure {
            name: "similarity",
            title: "Similarity of interactions on training and test samples".into(),
            caption: in_words(epoch, &data.ceilings),
            kind: FigureKind::Similarity(data),
        });
        figure.into_iter().collect()
    }
}

impl Analysis for TrainAndTest {
    fn name(&self) -> &'static str {
        Similarity::NAME
    }

    fn version(&self) -> u32 {
        Similarity::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::EveryCheckpoint]
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        let seed = Stream::Bootstrap.seed(at.experiment.training.seed, 0);
        let effects = effects_by_class(at.experiment, at.samples, at.decompositions);
        let found = effects.map(|[train, test]| Similarity {
            by_order: similarity::by_order(&train, &test),
            ceilings: Some(similarity::with_ceilings(
                &train,
                &test,
                similarity::SPLITS,
                seed,
            )),
        });
        recorded(&found)
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = over_training(record).map(|(epoch, data)| Finding {
            about: "Generalisation",
            text: in_words(epoch, &data.ceilings),
        });
        finding.into_iter().collect()
    }
}

/// Effects on training and on test samples. Similarity needs players at the same positions for all
/// samples, and samples of both splits.
fn effects_by_class<'a>(
    experiment: &Experiment,
    samples: &'a [SampleRecord],
    decompositions: &'a [Decomposition],
) -> Option<[Vec<ClassEffects<'a>>; 2]> {
    let shared = experiment.measurement.placement == Placement::Shared
        && samples
            .iter()
            .all(|s| matches!(s.players, Players::Patches(_)));
    if !shared || experiment.measurement.train_samples == 0 {
        return None;
    }
    let effects = |group| {
        let found = of(samples, decompositions, group);
        found.map(|(sample, decomposition)| ClassEffects {
            label: sample.label,
            and: &decomposition.and,
            or: &decomposition.or,
        })
    };
    Some([
        effects(Group::Train).collect(),
        effects(Group::Test).collect(),
    ])
}

/// Similarity over training; `None` where no checkpoint has it.
fn over_training(record: &RunRecord) -> Option<(f64, SimilarityFigure)> {
    let points: Vec<(Measured<'_>, Similarity)> = Measured::all(record)
        .filter_map(|at| Some((at, at.part()?)))
        .collect();
    let (last, found) = points.last()?;
    let orders = (1..=points.iter().map(|(_, found)| found.by_order.len()).max()?)
        .map(|order| OrderCurve {
            order,
            values: points
                .iter()
                .map(|(_, found)| found.by_order.get(order - 1).copied().flatten())
                .collect(),
        })
        .filter(|curve| curve.values.iter().any(Option::is_some));
    let figure = SimilarityFigure {
        x: EPOCH,
        y: Axis {
            label: "similarity of training and test",
            unit: "",
        },
        epochs: points.iter().map(|(at, _)| at.epoch).collect(),
        orders: orders.collect(),
        highest_drawn: HIGHEST_DRAWN,
        ceilings: ceilings(found),
    };
    Some((last.epoch, figure))
}

fn ceilings(found: &Similarity) -> Vec<Ceiling> {
    let orders = found.ceilings.iter().flatten();
    (1..)
        .zip(orders)
        .filter_map(|(order, found)| {
            let found = (*found)?;
            Some(Ceiling {
                order,
                train_test: found.train_test,
                train_train: found.train_train,
                test_test: found.test_test,
                difference: found.difference,
            })
        })
        .collect()
}

/// Orders that sentences are about.
const NAMED_ORDERS: usize = 4;
/// Up to which order curves are drawn.
const HIGHEST_DRAWN: usize = 5;

fn in_words(epoch: f64, ceilings: &[Ceiling]) -> String {
    const SCALE: &str = "1 is alike, 0 shares nothing.";
    let named: Vec<_> = ceilings.iter().take(NAMED_ORDERS).collect();
    if named.is_empty() {
        return format!("{SCALE} Intervals: 95 %, jackknife over the samples.");
    }
    let list = |value: fn(&Ceiling) -> Estimate| {
        let values = named
            .iter()
            .map(|ceiling| format!("{:.2}", value(ceiling).value));
        values.collect::<Vec<_>>().join(", ")
    };
    let differences: Vec<_> = named
        .iter()
        .map(|ceiling| {
            format!(
                "{:+.3} [{:+.3}, {:+.3}]",
                ceiling.difference.value, ceiling.difference.low, ceiling.difference.high
            )
        })
        .collect();
    let lower: Vec<_> = named
        .iter()
        .filter(|ceiling| ceiling.difference.high < 0.0)
        .map(|ceiling| ceiling.order.to_string())
        .collect();
    let verdict = if lower.is_empty() {
        "At none of these orders are training and test samples less alike than samples of one split, beyond the interval.".to_owned()
    } else {
        format!(
            "Beyond its interval it is lower at order {}.",
            lower.join(", ")
        )
    };
    format!(
        "{}, orders 1 to {}, equal numbers of samples: signed Jaccard similarity of training and test {}; of two halves of training {}, of two halves of test {}. \
         The difference to the mean of both is {}. {verdict} {SCALE} Intervals: 95 %, jackknife over the samples; seed and players held fixed.",
        caption::capitalized(&caption::when(epoch)),
        named.last().map_or(0, |ceiling| ceiling.order),
        list(|ceiling| ceiling.train_test),
        list(|ceiling| ceiling.train_train),
        list(|ceiling| ceiling.test_test),
        differences.join(", ")
    )
}

/// Similarity of training and test interactions: a row per checkpoint and order.
fn table(record: &RunRecord) -> Table {
    let rows: Vec<Row> = table::parts(record).flat_map(rows).collect();
    let table = at_checkpoints(
        Table::new("similarity"),
        record,
        rows.iter().map(|row| row.checkpoint),
    )
    .integer("order", rows.iter().map(|row| row.order));
    let table = estimates(table, "similarity", "", rows.iter().map(|row| row.found));
    let ceiling = |value: fn(&Ceilings) -> Estimate| {
        rows.iter().map(move |row| row.ceilings.as_ref().map(value))
    };
    let table = estimates(table, "halves_train_test", "", ceiling(|c| c.train_test));
    let table = estimates(table, "halves_train_train", "", ceiling(|c| c.train_train));
    let table = estimates(table, "halves_test_test", "", ceiling(|c| c.test_test));
    estimates(table, "difference", "", ceiling(|c| c.difference))
}

struct Row {
    checkpoint: usize,
    order: usize,
    found: Option<Estimate>,
    ceilings: Option<Ceilings>,
}

fn rows((checkpoint, found): (usize, Similarity)) -> impl Iterator<Item = Row> {
    let ceilings = found.ceilings.unwrap_or_default();
    let orders = (1..).zip(found.by_order);
    orders.map(move |(order, found)| Row {
        checkpoint,
        order,
        found,
        ceilings: ceilings.get(order - 1).copied().flatten(),
    })
}
