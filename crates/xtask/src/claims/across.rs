//! What all runs say together.

use spindle_run::{
    analysis::phases,
    record::{Opening, RunRecord},
};

use super::{format, runs::Run, table::Claims};

/// `phases-table`, and at how many runs the turn and the onset of the loss gap coincide.
pub(super) fn put(claims: &mut Claims, runs: &[Run]) -> anyhow::Result<()> {
    claims.put("phases-table", table(runs))?;
    let lags: Vec<_> = runs
        .iter()
        .filter_map(|run| run.record.analyses.get::<Opening>()?.lag)
        .collect();
    let coincide = lags
        .iter()
        .filter(|lag| lag.low <= 0.0 && 0.0 <= lag.high)
        .count();
    claims.put("runs.coincide", coincide.to_string())?;
    claims.put("runs.with-both", lags.len().to_string())?;
    let verdicts = runs.iter().filter_map(|run| run.record.boundary());
    claims.put("runs.two-phases", verdicts.count().to_string())?;
    claims.put("runs.count", runs.len().to_string())
}

/// A row for every run, by the statistic that decides on its phases.
fn table(runs: &[Run]) -> String {
    let mut lines = vec![
        "| run | statistic | before training, lowest, end | falls by, in every answer by | rises by, in every answer by | boundary | loss gap opens |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(runs.iter().filter_map(|run| row(&run.record)));
    lines.join("\n")
}

fn row(record: &RunRecord) -> Option<String> {
    let first = record.deciding_phases()?;
    let at = |position: usize| {
        let summary = record.checkpoints.get(position)?.summary.as_ref()?;
        phases::of_all(&summary.all_effects, first.statistic).map(phases::ranged)
    };
    let moments: Vec<String> = record.turning_points().into_iter().filter_map(at).collect();
    let change = |change: Option<spindle_interactions::phase::Change>| {
        let Some(change) = change else {
            return String::new();
        };
        let least = change
            .least
            .map_or_else(|| "not computed".to_owned(), phases::interval);
        format!("{}, {least}", phases::interval(change.answer))
    };
    let epoch = |index: usize| Some(format::epoch(record.checkpoints.get(index)?.losses.epoch));
    let gap = record.gap_onset().and_then(|onset| {
        Some(format!(
            "{} [{}, {}]",
            epoch(onset.index)?,
            epoch(onset.low)?,
            epoch(onset.high)?
        ))
    });
    Some(format!(
        "| {} on {} | {} | {} | {} | {} | {} | {} |",
        record.experiment.training.model.title(),
        record.data_name(),
        phases::name(first.statistic),
        moments.join(" → "),
        change(first.fall),
        change(first.rise),
        phases::verdict_in_short(record)?,
        gap.unwrap_or_else(|| "not found".into())
    ))
}
