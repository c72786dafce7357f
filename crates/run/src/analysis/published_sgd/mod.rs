//! The published SGD on the outputs of the test samples, beside their certified decompositions.

mod solvers;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    Error as MathError,
    bootstrap::Resamples,
    decompose::Decomposition,
    reference,
    strength::{self, StrengthByOrder},
};

use super::{
    Analysis, AtCheckpoint, Behind, Finding, Scope, Shown, Watch,
    all_effects::share_of_high_orders,
    rounds::{Rounds, mean, norms, strengths},
    samples::{of, resamples, test_outputs},
};
use crate::{
    Error, Experiment,
    experiment::{Schedule, Solver},
    figure::{Bars, Figure, Measured},
    record::{Group, Recorded, RunRecord, recorded},
    sweep::{Domain, Number},
    table::{self, Table, at_checkpoints},
};

/// The published SGD on the outputs of the test samples of one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedSgd {
    /// First learning rate.
    pub learning_rate: f64,
    /// How it goes on.
    #[serde(default)]
    pub schedule: Schedule,
    /// Steps.
    pub steps: usize,
    /// Strength by order of what it ended at, salient by the same threshold.
    pub strength: StrengthByOrder,
    /// Strength by order of what it ended at, no threshold.
    pub unthresholded: StrengthByOrder,
    /// Median over samples of its objective over the smallest norm found.
    pub objective_ratio: f64,
    /// Median over samples of the objective at its start, g = q = 0, over the smallest norm found.
    #[serde(default)]
    pub start_ratio: Option<f64>,
    /// The same in nats.
    #[serde(default)]
    pub norms: Option<Norms>,
    /// What other rates give, where that was asked.
    #[serde(default)]
    pub sweep: Vec<AtRate>,
}

/// L1 norms, means over the test samples, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Norms {
    /// The smallest found.
    pub smallest: f64,
    /// Where the published SGD starts.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
}

/// What the rate of the published SGD is in units of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum RateScale {
    /// Nats, as published.
    Absolute,
    /// |v(N) - v(empty)| of each sample.
    Change,
}

/// The published SGD with another rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AtRate {
    /// First learning rate, in units of `scale`.
    pub learning_rate: f64,
    /// What it is in units of.
    pub scale: RateScale,
    /// Mean L1 norm at its end, in nats.
    pub norm: f64,
    /// Median over samples of that over the smallest norm found.
    pub objective_ratio: f64,
    /// Mean order of all effects; `None` where there are none.
    pub mean_order: Option<f64>,
    /// Share of strength of orders 3 and above.
    pub share_of_order_3_and_more: Option<f64>,
    /// Strength by order of salient interactions.
    #[serde(default)]
    pub salient: Option<StrengthByOrder>,
}

impl Recorded for PublishedSgd {
    const NAME: &'static str = "published-sgd";
    const VERSION: u32 = 1;
}

/// The analysis.
pub(super) struct Published;

impl Shown for Published {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        solvers::figure(record).into_iter().collect()
    }
}

impl Analysis for Published {
    fn name(&self) -> &'static str {
        PublishedSgd::NAME
    }

    fn version(&self) -> u32 {
        PublishedSgd::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::TurningPoints]
    }

    /// A comparison with certified answers.
    fn applies(&self, experiment: &Experiment) -> bool {
        experiment.decomposition.solver == Solver::Certified
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<Value, Error> {
        recorded(&Some(compare(at, watch)?))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![rates(record)]
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let first = record.checkpoints.first();
        let sgd = first.and_then(|at| at.analyses.get::<PublishedSgd>());
        let shares = sgd.and_then(|sgd| sgd.unthresholded.share);
        let share = shares.and_then(|shares| share_of_high_orders(&shares));
        let number = share
            .map(|share| Number::new("published_share_first", share.value).within(Domain::SHARE));
        number.into_iter().collect()
    }

    fn behind(&self, _: &Figure, record: &RunRecord) -> Vec<Behind> {
        let shares = super::strengths::table(record);
        vec![
            Behind::new(
                "Shares of both as a table",
                shares.only(&[("group", "test"), ("effects", "all")]),
            ),
            Behind::new("Rates of the published SGD as a table", rates(record)),
        ]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = solvers::in_words(record).map(|text| Finding {
            about: "Published SGD",
            text,
        });
        finding.into_iter().collect()
    }
}

/// Strength by order of its salient interactions, at every measured checkpoint where it was run.
#[must_use]
pub fn published_bars(record: &RunRecord) -> Vec<Option<Bars>> {
    let bars = |at: Measured<'_>| {
        let sgd: PublishedSgd = at.part()?;
        Some(Bars::of(record, at, &sgd.strength))
    };
    Measured::all(record).map(bars).collect()
}

/// Rates that it is tried with.
const RATES: [f64; 5] = [1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/// What these rates are in units of.
const SCALES: [(RateScale, reference::RateScale); 2] = [
    (RateScale::Absolute, reference::RateScale::Absolute),
    (RateScale::Change, reference::RateScale::Change),
];

/// Outputs of the test samples, and what they were certified to.
struct Games<'a> {
    at: &'a AtCheckpoint<'a>,
    values: Vec<f64>,
    smallest: Vec<f64>,
    rounds: Rounds<'a>,
}

impl Games<'_> {
    fn decompose(
        &self,
        params: &reference::Params,
        round: usize,
    ) -> Result<Vec<Decomposition>, MathError> {
        let players = self.at.outputs.players;
        let watch = self.rounds.watch(round);
        let results = reference::decompose_batch(&self.values, players, params, &watch)?;
        results.into_iter().collect()
    }
}

fn compare(at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<PublishedSgd, Error> {
    let experiment = at.experiment;
    let rates = if experiment.decomposition.sgd_sweep {
        RATES.len() * SCALES.len()
    } else {
        0
    };
    let test = of(at.samples, at.decompositions, Group::Test);
    let games = Games {
        at,
        values: test_outputs(at.samples, at.outputs),
        smallest: test.map(|(_, d)| d.certificate.smallest_norm).collect(),
        rounds: Rounds::new(1 + rates, watch),
    };
    let found = games.decompose(&experiment.decomposition.published_sgd(), 0)?;
    let resamples = resamples(experiment);
    let by_order = |threshold| strength::by_order(&strengths(&found, threshold), &resamples);
    let starts: Vec<f64> = games
        .values
        .chunks_exact(1 << at.outputs.players)
        .map(reference::start_norm)
        .collect::<Result<_, _>>()?;
    let ends = norms(&found);
    let sweep = if experiment.decomposition.sgd_sweep {
        sweep(&games)?
    } else {
        Vec::new()
    };
    Ok(PublishedSgd {
        learning_rate: experiment.decomposition.sgd_learning_rate,
        schedule: experiment.decomposition.sgd_schedule,
        steps: experiment.decomposition.sgd_steps,
        strength: by_order(at.summary.threshold),
        unthresholded: by_order(0.0),
        objective_ratio: median_ratio(&ends, &games.smallest),
        start_ratio: Some(median_ratio(&starts, &games.smallest)),
        norms: Some(Norms {
            smallest: mean(&games.smallest),
            start: mean(&starts),
            end: mean(&ends),
        }),
        sweep,
    })
}

/// At other rates, in nats and in units of |v(N) - v(empty)|.
fn sweep(games: &Games<'_>) -> Result<Vec<AtRate>, Error> {
    let rates = SCALES
        .into_iter()
        .flat_map(|scale| RATES.map(|rate| (scale, rate)));
    let at_rate = |(round, (scale, rate))| at_rate(games, scale, rate, round);
    (1..).zip(rates).map(at_rate).collect()
}

fn at_rate(
    games: &Games<'_>,
    (scale, rate_scale): (RateScale, reference::RateScale),
    learning_rate: f64,
    round: usize,
) -> Result<AtRate, Error> {
    let experiment = games.at.experiment;
    let params = reference::Params {
        learning_rate,
        rate_scale,
        ..experiment.decomposition.published_sgd()
    };
    let found = games.decompose(&params, round)?;
    let ends = norms(&found);
    let all = strengths(&found, 0.0);
    let salient = strengths(&found, games.at.summary.threshold);
    let none = Resamples::new(0, 0);
    let share = strength::share_of_high_orders(&all, &none);
    Ok(AtRate {
        learning_rate,
        scale,
        norm: mean(&ends),
        objective_ratio: median_ratio(&ends, &games.smallest),
        mean_order: strength::by_order(&all, &none).mean_order.map(|m| m.value),
        share_of_order_3_and_more: share.map(|share| share.value),
        salient: Some(strength::by_order(&salient, &resamples(experiment))),
    })
}

/// Median of the ratios that are finite; 1 where none is.
fn median_ratio(values: &[f64], smallest: &[f64]) -> f64 {
    let pairs = values.iter().zip(smallest);
    let mut ratios: Vec<f64> = pairs.map(|(value, smallest)| value / smallest).collect();
    ratios.retain(|ratio| ratio.is_finite());
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
}

/// The published SGD with other rates: a row per checkpoint, scale and rate.
fn rates(record: &RunRecord) -> Table {
    let rows: Vec<(usize, AtRate)> = table::parts(record)
        .flat_map(|(checkpoint, sgd): (usize, PublishedSgd)| {
            let sweep = sgd.sweep.into_iter();
            sweep.map(move |row| (checkpoint, row))
        })
        .collect();
    let scale = |row: &(usize, AtRate)| match row.1.scale {
        RateScale::Absolute => "absolute".to_owned(),
        RateScale::Change => "change".to_owned(),
    };
    at_checkpoints(
        Table::new("published_rates"),
        record,
        rows.iter().map(|row| row.0),
    )
    .text("scale", rows.iter().map(scale))
    .real("learning_rate", rows.iter().map(|row| row.1.learning_rate))
    .real("norm_nats", rows.iter().map(|row| row.1.norm))
    .real(
        "objective_ratio",
        rows.iter().map(|row| row.1.objective_ratio),
    )
    .real("mean_order", rows.iter().map(|row| row.1.mean_order))
    .real(
        "share_of_order_3_and_more",
        rows.iter().map(|row| row.1.share_of_order_3_and_more),
    )
}
