//! Ranges of the bars of orders 1, 2, and 3 and more.

use std::ops::ControlFlow;

use proptest::prelude::*;
use spindle_interactions::{
    Error,
    decompose::{
        BarBounds, Params, RangeBounds, Ranges, Statistic, bar_bounds_batch, decompose_batch,
    },
    strength,
};

fn bars(v: &[f64], players: usize) -> Vec<BarBounds> {
    let params = Params {
        noise_ratio: 0.0,
        ..Params::default()
    };
    let found = bar_bounds_batch(v, players, &params, &|_| ControlFlow::Continue(())).unwrap();
    found.into_iter().collect::<Result<_, Error>>().unwrap()
}

#[test]
fn two_players_together_are_the_same_as_each_alone() {
    // x_0 + x_1 = AND_01 + OR_01, and both cost 2.
    let v = [0.0, 1.0, 1.0, 2.0];
    let [one, two, three] = BarBounds::pooled(&bars(&v, 2)).ranges().unwrap();
    assert!(one.0 < 0.01 && one.1 > 0.99, "{one:?}");
    assert!(two.0 < 0.01 && two.1 > 0.99, "{two:?}");
    assert!(three.0 == 0.0 && three.1 < 0.02, "{three:?}");
}

#[test]
fn an_interaction_of_three_is_told_apart() {
    let v: Vec<f64> = (0..8).map(|mask| f64::from(u8::from(mask == 7))).collect();
    let [one, two, three] = BarBounds::pooled(&bars(&v, 3)).ranges().unwrap();
    assert!(
        one.1 < 0.02 && two.1 < 0.02 && three.0 > 0.98,
        "{one:?} {two:?} {three:?}"
    );
}

#[test]
fn without_effects_there_is_nothing_to_share() {
    assert_eq!(BarBounds::pooled(&bars(&[0.5; 8], 3)).ranges(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn ranges_hold_the_canonical_answer_and_the_third_is_that_of_high_orders(
        v in prop::collection::vec(-1.0_f64..1.0, 3 * 32),
    ) {
        let params = Params { noise_ratio: 0.0, ..Params::default() };
        let found = decompose_batch(&v, 5, &params, &|_| ControlFlow::Continue(())).unwrap();
        let found: Vec<_> = found.into_iter().collect::<Result<_, _>>().unwrap();
        let strengths: Vec<_> = found.iter().map(|d| strength::of_sample(d, 0.0)).collect();
        let values = strength::share_of_bars(&strengths).unwrap();
        let ranges = BarBounds::pooled(&bars(&v, 5)).ranges().unwrap();
        for (value, (lowest, highest)) in values.iter().zip(ranges) {
            prop_assert!(lowest - 2e-3 <= *value && *value <= highest + 2e-3, "{values:?} {ranges:?}");
        }
        let bounds: Vec<RangeBounds> =
            found.iter().filter_map(|d| d.ranges.as_ref().map(Ranges::bounds)).collect();
        let (low, high) = RangeBounds::pooled(&bounds).range(Statistic::ShareOfHighOrders, 5).unwrap();
        prop_assert!((low - ranges[2].0).abs() < 0.02 && (high - ranges[2].1).abs() < 0.02);
    }
}
