//! What a run has found, in sentences that are computed from its numbers.

use spindle_run::{
    analysis::{Analysis, Finding, phases},
    figure::numbers::grouped,
    record::{Group, RunRecord},
};

use crate::draw::label;

/// The findings that a run has the data for, in the order of the analyses; then how well the
/// network does.
pub(super) fn findings(analyses: &[&dyn Analysis], run: &RunRecord) -> Vec<Finding> {
    let accuracy = accuracy(run).map(|text| Finding {
        about: "Accuracy",
        text,
    });
    let found = analyses.iter().flat_map(|analysis| analysis.findings(run));
    found.chain(accuracy).collect()
}

/// The one sentence that a reader should take along.
pub(super) fn lead(run: &RunRecord) -> String {
    let analysed = run
        .checkpoints
        .iter()
        .filter(|checkpoint| checkpoint.summary.is_some())
        .count();
    phases::verdict(run).unwrap_or_else(|| {
        format!(
            "{analysed} of {} checkpoints are analysed so far; figures appear as they are.",
            run.checkpoints.len()
        )
    })
}

/// What was run, in one sentence.
pub(super) fn setting(run: &RunRecord) -> String {
    let e = &run.experiment;
    let test = run.group_size(Group::Test);
    format!(
        "{} epochs on {} training samples ({} with a reset label), {} checkpoints, {} test samples of {} players each, seed {}.",
        grouped(e.training.epochs),
        grouped(run.provenance.train_size),
        grouped(run.provenance.mislabelled),
        grouped(run.checkpoints.len()),
        grouped(test),
        e.measurement.players,
        e.training.seed
    )
}

fn accuracy(run: &RunRecord) -> Option<String> {
    let last = run
        .checkpoints
        .iter()
        .map(|c| &c.losses)
        .chain(&run.losses)
        .max_by_key(|loss| loss.step)?;
    let [train, test] =
        [last.train_accuracy, last.test_accuracy].map(|share| label::fixed(100.0 * share, 1));
    Some(format!(
        "At epoch {} the network classifies {test} % of {} test samples as labelled (loss {} nats) and {train} % of {} training samples (loss {}).",
        label::epoch(last.epoch),
        grouped(run.provenance.test_size),
        label::significant(last.test_loss, 3),
        grouped(run.provenance.train_size),
        label::significant(last.train_loss, 3)
    ))
}
