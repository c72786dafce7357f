//! What a run says of its phases and of its loss gap, in sentences. Report, page, tables and terminal take them from here.

use spindle_interactions::{
    bootstrap::Estimate,
    decompose::Statistic,
    phase::{Change, KEPT, LossGap, MARGIN, Phases, SMALLEST_SAMPLE, Verdict},
};

use super::{
    boundary,
    caption::{self, number},
    gap_onset, mark,
};
use crate::record::{AllEffects, Group, RangedEstimate, RunRecord};

/// What brackets and parentheses of [`numbers`] are.
pub const RANGES: &str = "In brackets: 95 % over the test samples; in parentheses: certified for every decomposition of these samples whose L1 norm is \
     within 0.5 % of the smallest. Both hold seed, players and noise bound fixed.";

/// A statistic in words.
#[must_use]
pub const fn name(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::MeanOrder => "mean order",
        Statistic::ShareOfHighOrders => "share of orders of 3 and more",
    }
}

/// What of all effects it is.
#[must_use]
pub fn value(all: &AllEffects, statistic: Statistic) -> Option<RangedEstimate> {
    match statistic {
        Statistic::MeanOrder => all.mean_order,
        Statistic::ShareOfHighOrders => all.share_of_order_3_and_more,
    }
}

/// `0.48 [0.43, 0.53] (0.46 to 0.56)`
#[must_use]
pub fn ranged(found: RangedEstimate) -> String {
    let RangedEstimate {
        value,
        low,
        high,
        lowest,
        highest,
    } = found;
    let sampled = interval(Estimate { value, low, high });
    match (lowest, highest) {
        (Some(lowest), Some(highest)) => format!("{sampled} ({lowest:.2} to {highest:.2})"),
        _ => sampled,
    }
}

/// `0.48 [0.43, 0.53]`
#[must_use]
pub fn interval(Estimate { value, low, high }: Estimate) -> String {
    let [value, low, high] = [value, low, high].map(hundredths);
    format!("{value} [{low}, {high}]")
}

/// Two decimals; what rounds to 0 has no sign.
fn hundredths(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" { "0.00".into() } else { text }
}

/// The statistics of a run, first the one that decides.
#[must_use]
pub fn statistics(record: &RunRecord) -> Vec<Statistic> {
    let phases = record.dynamics.iter().flat_map(|dynamics| &dynamics.phases);
    let found: Vec<Statistic> = phases.map(|phases| phases.statistic).collect();
    if found.is_empty() {
        vec![Statistic::ShareOfHighOrders, Statistic::MeanOrder]
    } else {
        found
    }
}

/// A statistic of all effects before training, where it is smallest and at the end; `None` where nothing was measured.
#[must_use]
pub fn numbers(record: &RunRecord, statistic: Statistic) -> Option<String> {
    let at = |position: usize| {
        let checkpoint = record.checkpoints.get(position)?;
        let found = value(&checkpoint.analysis.as_ref()?.all_effects, statistic)?;
        Some(format!(
            "{} {}",
            ranged(found),
            caption::at(checkpoint.losses.epoch)
        ))
    };
    let found: Vec<String> = record.turning_points().into_iter().filter_map(at).collect();
    (!found.is_empty()).then(|| format!("The {} is {}.", name(statistic), found.join(", ")))
}

/// Whether there are two phases, and if not, what is missing; `None` where it was not looked at.
#[must_use]
pub fn verdict(record: &RunRecord) -> Option<String> {
    let phases = record.dynamics.as_ref()?.first()?;
    let text = match (phases.verdict, phases.fall, phases.rise) {
        (Verdict::TwoPhases, Some(fall), Some(rise)) => format!(
            "Two phases, with the boundary at {}{}: the {} falls by {} and rises by {}{}.",
            caption::interval(boundary(record)?.epochs()),
            beside(record, phases.lowest?.index).unwrap_or_default(),
            name(phases.statistic),
            interval(fall.answer),
            interval(rise.answer),
            least(&fall, &rise)
        ),
        (Verdict::InOurAnswerOnly, Some(fall), Some(rise)) => format!(
            "Phases are not distinguishable: the {} falls by {} and rises by {} in the canonical answer{}.",
            name(phases.statistic),
            interval(fall.answer),
            interval(rise.answer),
            least(&fall, &rise)
        ),
        (verdict, Some(fall), Some(rise)) => format!(
            "Phases are not distinguishable: {} (the {} falls by {} and rises by {}).",
            missing(verdict),
            name(phases.statistic),
            interval(fall.answer),
            interval(rise.answer)
        ),
        _ => too_few(record, phases),
    };
    Some(text)
}

/// The verdict in a few words, for a table: where the boundary is, or why there is none.
#[must_use]
pub fn verdict_in_short(record: &RunRecord) -> Option<String> {
    let phases = record.dynamics.as_ref()?.first()?;
    let text = match phases.verdict {
        Verdict::TwoPhases => caption::bare_interval(boundary(record)?.epochs()),
        Verdict::InOurAnswerOnly => "not distinguishable: in the canonical answer only".into(),
        Verdict::TooFew => "too little to tell".into(),
        verdict => format!("not distinguishable: {}", missing(verdict)),
    };
    Some(text)
}

/// Between two checkpoints nothing is known: an interval of one checkpoint is as wide as the way to its neighbours.
fn beside(record: &RunRecord, index: usize) -> Option<String> {
    let epoch = |index: usize| Some(caption::epoch(record.checkpoints.get(index)?.losses.epoch));
    let (before, after) = (epoch(index.checked_sub(1)?)?, epoch(index + 1)?);
    Some(format!(
        " (the checkpoints beside it: {before} and {after})"
    ))
}

const fn missing(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::OnlyAFall => "no rise beyond its interval",
        Verdict::OnlyARise => "no fall beyond its interval",
        _ => "neither a fall nor a rise beyond its interval",
    }
}

/// What of both changes is in every near-optimal answer.
fn least(fall: &Change, rise: &Change) -> String {
    match (fall.least, rise.least) {
        (Some(fall), Some(rise)) => format!(
            "; in every decomposition that is nearly as sparse by at least {} and {}",
            interval(fall),
            interval(rise)
        ),
        _ => "; ranges over other decompositions were not computed".into(),
    }
}

fn too_few(record: &RunRecord, phases: &Phases) -> String {
    let samples = record
        .samples
        .iter()
        .filter(|sample| sample.group == Group::Test)
        .count();
    if phases.lowest.is_none() {
        return "There is nothing to tell phases from: no interactions.".into();
    }
    if record.checkpoints.len() >= 3 && samples >= SMALLEST_SAMPLE {
        return "Phases cannot be told: at some checkpoints there are no interactions, the network's output does not depend on the mask.".into();
    }
    format!(
        "Too little to tell phases from: {} checkpoints of {samples} test samples, where 3 of {SMALLEST_SAMPLE} are needed.",
        record.checkpoints.len()
    )
}

/// The loss gap, the smallest test loss and the time from the boundary to the gap's onset; `None` where it was not looked at.
#[must_use]
pub fn loss_gap(record: &RunRecord) -> Option<String> {
    let dynamics = record.dynamics.as_ref()?;
    let gap = dynamics.loss_gap?;
    if !gap.has_learnt {
        return Some("Of the loss gap nothing is said: the test loss never comes below that of an answer which does not look at its input, so the network has learnt nothing.".into());
    }
    let samples = if record.knows_right_labels() {
        "training samples whose label is right"
    } else {
        "all training samples, since the run does not say which labels were reset"
    };
    let rule = format!(
        "on {samples}, {MARGIN} standard errors above its minimum so far, for {KEPT} checkpoints in a row"
    );
    let opens = match gap_onset(record) {
        Some(mark) => format!(
            "The loss gap opens at {} ({rule}){}.",
            caption::interval(mark.epochs()),
            dynamics.lag.map(lag).unwrap_or_default()
        ),
        None => format!("The loss gap does not open within this run ({rule})."),
    };
    Some(format!(
        "{opens}{}",
        minimum(record, &gap).unwrap_or_default()
    ))
}

fn lag(lag: Estimate) -> String {
    let [value, low, high] = [lag.value, lag.low, lag.high].map(caption::epoch);
    format!(", {value} [{low}, {high}] epochs after the boundary")
}

fn minimum(record: &RunRecord, gap: &LossGap) -> Option<String> {
    let found = gap.test_minimum?;
    let losses = record.checkpoints.get(found.index)?.losses;
    let last = record.checkpoints.last()?.losses;
    let smallest = mark::epochs(record, found)?;
    Some(format!(
        " The test loss is smallest, {} nats, at {}, with {:.1} % right; at the end it is {} with {:.1} %.",
        number(losses.test_loss),
        caption::interval(smallest),
        100.0 * losses.test_accuracy,
        number(last.test_loss),
        100.0 * last.test_accuracy
    ))
}
