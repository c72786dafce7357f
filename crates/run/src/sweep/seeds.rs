//! What runs have in common that differ in seeds only.

use spindle_interactions::{bootstrap::Estimate, jackknife};

use super::{CellRecord, Domain, Number, Sweep};

/// Fields that are chance, not a choice: the seed of a run, of its samples and of its players.
const SEEDS: [&str; 3] = ["seed", "samples_seed", "players_seed"];

pub(super) fn is_chance(field: &str) -> bool {
    SEEDS.contains(&field)
}

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
    /// Mean over them, with the 95 % interval of Student's t over runs, cut at what the number can be;
    /// without one where fewer than two have it.
    pub mean: Estimate,
    /// Standard deviation between runs of other seeds.
    pub between_seeds: Option<f64>,
    /// Standard deviation between sets of players of runs that share their seed and samples.
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
        fields.filter(|field| !is_chance(field)).collect()
    }
}

/// A number of a run, its seed and that of its samples.
struct Drawn<'a> {
    seed: u64,
    samples_seed: u64,
    number: &'a Number,
}

/// Every number of every setting, over its seeds, in the order of the runs.
#[must_use]
pub fn over_seeds(runs: &[CellRecord<'_>]) -> Vec<OverSeeds> {
    let groups = settings(runs).into_iter();
    groups
        .flat_map(|(setting, runs)| of_setting(setting, &runs))
        .collect()
}

/// A setting, and its runs.
pub(super) type Setting<'a> = (&'a [String], Vec<&'a CellRecord<'a>>);

/// Runs by their values of the varied fields that are no seeds, in the order of the runs.
pub(super) fn settings<'a>(runs: &'a [CellRecord<'a>]) -> Vec<Setting<'a>> {
    let mut groups: Vec<Setting<'a>> = Vec::new();
    for run in runs {
        match groups
            .iter_mut()
            .find(|(setting, _)| *setting == run.setting)
        {
            Some((_, runs)) => runs.push(run),
            None => groups.push((&run.setting, vec![run])),
        }
    }
    groups
}

fn of_setting(setting: &[String], runs: &[&CellRecord<'_>]) -> Vec<OverSeeds> {
    let mut names: Vec<&'static str> = Vec::new();
    let mut drawn: Vec<Vec<Drawn<'_>>> = Vec::new();
    for run in runs {
        let training = &run.record.experiment.training;
        let measurement = &run.record.experiment.measurement;
        for number in &run.numbers {
            let place = names.iter().position(|name| *name == number.name);
            let place = place.unwrap_or_else(|| {
                names.push(number.name);
                drawn.push(Vec::new());
                names.len() - 1
            });
            drawn[place].push(Drawn {
                seed: training.seed,
                samples_seed: measurement.samples_seed.unwrap_or(training.seed),
                number,
            });
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
fn by_seed<Seed: PartialEq>(drawn: impl IntoIterator<Item = (Seed, f64)>) -> Vec<Vec<f64>> {
    let mut seeds: Vec<(Seed, Vec<f64>)> = Vec::new();
    for (seed, value) in drawn {
        match seeds.iter_mut().find(|(other, _)| *other == seed) {
            Some((_, values)) => values.push(value),
            None => seeds.push((seed, vec![value])),
        }
    }
    seeds.into_iter().map(|(_, values)| values).collect()
}

fn seed_means(drawn: impl IntoIterator<Item = (u64, f64)>) -> Vec<f64> {
    let seeds = by_seed(drawn);
    seeds.iter().map(|values| average(values)).collect()
}

/// Mean over seeds, and its 95 % interval by Student's t, cut at what the quantity can be; `None` of
/// nothing, and no interval of one seed.
pub(super) fn mean_over_seeds(
    domain: Domain,
    drawn: impl IntoIterator<Item = (u64, f64)>,
) -> Option<(f64, Option<[f64; 2]>)> {
    let means = seed_means(drawn);
    if means.is_empty() {
        return None;
    }
    let mean = average(&means);
    let interval = deviation(&means)
        .zip(jackknife::t_quantile(means.len() - 1))
        .map(|(deviation, t)| t * deviation / (means.len() as f64).sqrt())
        .map(|half| domain.cut([mean - half, mean + half]));
    Some((mean, interval))
}

fn values(drawn: &[Drawn<'_>]) -> impl Iterator<Item = (u64, f64)> {
    let drawn = drawn.iter();
    drawn.map(|drawn| (drawn.seed, drawn.number.value))
}

fn mean(drawn: &[Drawn<'_>]) -> Estimate {
    let domain = drawn
        .first()
        .map_or(Domain::ANY, |drawn| drawn.number.domain);
    let (value, interval) = mean_over_seeds(domain, values(drawn)).unwrap_or((f64::NAN, None));
    let [low, high] = interval.unwrap_or([f64::NAN; 2]);
    Estimate { value, low, high }
}

fn between_seeds(drawn: &[Drawn<'_>]) -> Option<f64> {
    deviation(&seed_means(values(drawn)))
}

/// Within seeds of the run and of its samples, pooled.
fn between_players(drawn: &[Drawn<'_>]) -> Option<f64> {
    let seeds = drawn.iter().map(|drawn| {
        let seeds = (drawn.seed, drawn.samples_seed);
        (seeds, drawn.number.value)
    });
    let seeds = by_seed(seeds);
    let squares = seeds.iter().flat_map(|values| {
        let mean = average(values);
        values.iter().map(move |value| (value - mean).powi(2))
    });
    let degrees: usize = seeds.iter().map(|values| values.len() - 1).sum();
    (degrees > 0).then(|| (squares.sum::<f64>() / degrees as f64).sqrt())
}

fn by_samples(drawn: &[Drawn<'_>]) -> Option<f64> {
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

    /// Seeds of the run and of its samples, value, standard error.
    fn numbers(values: &[([u64; 2], f64, f64)]) -> Vec<([u64; 2], Number)> {
        let number = |value, error: f64| Number {
            name: "share",
            value,
            interval: Some([value - 1.96 * error, value + 1.96 * error]),
            domain: Domain::ANY,
        };
        let values = values.iter();
        values
            .map(|&(seeds, value, error)| (seeds, number(value, error)))
            .collect()
    }

    fn drawn(numbers: &[([u64; 2], Number)]) -> Vec<Drawn<'_>> {
        let numbers = numbers.iter();
        numbers
            .map(|&([seed, samples_seed], ref number)| Drawn {
                seed,
                samples_seed,
                number,
            })
            .collect()
    }

    #[test]
    fn runs_of_one_seed_count_once_and_components_are_told_apart() {
        // Two seeds, two sets of players each: means 2 and 6, within deviations of 1 and 1.
        let numbers = numbers(&[
            ([0, 9], 1.0, 0.3),
            ([0, 9], 3.0, 0.3),
            ([1, 9], 5.0, 0.3),
            ([1, 9], 7.0, 0.3),
        ]);
        let found = drawn(&numbers);
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
    fn other_samples_are_no_other_players() {
        let numbers = numbers(&[([0, 1], 1.0, 0.3), ([0, 2], 3.0, 0.3)]);
        assert_eq!(between_players(&drawn(&numbers)), None);
    }

    #[test]
    fn an_interval_of_few_seeds_stays_where_shares_are() {
        let shares = [(0, 0.01), (1, 0.02), (2, 0.3)];
        let (mean, interval) = mean_over_seeds(Domain::SHARE, shares).unwrap();
        let [low, high] = interval.unwrap();
        assert_eq!(low, 0.0);
        let (_, whole) = mean_over_seeds(Domain::ANY, shares).unwrap();
        assert!(whole.unwrap()[0] < 0.0 && whole.unwrap()[1] == high && high > mean);
    }

    #[test]
    fn of_one_run_there_is_no_interval() {
        let numbers = numbers(&[([0, 0], 1.0, 0.3)]);
        let found = drawn(&numbers);
        assert!(mean(&found).low.is_nan());
        assert_eq!(
            (between_seeds(&found), between_players(&found)),
            (None, None)
        );
    }
}
