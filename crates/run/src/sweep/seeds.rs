//! What runs have in common that differ in seeds only.

use spindle_interactions::{bootstrap::Estimate, jackknife};

use super::{CellRecord, Number, Sweep, numbers};

/// Fields that are chance, not a choice: the seed of a run, of its samples and of its players.
const SEEDS: [&str; 3] = ["seed", "samples_seed", "players_seed"];

/// One number over all runs of a sweep that differ in seeds only.
#[derive(Clone, Debug, PartialEq)]
pub struct OverSeeds {
    /// Values of the varied fields but the seeds, in the order of [`OverSeeds::fields`].
    pub setting: Vec<String>,
    /// The number's name.
    pub number: &'static str,
    /// Runs that have it.
    pub runs: usize,
    /// Runs of the setting.
    pub of: usize,
    /// Mean over them, with the 95 % interval of Student's t over runs; without one where fewer than
    /// two have it.
    pub mean: Estimate,
    /// Standard deviation between runs of other seeds.
    pub between_seeds: Option<f64>,
    /// Standard deviation between sets of players of runs that share a seed.
    pub between_players: Option<f64>,
    /// Standard error by the samples of a run: root of the mean square over the runs, from half of
    /// their 95 % intervals.
    pub by_samples: Option<f64>,
}

impl OverSeeds {
    /// The varied fields that are no seeds.
    #[must_use]
    pub fn fields(sweep: &Sweep) -> Vec<&'static str> {
        let fields = sweep.varied.iter().copied();
        fields.filter(|field| !SEEDS.contains(field)).collect()
    }
}

/// A run's seed, and a number of it.
struct Drawn {
    seed: u64,
    number: Number,
}

/// Every number of every setting, over its seeds, in the order of the runs.
#[must_use]
pub fn over_seeds(sweep: &Sweep, runs: &[CellRecord<'_>]) -> Vec<OverSeeds> {
    let groups = super::figures::settings(sweep, runs);
    let groups = groups.into_iter();
    groups
        .flat_map(|(setting, runs)| of_setting(&setting, &runs))
        .collect()
}

fn of_setting(setting: &[String], runs: &[CellRecord<'_>]) -> Vec<OverSeeds> {
    let mut names: Vec<&'static str> = Vec::new();
    let mut drawn: Vec<Vec<Drawn>> = Vec::new();
    for run in runs {
        for number in numbers(run.record) {
            let place = names.iter().position(|name| *name == number.name);
            let place = place.unwrap_or_else(|| {
                names.push(number.name);
                drawn.push(Vec::new());
                names.len() - 1
            });
            let seed = run.record.experiment.training.seed;
            drawn[place].push(Drawn { seed, number });
        }
    }
    let found = names.into_iter().zip(drawn);
    found
        .map(|(number, drawn)| OverSeeds {
            setting: setting.to_vec(),
            number,
            runs: drawn.len(),
            of: runs.len(),
            mean: mean(&drawn),
            between_seeds: between_seeds(&drawn),
            between_players: between_players(&drawn),
            by_samples: by_samples(&drawn),
        })
        .collect()
}

/// Runs of one seed are not drawn apart: their mean counts once.
fn by_seed(drawn: impl IntoIterator<Item = (u64, f64)>) -> Vec<Vec<f64>> {
    let mut seeds: Vec<(u64, Vec<f64>)> = Vec::new();
    for (seed, value) in drawn {
        match seeds.iter_mut().find(|(other, _)| *other == seed) {
            Some((_, values)) => values.push(value),
            None => seeds.push((seed, vec![value])),
        }
    }
    seeds.into_iter().map(|(_, values)| values).collect()
}

/// Mean over seeds, and half of its 95 % interval by Student's t; `None` of nothing, and no interval
/// of one seed.
pub(super) fn mean_over_seeds(
    drawn: impl IntoIterator<Item = (u64, f64)>,
) -> Option<(f64, Option<f64>)> {
    let means: Vec<f64> = by_seed(drawn)
        .iter()
        .map(|values| average(values))
        .collect();
    let half = deviation(&means)
        .zip(jackknife::t_quantile(means.len().saturating_sub(1)))
        .map(|(deviation, t)| t * deviation / (means.len() as f64).sqrt());
    (!means.is_empty()).then(|| (average(&means), half))
}

fn values(drawn: &[Drawn]) -> impl Iterator<Item = (u64, f64)> {
    let drawn = drawn.iter();
    drawn.map(|drawn| (drawn.seed, drawn.number.value))
}

fn mean(drawn: &[Drawn]) -> Estimate {
    let (value, half) = mean_over_seeds(values(drawn)).unwrap_or((f64::NAN, None));
    let half = half.unwrap_or(f64::NAN);
    Estimate {
        value,
        low: value - half,
        high: value + half,
    }
}

fn between_seeds(drawn: &[Drawn]) -> Option<f64> {
    let means: Vec<f64> = by_seed(values(drawn))
        .iter()
        .map(|values| average(values))
        .collect();
    deviation(&means)
}

/// Within seeds, pooled.
fn between_players(drawn: &[Drawn]) -> Option<f64> {
    let seeds = by_seed(values(drawn));
    let squares = seeds.iter().flat_map(|values| {
        let mean = average(values);
        values.iter().map(move |value| (value - mean).powi(2))
    });
    let degrees: usize = seeds.iter().map(|values| values.len() - 1).sum();
    (degrees > 0).then(|| (squares.sum::<f64>() / degrees as f64).sqrt())
}

fn by_samples(drawn: &[Drawn]) -> Option<f64> {
    /// Half of a 95 % interval of normal errors, in standard errors.
    const NORMAL: f64 = 1.96;
    let errors: Vec<f64> = drawn
        .iter()
        .filter_map(|drawn| drawn.number.interval)
        .map(|[low, high]| (0.5 * (high - low) / NORMAL).powi(2))
        .collect();
    (!errors.is_empty()).then(|| average(&errors).sqrt())
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> Option<f64> {
    let mean = average(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[(u64, f64, f64)]) -> Vec<Drawn> {
        let number = |value, error: f64| Number {
            name: "share",
            value,
            interval: Some([value - 1.96 * error, value + 1.96 * error]),
        };
        let values = values.iter();
        values
            .map(|&(seed, value, error)| Drawn {
                seed,
                number: number(value, error),
            })
            .collect()
    }

    #[test]
    fn runs_of_one_seed_count_once_and_components_are_told_apart() {
        // Two seeds, two sets of players each: means 2 and 6, within deviations of 1 and 1.
        let found = drawn(&[(0, 1.0, 0.3), (0, 3.0, 0.3), (1, 5.0, 0.3), (1, 7.0, 0.3)]);
        let all = mean(&found);
        assert_eq!(all.value, 4.0);
        // t with one degree of freedom: 12.706.
        assert!(
            (all.high - 4.0 - 12.706_204_7 * 2.0).abs() < 1e-6,
            "{all:?}"
        );
        assert!((between_seeds(&found).unwrap() - 8.0_f64.sqrt()).abs() < 1e-12);
        assert!((between_players(&found).unwrap() - 2.0_f64.sqrt()).abs() < 1e-12);
        assert!((by_samples(&found).unwrap() - 0.3).abs() < 1e-12);
    }

    #[test]
    fn of_one_run_there_is_no_interval() {
        let found = drawn(&[(0, 1.0, 0.3)]);
        assert!(mean(&found).low.is_nan());
        assert_eq!(
            (between_seeds(&found), between_players(&found)),
            (None, None)
        );
    }
}
