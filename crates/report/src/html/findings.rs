//! What a run has found, in sentences that are computed from its numbers.

use spindle_run::{
    experiment::{NoiseScale, Solver},
    figure,
    record::{Analysis, Group, GroupDifference, RunRecord, SampleCertificate},
};

use crate::draw::label;

/// A finding: what it is about, and the sentences.
pub(super) struct Finding {
    pub(super) about: &'static str,
    pub(super) text: String,
}

/// The findings that a run has the data for, the main one first.
pub(super) fn findings(run: &RunRecord) -> Vec<Finding> {
    let sentences: [(&'static str, Option<String>); 9] = [
        ("All effects, all answers", all_effects(run)),
        ("Loss gap", figure::phases::loss_gap(run)),
        ("Certificates", certificates(run)),
        ("Noise bound", noise_bound(run)),
        ("Universal matching", matching(run)),
        (
            "Published SGD",
            figure::solvers(run).map(|solvers| solvers.caption),
        ),
        (
            "Generalisation",
            figure::similarity(run).map(|similarity| similarity.caption),
        ),
        ("Groups of samples", groups(run)),
        ("Accuracy", accuracy(run)),
    ];
    sentences
        .into_iter()
        .filter_map(|(about, text)| Some(Finding { about, text: text? }))
        .collect()
}

/// The one sentence that a reader should take along.
pub(super) fn lead(run: &RunRecord) -> String {
    let analysed = run
        .checkpoints
        .iter()
        .filter(|checkpoint| checkpoint.analysis.is_some())
        .count();
    figure::phases::verdict(run).unwrap_or_else(|| {
        format!(
            "{analysed} of {} checkpoints are analysed so far; figures appear as they are.",
            run.checkpoints.len()
        )
    })
}

/// Both statistics at the turning points.
fn all_effects(run: &RunRecord) -> Option<String> {
    let statistics = figure::phases::statistics(run).into_iter();
    let numbers: Vec<String> = statistics
        .filter_map(|statistic| figure::phases::numbers(run, statistic))
        .collect();
    (!numbers.is_empty()).then(|| format!("{} {}", numbers.join(" "), figure::phases::RANGES))
}

fn analyses(run: &RunRecord) -> impl Iterator<Item = &Analysis> {
    run.checkpoints
        .iter()
        .filter_map(|checkpoint| checkpoint.analysis.as_ref())
}

fn all_certificates(run: &RunRecord) -> impl Iterator<Item = &SampleCertificate> {
    analyses(run).flat_map(|analysis| &analysis.certificates)
}

/// What was run, in one sentence.
pub(super) fn setting(run: &RunRecord) -> String {
    let e = &run.experiment;
    let test = run
        .samples
        .iter()
        .filter(|sample| sample.group == Group::Test)
        .count();
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

/// How many decompositions are certified, and how well.
fn certificates(run: &RunRecord) -> Option<String> {
    let games = all_certificates(run).count();
    let largest = all_certificates(run)
        .map(|certificate| certificate.gap)
        .max_by(f64::total_cmp)?;
    let tolerance = run.experiment.decomposition.tolerance;
    let certified = all_certificates(run)
        .filter(|certificate| certificate.smallest_gap() <= tolerance)
        .count();
    let (found, asked) = (label::significant(largest, 2), label::setting(tolerance));
    let [games, certified_count] = [games, certified].map(grouped);
    let start = match (
        run.experiment.decomposition.solver,
        certified_count == games,
    ) {
        (Solver::Certified, true) => {
            format!(
                "The smallest L1 norm is certified to a relative gap of {asked} for all {games} decompositions"
            )
        }
        _ => format!(
            "The smallest L1 norm is certified to a relative gap of {asked} for {certified_count} of {games} decompositions"
        ),
    };
    let shown = match run.experiment.decomposition.solver {
        Solver::Certified => canonical(run),
        Solver::Sgd => " Shown is where the published SGD ended.".to_owned(),
    };
    Some(format!(
        "{start}; between the norm of what is shown and a lower bound on every other the largest gap is {found}.{shown} The command spindle verify checks all of it in exact arithmetic."
    ))
}

/// What is shown, and how far its norms are above the smallest ones found.
fn canonical(run: &RunRecord) -> String {
    let above = all_certificates(run).filter_map(|certificate| {
        let smallest = certificate.smallest_norm.filter(|norm| *norm > 0.0)?;
        Some(certificate.primal / smallest - 1.0)
    });
    let most = label::significant(100.0 * above.fold(0.0, f64::max), 2);
    format!(
        " Many decompositions are as sparse. Shown is the canonical one, the simplest by a fixed rule, whose norm is at most {most} % above the smallest here: it is unique and depends neither on the solver nor on its tolerance."
    )
}

fn noise_bound(run: &RunRecord) -> Option<String> {
    if run.experiment.decomposition.noise_ratio == 0.0 {
        return Some(
            "No noise is allowed (noise ratio 0): every output is matched, rounding included, so that effects down to the rounding noise are part of every statistic without a threshold."
                .into(),
        );
    }
    figure::noise_bounds(run).map(|bounds| bounds.caption)
}

/// How exactly interactions give the outputs back.
fn matching(run: &RunRecord) -> Option<String> {
    let ratio = |c: &SampleCertificate| {
        if c.noise_bound > 0.0 {
            c.residual / c.noise_bound
        } else {
            0.0
        }
    };
    let relative = all_certificates(run).map(ratio).max_by(f64::total_cmp)?;
    let residual = all_certificates(run)
        .map(|certificate| certificate.residual)
        .max_by(f64::total_cmp)?;
    let masks =
        grouped(1_usize.checked_shl(u32::try_from(run.experiment.measurement.players).ok()?)?);
    let mut text = format!(
        "On all {masks} masks of every sample the interactions give the network's output back within {} nats, at most {} times the bound \
         of the noise term ({} of {} per sample).",
        label::significant(residual, 2),
        label::fixed(relative, 3),
        label::setting(run.experiment.decomposition.noise_ratio),
        match run.experiment.decomposition.noise_scale {
            NoiseScale::Change => "|v(N) − v(∅)|",
            NoiseScale::Deviation => "the standard deviation of v",
        }
    );
    let first = run.checkpoints.first()?;
    if let (Some(analysis), true) = (&first.analysis, first.losses.step == 0) {
        let change = label::significant(analysis.mean_output_change, 2);
        let floor = label::significant(analysis.noise_floor, 1);
        text.push_str(&format!(
            " Before training outputs hardly move with the mask: |v(N) − v(∅)| is {change} nats on average, the rounding noise of 32-bit outputs {floor}."
        ));
    }
    Some(text)
}

/// How far groups of samples differ at the end, and at how many checkpoints they do.
fn groups(run: &RunRecord) -> Option<String> {
    let (epoch, last) = run
        .checkpoints
        .iter()
        .rev()
        .find_map(|c| Some((c.losses.epoch, c.analysis.as_ref()?)))?;
    let measured = analyses(run).count();
    let apart = |difference: &GroupDifference| {
        let same = |other: &&GroupDifference| {
            (other.group, other.than) == (difference.group, difference.than)
        };
        let found = analyses(run).filter_map(|a| {
            a.group_differences
                .iter()
                .find(same)?
                .share_of_order_3_and_more
        });
        found
            .filter(|share| share.low > 0.0 || share.high < 0.0)
            .count()
    };
    let words = |difference: &GroupDifference| {
        let signed = figure::phases::interval;
        Some(format!(
            "{} less {} {} in the share of orders of 3 and more and {} in the mean order, the former apart from 0 at {} of {measured} checkpoints",
            difference.group.name(),
            difference.than.name(),
            signed(difference.share_of_order_3_and_more?),
            signed(difference.mean_order?),
            apart(difference)
        ))
    };
    let differences: Vec<String> = last.group_differences.iter().filter_map(words).collect();
    (!differences.is_empty()).then(|| {
        format!(
            "All effects at epoch {}: {}. Of intervals that hold 95 % one in twenty is apart from 0 by chance.",
            label::epoch(epoch),
            differences.join("; ")
        )
    })
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

/// A count with commas between its thousands.
pub(super) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(
            [7, 1024, 61_706, 1_000_000].map(grouped),
            ["7", "1,024", "61,706", "1,000,000"]
        );
    }
}
