//! From outputs, and how they move where weights do, to what is recorded of a group of samples.

use std::f64::consts::FRAC_2_PI;

use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    mask::{self, binomial},
    spectrum::energy_by_degree,
    transform,
};

use super::{GroupTangent, RANDOM, STEP};
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

/// Rounding of outputs, standard deviations in nats; 0 where none is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rounding {
    /// Of [`Movement::outputs`], and of those that the difference quotients are of.
    pub now: f64,
    /// Of [`Movement::first`].
    pub first: f64,
}

impl Rounding {
    /// That of difference quotients over a share of the weights' norm to each side.
    fn of_quotients(self, share: f64) -> f64 {
        self.now / (2.0_f64.sqrt() * share)
    }
}

/// Numbers are told where their mean square is at least so many times what rounding alone would give.
const CLEAR: f64 = 10.0;

/// Mean square that rounding gives an effect of an order: it is a sum of 2^order outputs with signs.
fn rounded_square(noise: f64, order: usize) -> f64 {
    noise.powi(2) * 2.0_f64.powi(order as i32)
}

/// The same of all effects of an order together.
fn rounded_squares(noise: f64, players: usize, order: usize) -> f64 {
    binomial(players, order) * rounded_square(noise, order)
}

/// What is recorded of one group's samples; `None` without any. What rounding may have made is left out.
///
/// # Errors
/// Arrays that are not of one number of players.
pub fn of_group(
    experiment: &Experiment,
    group: Group,
    samples: &[Movement],
    rounding: Rounding,
) -> Result<Option<GroupTangent>, Error> {
    if samples.is_empty() {
        return Ok(None);
    }
    let resamples = resamples(experiment);
    let shares = |of: fn(&Movement) -> Vec<&[f64]>, noise: f64| {
        let sizes = samples.iter().map(|sample| sizes(&of(sample), noise));
        Ok::<_, Error>(shares(&sizes.collect::<Result<Vec<_>, _>>()?, &resamples))
    };
    Ok(Some(GroupTangent {
        group,
        samples: samples.len(),
        outputs: shares(|sample| vec![&sample.outputs], rounding.now)?,
        step: shares(|sample| vec![&sample.step], rounding.of_quotients(STEP))?,
        random: shares(
            |sample| sample.random.iter().map(Vec::as_slice).collect(),
            rounding.of_quotients(RANDOM),
        )?,
        likeness: likeness(samples, &resamples, rounding)?,
        mobility: mobility(samples, &resamples, rounding)?,
        rate: rate(samples, &resamples, rounding)?,
    }))
}

/// AND effects (Harsanyi dividends) of outputs on all masks.
fn effects(outputs: &[f64]) -> Result<Vec<f64>, Error> {
    let mut effects = outputs.to_vec();
    transform::moebius(&mut effects, 1)?;
    Ok(effects)
}

/// Summed sizes of AND effects of an order, and what rounding alone would give.
#[derive(Clone, Copy, Default)]
struct Size {
    found: f64,
    rounded: f64,
}

/// By order, index order - 1, of outputs with so much rounding.
fn sizes(arrays: &[&[f64]], noise: f64) -> Result<Vec<Size>, Error> {
    let mut sizes = Vec::<Size>::new();
    for array in arrays {
        let players = mask::player_count(array.len())?;
        sizes.resize(players, Size::default());
        for (s, effect) in (1..).zip(effects(array)?.iter().skip(1)) {
            sizes[mask::order(s) - 1].found += effect.abs();
        }
        for (order, size) in (1..).zip(&mut sizes) {
            // The mean size of a normal number is sqrt(2 / pi) of its standard deviation.
            let mean = (rounded_square(noise, order) * FRAC_2_PI).sqrt();
            size.rounded += binomial(players, order) * mean;
        }
    }
    Ok(sizes)
}

/// Shares by order of what all samples have together; none where they have nothing, where an order is
/// not clear of rounding, or any where those that are not are more than a tenth of all.
fn shares(sizes: &[Vec<Size>], resamples: &Resamples) -> Vec<Option<Estimate>> {
    let orders = 0..sizes.first().map_or(0, Vec::len);
    let sum = |order: usize, of: fn(&Size) -> f64| -> f64 {
        sizes.iter().map(|sizes| of(&sizes[order])).sum()
    };
    let found = |order| sum(order, |size| size.found);
    let is_clear = |order: usize| found(order) >= CLEAR.sqrt() * sum(order, |size| size.rounded);
    let all: f64 = orders.clone().map(found).sum();
    let unclear: f64 = orders
        .clone()
        .filter(|&order| !is_clear(order))
        .map(found)
        .sum();
    let of_draw = |draw: &[usize]| {
        let of = |order: usize| draw.iter().map(|&sample| sizes[sample][order].found).sum();
        let sums: Vec<f64> = orders.clone().map(of).collect();
        let all: f64 = sums.iter().sum();
        (all > 0.0).then(|| sums.iter().map(|sum| sum / all).collect())
    };
    match resamples.estimates(sizes.len(), of_draw) {
        Some(shares) if CLEAR * unclear <= all => {
            let shares = orders.clone().zip(shares);
            shares
                .map(|(order, share)| is_clear(order).then_some(share))
                .collect()
        }
        _ => vec![None; orders.len()],
    }
}

/// By order: the cosine of effects before training and those of now, all samples together.
fn likeness(
    samples: &[Movement],
    resamples: &Resamples,
    rounding: Rounding,
) -> Result<Vec<Option<Estimate>>, Error> {
    let sums = samples.iter().map(|sample| {
        let (first, now) = (effects(&sample.first)?, effects(&sample.outputs)?);
        let squares = [products(&first, &first)?, products(&now, &now)?];
        Ok((products(&first, &now)?, squares))
    });
    let sums = sums.collect::<Result<Vec<_>, Error>>()?;
    let of_order = |order: usize| {
        let found = resamples.estimate(sums.len(), |draw| {
            let (mut product, mut squares) = (0.0, [0.0; 2]);
            for &sample in draw {
                let (products, own) = &sums[sample];
                product += products[order];
                squares[0] += own[0][order];
                squares[1] += own[1][order];
            }
            let length = (squares[0] * squares[1]).sqrt();
            (length > 0.0).then(|| product / length)
        });
        let noise = [rounding.first, rounding.now];
        let mut own =
            (0..2).map(|at| (at, sums.iter().map(|(_, own)| own[at][order]).sum::<f64>()));
        let is_clear = own.all(|(at, square)| {
            let players = sums[0].0.len();
            square >= CLEAR * sums.len() as f64 * rounded_squares(noise[at], players, order + 1)
        });
        found.filter(|_| is_clear)
    };
    let orders = 0..sums.first().map_or(0, |(products, _)| products.len());
    Ok(orders.map(of_order).collect())
}

/// By order: root mean square change of effects over their own, where weights move by [`RANDOM`] of
/// their norm.
fn mobility(
    samples: &[Movement],
    resamples: &Resamples,
    rounding: Rounding,
) -> Result<Vec<Option<Estimate>>, Error> {
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
    let rounded = |players: usize, order: usize| {
        // Of a change over RANDOM, and not of its quotient.
        let change = RANDOM * rounding.of_quotients(RANDOM);
        [change, rounding.now].map(|noise| rounded_squares(noise, players, order))
    };
    Ok(quotients(&sums, resamples, rounded, f64::sqrt))
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
/// `rounded` is what rounding alone gives both of a sample, by players and order.
fn quotients(
    samples: &[Vec<(f64, f64)>],
    resamples: &Resamples,
    rounded: impl Fn(usize, usize) -> [f64; 2],
    of: fn(f64) -> f64,
) -> Vec<Option<Estimate>> {
    let sums = |draw: &mut dyn Iterator<Item = usize>, order: usize| {
        draw.map(|sample| samples[sample][order])
            .fold((0.0, 0.0), |all, pair| (all.0 + pair.0, all.1 + pair.1))
    };
    let of_order = |order: usize| {
        let found = resamples.estimate(samples.len(), |draw| {
            let (sum, by) = sums(&mut draw.iter().copied(), order);
            (by > 0.0).then(|| of(sum / by))
        });
        let (sum, by) = sums(&mut (0..samples.len()), order);
        let [sum_rounded, by_rounded] = rounded(samples[0].len(), order + 1);
        let least = CLEAR * samples.len() as f64;
        found.filter(|_| sum >= least * sum_rounded && by >= least * by_rounded)
    };
    let orders = 0..samples.first().map_or(0, Vec::len);
    orders.map(of_order).collect()
}

/// By degree, from 1 on: the mean eigenvalue of the samples' own kernels on functions of that degree,
/// over that of degree 1.
fn rate(
    samples: &[Movement],
    resamples: &Resamples,
    rounding: Rounding,
) -> Result<Vec<Option<Estimate>>, Error> {
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
    let directions = samples.first().map_or(0, |sample| sample.random.len()) as f64;
    let rounded = |players: usize, _| {
        // A function's coefficient is a mean over all masks.
        let square = rounding.of_quotients(RANDOM).powi(2) / 2.0_f64.powi(players as i32);
        [directions * square; 2]
    };
    Ok(quotients(&sums, resamples, rounded, |quotient| quotient))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, normal};

    const EXACT: Rounding = Rounding {
        now: 0.0,
        first: 0.0,
    };

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
        let found = of_group(&Experiment::default(), Group::Test, &samples, EXACT);
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
        let found = of_group(&Experiment::default(), Group::Train, &[still], EXACT).unwrap();
        let found = found.unwrap();
        assert_eq!(
            (&found.step, &found.outputs),
            (&vec![None; 3], &vec![None; 3])
        );
        assert_eq!(found.likeness, [None; 3]);
        assert_eq!(found.rate, [None; 3]);
        assert_eq!(found.mobility, [None; 3]);
        let none = of_group(&Experiment::default(), Group::Test, &[], EXACT).unwrap();
        assert_eq!(none, None);
    }

    /// Effects of order 1 and 2 under rounding that is a hundredth of one and twice the other.
    #[test]
    fn what_rounding_may_have_made_is_left_out() {
        let mut rng = Stream::Directions.rng(0, 0);
        let mut sample = |noise: f64| {
            let mut noisy = |scale: f64, noise: f64| {
                let mut values = vec![0.0; 64];
                for (mask, value) in (1..).zip(values.iter_mut().skip(1)) {
                    *value = match mask::order(mask) {
                        1 => scale,
                        2 => 0.005 * scale,
                        _ => 0.0,
                    };
                }
                transform::zeta(&mut values, 1).unwrap();
                values
                    .iter()
                    .map(|value| value + noise * normal(&mut rng))
                    .collect()
            };
            Movement {
                outputs: noisy(1.0, noise),
                first: noisy(1.0, noise),
                step: noisy(1.0, noise / (2.0_f64.sqrt() * STEP)),
                random: (0..4)
                    .map(|_| noisy(10.0, noise / (2.0_f64.sqrt() * RANDOM)))
                    .collect(),
            }
        };
        let noise = 0.005;
        let samples: Vec<Movement> = (0..6).map(|_| sample(noise)).collect();
        let rounding = Rounding {
            now: noise,
            first: noise,
        };
        let of = |rounding| of_group(&Experiment::default(), Group::Test, &samples, rounding);
        let found = of(rounding).unwrap().unwrap();
        let known =
            |found: &[Option<Estimate>]| found.iter().map(Option::is_some).collect::<Vec<_>>();
        let first_alone = [true, false, false, false, false, false];
        assert_eq!(known(&found.likeness), first_alone);
        assert_eq!(known(&found.mobility), first_alone);
        assert_eq!(known(&found.rate), first_alone);
        // Rounding is most of what a step and of what random movements seem to change.
        assert_eq!(found.step, [None; 6]);
        assert_eq!(found.random, [None; 6]);
        let unknown = of(EXACT).unwrap().unwrap();
        assert!(known(&unknown.step).iter().all(|known| *known));
        assert_eq!(unknown.likeness[0], found.likeness[0]);
    }
}
