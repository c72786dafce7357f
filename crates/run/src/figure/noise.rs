//! What the choice of the noise bound does: all interactions at several bounds.

use serde::Serialize;
use spindle_interactions::bootstrap::Estimate;

use super::{
    Axis, Measured, ORDER, SHARE,
    caption::{self, number},
    measured, three, title,
};
use crate::{
    experiment::NoiseScale,
    record::{AtNoise, RunRecord},
};

/// Shares of strength by order at one noise bound, no threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NoiseRow {
    /// Noise bound in units of the noise scale.
    pub noise_ratio: f64,
    /// Shares, index order - 1; `None` when all effects are 0.
    pub share: Option<Vec<Estimate>>,
    /// Mean order.
    pub mean_order: Option<Estimate>,
}

/// All noise bounds at one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NoisePanel {
    /// When that is, in words.
    pub title: String,
    /// A row a noise bound, the smallest first.
    pub rows: Vec<NoiseRow>,
}

/// Several noise bounds at up to three checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NoiseBounds {
    /// Axis of the orders.
    pub x: Axis,
    /// Axis of the shares.
    pub y: Axis,
    /// Before training, where orders are lowest, at the end.
    pub panels: Vec<NoisePanel>,
    /// What is seen.
    pub caption: String,
}

/// The noise bounds that were tried; `None` where none were.
#[must_use]
pub fn noise_bounds(record: &RunRecord) -> Option<NoiseBounds> {
    let tried: Vec<_> = measured(record)
        .filter(|at| !at.analysis.by_noise.is_empty())
        .collect();
    let shown = three(record, &tried);
    let first = shown.first()?;
    let ratios: Vec<f64> = first
        .analysis
        .by_noise
        .iter()
        .map(|row| row.noise_ratio)
        .collect();
    let sentences = (0..ratios.len()).map(|row| {
        let orders = shown
            .iter()
            .filter_map(|at| at.analysis.by_noise.get(row))
            .map(in_words);
        format!(
            "{}: {}",
            number(ratios[row]),
            orders.collect::<Vec<_>>().join(", ")
        )
    });
    let when: Vec<String> = shown.iter().map(|at| caption::when(at.epoch)).collect();
    let scale = match record.experiment.decomposition.noise_scale {
        NoiseScale::Change => "|v(N) − v(∅)|",
        NoiseScale::Deviation => "the standard deviation of v",
    };
    let exact = if ratios.contains(&0.0) {
        " At 0 every output is matched, rounding noise included."
    } else {
        ""
    };
    let caption = format!(
        "Mean order of all interactions ({}) by noise bound, in units of {scale}: {}.{exact} All by the canonical answer; \
         samples, players and seed are held fixed.",
        when.join(", "),
        sentences.collect::<Vec<_>>().join("; ")
    );
    Some(NoiseBounds {
        x: ORDER,
        y: SHARE,
        panels: shown.iter().map(|at| panel(record, at)).collect(),
        caption,
    })
}

fn in_words(row: &AtNoise) -> String {
    let order = row.strength.mean_order;
    order.map_or("no effects".into(), |order| format!("{:.2}", order.value))
}

fn panel(record: &RunRecord, at: &Measured<'_>) -> NoisePanel {
    let row = |row: &AtNoise| NoiseRow {
        noise_ratio: row.noise_ratio,
        share: row.strength.share.clone(),
        mean_order: row.strength.mean_order,
    };
    NoisePanel {
        title: title(record, at.checkpoint, at.epoch),
        rows: at.analysis.by_noise.iter().map(row).collect(),
    }
}
