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
    /// Median over samples of the SGD's objective over the certified one.
    pub objective_ratio: f64,
}

/// Both solvers at up to three checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Solvers {
    /// Axis of the orders.
    pub x: Axis,
    /// Axis of the shares.
    pub y: Axis,
    /// Before training, at the boundary, at the end.
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
            })
        })
        .collect();
    let ratios: Vec<_> = panels
        .iter()
        .map(|panel| {
            format!(
                "{} ({})",
                number(panel.objective_ratio),
                caption::when(panel.epoch)
            )
        })
        .collect();
    let caption = format!(
        "The published SGD ({} steps, learning rate {}) ends at these multiples of the certified L1 norm, median over samples: {}. \
         Shares of all interactions by order, no threshold.",
        sgd.steps,
        number(sgd.learning_rate),
        ratios.join(", ")
    );
    Some(Solvers {
        x: ORDER,
        y: SHARE,
        panels,
        caption,
    })
}
