//! Masks, salience, strengths and phases on cases small enough to check by hand.

use spindle_interactions::{
    Error,
    bootstrap::{Estimate, Resamples},
    mask, salience,
    strength::{self, SampleStrength},
};

fn resamples() -> Resamples {
    Resamples::new(200, 7)
}

fn assert_near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{found:?} is not {expected:?}");
    }
}

#[test]
fn masks_count_list_and_check_players() {
    assert_eq!(mask::order(0b1011), 3);
    assert_eq!(mask::players(0b1011).collect::<Vec<_>>(), [0, 1, 3]);
    assert_eq!(mask::players(0).count(), 0);
    assert_eq!(mask::from_players([3, 0, 1]), 0b1011);
    assert_eq!(
        mask::subsets(0b101).collect::<Vec<_>>(),
        [0, 0b001, 0b100, 0b101]
    );
    assert_eq!(mask::subsets(0).collect::<Vec<_>>(), [0]);
    assert_eq!(mask::full(10), 1023);
    assert_eq!(mask::player_count(1 << 20), Ok(20));
    assert_eq!(mask::player_count(1 << 21), Err(Error::Players(21)));
    assert_eq!(mask::player_count(1), Err(Error::Players(0)));
    assert_eq!(mask::player_count(0), Err(Error::Length(0)));
    assert_eq!(mask::binomial(20, 10), 184_756.0);
}

#[test]
fn the_salience_threshold_is_a_share_of_the_mean_output() {
    assert!((salience::threshold([2.0, 4.0], 0.03) - 0.09).abs() < 1e-15);
    assert_eq!(salience::threshold([], 0.03), 0.0);
    assert_eq!(salience::output_range(&[1.0, 0.0, 0.0, -2.0]), Some(3.0));
}

#[test]
fn strengths_split_signs_and_leave_out_what_is_not_salient() {
    // masks: -, a, b, ab
    let and = [9.0, 1.0, -0.05, -2.0];
    let or = [9.0, 0.0, 0.0, 0.5];
    let s = strength::of_effects(&[&and, &or], 0.1);
    assert_eq!(
        s,
        SampleStrength {
            positive: vec![1.0, 0.5],
            negative: vec![0.0, -2.0]
        }
    );
    let all = strength::of_effects(&[&and, &or], 0.0);
    assert_eq!(all.negative, [-0.05, -2.0]);

    let by_order = strength::by_order(&[s.clone(), s], &resamples());
    assert_eq!(
        by_order.positive[1],
        Estimate {
            value: 0.5,
            low: 0.5,
            high: 0.5
        }
    );
    let share: Vec<f64> = by_order.share.unwrap().iter().map(|e| e.value).collect();
    assert_near(&share, &[1.0 / 3.5, 2.5 / 3.5], 1e-12);
    assert!((by_order.mean_order.unwrap().value - 6.0 / 3.5).abs() < 1e-12);
}

#[test]
fn nothing_salient_has_no_share() {
    let nothing = SampleStrength {
        positive: vec![0.0; 3],
        negative: vec![0.0; 3],
    };
    let by_order = strength::by_order(&[nothing.clone(), nothing], &resamples());
    assert_eq!((by_order.share, by_order.mean_order), (None, None));
    assert!(strength::by_order(&[], &resamples()).positive.is_empty());
}

#[test]
fn intervals_hold_the_value_and_repeat_with_the_seed() {
    let samples: Vec<SampleStrength> = (0..30)
        .map(|i| SampleStrength {
            positive: vec![f64::from(i % 7), 1.0],
            negative: vec![0.0, -1.0],
        })
        .collect();
    let (once, again) = (
        strength::by_order(&samples, &resamples()),
        strength::by_order(&samples, &resamples()),
    );
    assert_eq!(once, again);
    let e = once.positive[0];
    assert!(e.low < e.value && e.value < e.high, "{e:?}");
    // A normal interval of the mean of 30 values with this spread.
    assert!((e.high - e.low) > 0.8 && (e.high - e.low) < 2.2, "{e:?}");
    assert_ne!(
        strength::by_order(&samples, &Resamples::new(200, 8)).positive[0],
        e
    );
}
