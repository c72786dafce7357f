//! Whether a run has two phases, where their boundary is, and how that is said. Report, page,
//! tables and terminal take the sentences from here.

use serde::Serialize;
use serde_json::Value;
use spindle_interactions::{
    bootstrap::Estimate,
    decompose::{RangeBounds, Statistic},
    phase::{self, Change, Measured, Onset, SMALLEST_SAMPLE, Verdict},
};

use super::{Analysis, OfRun, Scope, Shown, samples::resamples};
use crate::{
    Error,
    figure::{self, caption},
    record::{
        AllEffects, CheckpointRecord, Group, Phases, RangedEstimate, Recorded, RunRecord,
        SampleRecord, recorded,
    },
    sweep::{Domain, Number},
    table::{Table, estimates},
};

/// The analysis.
pub(super) struct TwoPhases;

impl Shown for TwoPhases {}

impl Analysis for TwoPhases {
    fn name(&self) -> &'static str {
        Phases::NAME
    }

    fn version(&self) -> u32 {
        Phases::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Run]
    }

    fn of_run(&self, run: &OfRun<'_>) -> Result<Value, Error> {
        recorded(&Some(find(run).0))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let mut numbers = at_turning_points(record);
        if let Some(phases) = record.deciding_phases() {
            let changes = [("fall", phases.fall), ("rise", phases.rise)];
            let changes = changes.into_iter();
            numbers.extend(
                changes.filter_map(|(name, change)| Some(Number::estimate(name, change?.answer))),
            );
            let are_two = phases.verdict == Verdict::TwoPhases;
            let are_two = Number::new("has_two_phases", f64::from(u8::from(are_two)));
            numbers.push(are_two.within(Domain::SHARE));
        }
        let boundary = figure::boundary(record);
        numbers.extend(boundary.map(|mark| Number::from_mark("boundary_epoch", &mark)));
        numbers
    }
}

/// Both statistics of all effects before training, at the deciding one's smallest and at the end.
fn at_turning_points(record: &RunRecord) -> Vec<Number> {
    let names = [
        (
            Statistic::ShareOfHighOrders,
            ["share_first", "share_lowest", "share_last"],
        ),
        (
            Statistic::MeanOrder,
            ["mean_order_first", "mean_order_lowest", "mean_order_last"],
        ),
    ];
    let Some(last) = record.checkpoints.len().checked_sub(1) else {
        return Vec::new();
    };
    let places = [Some(0), record.lowest(), Some(last)];
    let found = names.into_iter().flat_map(|(statistic, names)| {
        let at = names.into_iter().zip(places);
        at.filter_map(move |(name, place)| {
            let summary = record.checkpoints.get(place?)?.summary.as_ref()?;
            let RangedEstimate {
                value, low, high, ..
            } = of_all(&summary.all_effects, statistic)?;
            let number = Number::estimate(name, Estimate { value, low, high });
            Some(number.within(domain(statistic)))
        })
    });
    let mut found: Vec<Number> = found.collect();
    let lowest = record
        .lowest()
        .and_then(|lowest| record.checkpoints.get(lowest));
    found.extend(
        lowest.map(|at| Number::new("lowest_epoch", at.losses.epoch).within(Domain::POSITIVE)),
    );
    found
}

/// What a statistic can be.
const fn domain(statistic: Statistic) -> Domain {
    match statistic {
        Statistic::MeanOrder => Domain::ORDER,
        Statistic::ShareOfHighOrders => Domain::SHARE,
    }
}

/// The phases by both statistics, and the smallest checkpoint of the first one in every draw.
pub(super) fn find(run: &OfRun<'_>) -> (Phases, Vec<usize>) {
    let record = run.record;
    let checkpoints = record.checkpoints.iter().zip(run.strengths);
    let checkpoints: Vec<Measured> = checkpoints
        .map(|(checkpoint, strengths)| Measured {
            strengths: strengths.all.clone(),
            ranges: test_ranges(&record.samples, checkpoint),
        })
        .collect();
    let first = phase::first_statistic(&checkpoints);
    let resamples = resamples(&record.experiment);
    let (phases, draws) = phase::two_phases(first, &checkpoints, &resamples);
    let others = Statistic::ALL
        .into_iter()
        .filter(|&statistic| statistic != first);
    let others = others.map(|statistic| phase::two_phases(statistic, &checkpoints, &resamples).0);
    let found = Phases {
        boundary: phases.boundary(),
        by_statistic: std::iter::once(phases).chain(others).collect(),
    };
    (found, draws)
}

/// What the ranges of the test samples follow from; `None` where a sample with effects has none.
fn test_ranges(
    samples: &[SampleRecord],
    checkpoint: &CheckpointRecord,
) -> Option<Vec<RangeBounds>> {
    let certificates = &checkpoint.summary.as_ref()?.certificates;
    let test = samples
        .iter()
        .zip(certificates)
        .filter(|(sample, _)| sample.group == Group::Test);
    test.map(|(_, certificate)| {
        if certificate.primal > 0.0 {
            certificate.ranges
        } else {
            Some(Default::default())
        }
    })
    .collect()
}

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
pub fn of_all(all: &AllEffects, statistic: Statistic) -> Option<RangedEstimate> {
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
    let phases = record
        .phases()
        .map_or_else(Vec::new, |found| found.by_statistic);
    let found: Vec<Statistic> = phases.iter().map(|phases| phases.statistic).collect();
    if found.is_empty() {
        vec![Statistic::ShareOfHighOrders, Statistic::MeanOrder]
    } else {
        found
    }
}

/// A statistic of all effects before training, where it is smallest and at the end; `None` where
/// nothing was measured.
#[must_use]
pub fn numbers(record: &RunRecord, statistic: Statistic) -> Option<String> {
    let at = |position: usize| {
        let checkpoint = record.checkpoints.get(position)?;
        let found = of_all(&checkpoint.summary.as_ref()?.all_effects, statistic)?;
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
    let phases = record.deciding_phases()?;
    let text = match (phases.verdict, phases.fall, phases.rise) {
        (Verdict::TwoPhases, Some(fall), Some(rise)) => format!(
            "Two phases, with the boundary at {}{}: the {} falls by {} and rises by {}{}.",
            figure::boundary(record).as_ref().map(caption::interval)?,
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
        _ => too_few(record, &phases),
    };
    Some(text)
}

/// The verdict in a few words, for a table: where the boundary is, or why there is none.
#[must_use]
pub fn verdict_in_short(record: &RunRecord) -> Option<String> {
    let phases = record.deciding_phases()?;
    let text = match phases.verdict {
        Verdict::TwoPhases => figure::boundary(record)?.interval(),
        Verdict::InOurAnswerOnly => "not distinguishable: in the canonical answer only".into(),
        Verdict::TooFew => "too little to tell".into(),
        verdict => format!("not distinguishable: {}", missing(verdict)),
    };
    Some(text)
}

/// Between two checkpoints nothing is known: an interval of one checkpoint is as wide as the way to
/// its neighbours.
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

fn too_few(record: &RunRecord, phases: &phase::Phases) -> String {
    let samples = record.group_size(Group::Test);
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

/// Whether there are two phases: a row per statistic.
fn table(record: &RunRecord) -> Table {
    let rows = record
        .phases()
        .map_or_else(Vec::new, |found| found.by_statistic);
    let epoch = |value: fn(&Onset) -> usize| {
        rows.iter().map(move |row| {
            let index = value(row.lowest.as_ref()?);
            Some(record.checkpoints.get(index)?.losses.epoch)
        })
    };
    let table = Table::new("phases")
        .text("statistic", rows.iter().map(|row| words(&row.statistic)))
        .text("verdict", rows.iter().map(|row| words(&row.verdict)))
        .real("lowest_epoch", epoch(|lowest| lowest.index))
        .real("lowest_epoch_low", epoch(|lowest| lowest.low))
        .real("lowest_epoch_high", epoch(|lowest| lowest.high));
    let change = |value: fn(&phase::Phases) -> Option<Change>| rows.iter().map(value);
    let table = estimates(
        table,
        "fall",
        "",
        change(|row| row.fall).map(|c| Some(c?.answer)),
    );
    let table = estimates(
        table,
        "least_fall",
        "",
        change(|row| row.fall).map(|c| c?.least),
    );
    let table = estimates(
        table,
        "rise",
        "",
        change(|row| row.rise).map(|c| Some(c?.answer)),
    );
    estimates(
        table,
        "least_rise",
        "",
        change(|row| row.rise).map(|c| c?.least),
    )
}

/// The name by which it stands in `run.json`.
fn words(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}
