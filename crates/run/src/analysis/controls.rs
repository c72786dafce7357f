//! What answers lose without salient interactions of low and of high orders, at equal strength, and
//! beside removals at random.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    contribution::{self, Removals},
    decompose::Decomposition,
    salience,
};

use super::{
    Analysis, AtCheckpoint, Finding, Scope, Shown, Watch,
    contributions::constant,
    samples::{GROUPS, mean, of, output_changes, resamples},
};
use crate::{
    Error,
    figure::{Axis, BarPanel, BarPanels, Figure, FigureKind, Measured, Series, Tone, caption},
    random::Stream,
    record::{Group, Recorded, RunRecord, recorded},
    sweep::Number,
    table::{self, Table, at_checkpoints, estimates},
};

/// Removals at random.
const DRAWS: usize = 100;

/// What becomes of the loss, a group of samples each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Controls(pub Vec<GroupControls>);

impl Recorded for Controls {
    const NAME: &'static str = "controls";
    const VERSION: u32 = 2;
}

/// How much the loss grows, mean over samples that have salient interactions of low and of high
/// orders, in nats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupControls {
    /// Which samples.
    pub group: Group,
    /// How many have both.
    pub samples: usize,
    /// Mean strength that is removed, nats.
    pub strength: Estimate,
    /// Without interactions of orders 1 and 2.
    pub low: Estimate,
    /// Without those of orders 3 and more.
    pub high: Estimate,
    /// Without interactions at random: mean over 100 removals a sample; the interval is of the
    /// samples, as above.
    pub random: Estimate,
    /// Low less random, by sample.
    pub low_less_random: Estimate,
    /// High less random, by sample.
    pub high_less_random: Estimate,
    /// High less low, by sample.
    pub high_less_low: Estimate,
    /// The same where both change the output by the same amount.
    pub high_less_low_at_same_change: Estimate,
}

/// The analysis.
pub(super) struct Removed;

impl Shown for Removed {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        figure(record).into_iter().collect()
    }
}

impl Analysis for Removed {
    fn name(&self) -> &'static str {
        Controls::NAME
    }

    fn version(&self) -> u32 {
        Controls::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::TurningPoints]
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        let resamples = resamples(at.experiment);
        let groups = GROUPS.into_iter().filter_map(|group| {
            let changes = output_changes(at.samples, at.outputs, group);
            let threshold = salience::threshold(changes, at.experiment.decomposition.salience);
            let seed = at.experiment.training.seed;
            let found = of(at.samples, at.decompositions, group);
            let samples: Vec<Sample> = found
                .filter_map(|(sample, found)| {
                    let seed = Stream::Removals.seed(seed, sample.position as u64);
                    Sample::new(found, threshold, seed)
                })
                .collect();
            of_group(group, &samples, &resamples)
        });
        recorded(&Some(Controls(groups.collect())))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Removing interactions",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let Some((_, Controls(groups))) = table::parts::<Controls>(record).last() else {
            return Vec::new();
        };
        let test = groups.into_iter().find(|found| found.group == Group::Test);
        let numbers = test.map(|test| {
            [
                Number::estimate("removal_high_less_low_nats", test.high_less_low),
                Number::estimate("removal_high_less_random_nats", test.high_less_random),
            ]
        });
        numbers.into_iter().flatten().collect()
    }
}

/// How much a sample's loss grows.
struct Sample {
    strength: f64,
    low: f64,
    high: f64,
    random: f64,
    same: [f64; 2],
}

impl Sample {
    fn new(found: &Decomposition, threshold: f64, seed: u64) -> Option<Self> {
        let Removals {
            strength,
            low,
            high,
            random,
            same_change,
        } = contribution::removals(&found.and, &found.or, threshold, DRAWS, seed)?;
        let all: f64 = contribution::by_order(&found.and, &found.or).iter().sum();
        let output = constant(found) + all;
        let growth =
            |removed: f64| contribution::loss(output - removed) - contribution::loss(output);
        Some(Self {
            strength,
            low: growth(low),
            high: growth(high),
            random: random.iter().map(|removed| growth(*removed)).sum::<f64>() / DRAWS as f64,
            same: same_change.map(growth),
        })
    }
}

fn of_group(group: Group, samples: &[Sample], resamples: &Resamples) -> Option<GroupControls> {
    let of =
        |value: fn(&Sample) -> f64| mean(&samples.iter().map(value).collect::<Vec<_>>(), resamples);
    Some(GroupControls {
        group,
        samples: samples.len(),
        strength: of(|sample| sample.strength)?,
        low: of(|sample| sample.low)?,
        high: of(|sample| sample.high)?,
        random: of(|sample| sample.random)?,
        low_less_random: of(|sample| sample.low - sample.random)?,
        high_less_random: of(|sample| sample.high - sample.random)?,
        high_less_low: of(|sample| sample.high - sample.low)?,
        high_less_low_at_same_change: of(|sample| sample.same[1] - sample.same[0])?,
    })
}

/// Growth of the loss at the turning points.
fn figure(record: &RunRecord) -> Option<Figure> {
    let shown = Measured::turning_points::<Controls>(record);
    let groups = shown.iter().flat_map(|(_, Controls(groups))| groups);
    let mut names: Vec<Group> = groups.map(|found| found.group).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let series = names.iter().enumerate().map(|(place, group)| Series {
        name: group.name().into(),
        tone: Tone::Series(place),
    });
    let panels = shown.iter().map(|(at, Controls(groups))| BarPanel {
        title: at.title(record),
        note: String::new(),
        bars: names
            .iter()
            .map(|name| {
                let found = groups.iter().find(|found| found.group == *name)?;
                Some(vec![found.low, found.high, found.random])
            })
            .collect(),
        overlay: None,
    });
    Some(Figure {
        name: "controls",
        title: "How much the loss grows without salient interactions of equal strength".into(),
        caption: format!(
            "{} What it does not show: that a network trained without high orders would do better or worse.",
            in_words(record)?
        ),
        kind: FigureKind::Bars(BarPanels {
            x: Axis {
                label: "orders that are removed",
                unit: "",
            },
            y: Axis {
                label: "growth of the loss",
                unit: "nats",
            },
            categories: vec!["1 and 2".into(), "3 and more".into(), "any".into()],
            series: series.collect(),
            overlay: None,
            panels: panels.collect(),
        }),
    })
}

fn in_words(record: &RunRecord) -> Option<String> {
    let (at, Controls(groups)) = table::parts::<Controls>(record).last()?;
    let epoch = record.checkpoints.get(at)?.losses.epoch;
    let words = groups.iter().map(|found| {
        format!(
            "{} ({} samples): {} without high orders, {} without low ones, {} at random; high less low {}, and {} where both change the output by as much",
            found.group.name(),
            found.samples,
            caption::estimate(found.high),
            caption::estimate(found.low),
            caption::estimate(found.random),
            caption::estimate(found.high_less_low),
            caption::estimate(found.high_less_low_at_same_change)
        )
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| {
        format!(
            "{}, the loss grows by, in nats: {}. Each time the strongest salient interactions are removed up to the strength that low and high orders both have; samples that lack either are left out. Canonical answers; 95 % over the samples.",
            caption::capitalized(&caption::at(epoch)),
            words.join("; ")
        )
    })
}

/// A column's name and values.
type Column = (&'static str, fn(&GroupControls) -> Estimate);

/// What becomes of the loss: a row per checkpoint and group.
fn table(record: &RunRecord) -> Table {
    let rows: Vec<(usize, GroupControls)> = table::parts(record)
        .flat_map(|(checkpoint, Controls(groups))| {
            groups.into_iter().map(move |group| (checkpoint, group))
        })
        .collect();
    let table = at_checkpoints(Table::new("controls"), record, rows.iter().map(|row| row.0))
        .text("group", rows.iter().map(|row| row.1.group.name()))
        .integer("samples", rows.iter().map(|row| row.1.samples));
    let columns: [Column; 8] = [
        ("strength", |found| found.strength),
        ("without_low", |found| found.low),
        ("without_high", |found| found.high),
        ("without_random", |found| found.random),
        ("low_less_random", |found| found.low_less_random),
        ("high_less_random", |found| found.high_less_random),
        ("high_less_low", |found| found.high_less_low),
        ("high_less_low_at_same_change", |found| {
            found.high_less_low_at_same_change
        }),
    ];
    columns.into_iter().fold(table, |table, (name, value)| {
        estimates(
            table,
            name,
            "_nats",
            rows.iter().map(|row| Some(value(&row.1))),
        )
    })
}
