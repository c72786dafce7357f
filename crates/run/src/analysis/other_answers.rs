//! What would be found with other answers: decompositions that are nearly as sparse, by their orders
//! as different as may be. What they spread over is no range; there may be others.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    Error as MathError,
    contribution::{self, Cut},
    decompose::{self, Decomposition, Effects, OTHERS},
    fate,
    strength::{self, SampleStrength},
};

use super::{
    Analysis, AtCheckpoint, Finding, Scope, Shown, Watch,
    contributions::constant,
    fates::{quotients, side},
    samples::{of, test_outputs},
};
use crate::{
    Error, Experiment,
    experiment::Solver,
    figure::caption,
    record::{Group, Recorded, RunRecord, recorded},
    table::{self, Table, at_checkpoints},
};

/// Test samples that are looked at: 22 answers take as long as 10 decompositions.
const MOST_SAMPLES: usize = 50;

/// Statistics over other answers to the same test samples' games.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtherAnswers {
    /// Test samples that were looked at.
    pub samples: usize,
    /// Answers to each, beside the canonical one.
    pub answers: usize,
    /// The largest norm of one, relative to the smallest norm of its game.
    pub largest_norm: f64,
    /// Share of strength by order, index order - 1: canonical, smallest and largest of all answers.
    pub share: Vec<[f64; 3]>,
    /// Mean loss with orders up to k, index k, nats: as above.
    pub loss_up_to: Vec<[f64; 3]>,
    /// IPS between the canonical answer and the others, mean over them, by order: what the choice of
    /// an answer alone gives.
    pub instability: Vec<Option<f64>>,
}

impl Recorded for OtherAnswers {
    const NAME: &'static str = "other-answers";
    const VERSION: u32 = 1;
}

impl OtherAnswers {
    /// What the choice of an answer alone gives of the instability, where it was looked at: the
    /// checkpoint's position, and a value by order.
    pub(super) fn floors(record: &RunRecord) -> Vec<(usize, Vec<Option<f64>>)> {
        let found = table::parts::<Self>(record);
        found.map(|(at, found)| (at, found.instability)).collect()
    }

    /// The floor of the instability at the last checkpoint, as a sentence with a blank before it.
    pub(super) fn floor_in_words(record: &RunRecord) -> Option<String> {
        let (_, found) = table::parts::<Self>(record).last()?;
        let floor = found.instability.iter().take(4);
        let floor: Vec<String> = floor
            .map(|value| value.map_or_else(|| "none".into(), |value| format!("{value:.2}")))
            .collect();
        Some(format!(
            " Between the canonical answer and {} others that are nearly as sparse it is {} at orders 1 to 4 at the end: what is below that says nothing of the network.",
            found.answers,
            floor.join(", ")
        ))
    }
}

/// The analysis.
pub(super) struct Others;

impl Shown for Others {}

impl Analysis for Others {
    fn name(&self) -> &'static str {
        OtherAnswers::NAME
    }

    fn version(&self) -> u32 {
        OtherAnswers::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::TurningPoints]
    }

    fn applies(&self, experiment: &Experiment) -> bool {
        experiment.decomposition.solver == Solver::Certified
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<Value, Error> {
        recorded(&look(at, watch)?)
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Other answers",
            text,
        });
        finding.into_iter().collect()
    }
}

/// `None` without test samples.
fn look(at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<Option<OtherAnswers>, Error> {
    let mut values = test_outputs(at.samples, at.outputs);
    values.truncate(MOST_SAMPLES << at.outputs.players);
    let canonical: Vec<&Decomposition> = of(at.samples, at.decompositions, Group::Test)
        .take(MOST_SAMPLES)
        .map(|(_, found)| found)
        .collect();
    if canonical.is_empty() {
        return Ok(None);
    }
    let params = at.experiment.decomposition.params();
    let found = decompose::others_batch(&values, at.outputs.players, &params, &watch)?;
    let others: Vec<Vec<Effects>> = found.into_iter().collect::<Result<_, MathError>>()?;
    Ok(Some(OtherAnswers {
        samples: canonical.len(),
        answers: OTHERS,
        largest_norm: largest_norm(&canonical, &others),
        share: spread(&canonical, &others, shares),
        loss_up_to: spread(&canonical, &others, losses),
        instability: instability(&canonical, &others, at.summary.threshold),
    }))
}

fn largest_norm(canonical: &[&Decomposition], others: &[Vec<Effects>]) -> f64 {
    let games = canonical.iter().zip(others);
    let ratios = games.flat_map(|(found, others)| {
        let smallest = found.certificate.smallest_norm;
        let ratios = others.iter().filter(move |_| smallest > 0.0);
        ratios.map(move |other| other.norm() / smallest)
    });
    ratios.fold(1.0, f64::max)
}

/// A sample's answer: what no order contributes, AND effects, OR effects.
type Answer<'a> = (f64, &'a [f64], &'a [f64]);

/// A statistic of the canonical answers, and the smallest and largest of all; of the others one to
/// every sample at a time.
fn spread(
    canonical: &[&Decomposition],
    others: &[Vec<Effects>],
    statistic: fn(&[Answer<'_>]) -> Vec<f64>,
) -> Vec<[f64; 3]> {
    let own: Vec<Answer<'_>> = canonical
        .iter()
        .map(|found| (constant(found), &*found.and, &*found.or))
        .collect();
    let mut found: Vec<[f64; 3]> = statistic(&own).into_iter().map(|x| [x; 3]).collect();
    for place in 0..OTHERS {
        let answers = canonical.iter().zip(others);
        let answers: Option<Vec<Answer<'_>>> = answers
            .map(|(found, others)| {
                let other = others.get(place)?;
                let noise = other.and.first().copied().unwrap_or(0.0);
                Some((found.baseline + noise, &*other.and, &*other.or))
            })
            .collect();
        for (all, x) in found
            .iter_mut()
            .zip(statistic(&answers.unwrap_or_default()))
        {
            *all = [all[0], all[1].min(x), all[2].max(x)];
        }
    }
    found
}

/// Shares of strength by order.
fn shares(answers: &[Answer<'_>]) -> Vec<f64> {
    let found = answers.iter();
    let found: Vec<SampleStrength> = found
        .map(|(_, and, or)| strength::of_effects(&[and, or], 0.0))
        .collect();
    let all: Vec<usize> = (0..found.len()).collect();
    let orders = found.first().map_or(0, |sample| sample.positive.len());
    strength::share(&found, &all).unwrap_or_else(|| vec![0.0; orders])
}

/// Mean losses with orders up to k.
fn losses(answers: &[Answer<'_>]) -> Vec<f64> {
    let mut sums: Vec<f64> = Vec::new();
    for (constant, and, or) in answers {
        let by_order = contribution::by_order(and, or);
        sums.resize(by_order.len() + 1, 0.0);
        for (k, sum) in sums.iter_mut().enumerate() {
            let output = contribution::output(*constant, &by_order, Cut::UpTo(k));
            *sum += contribution::loss(output) / answers.len() as f64;
        }
    }
    sums
}

fn instability(
    canonical: &[&Decomposition],
    others: &[Vec<Effects>],
    threshold: f64,
) -> Vec<Option<f64>> {
    let games = canonical.iter().zip(others);
    quotients(games.flat_map(|(found, others)| {
        let own = side(found, threshold);
        others.iter().map(move |other| {
            fate::instability(
                own,
                fate::Side {
                    and: &other.and,
                    or: &other.or,
                    threshold,
                },
            )
        })
    }))
}

fn in_words(record: &RunRecord) -> Option<String> {
    let (at, found) = table::parts::<OtherAnswers>(record).last()?;
    let epoch = record.checkpoints.get(at)?.losses.epoch;
    let low = found.loss_up_to.get(2)?;
    let shares: Vec<String> = found
        .share
        .iter()
        .take(4)
        .map(|[own, low, high]| format!("{own:.2} ({low:.2} to {high:.2})"))
        .collect();
    Some(format!(
        "{}, of {} test samples: shares of orders 1 to 4 {}, loss with orders 1 and 2 alone {:.3} ({:.3} to {:.3}) nats. In parentheses what {} other answers spread over whose L1 norms are at most {:.4} times the smallest; a spread is no bound.{}",
        caption::capitalized(&caption::at(epoch)),
        found.samples,
        shares.join(", "),
        low[0],
        low[1],
        low[2],
        found.answers,
        found.largest_norm,
        OtherAnswers::floor_in_words(record).unwrap_or_default()
    ))
}

/// Spreads: a row per checkpoint, statistic and order.
fn table(record: &RunRecord) -> Table {
    let mut rows: Vec<(usize, &'static str, usize, [f64; 3])> = Vec::new();
    for (checkpoint, found) in table::parts::<OtherAnswers>(record) {
        let shares = (1..).zip(found.share);
        rows.extend(shares.map(|(order, x)| (checkpoint, "share", order, x)));
        let losses = found.loss_up_to.into_iter().enumerate();
        rows.extend(losses.map(|(order, x)| (checkpoint, "loss up to, nats", order, x)));
        let floor = (1..).zip(found.instability);
        rows.extend(
            floor.filter_map(|(order, x)| Some((checkpoint, "instability", order, [x?; 3]))),
        );
    }
    at_checkpoints(
        Table::new("other_answers"),
        record,
        rows.iter().map(|row| row.0),
    )
    .text("statistic", rows.iter().map(|row| row.1))
    .integer("order", rows.iter().map(|row| row.2))
    .real("canonical", rows.iter().map(|row| row.3[0]))
    .real("smallest", rows.iter().map(|row| row.3[1]))
    .real("largest", rows.iter().map(|row| row.3[2]))
}
