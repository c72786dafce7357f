//! The certified optimum beside the published SGD on the same outputs.

use serde::Serialize;
use spindle_interactions::bootstrap::Estimate;

use super::{
    Axis, Bars, Measured, ORDER, SHARE,
    caption::{self, number},
    measured, three, title,
};
use crate::record::RunRecord;

/// Shares of strength by order from both solvers at one checkpoint, no threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SolverPanel {
    /// Epochs done.
    pub epoch: f64,
    /// When that is, in words.
    pub title: String,
    /// Shares of the certified optimum, index order - 1; `None` when all effects are 0.
    pub certified: Option<Vec<Estimate>>,
    /// Shares of what the published SGD ended at.
    pub published_sgd: Option<Vec<Estimate>>,
    /// Median over samples of the SGD's objective over the smallest norm found.
    pub objective_ratio: f64,
    /// The same of the objective at its start; none in runs before there was that.
    pub start_ratio: Option<f64>,
}

/// Both solvers at up to three checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Solvers {
    /// Axis of the orders.
    pub x: Axis,
    /// Axis of the shares.
    pub y: Axis,
    /// Before training, where orders are lowest, at the end.
    pub panels: Vec<SolverPanel>,
    /// What is seen.
    pub caption: String,
}

/// Strength by order of the published SGD's salient interactions, at every measured checkpoint where it was run.
#[must_use]
pub fn published_sgd(record: &RunRecord) -> Vec<Option<Bars>> {
    let bars = |at: Measured<'_>| {
        let sgd = at.analysis.published_sgd.as_ref()?;
        Some(Bars::of(record, at, &sgd.strength))
    };
    measured(record).map(bars).collect()
}

/// Both solvers; `None` where the published SGD was not run.
#[must_use]
pub fn solvers(record: &RunRecord) -> Option<Solvers> {
    let compared: Vec<_> = measured(record)
        .filter(|at| at.analysis.published_sgd.is_some())
        .collect();
    let sgd = compared.first()?.analysis.published_sgd.as_ref()?;
    let panels: Vec<_> = three(record, &compared)
        .into_iter()
        .filter_map(|at| {
            let sgd = at.analysis.published_sgd.as_ref()?;
            Some(SolverPanel {
                epoch: at.epoch,
                title: title(record, at.checkpoint, at.epoch),
                certified: at.analysis.unthresholded.share.clone(),
                published_sgd: sgd.unthresholded.share.clone(),
                objective_ratio: sgd.objective_ratio,
                start_ratio: sgd.start_ratio,
            })
        })
        .collect();
    let of_panels = |ratio: fn(&SolverPanel) -> Option<f64>| -> Option<String> {
        let words = |panel: &SolverPanel| {
            Some(format!(
                "{} ({})",
                number(ratio(panel)?),
                caption::when(panel.epoch)
            ))
        };
        let words: Option<Vec<String>> = panels.iter().map(words).collect();
        Some(words?.join(", "))
    };
    let ends = of_panels(|panel| Some(panel.objective_ratio)).unwrap_or_default();
    let starts = of_panels(|panel| panel.start_ratio)
        .map(|starts| format!(" Its start, where no step was done, stands at {starts}."))
        .unwrap_or_default();
    let nats: Option<Vec<String>> = three(record, &compared)
        .iter()
        .map(|at| {
            let norms = at.analysis.published_sgd.as_ref()?.norms?;
            let [smallest, start, end] = [norms.smallest, norms.start, norms.end].map(number);
            Some(format!(
                "{smallest}, {start}, {end} ({})",
                caption::when(at.epoch)
            ))
        })
        .collect();
    let nats = nats
        .map(|nats| {
            format!(
                " In nats, means of the optimum, the start and the end: {}.",
                nats.join("; ")
            )
        })
        .unwrap_or_default();
    let caption = format!(
        "The published SGD ({} steps, learning rate {}, {}) ends at these multiples of the smallest L1 norm, median over samples: {ends}.{starts}{nats} \
         Shares of all interactions by order, no threshold; the certified ones are those of the canonical answer.",
        sgd.steps,
        number(sgd.learning_rate),
        sgd.schedule.in_words(),
    );
    Some(Solvers {
        x: ORDER,
        y: SHARE,
        panels,
        caption,
    })
}
