//! The theory's curves: against their defining equations, and fits against planted values.

use spindle_interactions::{
    Error,
    bootstrap::Resamples,
    salience,
    strength::{self, SampleStrength},
    theory::{self, Fit, Overlay},
};

mod support;
use support::{normals, seeded};

fn resamples() -> Resamples {
    Resamples::new(200, 7)
}

fn assert_near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{found:?} is not {expected:?}");
    }
}

/// Sparse AND and OR effects of every sample.
fn sparse(players: usize, samples: usize, seed: u64) -> Vec<[Vec<f64>; 2]> {
    let mut rng = seeded(seed);
    let mut effects = || {
        let mut effects = normals(&mut rng, 1 << players);
        let kept = normals(&mut rng, 1 << players);
        for (effect, kept) in effects.iter_mut().zip(kept) {
            *effect *= f64::from(u8::from(kept > 0.5));
        }
        effects[0] = 0.0;
        effects
    };
    (0..samples).map(|_| [effects(), effects()]).collect()
}

fn overlay(players: usize, samples: &[[Vec<f64>; 2]], salience: f64) -> Overlay {
    let arrays: Vec<[&[f64]; 2]> = samples
        .iter()
        .map(|s| s.each_ref().map(Vec::as_slice))
        .collect();
    Overlay::new(players, &arrays, salience).unwrap()
}

/// Strengths of every sample of an overlay at one noise, by the rule of salience.
fn strengths(overlay: &Overlay, sigma2: f64, factor: f64) -> Vec<SampleStrength> {
    let samples = overlay.effects(sigma2).unwrap();
    let change = |s: &[Vec<f64>; 2]| s.iter().flat_map(|e| &e[1..]).sum::<f64>().abs();
    let threshold = salience::threshold(samples.iter().map(change), factor);
    samples
        .iter()
        .map(|[and, or]| strength::of_effects(&[and, or], threshold))
        .collect()
}

fn one_fit(overlay: &Overlay, measured: &[SampleStrength], grid: &[f64]) -> Fit {
    let fits = overlay.fit(&[measured.to_vec()], grid, &resamples());
    fits.unwrap().remove(0).unwrap()
}

fn scaled(samples: &[SampleStrength], factor: impl Fn(usize, usize) -> f64) -> Vec<SampleStrength> {
    let side = |sample: usize, side: &[f64]| {
        let orders = (1..).zip(side);
        orders.map(|(k, s)| s * factor(sample, k)).collect()
    };
    let scaled = |(i, s): (usize, &SampleStrength)| SampleStrength {
        positive: side(i, &s.positive),
        negative: side(i, &s.negative),
    };
    samples.iter().enumerate().map(scaled).collect()
}

#[test]
fn the_spindle_of_independent_outputs() {
    let expected = [
        0.008, 0.054, 0.202, 0.500, 0.849, 1.0, 0.808, 0.429, 0.135, 0.019,
    ];
    assert_near(&theory::spindle_curve(10).unwrap(), &expected, 6e-4);
    assert_eq!(theory::spindle_curve(1), Err(Error::Players(1)));
}

#[test]
fn row_norms_shrink_with_the_order() {
    let expected = [0.9499, 0.8537, 0.6560, 0.3674, 0.1751, 0.0759, 0.0310];
    assert_near(&theory::row_norms(6, 0.01).unwrap(), &expected, 6e-5);
    for sigma2 in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            theory::row_norms(6, sigma2),
            Err(Error::Parameter {
                field: "sigma2",
                ..
            })
        ));
    }
}

#[test]
fn without_noise_nothing_shrinks() {
    assert_eq!(theory::row_norms(6, 0.0), Ok(vec![1.0; 7]));
    let samples = sparse(5, 3, 1);
    let overlay = overlay(5, &samples, 0.0);
    assert_eq!(overlay.effects(0.0), Ok(samples.clone()));
    let all: Vec<&[f64]> = samples.as_flattened().iter().map(Vec::as_slice).collect();
    let s = strength::of_effects(&all, 0.0);
    let sums: Vec<f64> = (0..5).map(|k| s.positive[k] - s.negative[k]).collect();
    let total: f64 = sums.iter().sum();
    let share: Vec<f64> = sums.iter().map(|s| s / total).collect();
    assert_near(&overlay.share(0.0).unwrap().unwrap(), &share, 1e-12);
    // Small noise comes near.
    assert_near(&theory::row_norms(4, 1e-12).unwrap(), &[1.0; 5], 1e-6);
}

#[test]
fn the_overlay_solves_its_defining_equation() {
    let (n, sigma2) = (5, 0.03);
    let masks = 1_usize << n;
    let w: Vec<f64> = (0..masks).map(|i| ((i * 37 % 11) as f64) - 5.0).collect();
    let overlay = Overlay::new(n, &[[&w, &w]], 0.0).unwrap();
    let [shrunk, or] = overlay.effects(sigma2).unwrap().remove(0);
    assert_eq!(shrunk, or);
    let g = |t: usize, u: usize| 0.5_f64.powi((t | u).count_ones() as i32);
    for t in 0..masks {
        let left = (0..masks).map(|u| g(t, u) * shrunk[u]).sum::<f64>()
            + sigma2 * 2.0_f64.powi(t.count_ones() as i32) * shrunk[t];
        let right: f64 = (0..masks).map(|u| g(t, u) * w[u]).sum();
        assert!((left - right).abs() < 1e-10, "mask {t}: {left} {right}");
    }
}

#[test]
fn more_noise_leaves_lower_orders() {
    let w: Vec<f64> = (0..256_usize)
        .map(|i| if i % 37 == 5 { 1.0 } else { 0.0 })
        .collect();
    let overlay = Overlay::new(8, &[[&w, &vec![0.0; 256]]], 0.03).unwrap();
    let mean_order = |sigma2: f64| -> f64 {
        let share = overlay.share(sigma2).unwrap().unwrap();
        (1..).zip(share).map(|(k, s)| f64::from(k) * s).sum()
    };
    let orders: Vec<f64> = [1e-6, 1e-2, 1.0].map(mean_order).to_vec();
    assert!(orders.is_sorted_by(|a, b| a > b), "{orders:?}");
}

#[test]
fn the_grid_has_0_and_20_values_a_decade() {
    let grid = theory::sigma2_grid();
    assert_eq!((grid.len(), grid[0], grid[1]), (242, 0.0, 1e-10));
    assert!((grid[241] / 1e2 - 1.0).abs() < 1e-12);
    assert!((grid[21] / 1e-9 - 1.0).abs() < 1e-12);
    assert!(grid.is_sorted());
}

#[test]
fn the_fit_finds_the_noise_that_made_the_curve() {
    let grid = theory::sigma2_grid();
    let planted = [grid[21], grid[141], grid[201]];
    for (planted, expected) in planted.iter().zip([1e-9_f64, 1e-3, 1.0]) {
        assert!((planted / expected - 1.0).abs() < 1e-12);
    }
    for factor in [0.0, 0.03] {
        let overlay = overlay(7, &sparse(7, 10, 2), factor);
        let checkpoints: Vec<Vec<SampleStrength>> = planted
            .iter()
            .map(|sigma2| strengths(&overlay, *sigma2, factor))
            .collect();
        let fits = overlay.fit(&checkpoints, &grid, &resamples()).unwrap();
        for (fit, sigma2) in fits.into_iter().zip(planted) {
            let fit = fit.unwrap();
            assert_eq!(
                (fit.sigma2, fit.low, fit.high, fit.at_edge),
                (sigma2, sigma2, sigma2, false)
            );
            assert!(fit.residual < 1e-12, "{fit:?}");
            assert_near(&fit.share, &overlay.share(sigma2).unwrap().unwrap(), 1e-12);
            assert!(fit.tilt.residual > 100.0 * fit.residual, "{fit:?}");
        }
    }
}

#[test]
fn the_last_checkpoint_fits_no_noise_which_is_a_bound() {
    let overlay = overlay(6, &sparse(6, 10, 3), 0.03);
    let measured = strengths(&overlay, 0.0, 0.03);
    let fit = one_fit(&overlay, &measured, &theory::sigma2_grid());
    assert_eq!((fit.sigma2, fit.residual, fit.at_edge), (0.0, 0.0, true));
    assert_eq!((fit.low, fit.high), (0.0, 0.0));
    assert_eq!((fit.tilt.rate, fit.tilt.residual), (0.0, 0.0));
    assert_eq!(fit.tilt.share, fit.share);
    // The largest value of a grid is a bound too.
    let measured = strengths(&overlay, 1.0, 0.03);
    assert!(one_fit(&overlay, &measured, &[0.0, 1e-3, 1e-2]).at_edge);
}

#[test]
fn the_tilt_that_made_the_curve_is_found_again() {
    let overlay = overlay(6, &sparse(6, 10, 4), 0.0);
    let last = strengths(&overlay, 0.0, 0.0);
    for rate in [-2.5, -0.03, 0.7, 9.99] {
        let measured = scaled(&last, |_, k| (-rate * k as f64).exp());
        let tilt = one_fit(&overlay, &measured, &theory::sigma2_grid()).tilt;
        assert!((tilt.rate - rate).abs() < 1e-5, "{rate}: {tilt:?}");
        assert!(tilt.residual < 1e-8, "{tilt:?}");
    }
}

#[test]
fn one_order_alone_cannot_be_tilted() {
    let mut w = vec![0.0; 16];
    w[0b0011] = 1.0;
    let overlay = Overlay::new(4, &[[&w, &[0.0; 16]]], 0.0).unwrap();
    let measured = strengths(&overlay, 0.1, 0.0);
    let tilt = one_fit(&overlay, &measured, &theory::sigma2_grid()).tilt;
    assert_eq!((tilt.rate, tilt.share), (0.0, vec![0.0, 1.0, 0.0, 0.0]));
    assert!(tilt.residual > 0.0);
}

#[test]
fn the_interval_holds_the_planted_noise() {
    let grid = theory::log_grid(1e-4, 1e-1, 61);
    let (simulations, planted) = (100, grid[25]);
    let mut held = 0;
    for seed in 0..simulations {
        let overlay = overlay(4, &sparse(4, 30, 1000 + seed), 0.0);
        let mut rng = seeded(seed);
        let noise: Vec<Vec<f64>> = (0..30).map(|_| normals(&mut rng, 4)).collect();
        let exact = strengths(&overlay, planted, 0.0);
        let measured = scaled(&exact, |i, k| 1.0 + 0.3 * noise[i][k - 1]);
        let fit = one_fit(&overlay, &measured, &grid);
        held += u32::from(fit.low <= planted && planted <= fit.high);
        assert!(fit.low <= fit.sigma2 && fit.sigma2 <= fit.high, "{fit:?}");
        assert!(grid.contains(&fit.low) && grid.contains(&fit.high));
    }
    assert!(held >= 90, "held by {held} of {simulations}");
}

#[test]
fn a_noise_that_leaves_nothing_salient_is_passed_over() {
    // An interaction counts when it is all of the output: one alone is, but no noise leaves one
    // alone.
    let mut w = vec![0.0; 16];
    w[0b0110] = 1.0;
    let overlay = Overlay::new(4, &[[&w, &[0.0; 16]]], 1.0).unwrap();
    assert_eq!(overlay.share(1e-2), Ok(None));
    let measured = strengths(&overlay, 0.0, 1.0);
    let fit = one_fit(&overlay, &measured, &[1e-2, 0.0, 1e-1]);
    assert_eq!((fit.sigma2, fit.at_edge), (0.0, true));
    let nothing = overlay.fit(&[measured], &[1e-2], &resamples());
    assert_eq!(nothing, Ok(vec![None]));
}

#[test]
fn the_smallest_noise_can_be_solved_for_the_most_players() {
    for (n, tolerance) in [(10, 1e-9), (20, 2e-2)] {
        let samples = sparse(n, 1, 3);
        let shrunk = overlay(n, &samples, 0.0).effects(1e-300).unwrap();
        for (found, expected) in shrunk[0].iter().zip(&samples[0]) {
            assert_near(found, expected, tolerance);
        }
    }
}

#[test]
fn what_cannot_be_fitted_is_none_or_an_error() {
    let w: Vec<f64> = (0..64_usize)
        .map(|i| ((i * 29 % 13) as f64) - 6.0)
        .collect();
    let zeros = [0.0; 64];
    let some = Overlay::new(6, &[[&w, &w]], 0.0).unwrap();
    let nothing = Overlay::new(6, &[[&zeros, &zeros]], 0.0).unwrap();
    let grid = theory::sigma2_grid();
    let (measured, silent) = (strengths(&some, 0.0, 0.0), strengths(&nothing, 0.0, 0.0));
    let fit = |overlay: &Overlay, measured: &[SampleStrength], grid: &[f64]| {
        overlay.fit(&[measured.to_vec()], grid, &resamples())
    };
    assert_eq!(fit(&nothing, &measured, &grid), Ok(vec![None]));
    assert_eq!(fit(&some, &silent, &grid), Ok(vec![None]));
    assert_eq!(fit(&some, &measured, &[]), Ok(vec![None]));
    assert_eq!(some.fit(&[], &grid, &resamples()), Ok(vec![]));
    for wrong in [-1.0, f64::NAN] {
        let found = fit(&some, &measured, &[0.0, wrong]);
        assert!(matches!(found, Err(Error::Parameter { .. })));
    }
    let two = [measured.clone(), measured.clone()].concat();
    let mut short = measured;
    short[0].negative.pop();
    for wrong in [two, short] {
        let found = fit(&some, &wrong, &grid);
        assert!(matches!(found, Err(Error::Mismatch { .. })), "{found:?}");
    }
    assert!(Overlay::new(6, &[[&w[1..], &w]], 0.0).is_err());
    assert!(Overlay::new(6, &[[&w, &w]], -1.0).is_err());
}
