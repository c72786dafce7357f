//! What orders contribute to the answer, and whether that holds on test samples as on training
//! samples: losses of outputs from which orders are left out.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    contribution::{self, Cut, cancellation},
    decompose::Decomposition,
};

use super::{
    Analysis, AtCheckpoint, Finding, Scope, Shown, Watch,
    samples::{GROUPS, mean, of, resamples},
};
use crate::{
    Error,
    figure::{
        Axis, BarPanel, BarPanels, Figure, FigureKind, LOSS, Measured, Series, Tone,
        caption::{self, number},
    },
    record::{Group, Recorded, RunRecord, recorded},
    sweep::{Domain, Number},
    table::{self, Table, at_checkpoints, estimates},
};

/// Losses by orders at a checkpoint, a group of samples each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contributions(pub Vec<GroupContributions>);

impl Recorded for Contributions {
    const NAME: &'static str = "contributions";
    const VERSION: u32 = 1;
}

/// Losses of outputs made of some orders only. v is the log-odds of the label, so that the loss is
/// ln(1 + e^-v) and an answer is right where the label has more than half of the probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupContributions {
    /// Which samples.
    pub group: Group,
    /// How many.
    pub samples: usize,
    /// With orders up to k, index k: first the baseline alone, last all orders.
    pub up_to: Vec<Cutting>,
    /// With order k alone, index k - 1.
    pub only: Vec<Cutting>,
    /// With all orders but k, index k - 1.
    pub without: Vec<Cutting>,
    /// |sum I| / sum |I| by order, index order - 1, mean over samples; `None` where there are none.
    pub cancellation: Vec<Option<Estimate>>,
}

/// What is left of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cutting {
    /// Mean loss, nats.
    pub loss: Estimate,
    /// Share of samples whose label has more than half of the probability.
    pub right: f64,
}

/// The analysis.
pub(super) struct ByOrder;

impl Shown for ByOrder {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        figure(record).into_iter().collect()
    }
}

impl Analysis for ByOrder {
    fn name(&self) -> &'static str {
        Contributions::NAME
    }

    fn version(&self) -> u32 {
        Contributions::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::TurningPoints]
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        let resamples = resamples(at.experiment);
        let groups = GROUPS.into_iter().filter_map(|group| {
            let found: Vec<&Decomposition> = of(at.samples, at.decompositions, group)
                .map(|(_, found)| found)
                .collect();
            of_group(group, &found, &resamples)
        });
        recorded(&Some(Contributions(groups.collect())))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Orders and the loss",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let Some((_, Contributions(groups))) = last(record) else {
            return Vec::new();
        };
        let of_group = |group, low, all| {
            let found = groups.iter().find(|found| found.group == group)?;
            Some([
                Number::estimate(low, found.up_to.get(LOW)?.loss).within(Domain::POSITIVE),
                Number::estimate(all, found.up_to.last()?.loss).within(Domain::POSITIVE),
            ])
        };
        [
            of_group(
                Group::Test,
                "test_loss_of_low_orders_nats",
                "test_loss_of_all_orders_nats",
            ),
            of_group(
                Group::Train,
                "train_loss_of_low_orders_nats",
                "train_loss_of_all_orders_nats",
            ),
        ]
        .into_iter()
        .flatten()
        .flatten()
        .collect()
    }
}

/// The highest of the low orders.
const LOW: usize = 2;

/// Losses of one group's samples; `None` without any.
fn of_group(
    group: Group,
    found: &[&Decomposition],
    resamples: &Resamples,
) -> Option<GroupContributions> {
    let players = found.first()?.players();
    let sums: Vec<(f64, Vec<f64>)> = found
        .iter()
        .map(|found| {
            (
                constant(found),
                contribution::by_order(&found.and, &found.or),
            )
        })
        .collect();
    let cut = |cut: Cut| {
        let outputs: Vec<f64> = sums
            .iter()
            .map(|(constant, sums)| contribution::output(*constant, sums, cut))
            .collect();
        Some(Cutting {
            loss: mean(
                &outputs
                    .iter()
                    .map(|v| contribution::loss(*v))
                    .collect::<Vec<_>>(),
                resamples,
            )?,
            right: outputs.iter().filter(|v| **v > 0.0).count() as f64 / outputs.len() as f64,
        })
    };
    let cancelled: Vec<Vec<Option<f64>>> = found
        .iter()
        .map(|found| cancellation(&found.and, &found.or))
        .collect();
    let cancelled = (0..players).map(|order| {
        let values: Vec<f64> = cancelled
            .iter()
            .filter_map(|by_order| by_order[order])
            .collect();
        mean(&values, resamples)
    });
    Some(GroupContributions {
        group,
        samples: found.len(),
        up_to: (0..=players)
            .map(|k| cut(Cut::UpTo(k)))
            .collect::<Option<_>>()?,
        only: (1..=players)
            .map(|k| cut(Cut::Only(k)))
            .collect::<Option<_>>()?,
        without: (1..=players)
            .map(|k| cut(Cut::Without(k)))
            .collect::<Option<_>>()?,
        cancellation: cancelled.collect(),
    })
}

/// What no interaction contributes.
pub(super) fn constant(found: &Decomposition) -> f64 {
    found.baseline + found.and.first().copied().unwrap_or(0.0)
}

fn last(record: &RunRecord) -> Option<(f64, Contributions)> {
    let (at, found) = table::parts::<Contributions>(record).last()?;
    Some((record.checkpoints[at].losses.epoch, found))
}

/// Loss with orders up to k, at the turning points.
fn figure(record: &RunRecord) -> Option<Figure> {
    let shown = Measured::turning_points::<Contributions>(record);
    let (_, Contributions(first)) = shown.first()?;
    let names: Vec<Group> = first.iter().map(|found| found.group).collect();
    let series = first.iter().enumerate().map(|(place, group)| Series {
        name: format!("{} ({})", group.group.name(), group.samples),
        tone: Tone::Series(place),
    });
    let count = first.first()?.up_to.len();
    let panels = shown.iter().map(|(at, Contributions(groups))| BarPanel {
        title: at.title(record),
        note: String::new(),
        bars: names
            .iter()
            .map(|name| {
                let found = groups.iter().find(|found| found.group == *name)?;
                Some(found.up_to.iter().map(|cut| cut.loss).collect())
            })
            .collect(),
        overlay: None,
    });
    Some(Figure {
        name: "contributions",
        title: "Loss with the interactions of orders up to k only".into(),
        caption: format!("{} {NOT_SHOWN}", in_words(record)?),
        kind: FigureKind::Bars(BarPanels {
            x: Axis {
                label: "highest order k that is left in",
                unit: "players",
            },
            y: LOSS,
            categories: (0..count).map(|k| k.to_string()).collect(),
            series: series.collect(),
            overlay: None,
            panels: panels.collect(),
        }),
    })
}

const NOT_SHOWN: &str = "Such a sum is no network that could be trained: it shows what orders contribute to this one's answers, not what a network would do without them.";

/// The loss of low orders beside that of all, at the end.
fn in_words(record: &RunRecord) -> Option<String> {
    let (epoch, Contributions(groups)) = last(record)?;
    let sentences = groups.iter().filter_map(|found| {
        let (low, all) = (found.up_to.get(LOW)?, found.up_to.last()?);
        let best = found.up_to.iter().enumerate();
        let (best, _) = best.min_by(|a, b| a.1.loss.value.total_cmp(&b.1.loss.value))?;
        Some(format!(
            "of {} samples {} with orders 1 and 2, {} with all, smallest with orders up to {best}",
            found.group.name(),
            caption::estimate(low.loss),
            caption::estimate(all.loss)
        ))
    });
    let sentences: Vec<String> = sentences.collect();
    let baseline = groups.first()?.up_to.first()?.loss.value;
    (!sentences.is_empty()).then(|| {
        format!(
            "{}, mean loss in nats: {}; with no interaction {}. Canonical answers; 95 % over the samples, seed, players and noise bound held fixed.",
            caption::capitalized(&caption::at(epoch)),
            sentences.join("; "),
            number(baseline)
        )
    })
}

/// Losses by orders: a row per checkpoint, group, way of cutting and order.
fn table(record: &RunRecord) -> Table {
    struct Row {
        checkpoint: usize,
        group: Group,
        kept: &'static str,
        order: usize,
        cut: Cutting,
        cancellation: Option<Estimate>,
    }
    let rows: Vec<Row> = table::parts(record)
        .flat_map(|(checkpoint, Contributions(groups))| {
            groups.into_iter().flat_map(move |group| {
                let ways = [
                    ("up to", 0, group.up_to),
                    ("only", 1, group.only),
                    ("all but", 1, group.without),
                ];
                let (name, cancelled) = (group.group, group.cancellation);
                ways.into_iter().flat_map(move |(kept, first, cuts)| {
                    let cancelled = cancelled.clone();
                    (first..).zip(cuts).map(move |(order, cut)| Row {
                        checkpoint,
                        group: name,
                        kept,
                        order,
                        cut,
                        cancellation: match kept {
                            "only" => cancelled.get(order - 1).copied().flatten(),
                            _ => None,
                        },
                    })
                })
            })
        })
        .collect();
    let table = at_checkpoints(
        Table::new("contributions"),
        record,
        rows.iter().map(|row| row.checkpoint),
    )
    .text("group", rows.iter().map(|row| row.group.name()))
    .text("orders", rows.iter().map(|row| row.kept))
    .integer("order", rows.iter().map(|row| row.order));
    let table = estimates(
        table,
        "loss",
        "_nats",
        rows.iter().map(|row| Some(row.cut.loss)),
    );
    let table = table.real("right", rows.iter().map(|row| row.cut.right));
    estimates(
        table,
        "cancellation",
        "",
        rows.iter().map(|row| row.cancellation),
    )
}
