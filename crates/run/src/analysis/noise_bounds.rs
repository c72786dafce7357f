//! What the choice of the noise bound does: all interactions at several bounds.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    Error as MathError,
    bootstrap::Estimate,
    decompose::{self, Decomposition},
    strength::{self, StrengthByOrder},
};

use super::{
    Analysis, AtCheckpoint, Finding, Scope, Shown, Watch,
    rounds::{self, Rounds},
    samples::{resamples, test_outputs},
};
use crate::{
    Error, Experiment,
    experiment::{NoiseScale, Solver},
    figure::{
        BarPanel, BarPanels, Figure, FigureKind, Measured, ORDER, SHARE, Series, Tone,
        caption::{self, number},
        numbers::setting,
        orders,
    },
    record::{Recorded, RunRecord, recorded},
    sweep::{Domain, Number},
    table::{self, Table, at_checkpoints, estimates},
};

/// Noise bounds that all effects are looked at with, in units of the experiment's noise scale.
const NOISE_RATIOS: [f64; 4] = [0.0, 0.005, 0.02, 0.05];

/// All interactions of the test samples at another noise bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AtNoise {
    /// Noise bound in units of the experiment's noise scale.
    pub noise_ratio: f64,
    /// Mean L1 norm of the decompositions, in nats.
    pub norm: f64,
    /// Strength by order, no threshold.
    pub strength: StrengthByOrder,
    /// Strength by order of salient interactions.
    #[serde(default)]
    pub salient: Option<StrengthByOrder>,
    /// Share of strength of orders 3 and above; `None` where there are no effects.
    pub share_of_order_3_and_more: Option<Estimate>,
}

/// All interactions of the test samples at other noise bounds, the smallest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoiseBounds(pub Vec<AtNoise>);

impl Recorded for NoiseBounds {
    const NAME: &'static str = "noise-bounds";
    const VERSION: u32 = 1;
}

/// The analysis.
pub(super) struct Bounds;

impl Shown for Bounds {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        figure(record).into_iter().collect()
    }
}

impl Analysis for Bounds {
    fn name(&self) -> &'static str {
        NoiseBounds::NAME
    }

    fn version(&self) -> u32 {
        NoiseBounds::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::TurningPoints]
    }

    /// A comparison of certified answers.
    fn applies(&self, experiment: &Experiment) -> bool {
        experiment.decomposition.solver == Solver::Certified
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<Value, Error> {
        recorded(&Some(NoiseBounds(compare(at, watch)?)))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let first = record.checkpoints.first();
        let rows = first.and_then(|at| at.analyses.get::<NoiseBounds>());
        let exact = rows.and_then(|NoiseBounds(rows)| {
            let exact = rows.into_iter().find(|row| row.noise_ratio == 0.0)?;
            exact.share_of_order_3_and_more
        });
        let number = exact.map(|share| {
            Number::estimate("share_first_without_noise", share).within(Domain::SHARE)
        });
        number.into_iter().collect()
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let text = if record.experiment.decomposition.noise_ratio == 0.0 {
            Some("No noise is allowed (noise ratio 0): every output is matched, rounding included, so that effects down to the rounding noise are part of every statistic without a threshold.".into())
        } else {
            figure(record).map(|figure| figure.caption)
        };
        let finding = text.map(|text| Finding {
            about: "Noise bound",
            text,
        });
        finding.into_iter().collect()
    }
}

/// How much of what is seen depends on the noise bound.
fn compare(at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<Vec<AtNoise>, Error> {
    let (experiment, players) = (at.experiment, at.outputs.players);
    let values = test_outputs(at.samples, at.outputs);
    let resamples = resamples(experiment);
    let rounds = Rounds::new(NOISE_RATIOS.len(), watch);
    let with = |(round, noise_ratio)| {
        let params = decompose::Params {
            noise_ratio,
            ranges: false,
            ..experiment.decomposition.params()
        };
        let results = decompose::decompose_batch(&values, players, &params, &rounds.watch(round))?;
        let found = results.into_iter().map(|result| match result {
            Err(MathError::NotConverged { decomposition, .. }) => Ok(*decomposition),
            result => result,
        });
        let found: Vec<Decomposition> = found.collect::<Result<_, _>>()?;
        let all = rounds::strengths(&found, 0.0);
        let salient = rounds::strengths(&found, at.summary.threshold);
        Ok(AtNoise {
            noise_ratio,
            norm: rounds::mean(&rounds::norms(&found)),
            strength: strength::by_order(&all, &resamples),
            salient: Some(strength::by_order(&salient, &resamples)),
            share_of_order_3_and_more: strength::share_of_high_orders(&all, &resamples),
        })
    };
    NOISE_RATIOS.into_iter().enumerate().map(with).collect()
}

/// The noise bounds that were tried; `None` where none were.
fn figure(record: &RunRecord) -> Option<Figure> {
    let shown = Measured::turning_points::<NoiseBounds>(record);
    let (_, NoiseBounds(first)) = shown.first()?;
    let series = first.iter().enumerate().map(|(place, row)| Series {
        name: format!("τ = {}", setting(row.noise_ratio)),
        tone: Tone::Ordered(place),
    });
    let shares = shown.iter().flat_map(|(_, NoiseBounds(rows))| rows);
    let count = shares
        .filter_map(|row| Some(row.strength.share.as_ref()?.len()))
        .max()
        .unwrap_or(0);
    let data = BarPanels {
        x: ORDER,
        y: SHARE,
        categories: orders(count),
        series: series.collect(),
        overlay: None,
        panels: shown.iter().map(|at| panel(record, at)).collect(),
    };
    Some(Figure {
        name: "noise-bounds",
        title: "All interactions at several noise bounds".into(),
        caption: in_words(record, &shown, first),
        kind: FigureKind::Bars(data),
    })
}

fn in_words(
    record: &RunRecord,
    shown: &[(Measured<'_>, NoiseBounds)],
    first: &[AtNoise],
) -> String {
    let order = |row: &AtNoise| match row.strength.mean_order {
        Some(order) => format!("{:.2}", order.value),
        None => "no effects".into(),
    };
    let sentences = first.iter().enumerate().map(|(place, row)| {
        let orders = shown
            .iter()
            .filter_map(|(_, NoiseBounds(rows))| rows.get(place))
            .map(order);
        format!(
            "{}: {}",
            number(row.noise_ratio),
            orders.collect::<Vec<_>>().join(", ")
        )
    });
    let when: Vec<String> = shown
        .iter()
        .map(|(at, _)| caption::when(at.epoch))
        .collect();
    let scale = match record.experiment.decomposition.noise_scale {
        NoiseScale::Change => "|v(N) − v(∅)|",
        NoiseScale::Deviation => "the standard deviation of v",
    };
    let exact = if first.iter().any(|row| row.noise_ratio == 0.0) {
        " At 0 every output is matched, rounding noise included."
    } else {
        ""
    };
    format!(
        "Mean order of all interactions ({}) by noise bound, in units of {scale}: {}.{exact} All by the canonical answer; \
         samples, players and seed are held fixed.",
        when.join(", "),
        sentences.collect::<Vec<_>>().join("; ")
    )
}

fn panel(record: &RunRecord, (at, NoiseBounds(rows)): &(Measured<'_>, NoiseBounds)) -> BarPanel {
    let means = rows.iter().filter_map(|row| row.strength.mean_order);
    let means: Vec<String> = means.map(|order| format!("{:.1}", order.value)).collect();
    BarPanel {
        title: at.title(record),
        note: format!("mean order {}", means.join(", ")),
        bars: rows.iter().map(|row| row.strength.share.clone()).collect(),
        overlay: None,
    }
}

/// All interactions of the test samples at other noise bounds: a row per checkpoint and bound.
fn table(record: &RunRecord) -> Table {
    let rows: Vec<(usize, AtNoise)> = table::parts(record)
        .flat_map(|(checkpoint, NoiseBounds(rows))| {
            rows.into_iter().map(move |row| (checkpoint, row))
        })
        .collect();
    let table = at_checkpoints(
        Table::new("noise_bounds"),
        record,
        rows.iter().map(|row| row.0),
    )
    .real("noise_ratio", rows.iter().map(|row| row.1.noise_ratio))
    .real("norm_nats", rows.iter().map(|row| row.1.norm));
    let table = estimates(
        table,
        "mean_order",
        "",
        rows.iter().map(|row| row.1.strength.mean_order),
    );
    let share = rows.iter().map(|row| row.1.share_of_order_3_and_more);
    estimates(table, "share_of_order_3_and_more", "", share)
}
