//! What interactions of each fate do to the loss: answers made of those alone that were preserved,
//! emerged or removed since the checkpoint before, and what answers lose without those that emerged.
//! (arXiv 2606.08129 follows interactions so; losses of single sets, by groups of samples, are ours.)

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    contribution,
    decompose::Decomposition,
    fate::{self, Sums},
};

use super::{
    Analysis, AtCheckpoint, Before, Finding, Scope, Shown, Watch,
    contributions::constant,
    fates::side,
    samples::{GROUPS, mean, of, resamples},
};
use crate::{
    Error,
    figure::{Axis, Curve, Curves, Drawn, Figure, FigureKind, LOSS, Tone, caption, marks},
    record::{Group, Recorded, RunRecord, recorded},
    sweep::{Domain, Number},
    table::{self, Table, at_checkpoints, estimates},
};

/// Losses by fate at a checkpoint, a group of samples each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FateLosses(pub Vec<GroupFateLosses>);

impl Recorded for FateLosses {
    const NAME: &'static str = "fate-losses";
    const VERSION: u32 = 1;
}

/// Mean losses of one group's samples, nats. v is the log-odds of the label, so that the loss is
/// ln(1 + e^-v).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupFateLosses {
    /// Which samples.
    pub group: Group,
    /// How many.
    pub samples: usize,
    /// With all interactions.
    pub all: Estimate,
    /// With those alone that were salient at the checkpoint before and are, with one sign.
    pub preserved: Estimate,
    /// With those alone that are salient and were not.
    pub emerged: Estimate,
    /// With those alone that are salient and were so with the other sign.
    pub reversed: Estimate,
    /// With those alone that were salient and are not any longer, as they were: of the checkpoint before.
    pub removed: Estimate,
    /// What preserved ones change: the loss with all less the one without them.
    pub by_preserved: Estimate,
    /// What emerged ones change.
    pub by_emerged: Estimate,
}

/// The analysis.
pub(super) struct LossesByFate;

impl Shown for LossesByFate {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figures = [alone(record), changes(record)];
        figures.into_iter().flatten().collect()
    }
}

impl Analysis for LossesByFate {
    fn name(&self) -> &'static str {
        FateLosses::NAME
    }

    fn version(&self) -> u32 {
        FateLosses::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::EveryCheckpoint]
    }

    fn looks_back(&self) -> bool {
        true
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        recorded(&at.before.map(|before| of_checkpoint(at, before)))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Fates and the loss",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let Some((_, FateLosses(groups))) = table::parts::<FateLosses>(record).last() else {
            return Vec::new();
        };
        let of = |group: Group| groups.iter().find(|found| found.group == group);
        let test = of(Group::Test).map(|test| {
            [
                Number::estimate("test_loss_of_preserved_last_nats", test.preserved)
                    .within(Domain::POSITIVE),
                Number::estimate("test_loss_of_emerged_last_nats", test.emerged)
                    .within(Domain::POSITIVE),
                Number::estimate("test_change_by_emerged_last_nats", test.by_emerged),
            ]
        });
        test.into_iter().flatten().collect()
    }
}

fn of_checkpoint(at: &AtCheckpoint<'_>, before: Before<'_>) -> FateLosses {
    let resamples = resamples(at.experiment);
    let groups = GROUPS.into_iter().filter_map(|group| {
        let then = of(at.samples, before.decompositions, group);
        let now = of(at.samples, at.decompositions, group);
        let answers: Vec<Answers> = then
            .zip(now)
            .map(|((_, then), (_, now))| {
                Answers::of((then, before.threshold), (now, at.summary.threshold))
            })
            .collect();
        of_group(group, &answers, &resamples)
    });
    FateLosses(groups.collect())
}

/// A sample's losses.
struct Answers {
    all: f64,
    preserved: f64,
    emerged: f64,
    reversed: f64,
    removed: f64,
    without_preserved: f64,
    without_emerged: f64,
}

impl Answers {
    /// From its interactions at two checkpoints, with the thresholds from which on they are salient.
    fn of(then: (&Decomposition, f64), now: (&Decomposition, f64)) -> Self {
        let sums = fate::sums(side(then.0, then.1), side(now.0, now.1));
        let by_order = contribution::by_order(&now.0.and, &now.0.or);
        Self::new(
            constant(then.0),
            constant(now.0),
            by_order.iter().sum(),
            sums,
        )
    }

    /// From what no interaction contributes, then and now, and what all and those of each fate do.
    fn new(was: f64, is: f64, all: f64, sums: Sums) -> Self {
        let loss = contribution::loss;
        Self {
            all: loss(is + all),
            preserved: loss(is + sums.preserved),
            emerged: loss(is + sums.emerged),
            reversed: loss(is + sums.reversed),
            removed: loss(was + sums.removed),
            without_preserved: loss(is + all - sums.preserved),
            without_emerged: loss(is + all - sums.emerged),
        }
    }
}

/// Means over samples; `None` without any.
fn of_group(group: Group, answers: &[Answers], resamples: &Resamples) -> Option<GroupFateLosses> {
    let of = |value: fn(&Answers) -> f64| {
        let values: Vec<f64> = answers.iter().map(value).collect();
        mean(&values, resamples)
    };
    Some(GroupFateLosses {
        group,
        samples: answers.len(),
        all: of(|sample| sample.all)?,
        preserved: of(|sample| sample.preserved)?,
        emerged: of(|sample| sample.emerged)?,
        reversed: of(|sample| sample.reversed)?,
        removed: of(|sample| sample.removed)?,
        by_preserved: of(|sample| sample.all - sample.without_preserved)?,
        by_emerged: of(|sample| sample.all - sample.without_emerged)?,
    })
}

/// A group's losses at all checkpoints.
fn course(record: &RunRecord, group: Group) -> Vec<(usize, GroupFateLosses)> {
    let parts = table::parts::<FateLosses>(record);
    let found = parts.filter_map(|(at, FateLosses(groups))| {
        let found = groups.into_iter().find(|found| found.group == group)?;
        Some((at, found))
    });
    found.collect()
}

type Loss = fn(&GroupFateLosses) -> Estimate;

/// Losses of test samples with single sets alone.
fn alone(record: &RunRecord) -> Option<Figure> {
    let found = course(record, Group::Test);
    let sets: [(&str, Tone, Loss); 4] = [
        ("all", Tone::Certified, |found| found.all),
        ("preserved alone", Tone::Series(0), |found| found.preserved),
        ("emerged alone", Tone::Series(1), |found| found.emerged),
        ("removed alone", Tone::Series(2), |found| found.removed),
    ];
    let curves = sets.map(|(name, tone, value)| curve(name, tone, &found, value));
    figure(
        record,
        &found,
        "fate-losses",
        "Loss of test samples with interactions of one fate alone",
        format!("{} {NOT_SHOWN}", alone_in_words(record)?),
        (LOSS, curves.into()),
    )
}

/// What emerged interactions change, of every group.
fn changes(record: &RunRecord) -> Option<Figure> {
    let groups = GROUPS.into_iter().enumerate();
    let found = groups.filter_map(|(place, group)| {
        let found = course(record, group);
        let curve = curve(group.name(), Tone::Series(place), &found, |at| {
            at.by_emerged
        });
        (!found.is_empty()).then_some(curve)
    });
    figure(
        record,
        &course(record, Group::Test),
        "emerged-losses",
        "What interactions that emerged change in the loss",
        format!(
            "The loss with all interactions less the one without those that emerged since the checkpoint before, below 0 where these help. {} {NOT_SHOWN}",
            changes_in_words(record).unwrap_or_default()
        ),
        (
            Axis {
                label: "change of the loss",
                unit: "nats",
            },
            found.collect(),
        ),
    )
}

fn curve(name: &str, tone: Tone, found: &[(usize, GroupFateLosses)], value: Loss) -> Curve {
    Curve {
        name: name.into(),
        tone,
        drawn: Drawn::Line,
        unscaled: None,
        values: found.iter().map(|(_, at)| Some(value(at))).collect(),
    }
}

fn figure(
    record: &RunRecord,
    found: &[(usize, GroupFateLosses)],
    name: &'static str,
    title: &str,
    caption: String,
    (y, curves): (Axis, Vec<Curve>),
) -> Option<Figure> {
    if found.len() < 2 {
        return None;
    }
    let epochs = found.iter();
    Some(Figure {
        name,
        title: title.into(),
        caption,
        kind: FigureKind::Curves(Curves {
            y,
            has_zero: true,
            epochs: epochs
                .map(|(at, _)| record.checkpoints[*at].losses.epoch)
                .collect(),
            curves,
            marks: marks(record),
        }),
    })
}

const NOT_SHOWN: &str = "Sums of single interactions are no networks that could be trained, and what counts as emerged depends on how far checkpoints are apart.";

fn in_words(record: &RunRecord) -> Option<String> {
    let changes = changes_in_words(record).unwrap_or_default();
    Some(format!("{} {changes}", alone_in_words(record)?))
}

/// Losses at the end.
fn alone_in_words(record: &RunRecord) -> Option<String> {
    let test = course(record, Group::Test);
    let (at, last) = test.last()?;
    let epoch = record.checkpoints.get(*at)?.losses.epoch;
    Some(format!(
        "{}, mean loss of test samples in nats: {} with all interactions, {} with preserved ones alone, {} with emerged ones alone, {} with removed ones alone as they were.",
        caption::capitalized(&caption::at(epoch)),
        caption::estimate(last.all),
        caption::estimate(last.preserved),
        caption::estimate(last.emerged),
        caption::estimate(last.removed),
    ))
}

/// At how many steps emerged interactions change the loss.
fn changes_in_words(record: &RunRecord) -> Option<String> {
    let lowest = record.lowest()?;
    let groups = GROUPS.into_iter().filter_map(|group| {
        let found = course(record, group);
        let later: Vec<Estimate> = found
            .iter()
            .filter(|(at, _)| *at > lowest)
            .map(|(_, found)| found.by_emerged)
            .collect();
        let smaller = later.iter().filter(|change| change.high < 0.0).count();
        let larger = later.iter().filter(|change| change.low > 0.0).count();
        (!later.is_empty()).then(|| {
            let (name, all) = (group.name(), later.len());
            format!(
                "of {name} samples lower at {smaller} and higher at {larger} of {all} checkpoints"
            )
        })
    });
    let groups: Vec<String> = groups.collect();
    (!groups.is_empty()).then(|| {
        format!(
            "After orders are lowest, interactions that emerged make the loss, beyond its interval, {}. Canonical answers; 95 % over the samples, seed, players and noise bound held fixed.",
            groups.join("; ")
        )
    })
}

/// Losses by fate: a row per checkpoint, group and set of interactions.
fn table(record: &RunRecord) -> Table {
    let sets: [(&str, Loss, Option<Loss>); 5] = [
        ("all", |found| found.all, None),
        (
            "preserved",
            |found| found.preserved,
            Some(|found| found.by_preserved),
        ),
        (
            "emerged",
            |found| found.emerged,
            Some(|found| found.by_emerged),
        ),
        ("reversed", |found| found.reversed, None),
        ("removed", |found| found.removed, None),
    ];
    let found: Vec<(usize, GroupFateLosses)> = table::parts(record)
        .flat_map(|(at, FateLosses(groups))| groups.into_iter().map(move |found| (at, found)))
        .collect();
    let rows: Vec<_> = found
        .iter()
        .flat_map(|(at, found)| sets.map(|set| (*at, found, set)))
        .collect();
    let table = at_checkpoints(
        Table::new("fate_losses"),
        record,
        rows.iter().map(|row| row.0),
    )
    .text("group", rows.iter().map(|row| row.1.group.name()))
    .text("interactions", rows.iter().map(|row| row.2.0));
    let table = estimates(
        table,
        "loss",
        "_nats",
        rows.iter().map(|(_, found, set)| Some((set.1)(found))),
    );
    estimates(
        table,
        "change",
        "_nats",
        rows.iter()
            .map(|(_, found, set)| set.2.map(|change| change(found))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_those_of_the_planted_sets() {
        let sums = Sums {
            preserved: 4.0,
            reversed: 0.0,
            emerged: -2.0,
            removed: -3.0,
        };
        // 0.125 is of interactions that are not salient.
        let found = Answers::new(0.5, 1.0, 2.125, sums);
        let loss = contribution::loss;
        assert_eq!(found.all, loss(3.125));
        assert_eq!(found.preserved, loss(5.0));
        assert_eq!(found.emerged, loss(-1.0));
        assert_eq!(found.removed, loss(-2.5));
        assert_eq!(found.reversed, loss(1.0));
        assert_eq!(found.without_emerged, loss(5.125));
        assert_eq!(found.without_preserved, loss(-0.875));
    }
}
