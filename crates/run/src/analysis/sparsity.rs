//! Sparsity and matching, which the papers assume, measured: how many interactions explain the
//! outputs, and whether games are what the theory takes them for (arXiv 2305.01939).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    bootstrap::Estimate,
    sparsity::{self, COVERED, Conditions},
};

use super::{
    Analysis, AtCheckpoint, Finding, NoiseBounds, Scope, Shown, Watch, rounds,
    samples::{mean, resamples},
};
use crate::{
    Error,
    figure::{Axis, Curve, Curves, Drawn, Figure, FigureKind, Tone, caption, marks},
    record::{Group, Recorded, RunRecord, recorded},
    sweep::{Domain, Number},
    table::{self, Table, at_checkpoints, estimates},
};

/// Numbers of interactions, strongest first.
const STRONGEST: [usize; 7] = [1, 2, 5, 10, 20, 50, 100];

/// How sparse the test samples' games are at a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sparsity {
    /// R^2 of the strongest interactions on all masked outputs, mean over samples.
    pub explained: Vec<Strongest>,
    /// The lowest order up to which 99 % of the strength lies, mean over samples.
    pub highest_order: Estimate,
    /// Share of samples whose mean output over masks grows with the number of players.
    pub monotone: f64,
    /// Share of samples for which some power bounds how fast it falls.
    pub has_power: f64,
    /// Median of the smallest such power.
    pub power: Option<f64>,
    /// Mean L1 norm of AND interactions alone, without a noise term, nats.
    pub and_norm: f64,
}

/// What the strongest interactions explain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strongest {
    /// How many.
    pub count: usize,
    /// R^2.
    pub r2: Estimate,
}

impl Recorded for Sparsity {
    const NAME: &'static str = "sparsity";
    const VERSION: u32 = 2;
}

/// The analysis.
pub(super) struct Sparse;

impl Shown for Sparse {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        figure(record).into_iter().collect()
    }
}

impl Analysis for Sparse {
    fn name(&self) -> &'static str {
        Sparsity::NAME
    }

    fn version(&self) -> u32 {
        Sparsity::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::EveryCheckpoint]
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        recorded(&measure(at)?)
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Sparsity",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let found = table::parts::<Sparsity>(record).last();
        let ten =
            found.and_then(|(_, found)| found.explained.iter().find(|s| s.count == 10).copied());
        ten.map(|ten| Number::estimate("r2_of_10_strongest", ten.r2).within(Domain::EXPLAINED))
            .into_iter()
            .collect()
    }
}

/// `None` where no sample's output depends on its mask.
fn measure(at: &AtCheckpoint<'_>) -> Result<Option<Sparsity>, Error> {
    let resamples = resamples(at.experiment);
    let games = at.outputs.values.chunks_exact(1 << at.outputs.players);
    let test = at.samples.iter().zip(at.decompositions).zip(games);
    let test = test.filter(|((sample, _), _)| sample.group == Group::Test);
    let (mut r2, mut conditions): (Vec<Vec<f64>>, Vec<Conditions>) = Default::default();
    let mut norms: Vec<f64> = Vec::new();
    for ((_, found), v) in test {
        r2.extend(sparsity::explained(v, found, &STRONGEST).map(|explained| explained.r2));
        conditions.extend(sparsity::conditions(v, found));
        norms.push(sparsity::and_norm(v)?);
    }
    let explained = STRONGEST.iter().enumerate().map(|(place, &count)| {
        let values: Vec<f64> = r2.iter().map(|r2| r2[place]).collect();
        Some(Strongest {
            count,
            r2: mean(&values, &resamples)?,
        })
    });
    let orders: Vec<f64> = conditions
        .iter()
        .map(|found| found.highest_order as f64)
        .collect();
    let explained: Option<Vec<Strongest>> = explained.collect();
    let (Some(explained), Some(highest_order)) = (explained, mean(&orders, &resamples)) else {
        return Ok(None);
    };
    let share = |fits: fn(&Conditions) -> bool| {
        conditions.iter().filter(|found| fits(found)).count() as f64 / conditions.len() as f64
    };
    let mut powers: Vec<f64> = conditions.iter().filter_map(|found| found.power).collect();
    powers.sort_unstable_by(f64::total_cmp);
    Ok(Some(Sparsity {
        explained,
        highest_order,
        monotone: share(|found| found.is_monotone),
        has_power: share(|found| found.power.is_some()),
        power: median(&powers),
        and_norm: rounds::mean(&norms),
    }))
}

/// Of sorted values; `None` of nothing.
fn median(sorted: &[f64]) -> Option<f64> {
    let (below, above) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some(0.5 * (sorted[below] + sorted[above]))
}

/// What OR interactions save, where the norm with both is known without a noise term.
fn saved_by_or(record: &RunRecord, at: usize, found: &Sparsity) -> Option<String> {
    let NoiseBounds(rows) = record.checkpoints.get(at)?.analyses.get()?;
    let both = rows.iter().find(|row| row.noise_ratio == 0.0)?.norm;
    let and = found.and_norm;
    Some(format!(
        " Without a noise term AND interactions alone have {} nats, AND and OR at least {}: {} times as much.",
        caption::number(and),
        caption::number(both),
        caption::number(and / both)
    ))
}

/// R^2 of the strongest interactions over training.
fn figure(record: &RunRecord) -> Option<Figure> {
    let found: Vec<(usize, Sparsity)> = table::parts(record).collect();
    let curve = |(place, &count): (usize, &usize)| Curve {
        name: format!("{count} strongest"),
        tone: Tone::Ordered(place),
        drawn: Drawn::Line,
        unscaled: None,
        values: found
            .iter()
            .map(|(_, found)| {
                let explained = found
                    .explained
                    .iter()
                    .find(|explained| explained.count == count);
                explained.map(|explained| explained.r2)
            })
            .collect(),
    };
    // Curves of all numbers lie on each other.
    let shown = [1, 5, 20, 100];
    let curves: Vec<Curve> = shown.iter().enumerate().map(curve).collect();
    if found.len() < 2 {
        return None;
    }
    Some(Figure {
        name: "sparsity",
        title: "How much of all masked outputs the strongest interactions explain".into(),
        caption: format!(
            "{} It does not show that these interactions mean something: fewer terms always explain less.",
            in_words(record)?
        ),
        kind: FigureKind::Curves(Curves {
            y: Axis {
                label: "R² on all masks",
                unit: "",
            },
            has_zero: true,
            epochs: found
                .iter()
                .map(|(at, _)| record.checkpoints[*at].losses.epoch)
                .collect(),
            curves,
            marks: marks(record),
        }),
    })
}

fn in_words(record: &RunRecord) -> Option<String> {
    let found: Vec<(usize, Sparsity)> = table::parts(record).collect();
    let (at, last) = found.last()?;
    let summary = record.checkpoints.get(*at)?.summary.as_ref()?;
    let r2 = |count: usize| {
        let found = last
            .explained
            .iter()
            .find(|explained| explained.count == count)?;
        Some(format!("{count}: {}", caption::estimate(found.r2)))
    };
    let power = last.power.map_or_else(String::new, |power| {
        format!(", of a power of {} in the median", caption::number(power))
    });
    let interactions = 2.0 * 2.0_f64.powi(record.experiment.measurement.players as i32) - 2.0;
    Some(format!(
        "{}, R² of the strongest interactions of a sample on all its masked outputs ({}). Of {interactions} interactions {:.1} are salient. {:.0} % of the strength lie up to order {}; mean outputs grow with the number of players in {:.0} % of the samples, and fall no faster than some power of it in {:.0} %{power} (the conditions of arXiv 2305.01939).{} Canonical answers, test samples.",
        caption::capitalized(&caption::at(record.checkpoints[*at].losses.epoch)),
        STRONGEST
            .into_iter()
            .filter_map(r2)
            .collect::<Vec<_>>()
            .join("; "),
        summary.salient_per_sample,
        100.0 * COVERED,
        caption::estimate(last.highest_order),
        100.0 * last.monotone,
        100.0 * last.has_power,
        saved_by_or(record, *at, last).unwrap_or_default()
    ))
}

/// How sparse games are: a row per checkpoint.
fn table(record: &RunRecord) -> Table {
    let rows: Vec<(usize, Sparsity)> = table::parts(record).collect();
    let table = at_checkpoints(Table::new("sparsity"), record, rows.iter().map(|row| row.0));
    let table = estimates(
        table,
        "highest_order",
        "",
        rows.iter().map(|row| Some(row.1.highest_order)),
    )
    .real("monotone", rows.iter().map(|row| row.1.monotone))
    .real("has_power", rows.iter().map(|row| row.1.has_power))
    .real("power", rows.iter().map(|row| row.1.power))
    .real("and_norm_nats", rows.iter().map(|row| row.1.and_norm));
    STRONGEST
        .iter()
        .enumerate()
        .fold(table, |table, (place, count)| {
            let r2 = rows.iter().map(|row| Some(row.1.explained.get(place)?.r2));
            estimates(table, &format!("r2_of_{count}"), "", r2)
        })
}
