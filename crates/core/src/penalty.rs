//! Which interactions a step of training penalises.

use rand::{Rng, RngExt, seq::SliceRandom};
use spindle_data::{Data, DataKind, training_masks};
use spindle_run::{experiment::CheckedExperiment, random::Stream};

use crate::{Error, network::Draw};

/// Draws for the first samples of a step's batch, given by their positions: as many as take no more
/// masked inputs than the batch has, but at least one; `None` where nothing is penalised.
///
/// # Errors
/// A sample that cannot be read by now.
pub(crate) fn of_step<M: DataKind>(
    experiment: &CheckedExperiment,
    data: &Data<M>,
    masked: M::MaskShape,
    step: usize,
    positions: &[usize],
) -> Result<Option<Vec<Draw<M::Masks>>>, Error> {
    let training = &experiment.training;
    if training.penalty == 0.0 {
        return Ok(None);
    }
    let count = (positions.len() >> training.penalty_order).max(1);
    let mut rng = Stream::Penalty.rng(training.seed, step as u64);
    let draw = |&position: &usize| {
        let players = experiment.measurement.players;
        let (set, context) = draw_players(players, training.penalty_order, &mut rng);
        Ok(Draw {
            masks: training_masks(experiment, data, position, masked)?,
            set,
            context,
        })
    };
    let draws: Result<_, Error> = positions.iter().take(count).map(draw).collect();
    draws.map(Some)
}

/// So many of the players, and each of the others with even chances; a bit a player.
fn draw_players(players: usize, order: usize, rng: &mut impl Rng) -> (u32, u32) {
    let mut all: Vec<u32> = (0..players as u32).collect();
    all.shuffle(rng);
    let (set, others) = all.split_at(order);
    let bits = |players: &[u32]| players.iter().fold(0, |bits, player| bits | 1 << player);
    (bits(set), bits(others) & rng.random::<u32>())
}

/// What is said where whoever trains knows no penalties.
pub(crate) fn unknown(penalty: f64, engine: &str) -> Error {
    Error::Experiment {
        field: "penalty",
        value: penalty.to_string(),
        allowed: format!(
            "0: {engine} knows no penalty; the CPU kernels of LeNets and perceptrons do"
        ),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn draws_are_of_the_order_and_reach_every_player_and_context() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let draws: Vec<(u32, u32)> = (0..500).map(|_| draw_players(6, 3, &mut rng)).collect();
        let fits = |&(set, context): &(u32, u32)| {
            set.count_ones() == 3 && set & context == 0 && (set | context) < 64
        };
        assert!(draws.iter().all(fits));
        let mut sets: Vec<u32> = draws.iter().map(|draw| draw.0).collect();
        sets.sort_unstable();
        sets.dedup();
        assert_eq!(sets.len(), 20);
        let present: u32 = draws.iter().map(|draw| draw.1.count_ones()).sum();
        // Half of the three others: 750 of 1500.
        assert!((650..850).contains(&present), "{present}");
        assert_eq!(draw_players(2, 2, &mut rng), (0b11, 0));
    }
}
