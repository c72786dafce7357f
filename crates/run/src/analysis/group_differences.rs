//! How far groups of samples differ: where mislabelled samples have the heavier tail, if they do.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{bootstrap::Estimate, decompose::Statistic, salience, strength};

use super::{
    Analysis, AtCheckpoint, Behind, Finding, Scope, Shown, Watch, phases,
    samples::{group_strengths, output_changes, resamples},
    strengths,
};
use crate::{
    Error,
    figure::{
        Axis, BarPanel, BarPanels, Curve, Curves, Drawn, Figure, FigureKind, ORDER, SHARE, Series,
        Tone, caption, marks, orders,
    },
    record::{CheckpointRecord, Group, Recorded, RunRecord, Summary, recorded},
    table::{self, Table, at_checkpoints, estimates},
};

/// How much larger statistics are of one group's samples than of another's; `None` where one of
/// them has no effects.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct GroupDifference {
    /// The group whose statistic is taken.
    pub group: Group,
    /// The group whose statistic is taken away.
    pub than: Group,
    /// Of the mean order of all effects.
    pub mean_order: Option<Estimate>,
    /// Of the share of strength of orders 3 and above, of all effects.
    pub share_of_order_3_and_more: Option<Estimate>,
    /// Of the mean order of salient effects, salient by each group's own outputs.
    pub salient_mean_order: Option<Estimate>,
}

/// How far groups of samples differ at a checkpoint: every pair of groups that have samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupDifferences(pub Vec<GroupDifference>);

impl Recorded for GroupDifferences {
    const NAME: &'static str = "group-differences";
    const VERSION: u32 = 1;
}

/// The analysis.
pub(super) struct Groups;

impl Shown for Groups {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figures = [shares(record), over_training(record)];
        figures.into_iter().flatten().collect()
    }
}

impl Analysis for Groups {
    fn name(&self) -> &'static str {
        GroupDifferences::NAME
    }

    fn version(&self) -> u32 {
        GroupDifferences::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::EveryCheckpoint]
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        recorded(&Some(GroupDifferences(differences(at))))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn behind(&self, figure: &Figure, record: &RunRecord) -> Vec<Behind> {
        if figure.name != SHARES {
            return vec![Behind::new("Differences as a table", table(record))];
        }
        let shown = [
            ("effects", "salient"),
            ("solver", table::solver_name(record)),
        ];
        let last = strengths::table(record).of_last_checkpoint();
        vec![Behind::new(
            "Strength of all groups as a table",
            last.only(&shown),
        )]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Groups of samples",
            text,
        });
        finding.into_iter().collect()
    }
}

/// How far the groups that have samples differ.
fn differences(at: &AtCheckpoint<'_>) -> Vec<GroupDifference> {
    let (experiment, samples, decompositions) = (at.experiment, at.samples, at.decompositions);
    let resamples = resamples(experiment);
    let pairs = [
        (Group::Mislabelled, Group::Test),
        (Group::Mislabelled, Group::Train),
        (Group::Train, Group::Test),
    ];
    let all = |group| group_strengths(samples, decompositions, group, 0.0);
    let salient = |group| {
        let threshold = salience::threshold(
            output_changes(samples, at.outputs, group),
            experiment.decomposition.salience,
        );
        group_strengths(samples, decompositions, group, threshold)
    };
    let has_samples = |group| samples.iter().any(|sample| sample.group == group);
    let pairs = pairs
        .into_iter()
        .filter(|(group, than)| has_samples(*group) && has_samples(*than));
    let difference = |(group, than)| {
        let of_all =
            |statistic| strength::difference(statistic, &all(group), &all(than), &resamples);
        GroupDifference {
            group,
            than,
            mean_order: of_all(Statistic::MeanOrder),
            share_of_order_3_and_more: of_all(Statistic::ShareOfHighOrders),
            salient_mean_order: strength::difference(
                Statistic::MeanOrder,
                &salient(group),
                &salient(than),
                &resamples,
            ),
        }
    };
    pairs.map(difference).collect()
}

const SHARES: &str = "mislabelled";

/// The groups as they are drawn.
const GROUPS: [(Group, &str, usize); 3] = [
    (Group::Test, "test", 0),
    (Group::Train, "training, own label", 2),
    (Group::Mislabelled, "training, reset label", 1),
];

/// The last checkpoint whose interactions are summed up.
fn last(record: &RunRecord) -> Option<(&CheckpointRecord, &Summary)> {
    let checkpoints = record.checkpoints.iter().rev();
    checkpoints
        .filter_map(|at| Some((at, at.summary.as_ref()?)))
        .next()
}

/// Shares by order at the last checkpoint, per group; only where mislabelled samples were measured.
fn shares(record: &RunRecord) -> Option<Figure> {
    let (checkpoint, last) = last(record)?;
    last.of(Group::Mislabelled)?;
    let present: Vec<_> = GROUPS
        .iter()
        .filter_map(|(group, name, place)| Some((last.of(*group)?, *name, *place)))
        .collect();
    let bars: Vec<_> = present
        .iter()
        .map(|(group, ..)| group.strength.share.clone())
        .collect();
    let count = bars.iter().flatten().map(Vec::len).max()?;
    let series = present.iter().map(|(group, name, place)| Series {
        name: format!("{name} ({})", group.samples),
        tone: Tone::Series(*place),
    });
    let means: Vec<String> = present
        .iter()
        .map(|(group, ..)| match group.strength.mean_order {
            Some(order) => format!("{:.2}", order.value),
            None => "none".into(),
        })
        .collect();
    let epoch = checkpoint.losses.epoch;
    let data = BarPanels {
        x: ORDER,
        y: SHARE,
        categories: orders(count),
        series: series.collect(),
        overlay: None,
        panels: vec![BarPanel {
            title: caption::when(epoch),
            note: format!("mean order {}", means.join(", ")),
            bars,
            overlay: None,
        }],
    };
    Some(Figure {
        name: SHARES,
        title: "Normal and mislabelled samples".into(),
        caption: format!(
            "Shares of strength by order of samples with their own label and of training samples whose label was reset, at epoch {}. \
             Salient interactions; whiskers: 95 % bootstrap intervals over the samples of each group.",
            caption::epoch(epoch)
        ),
        kind: FigureKind::Bars(data),
    })
}

/// The pairs as they are drawn.
const PAIRS: [(Group, Group, &str, usize); 3] = [
    (Group::Mislabelled, Group::Test, "reset − test", 0),
    (Group::Mislabelled, Group::Train, "reset − training", 1),
    (Group::Train, Group::Test, "training − test", 5),
];

/// Differences in the share of orders of 3 and more of all effects; only where mislabelled samples
/// were measured.
fn over_training(record: &RunRecord) -> Option<Figure> {
    let measured = record.group_size(Group::Mislabelled) > 0;
    let checkpoints: Vec<(f64, Vec<GroupDifference>)> = record
        .checkpoints
        .iter()
        .filter_map(|at| {
            let GroupDifferences(pairs) = at.analyses.get()?;
            Some((at.losses.epoch, pairs))
        })
        .collect();
    let curves: Vec<Curve> = PAIRS
        .iter()
        .map(|&(group, than, name, place)| Curve {
            name: name.into(),
            tone: Tone::Series(place),
            drawn: Drawn::Dots,
            unscaled: None,
            values: checkpoints
                .iter()
                .map(|(_, pairs)| of_pair(pairs, group, than)?.share_of_order_3_and_more)
                .collect(),
        })
        .filter(|curve| curve.values.iter().any(Option::is_some))
        .collect();
    let points = |curve: &Curve| curve.values.iter().flatten().count();
    if !measured || !curves.iter().any(|curve| points(curve) > 1) {
        return None;
    }
    let data = Curves {
        y: Axis {
            label: "difference of shares",
            unit: "",
        },
        has_zero: true,
        epochs: checkpoints.iter().map(|(epoch, _)| *epoch).collect(),
        curves,
        marks: marks(record),
    };
    Some(Figure {
        name: "group-differences",
        title: "How far groups of samples differ over training".into(),
        caption: "Share of orders of 3 and more of all interactions: of training samples whose label was reset less that of test samples and of training samples with their own label; \
                  grey: the latter two, which should not differ. Whiskers: 95 % bootstrap-t over the samples of each group, at every checkpoint by itself, so that one in twenty is apart from 0 by chance; seed, \
                  players and noise bound are held fixed."
            .into(),
        kind: FigureKind::Curves(data),
    })
}

fn of_pair(pairs: &[GroupDifference], group: Group, than: Group) -> Option<&GroupDifference> {
    let mut pairs = pairs.iter();
    pairs.find(|pair| (pair.group, pair.than) == (group, than))
}

/// How far groups of samples differ at the end, and at how many checkpoints they do.
fn in_words(record: &RunRecord) -> Option<String> {
    let (last, _) = last(record)?;
    let GroupDifferences(pairs) = last.analyses.get()?;
    let all: Vec<GroupDifferences> = table::parts(record).map(|(_, found)| found).collect();
    let apart = |pair: &GroupDifference| {
        let found = all.iter().filter_map(|found| {
            of_pair(&found.0, pair.group, pair.than)?.share_of_order_3_and_more
        });
        found
            .filter(|share| share.low > 0.0 || share.high < 0.0)
            .count()
    };
    let words = |pair: &GroupDifference| {
        let signed = phases::interval;
        Some(format!(
            "{} less {} {} in the share of orders of 3 and more and {} in the mean order, the former apart from 0 at {} of {} checkpoints",
            pair.group.name(),
            pair.than.name(),
            signed(pair.share_of_order_3_and_more?),
            signed(pair.mean_order?),
            apart(pair),
            all.len()
        ))
    };
    let differences: Vec<String> = pairs.iter().filter_map(words).collect();
    (!differences.is_empty()).then(|| {
        format!(
            "All effects at epoch {}: {}. Of intervals that hold 95 % one in twenty is apart from 0 by chance.",
            caption::epoch(last.losses.epoch),
            differences.join("; ")
        )
    })
}

/// How far groups of samples differ: a row per checkpoint and pair of groups.
fn table(record: &RunRecord) -> Table {
    let rows: Vec<(usize, GroupDifference)> = table::parts(record)
        .flat_map(|(checkpoint, GroupDifferences(pairs))| {
            let pairs = pairs.into_iter();
            pairs.map(move |pair| (checkpoint, pair))
        })
        .collect();
    let table = at_checkpoints(Table::new("groups"), record, rows.iter().map(|row| row.0))
        .text("group", rows.iter().map(|row| row.1.group.name()))
        .text("than", rows.iter().map(|row| row.1.than.name()));
    let table = estimates(
        table,
        "mean_order_of_all",
        "",
        rows.iter().map(|row| row.1.mean_order),
    );
    let share = rows.iter().map(|row| row.1.share_of_order_3_and_more);
    let table = estimates(table, "share_of_order_3_and_more", "", share);
    let salient = rows.iter().map(|row| row.1.salient_mean_order);
    estimates(table, "mean_order", "", salient)
}
