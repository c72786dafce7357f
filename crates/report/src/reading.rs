//! What several figures need of a run beyond its figure data.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::{
    figure::{self, Bars},
    record::RunRecord,
};

use crate::draw::Scale;

/// The network's name.
pub(crate) fn network(run: &RunRecord) -> &'static str {
    run.experiment.training.model.title()
}

/// The data set's name.
pub(crate) fn data(run: &RunRecord) -> &str {
    run.data_name()
}

/// The network on its data.
pub(crate) fn subject(run: &RunRecord) -> String {
    format!("{} on {}", network(run), data(run))
}

/// The epoch axis of one or more runs: 0 lies on it, and the first epoch is spread as the
/// checkpoints within it ask for.
pub(crate) fn epoch_scale<'a>(
    runs: impl IntoIterator<Item = &'a RunRecord>,
    range: [f64; 2],
) -> Scale {
    let epochs: Vec<f64> = runs
        .into_iter()
        .flat_map(|run| figure::losses(run).epochs)
        .collect();
    scale_of(&epochs, range)
}

/// As [`epoch_scale`], of epochs from elsewhere.
pub(crate) fn scale_of(epochs: &[f64], range: [f64; 2]) -> Scale {
    let positive = epochs
        .iter()
        .copied()
        .filter(|epoch| *epoch > 0.0 && epoch.is_finite());
    let first = positive.clone().fold(f64::INFINITY, f64::min);
    Scale::symlog(
        if first.is_finite() { first } else { 1.0 },
        positive.fold(0.0, f64::max),
        range,
    )
}

/// J_pos - J_neg over all orders, in nats.
pub(crate) fn total(bars: &Bars) -> f64 {
    let sum = |estimates: &[Estimate]| estimates.iter().map(|estimate| estimate.value).sum::<f64>();
    sum(&bars.positive) - sum(&bars.negative)
}

/// A title in words with a capital letter, and what follows its comma.
pub(crate) fn heading(title: &str) -> (String, &str) {
    let (when, note) = title.split_once(", ").unwrap_or((title, ""));
    let mut letters = when.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    (first + letters.as_str(), note)
}

/// Smallest and largest finite value.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let finite = values.filter(|value| value.is_finite());
    finite.fold(None, |extent, value| {
        let [low, high] = extent.unwrap_or([value, value]);
        Some([low.min(value), high.max(value)])
    })
}

/// Value and both ends of every estimate.
pub(crate) fn ends<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> impl Iterator<Item = f64> {
    estimates.flat_map(|e| [e.low, e.value, e.high])
}
