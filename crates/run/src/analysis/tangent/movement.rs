//! From outputs, and how they move where weights do, to what is recorded of a group of samples.

use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    mask::{self, binomial},
    spectrum::energy_by_degree,
    transform,
};

use super::{GroupTangent, RANDOM};
use crate::{Error, Experiment, analysis::samples::resamples, record::Group};

/// A sample's outputs on all masks, `[2^n]` in nats, and how they move with the weights: difference
/// quotients, for a movement of the weights by their own norm.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    /// The outputs.
    pub outputs: Vec<f64>,
    /// Those before training.
    pub first: Vec<f64>,
    /// Along a step of gradient descent.
    pub step: Vec<f64>,
    /// In random directions.
    pub random: Vec<Vec<f64>>,
}

/// What is recorded of one group's samples; `None` without any.
///
/// # Errors
/// Arrays that are not of one number of players.
pub fn of_group(
    experiment: &Experiment,
    group: Group,
    samples: &[Movement],
) -> Result<Option<GroupTangent>, Error> {
    if samples.is_empty() {
        return Ok(None);
    }
    let resamples = resamples(experiment);
    let shares = |of: fn(&Movement) -> Vec<&[f64]>| {
        let sizes = samples.iter().map(|sample| sizes(&of(sample)));
        Ok::<_, Error>(shares(&sizes.collect::<Result<Vec<_>, _>>()?, &resamples))
    };
    Ok(Some(GroupTangent {
        group,
        samples: samples.len(),
        outputs: shares(|sample| vec![&sample.outputs])?,
        step: shares(|sample| vec![&sample.step])?,
        random: shares(|sample| sample.random.iter().map(Vec::as_slice).collect())?,
        likeness: likeness(samples, &resamples)?,
        mobility: mobility(samples, &resamples)?,
        rate: rate(samples, &resamples)?,
    }))
}

/// AND effects (Harsanyi dividends) of outputs on all masks.
fn effects(outputs: &[f64]) -> Result<Vec<f64>, Error> {
    let mut effects = outputs.to_vec();
    transform::moebius(&mut effects, 1)?;
    Ok(effects)
}

/// Summed sizes of AND effects by order, index order - 1.
fn sizes(arrays: &[&[f64]]) -> Result<Vec<f64>, Error> {
    let mut sizes = Vec::new();
    for array in arrays {
        sizes.resize(mask::player_count(array.len())?, 0.0);
        for (s, effect) in (1..).zip(effects(array)?.iter().skip(1)) {
            sizes[mask::order(s) - 1] += effect.abs();
        }
    }
    Ok(sizes)
}

/// Shares by order of what all samples have together; none where they have nothing.
fn shares(sizes: &[Vec<f64>], resamples: &Resamples) -> Vec<Option<Estimate>> {
    let of_draw = |draw: &[usize]| {
        let orders = 0..sizes.first()?.len();
        let sums: Vec<f64> = orders
            .map(|order| draw.iter().map(|&sample| sizes[sample][order]).sum())
            .collect();
        let all: f64 = sums.iter().sum();
        (all > 0.0).then(|| sums.iter().map(|sum| sum / all).collect())
    };
    let orders = sizes.first().map_or(0, Vec::len);
    match resamples.estimates(sizes.len(), of_draw) {
        Some(shares) => shares.into_iter().map(Some).collect(),
        None => vec![None; orders],
    }
}

/// By order: the cosine of effects before training and those of now, all samples together.
fn likeness(samples: &[Movement], resamples: &Resamples) -> Result<Vec<Option<Estimate>>, Error> {
    let sums = samples.iter().map(|sample| {
        let (first, now) = (effects(&sample.first)?, effects(&sample.outputs)?);
        let squares = [products(&first, &first)?, products(&now, &now)?];
        Ok((products(&first, &now)?, squares))
    });
    let sums = sums.collect::<Result<Vec<_>, Error>>()?;
    let of_order = |order: usize| {
        resamples.estimate(sums.len(), |draw| {
            let (mut product, mut squares) = (0.0, [0.0; 2]);
            for &sample in draw {
                let (products, own) = &sums[sample];
                product += products[order];
                squares[0] += own[0][order];
                squares[1] += own[1][order];
            }
            let length = (squares[0] * squares[1]).sqrt();
            (length > 0.0).then(|| product / length)
        })
    };
    let orders = 0..sums.first().map_or(0, |(products, _)| products.len());
    Ok(orders.map(of_order).collect())
}

/// By order: root mean square change of effects over their own, where weights move by [`RANDOM`] of
/// their norm.
fn mobility(samples: &[Movement], resamples: &Resamples) -> Result<Vec<Option<Estimate>>, Error> {
    let sums = samples.iter().map(|sample| {
        let now = effects(&sample.outputs)?;
        let own = products(&now, &now)?;
        let mut change = vec![0.0; own.len()];
        for moved in &sample.random {
            let moved = effects(moved)?;
            let share = RANDOM.powi(2) / sample.random.len() as f64;
            for (sum, square) in change.iter_mut().zip(products(&moved, &moved)?) {
                *sum += share * square;
            }
        }
        Ok(change.into_iter().zip(own).collect())
    });
    let sums = sums.collect::<Result<Vec<_>, Error>>()?;
    Ok(quotients(&sums, resamples, f64::sqrt))
}

/// Sums of products of two samples' effects, by order.
fn products(a: &[f64], b: &[f64]) -> Result<Vec<f64>, Error> {
    let mut sums = vec![0.0; mask::player_count(a.len())?];
    for (s, (a, b)) in (1..).zip(a.iter().zip(b).skip(1)) {
        sums[mask::order(s) - 1] += a * b;
    }
    Ok(sums)
}

/// Of sums and sums by order, a pair each for every sample: their quotients, all samples together.
fn quotients(
    samples: &[Vec<(f64, f64)>],
    resamples: &Resamples,
    of: fn(f64) -> f64,
) -> Vec<Option<Estimate>> {
    let of_order = |order: usize| {
        resamples.estimate(samples.len(), |draw| {
            let pairs = draw.iter().map(|&sample| samples[sample][order]);
            let (sum, by) = pairs.fold((0.0, 0.0), |all, pair| (all.0 + pair.0, all.1 + pair.1));
            (by > 0.0).then(|| of(sum / by))
        })
    };
    let orders = 0..samples.first().map_or(0, Vec::len);
    orders.map(of_order).collect()
}

/// By degree, from 1 on: the mean eigenvalue of the samples' own kernels on functions of that degree,
/// over that of degree 1.
fn rate(samples: &[Movement], resamples: &Resamples) -> Result<Vec<Option<Estimate>>, Error> {
    let sums = samples.iter().map(|sample| {
        let mut rates: Vec<f64> = Vec::new();
        for moved in &sample.random {
            let energy = energy_by_degree(moved)?;
            let players = energy.len() - 1;
            rates.resize(players, 0.0);
            for (degree, (rate, energy)) in (1..).zip(rates.iter_mut().zip(&energy[1..])) {
                *rate += energy / binomial(players, degree);
            }
        }
        let first = rates.first().copied().unwrap_or_default();
        Ok(rates.into_iter().map(|rate| (rate, first)).collect())
    });
    let sums = sums.collect::<Result<Vec<_>, Error>>()?;
    Ok(quotients(&sums, resamples, |quotient| quotient))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs of AND effects at some masks.
    fn outputs(effects: &[(usize, f64)]) -> Vec<f64> {
        let mut values = vec![0.0; 8];
        for (mask, effect) in effects {
            values[*mask] = *effect;
        }
        transform::zeta(&mut values, 1).unwrap();
        values
    }

    #[test]
    fn shares_likeness_and_rates_are_those_of_planted_effects() {
        // A kernel that multiplies every output by itself: all random directions, one by one.
        let unit = |mask: usize| {
            let mut moved = vec![0.0; 8];
            moved[mask] = 1.0;
            moved
        };
        let sample = Movement {
            outputs: outputs(&[(0, 5.0), (0b001, 1.0), (0b011, 0.5), (0b111, 2.0)]),
            first: outputs(&[(0b001, 2.0), (0b010, 1.0), (0b011, 1.0), (0b111, -4.0)]),
            step: outputs(&[(0b001, -3.0), (0b110, 1.0)]),
            random: (0..8).map(unit).collect(),
        };
        let samples = [sample.clone(), sample.clone(), sample];
        let found = of_group(&Experiment::default(), Group::Test, &samples);
        let found = found.unwrap().unwrap();
        let values = |found: &[Option<Estimate>]| {
            let values = found.iter().map(|at| at.unwrap().value);
            values.collect::<Vec<_>>()
        };
        assert_eq!(values(&found.step), [0.75, 0.25, 0.0]);
        let expected = [1.0 / 3.5, 0.5 / 3.5, 2.0 / 3.5];
        for (found, expected) in values(&found.outputs).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
        // 2 * 1 of lengths 5 and 1 at order 1; the others have one effect each.
        let likeness = found.likeness.iter().map(|at| at.unwrap().value);
        for (found, expected) in likeness.zip([2.0 / 5.0_f64.sqrt(), 1.0, -1.0]) {
            assert!((found - expected).abs() < 1e-12);
        }
        // A kernel by which every output moves by itself has one eigenvalue.
        for rate in found.rate {
            assert!((rate.unwrap().value - 1.0).abs() < 1e-9);
        }
        // Effects that read T change by 1 in a direction T: of order 1 it is the empty mask, which three
        // read, and one mask each.
        let mobility = found.mobility[0].unwrap().value;
        assert!((mobility - (RANDOM.powi(2) * 6.0 / 8.0).sqrt()).abs() < 1e-12);
        assert_eq!(found.samples, 3);
    }

    #[test]
    fn where_nothing_moves_nothing_is_said() {
        let still = Movement {
            outputs: vec![1.0; 8],
            first: vec![1.0; 8],
            step: vec![0.0; 8],
            random: vec![vec![0.0; 8]],
        };
        let found = of_group(&Experiment::default(), Group::Train, &[still]).unwrap();
        let found = found.unwrap();
        assert_eq!(
            (&found.step, &found.outputs),
            (&vec![None; 3], &vec![None; 3])
        );
        assert_eq!(found.likeness, [None; 3]);
        assert_eq!(found.rate, [None; 3]);
        assert_eq!(found.mobility, [None; 3]);
        let none = of_group(&Experiment::default(), Group::Test, &[]).unwrap();
        assert_eq!(none, None);
    }
}
