//! Games for tests, made in code from a seed.

#![allow(dead_code, unreachable_pub, reason = "shared by several tests")]

use std::ops::ControlFlow;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spindle_interactions::decompose::{Decomposition, Progress};

/// A seeded generator.
pub fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Standard normal draws (Box and Muller).
pub fn normals(rng: &mut impl Rng, count: usize) -> Vec<f64> {
    let one = |rng: &mut dyn Rng| {
        let (u, angle): (f64, f64) = (
            1.0 - rng.random::<f64>(),
            std::f64::consts::TAU * rng.random::<f64>(),
        );
        (-2.0 * u.ln()).sqrt() * angle.cos()
    };
    (0..count).map(|_| one(rng)).collect()
}

/// Outputs of a random two-layer ReLU network on masked inputs: log-odds of the class that they
/// speak for most, for all masks of n players of four units each. `gain` is the scale of the
/// weights: 1 is an untrained network, 3 behaves like a trained one.
pub fn network_game(players: usize, gain: f64, seed: u64) -> Vec<f64> {
    const UNITS: usize = 4;
    const HIDDEN: usize = 48;
    const CLASSES: usize = 10;
    let mut rng = seeded(seed);
    let inputs: Vec<f64> = normals(&mut rng, players * UNITS)
        .iter()
        .map(|x| x.max(0.0))
        .collect();
    let layer = |rng: &mut ChaCha8Rng, from: usize, to: usize| -> Vec<f64> {
        normals(rng, from * to)
            .iter()
            .map(|x| gain * x / (from as f64).sqrt())
            .collect()
    };
    let first = layer(&mut rng, players * UNITS, HIDDEN);
    let bias: Vec<f64> = normals(&mut rng, HIDDEN)
        .iter()
        .map(|x| 0.3 * gain * x)
        .collect();
    let second = layer(&mut rng, HIDDEN, HIDDEN);
    let third = layer(&mut rng, HIDDEN, CLASSES);
    let relu = |x: Vec<f64>| -> Vec<f64> { x.into_iter().map(|x| x.max(0.0)).collect() };
    let times = |x: &[f64], w: &[f64], to: usize| -> Vec<f64> {
        (0..to)
            .map(|j| x.iter().enumerate().map(|(i, x)| x * w[i * to + j]).sum())
            .collect()
    };
    // What each player adds to the first layer.
    let parts: Vec<Vec<f64>> = (0..players)
        .map(|p| {
            let own: Vec<f64> = inputs
                .iter()
                .enumerate()
                .map(|(i, x)| if i / UNITS == p { *x } else { 0.0 })
                .collect();
            times(&own, &first, HIDDEN)
        })
        .collect();
    let logits = |mask: usize| {
        let mut hidden = bias.clone();
        for (p, part) in parts.iter().enumerate().filter(|(p, _)| mask >> p & 1 == 1) {
            debug_assert!(p < players);
            hidden.iter_mut().zip(part).for_each(|(h, x)| *h += x);
        }
        times(
            &relu(times(&relu(hidden), &second, HIDDEN)),
            &third,
            CLASSES,
        )
    };
    let (empty, full) = (logits(0), logits((1 << players) - 1));
    // The class that the inputs speak for most.
    let moved = |c: usize| full[c] - empty[c];
    let label = (0..CLASSES)
        .max_by(|&a, &b| moved(a).total_cmp(&moved(b)))
        .unwrap_or(0);
    (0..1 << players)
        .map(|mask| {
            let z = logits(mask);
            let others = z
                .iter()
                .enumerate()
                .filter(|(c, _)| *c != label)
                .map(|(_, z)| *z);
            let largest = others.clone().fold(f64::NEG_INFINITY, f64::max);
            z[label] - largest - others.map(|z| (z - largest).exp()).sum::<f64>().ln()
        })
        .collect()
}

/// Outputs with a few AND and OR effects of random masks, and the effects.
pub fn planted_game(players: usize, effects: usize, seed: u64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut rng = seeded(seed);
    let masks = 1_usize << players;
    let (mut and, mut or) = (vec![0.0; masks], vec![0.0; masks]);
    for (i, value) in normals(&mut rng, effects).into_iter().enumerate() {
        let side = if i % 2 == 0 { &mut and } else { &mut or };
        side[rng.random_range(1..masks)] += value;
    }
    let outputs = (0..masks)
        .map(|t| {
            let a: f64 = (0..masks).filter(|s| s & !t == 0).map(|s| and[s]).sum();
            let b: f64 = (0..masks).filter(|s| s & t != 0).map(|s| or[s]).sum();
            a + b
        })
        .collect();
    (outputs, and, or)
}

/// Lets the solver go on.
pub fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// |v - reconstruction| <= tau at every mask, up to rounding.
pub fn assert_matches(v: &[f64], d: &Decomposition) {
    let rounding = 1e-12 * v.iter().map(|x| x.abs()).fold(1.0, f64::max);
    for (mask, (v, r)) in v.iter().zip(d.reconstruct().unwrap()).enumerate() {
        let off = (v - r).abs();
        assert!(
            off <= d.certificate.noise_bound + rounding,
            "mask {mask}: off by {off:e}"
        );
        assert!(
            (d.explain(mask as u32).output - r).abs() <= rounding,
            "mask {mask}"
        );
        assert!((r - v - d.noise[mask]).abs() <= rounding, "mask {mask}");
    }
}

/// Games of LeNet and how many starts are tried on each.
pub struct Trial {
    /// v on all masks of 10 players.
    pub games: Vec<Vec<f64>>,
    /// Random starts a game.
    pub starts: u64,
}

impl Trial {
    /// A few games that come with the tests, or all of those in the file that SPINDLE_GAMES names.
    pub fn of_lenet() -> Self {
        match std::env::var_os("SPINDLE_GAMES") {
            Some(all) => Self::of_file(all.as_ref(), 20),
            None => Self::few(),
        }
    }

    /// Those that come with the tests.
    pub fn few() -> Self {
        let few = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/lenet-games.f32"
        );
        Self::of_file(few.as_ref(), 2)
    }

    fn of_file(path: &std::path::Path, starts: u64) -> Self {
        let bytes = std::fs::read(path).expect("a file of games");
        let (values, _) = bytes.as_chunks::<4>();
        let values: Vec<f64> = values
            .iter()
            .map(|x| f32::from_le_bytes(*x).into())
            .collect();
        Self {
            games: values.chunks_exact(1 << 10).map(<[f64]>::to_vec).collect(),
            starts,
        }
    }
}
