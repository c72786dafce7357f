//! Where the gap between test loss and training loss opens, and how long after the boundary.

use serde_json::Value;
use spindle_interactions::{
    bootstrap::Estimate,
    phase::{self, KEPT, MARGIN, SplitLosses},
};

use super::{Analysis, Finding, OfRun, Scope, Shown, phases, samples::resamples};
use crate::{
    Error,
    event::SampleLosses,
    figure::{
        self, Mark, MarkKind,
        caption::{self, number},
    },
    record::{Opening, Recorded, RunRecord, recorded},
    sweep::Number,
};

/// The analysis.
pub(super) struct LossGap;

impl Shown for LossGap {}

impl Analysis for LossGap {
    fn name(&self) -> &'static str {
        Opening::NAME
    }

    fn version(&self) -> u32 {
        Opening::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Run]
    }

    fn of_run(&self, run: &OfRun<'_>) -> Result<Value, Error> {
        recorded(&Some(find(run)))
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = loss_gap(record).map(|text| Finding {
            about: "Loss gap",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let onset = figure::gap_onset(record);
        let onset = onset.map(|mark| Number::from_mark("gap_onset_epoch", &mark));
        let lag = record.analyses.get::<Opening>().and_then(|found| found.lag);
        let lag = lag.map(|lag| Number::estimate("lag_epochs", lag));
        onset.into_iter().chain(lag).collect()
    }
}

fn find(run: &OfRun<'_>) -> Opening {
    let record = run.record;
    let resamples = resamples(&record.experiment);
    let losses = split(run.losses);
    let (gap, onsets) = phase::loss_gap(&losses, chance_loss(record), &resamples.other());
    let epochs: Vec<f64> = record.checkpoints.iter().map(|c| c.losses.epoch).collect();
    let lag = gap.onset.and_then(|onset| {
        let (phases, boundaries) = phases::find(run);
        let boundary = (phases.boundary?.index, &*boundaries);
        phase::lag(&epochs, boundary, (onset.index, &onsets))
    });
    Opening { gap, lag }
}

fn split(losses: &[SampleLosses]) -> SplitLosses {
    SplitLosses {
        train: losses
            .iter()
            .map(|l| l.rightly_labelled().collect())
            .collect(),
        test: losses.iter().map(|l| l.test.clone()).collect(),
    }
}

/// Where it is not known, that of classes of one size.
fn chance_loss(record: &RunRecord) -> f64 {
    let even = || (record.classes.len().max(2) as f64).ln();
    record.provenance.chance_loss.unwrap_or_else(even)
}

/// The loss gap, the smallest test loss and the time from the boundary to the gap's onset; `None`
/// where it was not looked at.
#[must_use]
pub fn loss_gap(record: &RunRecord) -> Option<String> {
    let Opening { gap, lag } = record.analyses.get()?;
    if !gap.has_learnt {
        return Some("Of the loss gap nothing is said: the test loss never comes below that of an answer which does not look at its input, so the network has learnt nothing so far.".into());
    }
    let samples = if record.knows_right_labels() {
        "training samples whose label is right"
    } else {
        "all training samples, since the run does not say which labels were reset"
    };
    let rule = format!(
        "on {samples}, {MARGIN} standard errors above its minimum so far, for {KEPT} checkpoints in a row"
    );
    let opens = match figure::gap_onset(record) {
        Some(mark) => format!(
            "The loss gap opens at {} ({rule}){}.",
            caption::interval(&mark),
            lag.map(lag_in_words).unwrap_or_default()
        ),
        None => format!("The loss gap does not open within this run ({rule})."),
    };
    Some(format!(
        "{opens}{}",
        minimum(record, &gap).unwrap_or_default()
    ))
}

fn lag_in_words(lag: Estimate) -> String {
    let [value, low, high] = [lag.value, lag.low, lag.high].map(caption::epoch);
    format!(", {value} [{low}, {high}] epochs after the boundary")
}

fn minimum(record: &RunRecord, gap: &phase::LossGap) -> Option<String> {
    let found = gap.test_minimum?;
    let losses = record.checkpoints.get(found.index)?.losses;
    let last = record.checkpoints.last()?.losses;
    let mark = Mark::new(record, MarkKind::GapOnset, found)?;
    Some(format!(
        " The test loss is smallest, {} nats, at {}, with {:.1} % right; at the end it is {} with {:.1} %.",
        number(losses.test_loss),
        caption::interval(&mark),
        100.0 * losses.test_accuracy,
        number(last.test_loss),
        100.0 * last.test_accuracy
    ))
}
