//! Strength by order of salient interactions: the papers' figure 3.

use spindle_interactions::{bootstrap::Estimate, strength::StrengthByOrder};

use super::{Analysis, Behind, PublishedSgd, Shown, loss_gap, phases};
use crate::{
    figure::{Bars, Figure, FigureKind, Measured, ORDER, STRENGTH, TwoPhases, losses},
    record::{Group, RunRecord},
    table::{self, Table, at_checkpoints, estimates},
};

/// Shows what the summary of every checkpoint has.
pub(super) struct Strengths;

impl Shown for Strengths {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let figure = two_phases(record).map(|data| Figure {
            name: "strength-by-order",
            title: "Strength of interactions by order".into(),
            caption: caption(record),
            kind: FigureKind::TwoPhases(data),
        });
        figure.into_iter().collect()
    }
}

impl Analysis for Strengths {
    fn name(&self) -> &'static str {
        "strengths"
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn behind(&self, _: &Figure, record: &RunRecord) -> Vec<Behind> {
        let shown = [
            ("group", "test"),
            ("solver", table::solver_name(record)),
            ("effects", "salient"),
        ];
        vec![
            Behind::new("Strength by order as a table", table(record).only(&shown)),
            Behind::new("Losses as a table", table::losses(record)),
        ]
    }
}

/// Strength by order at five checkpoints over the losses; `None` before anything was measured.
#[must_use]
pub fn two_phases(record: &RunRecord) -> Option<TwoPhases> {
    let measured: Vec<_> = Measured::all(record).collect();
    if measured.is_empty() {
        return None;
    }
    let panels = five(record, &measured).into_iter();
    Some(TwoPhases {
        orders: ORDER,
        strengths: STRENGTH,
        panels: panels.map(|at| Bars::new(record, at)).collect(),
        losses: losses(record),
    })
}

/// The ends, where orders are lowest and what lies halfway between; evenly spread where they are
/// lowest at an end.
fn five<'a>(record: &RunRecord, measured: &[Measured<'a>]) -> Vec<Measured<'a>> {
    let Some(last) = measured.len().checked_sub(1) else {
        return Vec::new();
    };
    let turn = record
        .lowest()
        .and_then(|lowest| measured.iter().position(|at| at.checkpoint == lowest))
        .filter(|&turn| 0 < turn && turn < last)
        .unwrap_or(last / 2);
    let mut five = vec![0, turn / 2, turn, usize::midpoint(turn, last), last];
    five.dedup();
    five.into_iter()
        .map(|position| measured[position])
        .collect()
}

fn caption(record: &RunRecord) -> String {
    let measured: Vec<_> = Measured::all(record).collect();
    let samples = measured.first().map_or(0, |at| at.samples);
    let first = phases::statistics(record).into_iter().next();
    let sentences = [
        first.and_then(|statistic| phases::numbers(record, statistic)),
        phases::verdict(record),
        loss_gap(record),
        Some(if measured.iter().all(|at| at.test.share.is_none()) {
            "No interaction is salient at any checkpoint.".to_owned()
        } else {
            format!("Bars: salient interactions, as in the papers; test samples: {samples}.")
        }),
        Some(phases::RANGES.to_owned()),
    ];
    sentences
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Strength by order: a row per checkpoint, group, solver, threshold and order.
///
/// `effects` is `salient` or `all` (no threshold); `solver` is `certified`, or `sgd` where the
/// published SGD was run for comparison (of a run with `--solver sgd` it is `sgd` throughout).
pub(super) fn table(record: &RunRecord) -> Table {
    struct Row<'a> {
        checkpoint: usize,
        group: Group,
        solver: &'static str,
        effects: &'static str,
        order: usize,
        strength: &'a StrengthByOrder,
    }
    let own = table::solver_name(record);
    let published: Vec<Option<PublishedSgd>> = record
        .checkpoints
        .iter()
        .map(|at| at.analyses.get())
        .collect();
    let published = |checkpoint: usize| published.get(checkpoint)?.as_ref();
    let rows: Vec<Row<'_>> = table::summaries(record)
        .flat_map(|(checkpoint, summary)| {
            let groups = summary
                .strengths
                .iter()
                .map(|group| (group.group, own, "salient", &group.strength));
            let all = std::iter::once((Group::Test, own, "all", &summary.unthresholded));
            let sgd = published(checkpoint).into_iter().flat_map(|sgd| {
                [
                    (Group::Test, "sgd", "salient", &sgd.strength),
                    (Group::Test, "sgd", "all", &sgd.unthresholded),
                ]
            });
            groups
                .chain(all)
                .chain(sgd)
                .flat_map(move |(group, solver, effects, strength)| {
                    (1..=strength.positive.len()).map(move |order| Row {
                        checkpoint,
                        group,
                        solver,
                        effects,
                        order,
                        strength,
                    })
                })
        })
        .collect();
    let table = Table::new("strength");
    let table = at_checkpoints(table, record, rows.iter().map(|row| row.checkpoint))
        .text("group", rows.iter().map(|row| row.group.name()))
        .text("solver", rows.iter().map(|row| row.solver))
        .text("effects", rows.iter().map(|row| row.effects))
        .integer("order", rows.iter().map(|row| row.order));
    let at = |values: &[Estimate], row: &Row<'_>| values.get(row.order - 1).copied();
    let table = estimates(
        table,
        "positive",
        "_nats",
        rows.iter().map(|row| at(&row.strength.positive, row)),
    );
    let table = estimates(
        table,
        "negative",
        "_nats",
        rows.iter().map(|row| at(&row.strength.negative, row)),
    );
    let share = |row: &Row<'_>| row.strength.share.as_ref().and_then(|share| at(share, row));
    estimates(table, "share", "", rows.iter().map(share))
}
