//! A rule that watches two networks of other seeds in training beside each other: it ends where they
//! come to have less in common.

use spindle_interactions::{
    bootstrap::Estimate,
    fate::{self, quotient},
};

use super::{CellRecord, Number, TestEffects, seeds::settings, transfer::tests};
use crate::{
    analysis::{
        samples::resamples,
        stopping::{Judge, turn},
    },
    event::SampleLosses,
    record::{Group, RunRecord},
    table::{Table, estimates},
};

/// Pairs of runs that differ in seeds only, with the same test samples, players and checkpoints, and
/// what each first network has in common with its second one.
#[derive(Clone, Debug)]
pub struct Twins {
    pairs: Vec<Pair>,
}

#[derive(Clone, Debug)]
struct Pair {
    /// Positions of its runs.
    runs: [usize; 2],
    /// By checkpoint and sample: how many of the first network's salient interactions are salient
    /// with the same sign in the other one, and how many there are.
    common: Vec<Vec<[f64; 2]>>,
}

/// What came of the rule in a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Name of the run that ends.
    pub run: String,
    /// Name of the run that it is watched beside.
    pub twin: String,
    /// The epoch at which the share gamma of its salient interactions that its twin has too, over all
    /// orders, has fallen from its largest value so far by more than its interval; `None` where it
    /// does not.
    pub ends: Option<f64>,
    /// The epoch whose network is kept.
    pub kept: f64,
    /// Loss of that one less the loss of the best in hindsight, on test samples that no rule has
    /// seen, nats.
    pub regret: Estimate,
    /// Masked inputs that the rule had both networks evaluate; the training of the twin is not in it.
    pub passes: f64,
}

impl Twins {
    /// All ordered pairs.
    #[must_use]
    pub fn new(runs: &[CellRecord<'_>]) -> Self {
        let place = |run: &CellRecord<'_>| runs.iter().position(|other| other.name == run.name);
        let mut pairs = Vec::new();
        for (_, group) in settings(runs) {
            for one in &group {
                for other in group.iter().filter(|other| are_twins(one, other)) {
                    pairs.extend(place(one).zip(place(other)).map(|(one, other)| Pair {
                        runs: [one, other],
                        common: Vec::new(),
                    }));
                }
            }
        }
        Self { pairs }
    }

    /// Takes the next checkpoint: `effects` of every run, `None` of one that has no more.
    pub fn look(&mut self, effects: &[Option<TestEffects>]) {
        for Pair { runs, common } in &mut self.pairs {
            let [one, other] = runs.map(|run| effects[run].as_ref());
            if let Some((one, other)) = one.zip(other) {
                let sides = one.sides().zip(other.sides());
                common.push(
                    sides
                        .map(|(a, b)| over_all_orders(&fate::transferred(a, b)))
                        .collect(),
                );
            }
        }
    }

    /// What comes of the rule in every pair whose first run has losses of its test samples at every
    /// checkpoint; `losses` are by run and checkpoint.
    #[must_use]
    pub fn judged(&self, runs: &[CellRecord<'_>], losses: &[Vec<SampleLosses>]) -> Vec<Watched> {
        let judged = |pair: &Pair| {
            let [run, twin] = pair.runs;
            let judge = Judge::new(runs[run].record, &losses[run])?;
            pair.judged(&judge, [&runs[run], &runs[twin]])
        };
        self.pairs.iter().filter_map(judged).collect()
    }
}

impl Pair {
    fn judged(&self, judge: &Judge, [run, twin]: [&CellRecord<'_>; 2]) -> Option<Watched> {
        let record = run.record;
        let resamples = resamples(&record.experiment);
        let samples = self.common.first()?.len();
        let less_in_common = |index: usize, draw: &[usize]| {
            let drawn = draw.iter().map(|&sample| self.common[index][sample]);
            Some(-quotient(drawn.fold([0.0; 2], added))?)
        };
        let at = turn([self.common.len(), samples], less_in_common, &resamples);
        let kept = at.unwrap_or(self.common.len() - 1);
        let epoch = |index: usize| Some(record.checkpoints.get(index)?.losses.epoch);
        let masks = 2.0_f64.powi(record.experiment.measurement.players as i32);
        Some(Watched {
            run: run.name.to_owned(),
            twin: twin.name.to_owned(),
            ends: match at {
                Some(at) => Some(epoch(at)?),
                None => None,
            },
            kept: epoch(kept)?,
            regret: judge.regret(kept, &resamples)?,
            passes: 2.0 * masks * (samples * (kept + 1)) as f64,
        })
    }
}

fn added(sum: [f64; 2], more: [f64; 2]) -> [f64; 2] {
    [sum[0] + more[0], sum[1] + more[1]]
}

fn over_all_orders(by_order: &[[f64; 2]]) -> [f64; 2] {
    by_order.iter().copied().fold([0.0; 2], added)
}

fn are_twins(one: &CellRecord<'_>, other: &CellRecord<'_>) -> bool {
    let steps = |record: &RunRecord| -> Vec<usize> {
        let checkpoints = record.checkpoints.iter();
        checkpoints.map(|at| at.losses.step).collect()
    };
    one.seed() != other.seed()
        && tests(one.record).eq(tests(other.record))
        && one.record.group_size(Group::Test) > 0
        && steps(one.record) == steps(other.record)
}

impl CellRecord<'_> {
    /// Takes in what came of the rule on pairs: its regret in the mean over the run's twins.
    pub fn add_watched(&mut self, watched: &[Watched]) {
        let regrets = watched.iter().filter(|found| found.run == self.name);
        let regrets: Vec<f64> = regrets.map(|found| found.regret.value).collect();
        if !regrets.is_empty() {
            let mean = regrets.iter().sum::<f64>() / regrets.len() as f64;
            self.numbers.push(Number::new("regret_twins_nats", mean));
        }
    }
}

/// A row a pair.
pub(super) fn table(watched: &[Watched]) -> Table {
    let rows = watched.iter();
    let table = Table::new("twins")
        .text("run", rows.clone().map(|row| row.run.as_str()))
        .text("twin", rows.clone().map(|row| row.twin.as_str()))
        .real("ends_epoch", rows.clone().map(|row| row.ends))
        .real("kept_epoch", rows.clone().map(|row| row.kept))
        .real("passes", rows.clone().map(|row| row.passes));
    estimates(table, "regret", "_nats", rows.map(|row| Some(row.regret)))
}
