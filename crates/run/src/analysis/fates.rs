//! What becomes of single interactions from checkpoint to checkpoint, and how stable they are.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    bootstrap::Estimate,
    decompose::{Decomposition, HIGH_ORDER},
    fate::{self, Fates, Side, Tally},
};

use super::{Analysis, AtCheckpoint, Finding, OtherAnswers, Scope, Shown, Watch, samples::of};
use crate::{
    Error,
    figure::{Axis, Curve, Curves, Drawn, Figure, FigureKind, Tone, caption, marks},
    record::{Group, Recorded, RunRecord, recorded},
    sweep::{Domain, Number},
    table::{self, Table, at_checkpoints},
};

/// What became of the test samples' interactions since the checkpoint before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FatesByOrder {
    /// Counts and strengths by order, mean over samples.
    pub fates: Fates,
    /// IPS by order, index order - 1: mean of |dI| / (|I| + |I'|) over interactions that are salient
    /// at either checkpoint; `None` where there are none.
    pub instability: Vec<Option<f64>>,
}

impl Recorded for FatesByOrder {
    const NAME: &'static str = "fates";
    const VERSION: u32 = 1;
}

/// The analysis.
pub(super) struct Followed;

impl Shown for Followed {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figures = [strengths(record), instability(record)];
        figures.into_iter().flatten().collect()
    }
}

impl Analysis for Followed {
    fn name(&self) -> &'static str {
        FatesByOrder::NAME
    }

    fn version(&self) -> u32 {
        FatesByOrder::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::EveryCheckpoint]
    }

    fn looks_back(&self) -> bool {
        true
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        recorded(&compare(at))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Fates of interactions",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let last = table::parts::<FatesByOrder>(record).last();
        let all = last.map(|(_, last)| {
            let strength = |tally: &Tally| tally.strength.iter().sum::<f64>();
            let Fates {
                preserved,
                reversed,
                emerged,
                ..
            } = &last.fates;
            let kept = strength(preserved);
            let all = kept + strength(reversed) + strength(emerged);
            Number::new("preserved_share_last", kept / all).within(Domain::SHARE)
        });
        all.into_iter().collect()
    }
}

/// A decomposition with a threshold, as fates take it.
pub(super) fn side(found: &Decomposition, threshold: f64) -> Side<'_> {
    Side {
        and: &found.and,
        or: &found.or,
        threshold,
    }
}

/// Quotients by order of sums and counts of samples.
pub(super) fn quotients(samples: impl Iterator<Item = Vec<[f64; 2]>>) -> Vec<Option<f64>> {
    let sums = fate::summed(samples);
    sums.into_iter().map(fate::quotient).collect()
}

/// `None` at the first checkpoint.
fn compare(at: &AtCheckpoint<'_>) -> Option<FatesByOrder> {
    let before = at.before?;
    let then = of(at.samples, before.decompositions, Group::Test);
    let now = of(at.samples, at.decompositions, Group::Test);
    let pairs: Vec<(Side<'_>, Side<'_>)> = then
        .zip(now)
        .map(|((_, then), (_, now))| {
            (
                side(then, before.threshold),
                side(now, at.summary.threshold),
            )
        })
        .collect();
    let fates: Vec<Fates> = pairs
        .iter()
        .map(|(then, now)| fate::fates(*then, *now))
        .collect();
    Some(FatesByOrder {
        fates: Fates::mean(&fates),
        instability: quotients(
            pairs
                .iter()
                .map(|(then, now)| fate::instability(*then, *now)),
        ),
    })
}

/// A fate's name and where it is counted.
type Kind = (&'static str, fn(&Fates) -> &Tally);

/// Summed strength by fate over training.
fn strengths(record: &RunRecord) -> Option<Figure> {
    let found: Vec<(usize, FatesByOrder)> = table::parts(record).collect();
    let kinds: [Kind; 4] = [
        ("preserved", |fates| &fates.preserved),
        ("emerged", |fates| &fates.emerged),
        ("removed", |fates| &fates.removed),
        ("reversed", |fates| &fates.reversed),
    ];
    let curves = kinds
        .into_iter()
        .enumerate()
        .map(|(place, (name, tally))| Curve {
            name: name.into(),
            tone: Tone::Series(place),
            drawn: Drawn::Line,
            unscaled: None,
            values: found
                .iter()
                .map(|(_, found)| Some(Estimate::exact(tally(&found.fates).strength.iter().sum())))
                .collect(),
        });
    if found.len() < 2 {
        return None;
    }
    Some(Figure {
        name: "fates",
        title: "What becomes of salient interactions since the checkpoint before".into(),
        caption: format!(
            "{} How much changes between two checkpoints depends on how far they are apart, which grows with training.",
            in_words(record)?
        ),
        kind: over_training(
            record,
            found.iter().map(|(at, _)| *at),
            ("strength a sample", "nats"),
            curves.collect(),
        ),
    })
}

/// IPS of low orders over training, above what the choice of the answer alone gives.
fn instability(record: &RunRecord) -> Option<Figure> {
    let found: Vec<(usize, FatesByOrder)> = table::parts(record).collect();
    if found.len() < 2 {
        return None;
    }
    let orders = 4.min(record.experiment.measurement.players);
    let found: Vec<_> = found
        .into_iter()
        .map(|(at, found)| (at, found.instability))
        .collect();
    let floors = OtherAnswers::floors(record);
    let mut at: Vec<usize> = found.iter().chain(&floors).map(|(at, _)| *at).collect();
    at.sort_unstable();
    at.dedup();
    let curves = |name: &'static str, drawn: Drawn, found: &[(usize, Vec<Option<f64>>)]| {
        let curve = |order: usize| Curve {
            name: format!("{name}order {order}"),
            tone: Tone::Ordered(order - 1),
            drawn,
            values: of_order(order, &at, found),
            unscaled: None,
        };
        (1..=orders).map(curve).collect::<Vec<_>>()
    };
    let lines = curves("", Drawn::Line, &found);
    let floor = if floors.is_empty() {
        Vec::new()
    } else {
        curves("floor of ", Drawn::Dotted, &floors)
    };
    let floor_in_words = OtherAnswers::floor_in_words(record).map_or_else(String::new, |words| {
        format!(
            "{words} Dotted: that floor, from one checkpoint where it was looked at to the next."
        )
    });
    Some(Figure {
        name: "instability",
        title: "How unstable interactions are from checkpoint to checkpoint (IPS)".into(),
        caption: format!(
            "Mean of |I − I′| / (|I| + |I′|) over interactions that are salient at one of two checkpoints that follow each other: 0 for the same effects, 1 for effects that one of them lacks.{floor_in_words} Test samples; no interval is given, since interactions of one sample depend on each other."
        ),
        kind: over_training(
            record,
            at.iter().copied(),
            ("instability", ""),
            [lines, floor].concat(),
        ),
    })
}

/// The values of an order at these checkpoints, of all that were found.
fn of_order(
    order: usize,
    at: &[usize],
    found: &[(usize, Vec<Option<f64>>)],
) -> Vec<Option<Estimate>> {
    let value = |at: &usize| {
        let (_, by_order) = found.iter().find(|(place, _)| place == at)?;
        by_order.get(order - 1).copied().flatten()
    };
    at.iter().map(|at| value(at).map(Estimate::exact)).collect()
}

/// Curves on an axis of this label and unit.
fn over_training(
    record: &RunRecord,
    at: impl Iterator<Item = usize>,
    (label, unit): (&'static str, &'static str),
    curves: Vec<Curve>,
) -> FigureKind {
    FigureKind::Curves(Curves {
        y: Axis { label, unit },
        has_zero: true,
        epochs: at.map(|at| record.checkpoints[at].losses.epoch).collect(),
        curves,
        marks: marks(record),
    })
}

/// What became of interactions up to where orders are lowest, and after it.
fn in_words(record: &RunRecord) -> Option<String> {
    let lowest = record.lowest()?;
    let found: Vec<(usize, FatesByOrder)> = table::parts(record).collect();
    let share = |is_wanted: &dyn Fn(usize) -> bool, tally: fn(&Fates) -> &Tally| {
        let (mut high, mut all) = (0.0, 0.0);
        for (_, found) in found.iter().filter(|(at, _)| is_wanted(*at)) {
            let strength = &tally(&found.fates).strength;
            all += strength.iter().sum::<f64>();
            high += strength.iter().skip(HIGH_ORDER - 1).sum::<f64>();
        }
        (all > 0.0).then(|| format!("{:.0} %", 100.0 * high / all))
    };
    let nothing = || "none".to_owned();
    let in_phase = |is_wanted: &dyn Fn(usize) -> bool| {
        let emerged = share(is_wanted, |fates| &fates.emerged).unwrap_or_else(nothing);
        let removed = share(is_wanted, |fates| &fates.removed).unwrap_or_else(nothing);
        format!("{emerged} of what emerges and {removed} of what is removed")
    };
    let epoch = record.checkpoints.get(lowest)?.losses.epoch;
    Some(format!(
        "Of the strength of salient interactions, orders of 3 and more are {} up to epoch {}, where orders are lowest, and {} after it (sums over the steps from checkpoint to checkpoint).",
        in_phase(&|at| at <= lowest),
        caption::epoch(epoch),
        in_phase(&|at| at > lowest)
    ))
}

/// What became of interactions: a row per checkpoint, fate and order.
fn table(record: &RunRecord) -> Table {
    let mut rows: Vec<(usize, &'static str, usize, f64, f64)> = Vec::new();
    let mut instabilities: Vec<Option<f64>> = Vec::new();
    for (checkpoint, found) in table::parts::<FatesByOrder>(record) {
        let kinds = [
            ("preserved", &found.fates.preserved),
            ("reversed", &found.fates.reversed),
            ("emerged", &found.fates.emerged),
            ("removed", &found.fates.removed),
        ];
        for (name, tally) in kinds {
            let sums = tally.count.iter().zip(&tally.strength);
            for (order, (count, strength)) in (1..).zip(sums) {
                rows.push((checkpoint, name, order, *count, *strength));
                instabilities.push(found.instability.get(order - 1).copied().flatten());
            }
        }
    }
    at_checkpoints(Table::new("fates"), record, rows.iter().map(|row| row.0))
        .text("fate", rows.iter().map(|row| row.1))
        .integer("order", rows.iter().map(|row| row.2))
        .real("count_per_sample", rows.iter().map(|row| row.3))
        .real("strength_per_sample_nats", rows.iter().map(|row| row.4))
        .real("instability", instabilities)
}
