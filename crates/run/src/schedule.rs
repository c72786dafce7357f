//! When checkpoints are measured (ours; the papers mark 11 or so by hand).
//!
//! The first phase can be over within one epoch and the second takes hundreds, so checkpoints lie
//! before training, at fractions of the first epoch and then spaced logarithmically, at whole
//! epochs as far as there are enough of them.

use crate::Experiment;

/// Training steps at which checkpoints are measured: increasing, from 0 to the last step.
///
/// Exactly `experiment.measurement.checkpoints` of them (2 at least), or all steps where there are
/// fewer.
#[must_use]
pub fn schedule(experiment: &Experiment, steps_per_epoch: usize) -> Vec<usize> {
    let count = experiment.measurement.checkpoints.max(2);
    let last = experiment.training.epochs.saturating_mul(steps_per_epoch);
    if count > last {
        return (0..=last).collect();
    }
    let mut steps = vec![0];
    steps.extend(first_epoch(count, last, steps_per_epoch));
    let rest = count.saturating_sub(steps.len());
    let from = steps[steps.len() - 1];
    let begun = from / steps_per_epoch;
    if from % steps_per_epoch == 0 && experiment.training.epochs - begun >= rest {
        let epochs = log_spaced(begun, experiment.training.epochs, rest);
        steps.extend(epochs.map(|epoch| epoch * steps_per_epoch));
    } else if last - from >= rest {
        steps.extend(log_spaced(from, last, rest));
    } else {
        steps.truncate(1);
        steps.extend(log_spaced(0, last, count - 1));
    }
    steps
}

/// Steps within the first epoch, from a sixteenth of it on, about a third of all: where the first
/// phase ends.
fn first_epoch(count: usize, last: usize, steps_per_epoch: usize) -> Vec<usize> {
    let third = (count - 1) / 3;
    // From 1/16 to 1, each this many times the one before.
    let (ratio, fractions) = match third {
        0..5 => (4.0_f64, 3),
        5..9 => (2.0, 5),
        9.. => (std::f64::consts::SQRT_2, 9),
    };
    let fractions = (0..fractions).rev().take(third).rev();
    let mut steps: Vec<_> = fractions
        .map(|index| (steps_per_epoch as f64 / 16.0 * ratio.powi(index)) as usize)
        .filter(|&step| 0 < step && step < last)
        .collect();
    steps.dedup();
    steps
}

/// `count` increasing integers above `from` that end at `to`, as evenly spaced in the logarithm as
/// integers can be. Needs `count <= to - from`.
fn log_spaced(from: usize, to: usize, count: usize) -> impl Iterator<Item = usize> {
    let mut previous = from;
    (0..count).rev().map(move |after| {
        // The ratio is taken anew at each point: where rounding up was needed, the rest spreads
        // over what is left.
        let start = previous.max(1) as f64;
        let ratio = (to as f64 / start).powf(1.0 / (after + 1) as f64);
        let ideal = (start * ratio).round() as usize;
        previous = ideal.max(previous + 1).min(to - after);
        previous
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Measurement, Training};
    use proptest::prelude::*;

    fn steps(checkpoints: usize, epochs: usize, steps_per_epoch: usize) -> Vec<usize> {
        schedule(
            &Experiment {
                training: Training {
                    epochs,
                    ..Training::default()
                },
                measurement: Measurement {
                    checkpoints,
                    ..Measurement::default()
                },
                ..Experiment::default()
            },
            steps_per_epoch,
        )
    }

    #[test]
    fn defaults_on_6000_digits_take_in_the_first_epoch_and_then_whole_epochs() {
        let steps_per_epoch = 47;
        let found = steps(Measurement::default().checkpoints, 128, steps_per_epoch);
        assert_eq!(found[..6], [0, 2, 5, 11, 23, 47]);
        let epochs: Vec<_> = found[5..]
            .iter()
            .map(|step| step / steps_per_epoch)
            .collect();
        assert_eq!(epochs, [1, 2, 3, 5, 8, 13, 21, 33, 52, 82, 128]);
        assert!(found[5..].iter().all(|step| step % steps_per_epoch == 0));
    }

    #[test]
    fn more_checkpoints_look_closer_at_the_first_epoch() {
        let within = |count| {
            let found = steps(count, 256, 469);
            found.into_iter().filter(|step| *step <= 469).count()
        };
        assert_eq!([4, 8, 16, 28].map(within), [2, 3, 6, 10]);
    }

    #[test]
    fn two_checkpoints_are_the_ends() {
        assert_eq!(steps(2, 128, 47), [0, 47 * 128]);
        assert_eq!(steps(2, 1, 1), [0, 1]);
    }

    #[test]
    fn a_run_without_steps_has_the_start_only() {
        assert_eq!(steps(12, 5, 0), [0]);
    }

    #[test]
    fn a_short_run_takes_every_step() {
        assert_eq!(steps(12, 2, 3), [0, 1, 2, 3, 4, 5, 6]);
    }

    proptest! {
        #[test]
        fn steps_increase_from_0_to_the_last_and_are_as_many_as_asked_for(
            checkpoints in 2_usize..60, epochs in 1_usize..600, steps_per_epoch in 1_usize..500,
        ) {
            let found = steps(checkpoints, epochs, steps_per_epoch);
            let last = epochs * steps_per_epoch;
            prop_assert_eq!(found.len(), checkpoints.min(last + 1));
            prop_assert_eq!((found[0], found[found.len() - 1]), (0, last));
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
        }
    }
}
