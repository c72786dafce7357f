//! Penalties against their definition in exact arithmetic.

use super::*;
use crate::{
    Convolution, Masked, Sequential, Sgd,
    tests::{assert_gradient, batch, exact_loss, forty_networks, kernels, narrow, refusal, wide},
};

#[test]
fn a_difference_is_what_interactions_of_its_players_add_up_to() {
    let draw = Draw {
        masks: PatchMasks::new(&[[1, 1], [1, 2], [1, 3], [1, 4]], 8),
        set: 0b0101,
        context: 0b1000,
    };
    let masks: Vec<usize> = draw.masks().map(|mask| mask.mask).collect();
    assert_eq!(masks, [0b1000, 0b1001, 0b1100, 0b1101]);
    let signs: Vec<f64> = draw.signs().collect();
    assert_eq!(signs, [1.0, -1.0, -1.0, 1.0]);
    // v of two classes is z_0 - z_1: 3 where players 0 and 2 are both there, and 5 with player 3.
    let v = [5.0, 5.0, 5.0, 8.0];
    let logits: Vec<f32> = v.iter().flat_map(|v| [*v, 0.0, 9.0]).collect();
    let mut gradients = vec![0.0; 12];
    let found = draw.gradient(0, 0.5, [2, 3], &logits, &mut gradients);
    assert_eq!(found, 4.5);
    // 2 * 0.5 * 3 * sign for the label, and its opposite for the other class.
    let first: Vec<f32> = gradients.iter().step_by(3).copied().collect();
    assert_eq!(first, [3.0, -3.0, -3.0, 3.0]);
    assert_eq!(gradients[1], -3.0);
}

/// Draws for the two pictures of a batch: two players and three.
fn draws(network: &Sequential) -> [Draw<PatchMasks>; 2] {
    let players = [[1, 1], [2, 4], [3, 3], [3, 4], [5, 2], [6, 6]];
    let masks = PatchMasks::new(&players, network.masked_side());
    [(0b000011, 0b011000), (0b101100, 0b000001)].map(|(set, context)| Draw {
        masks: masks.clone(),
        set,
        context,
    })
}

/// Mean square of the draws' differences of log-odds, in f64.
fn exact_penalty(network: &Sequential, values: &[f32], draws: &[Draw<PatchMasks>]) -> f64 {
    let (pictures, labels) = batch(network);
    let pictures = pictures.chunks_exact(pictures.len() / labels.len());
    let squares = pictures
        .zip(labels)
        .zip(draws)
        .map(|((picture, label), draw)| {
            let players = (0..6).filter(|player| draw.set >> player & 1 == 1);
            let players: Vec<u32> = players.map(|player| 1 << player).collect();
            let differences = (0..1_u32 << players.len()).map(|part| {
                let there = (0..).zip(&players).filter(|(bit, _)| part >> bit & 1 == 1);
                let mask = there.fold(draw.context, |mask, (_, player)| mask | player);
                let sign = if part.count_ones() % 2 == 0 {
                    1.0
                } else {
                    -1.0
                };
                let mask = Some(Mask {
                    masks: &draw.masks,
                    mask: mask as usize,
                });
                let logits = network.exact_logits(values, picture, mask);
                let others = (0..).zip(&logits).filter(|(class, _)| *class != label);
                let sum: f64 = others.map(|(_, z)| z.exp()).sum();
                sign * (logits[label] - sum.ln())
            });
            differences.sum::<f64>().powi(2)
        });
    squares.sum::<f64>() / draws.len() as f64
}

#[test]
fn gradients_of_a_penalty_are_those_of_the_exact_one() -> Result<(), Error> {
    let sgd = Sgd {
        learning_rate: 1.0,
        momentum: 0.0,
    };
    for mut network in forty_networks().into_iter().take(20) {
        if !network.convolutions.iter().all(Convolution::is_plain) || network.classes() < 2 {
            continue;
        }
        for masked in (0..network.convolutions.len())
            .map(Masked::Convolution)
            .chain([Masked::Input])
        {
            network.masked = masked;
            let weights = network.initial_weights(2);
            let mut engine = kernels(&network, &weights, narrow())?;
            let (pictures, labels) = batch(&network);
            let draws = draws(&network);
            let penalty = Penalty {
                pictures: &pictures,
                labels: &labels,
                draws: &draws,
                weight: 50.0,
            };
            engine.step_penalised(&pictures, &labels, penalty, sgd)?;
            assert_gradient(&engine, &weights, &|values| {
                exact_loss(&network, values) + 50.0 * exact_penalty(&network, values, &draws)
            })?;
            let mut engine = kernels(&network, &weights, wide())?;
            let said = refusal(engine.step_penalised(&pictures, &labels, penalty, sgd));
            assert!(
                !engine.penalises() && said.contains("no penalties"),
                "{said}"
            );
        }
    }
    Ok(())
}

#[test]
fn draws_that_do_not_fit_are_refused() -> Result<(), Error> {
    let network = Sequential::lenet(1, 10);
    let mut engine = kernels(&network, &network.initial_weights(1), narrow())?;
    let (pictures, labels) = batch(&network);
    let mut said = |draws: &[Draw<PatchMasks>]| {
        let penalty = Penalty {
            pictures: &pictures,
            labels: &labels,
            draws,
            weight: 1.0,
        };
        let sgd = Sgd {
            learning_rate: 1.0,
            momentum: 0.0,
        };
        refusal(engine.step_penalised(&pictures, &labels, penalty, sgd))
    };
    let whole = draws(&network);
    assert_eq!(said(&whole), "");
    assert!(said(&whole[1..]).contains("2 pictures with 1 draws"));
    let mut twice = whole.clone();
    twice[0].context = twice[0].set;
    assert!(said(&twice).contains("one twice"));
    let mut apart = whole;
    apart[0].masks = PatchMasks::new(&[[1, 1], [2, 2]], 27);
    assert!(said(&apart).contains("27x27"));
    Ok(())
}
