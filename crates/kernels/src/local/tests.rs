//! Local patterns against exact arithmetic and plain passes; what they save.

use proptest::prelude::*;

use super::{
    choice::{Choice, most_by_patterns},
    *,
};
use crate::{
    Dense, Error, Initial, Masked, SequentialKernels, SequentialTuning,
    tests::{kernels, kinds, networks, small_vgg},
};
use spindle_run::{input::PictureShape, player::draw_patches, random::Stream};

/// A network and a picture.
struct Case {
    engine: SequentialKernels,
    picture: Vec<f32>,
}

impl Case {
    fn new(network: Sequential, seed: u64) -> Result<Self, Error> {
        Self::with_tuning(network, seed, SequentialTuning::default())
    }

    fn with_tuning(
        network: Sequential,
        seed: u64,
        tuning: SequentialTuning,
    ) -> Result<Self, Error> {
        let weights = network.initial_weights(seed);
        let picture = (0..network.input_len())
            .map(|i| ((i * 37 + seed as usize * 11) % 101) as f32 / 100.0)
            .collect();
        Ok(Self {
            engine: kernels(&network, &weights, tuning)?,
            picture,
        })
    }

    fn network(&self) -> &Sequential {
        self.engine.network()
    }

    /// Logits by a given choice.
    fn logits(&self, masks: &PatchMasks, choice: Choice) -> Vec<f32> {
        let map = self.engine.masked_map(&self.picture);
        let plan = LocalPlan::of_choice(self.engine.problem(masks), choice);
        plan.logits(self.engine.kernels(), &map)
    }

    /// Largest difference of `logits` from exact ones on every `step`-th mask, in units of the
    /// largest exact one.
    fn error(&self, masks: &PatchMasks, logits: &[f32], step: usize) -> Result<f64, Error> {
        let classes = self.network().classes();
        let (mut difference, mut largest) = (0.0_f64, 0.0_f64);
        for mask in (0..masks.count()).step_by(step) {
            let exact = self
                .engine
                .exact_masked_logits(&self.picture, masks, mask)?;
            for (exact, found) in exact.iter().zip(&logits[mask * classes..]) {
                difference = difference.max((exact - f64::from(*found)).abs());
                largest = largest.max(exact.abs());
            }
        }
        Ok(difference / largest)
    }
}

fn lenet_masks(players: usize, seed: u64) -> PatchMasks {
    let patches = draw_patches(players, &mut Stream::Weights.rng(seed, 0));
    PatchMasks::new(&patches, Sequential::lenet(1, 10).masked_side())
}

/// How narrow kernels evaluate a network.
fn chosen(network: &Sequential, masks: &PatchMasks) -> Choice {
    choose(Problem {
        network,
        masks,
        is_wide: false,
        tuning: &LocalTuning::default(),
    })
}

fn all(masks: &PatchMasks) -> u32 {
    masks.count() as u32 - 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_networks_give_exact_logits_by_every_choice(
        network in networks(), masked in 0_usize..4, seed in 0_u64..1000,
        patches in prop::collection::btree_set((0_usize..8, 0_usize..8), 2..=7),
        fixed in 0_u32..128,
    ) {
        let masked = match masked.min(network.convolutions.len()).checked_sub(1) {
            None => Masked::Input,
            Some(index) => Masked::Convolution(index),
        };
        let network = Sequential { masked, ..network };
        let failed = |error: Error| TestCaseError::fail(error.to_string());
        let players = patches.into_iter().map(|(row, column)| [row, column]);
        let players: Vec<[usize; 2]> = players.collect();
        let masks = PatchMasks::new(&players, network.masked_side());
        for tuning in kinds(&network) {
            let case = Case::with_tuning(network.clone(), seed, tuning).map_err(failed)?;
            for free in [all(&masks), all(&masks) & !fixed] {
                for convolutions in 0..=most_by_patterns(&network) {
                    let logits = case.logits(&masks, Choice { free, convolutions });
                    let error = case.error(&masks, &logits, 5).map_err(failed)?;
                    prop_assert!(
                        error < 1e-5,
                        "{error} with {free:b} free, {convolutions} by patterns"
                    );
                }
            }
            let chosen = case.engine.masked_logits(&case.picture, &masks).map_err(failed)?;
            prop_assert!(case.error(&masks, &chosen, 5).map_err(failed)? < 1e-5);
        }
    }
}

#[test]
fn lenet_gives_exact_logits() -> Result<(), Error> {
    for (players, seed, step) in [(10, 0, 31), (10, 1, 31), (13, 2, 257)] {
        let case = Case::new(Sequential::lenet(1, 10), seed)?;
        let masks = lenet_masks(players, seed);
        let error = case.error(
            &masks,
            &case.engine.masked_logits(&case.picture, &masks)?,
            step,
        )?;
        assert!(error < 1e-6, "{error} of the largest logit, n = {players}");
        // Four players held fixed in turn, and plain passes behind the masked feature map.
        let few = Choice {
            free: all(&masks) & !0b1010101,
            convolutions: 1,
        };
        let plain = Choice {
            free: all(&masks),
            convolutions: 0,
        };
        for choice in [few, plain] {
            let error = case.error(&masks, &case.logits(&masks, choice), step)?;
            assert!(error < 1e-6, "{error} of the largest logit by {choice:?}");
        }
    }
    Ok(())
}

#[test]
fn lenet_takes_a_twelfth_of_the_arithmetic() {
    let ratio = |seed| {
        let masks = lenet_masks(10, seed);
        let layers = Sequential::lenet(1, 10).masked_arithmetic(&masks);
        let local: usize = layers.iter().map(|l| l.by_patterns.operations()).sum();
        let plain: usize = layers.iter().map(|l| l.mask_by_mask.products).sum();
        assert_eq!(plain, 1024 * (100 * 150 * 16 + 48_000 + 10_080 + 840));
        plain as f64 / local as f64
    };
    let mut ratios: Vec<f64> = (0..25).map(ratio).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    assert!(ratios[0] > 12.0 && ratios[12] > 18.0, "{ratios:?}");
}

#[test]
fn lenet_runs_by_patterns_and_what_mixes_early_plainly() {
    let masks = lenet_masks(10, 0);
    let lenet = chosen(&Sequential::lenet(1, 10), &masks);
    assert_eq!((lenet.free, lenet.convolutions), (all(&masks), 1));
    // A first convolution over the whole map, then wide ones: every position sees every player at
    // once.
    let convolution = |name: &'static str, inputs, outputs, kernel, side| Convolution {
        name: name.into(),
        inputs,
        outputs,
        kernel,
        stride: 1,
        padding: 0,
        side,
        pool: None,
    };
    let early = Sequential {
        name: "early",
        input: PictureShape {
            channels: 1,
            side: 24,
        },
        convolutions: vec![
            convolution("conv1", 1, 8, 3, 24),
            convolution("conv2", 8, 8, 17, 22),
            convolution("conv3", 8, 8, 3, 6),
        ],
        dense: vec![Dense {
            name: "fc1".into(),
            inputs: 128,
            outputs: 10,
            activation: None,
        }],
        masked: Masked::Convolution(0),
        initial: Initial::Uniform,
    };
    let masks = PatchMasks::new(
        &(0..10).map(|i| [2 + i / 4, 2 + i % 4]).collect::<Vec<_>>(),
        22,
    );
    assert_eq!(chosen(&early, &masks).convolutions, 1);
}

#[test]
fn vgg_takes_a_third_of_the_arithmetic() {
    let network = small_vgg(1);
    let ratio = |seed| {
        let patches = draw_patches(10, &mut Stream::Weights.rng(seed, 0));
        let masks = PatchMasks::new(&patches, network.masked_side());
        let layers = network.masked_arithmetic(&masks);
        let [local, plain] = [
            layers
                .iter()
                .map(|l| l.by_patterns.operations())
                .sum::<usize>(),
            layers.iter().map(|l| l.mask_by_mask.products).sum(),
        ];
        // The third and fourth convolution nearly vanish.
        let early = |of: fn(&LayerArithmetic) -> usize| layers[..2].iter().map(of).sum::<usize>();
        assert!(
            10 * early(|l| l.by_patterns.operations()) < early(|l| l.mask_by_mask.products),
            "{layers:?}"
        );
        plain as f64 / local as f64
    };
    let ratios: Vec<f64> = (0..8).map(ratio).collect();
    assert!(ratios.iter().all(|&ratio| ratio > 3.0), "{ratios:?}");
}

#[test]
fn many_players_are_taken_some_at_a_time() {
    let masks = lenet_masks(20, 0);
    let choice = chosen(&Sequential::lenet(1, 10), &masks);
    let free = choice.free.count_ones();
    assert!((8..=15).contains(&free), "{free} free players");
    assert_eq!(choice.convolutions, 1);
}
