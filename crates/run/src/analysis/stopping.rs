//! Rules that end a training early, on what a run has measured: those that watch interactions on a
//! handful of samples, beside patience on a validation loss and the best checkpoint in hindsight.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    bootstrap::{Estimate, Resamples},
    decompose::HIGH_ORDER,
    strength::{self, SampleStrength},
};

use super::{
    Analysis, Finding, OfRun, Scope, Shown, rounds,
    samples::{mean, resamples},
};
use crate::{
    Error,
    event::SampleLosses,
    figure::{Axis, BarPanel, BarPanels, Figure, FigureKind, Series, Tone, caption},
    record::{Group, Recorded, RunRecord, recorded},
    sweep::Number,
    table::{Table, estimates},
};

/// Checkpoints in a row without a smaller validation loss, after which patience is over.
const PATIENCE: usize = 3;

/// A rule that ends a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The share of orders of 3 and more has risen from its smallest value so far, after a fall, by
    /// more than its interval.
    HighOrders,
    /// The mean order has.
    MeanOrder,
    /// |sum I| / sum |I| of orders of 3 and more has fallen from its largest value so far by more
    /// than its interval.
    Cancellation,
    /// The validation loss has not been smaller for 3 checkpoints.
    Patience,
    /// Never: the last checkpoint.
    Never,
}

impl Rule {
    const ALL: [Self; 5] = [
        Self::HighOrders,
        Self::MeanOrder,
        Self::Cancellation,
        Self::Patience,
        Self::Never,
    ];

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HighOrders => "share of high orders rises",
            Self::MeanOrder => "mean order rises",
            Self::Cancellation => "high orders cancel more",
            Self::Patience => "patience on validation loss",
            Self::Never => "no early stop",
        }
    }

    const fn number(self) -> &'static str {
        match self {
            Self::HighOrders => "regret_high_orders_nats",
            Self::MeanOrder => "regret_mean_order_nats",
            Self::Cancellation => "regret_cancellation_nats",
            Self::Patience => "regret_patience_nats",
            Self::Never => "regret_never_nats",
        }
    }
}

/// What came of a rule. Checkpoints are positions in `RunRecord::checkpoints`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// The rule.
    pub rule: Rule,
    /// Where it ends the training; `None` where it does not within the run.
    pub at: Option<usize>,
    /// The checkpoint that is kept: where it ended, or, with patience, the best so far.
    pub kept: usize,
    /// Loss of that one less the loss of the best in hindsight, on test samples that no rule has
    /// seen, nats.
    pub regret: Estimate,
    /// Inputs that the rule had the network evaluate, masked ones too.
    pub passes: f64,
}

/// What came of all rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    /// The best checkpoint in hindsight.
    pub best: usize,
    /// Its loss, nats.
    pub best_loss: Estimate,
    /// Test samples that stand for a validation set, and those that rules are judged by.
    pub samples: [usize; 2],
    /// The rules.
    pub rules: Vec<Stopped>,
}

impl Recorded for Stopping {
    const NAME: &'static str = "stopping";
    const VERSION: u32 = 2;
}

/// The analysis.
pub(super) struct EarlyStopping;

impl Shown for EarlyStopping {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        figure(record).into_iter().collect()
    }
}

impl Analysis for EarlyStopping {
    fn name(&self) -> &'static str {
        Stopping::NAME
    }

    fn version(&self) -> u32 {
        Stopping::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Run]
    }

    fn of_run(&self, run: &OfRun<'_>) -> Result<Value, Error> {
        recorded(&found(run))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let finding = in_words(record).map(|text| Finding {
            about: "Early stopping",
            text,
        });
        finding.into_iter().collect()
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let rules = record.analyses.get::<Stopping>().map(|found| found.rules);
        let rules = rules.into_iter().flatten();
        rules
            .map(|found| Number::estimate(found.rule.number(), found.regret))
            .collect()
    }
}

/// Losses of a run's test samples, by which rules are judged.
pub(crate) struct Judge {
    /// By checkpoint, of samples that rules may watch.
    validation: Vec<Vec<f64>>,
    /// By checkpoint, of samples that no rule has seen.
    judging: Vec<Vec<f64>>,
    /// The best checkpoint in hindsight.
    best: usize,
}

impl Judge {
    /// `losses`: of all samples at every checkpoint; `None` without those of test samples.
    pub(crate) fn new(record: &RunRecord, losses: &[SampleLosses]) -> Option<Self> {
        let [validation, judging] = halves(record, losses)?;
        let means: Vec<f64> = judging.iter().map(|losses| rounds::mean(losses)).collect();
        Some(Self {
            best: smallest(&means)?,
            validation,
            judging,
        })
    }

    /// Loss of a checkpoint less that of the best, nats.
    pub(crate) fn regret(&self, kept: usize, resamples: &Resamples) -> Option<Estimate> {
        let pairs = self.judging.get(kept)?.iter().zip(&self.judging[self.best]);
        mean(
            &pairs.map(|(kept, best)| kept - best).collect::<Vec<_>>(),
            resamples,
        )
    }
}

/// `None` without losses of test samples at every checkpoint.
fn found(run: &OfRun<'_>) -> Option<Stopping> {
    let judge = Judge::new(run.record, run.losses)?;
    let Judge {
        validation,
        judging,
        best,
    } = &judge;
    let resamples = resamples(&run.record.experiment);
    let strengths: Vec<&[SampleStrength]> = run.strengths.iter().map(|s| &*s.all).collect();
    let masked = strengths.first().map_or(0, |samples| samples.len()) as f64
        * 2.0_f64.powi(run.record.experiment.measurement.players as i32);
    let last = judging.len() - 1;
    let of_rule = |rule: Rule| {
        let watched = |value: fn(&[SampleStrength], &[usize]) -> Option<f64>, sign: f64| {
            let samples = strengths.first().map_or(0, |samples| samples.len());
            let now = |index: usize, draw: &[usize]| Some(sign * value(strengths[index], draw)?);
            let at = turn([strengths.len(), samples], now, &resamples);
            (at, at.unwrap_or(last), masked)
        };
        let (at, kept, passes) = match rule {
            Rule::HighOrders => watched(high_orders, 1.0),
            Rule::MeanOrder => watched(strength::mean_order, 1.0),
            Rule::Cancellation => watched(agreement, -1.0),
            Rule::Patience => {
                let means: Vec<f64> = validation
                    .iter()
                    .map(|losses| rounds::mean(losses))
                    .collect();
                let (at, kept) = patience(&means)?;
                (at, kept, validation[0].len() as f64)
            }
            Rule::Never => (None, last, 0.0),
        };
        Some(Stopped {
            rule,
            at,
            kept,
            regret: judge.regret(kept, &resamples)?,
            passes: passes * (at.unwrap_or(last) + 1) as f64,
        })
    };
    Some(Stopping {
        best: *best,
        best_loss: mean(&judging[*best], &resamples)?,
        samples: [validation[0].len(), judging[0].len()],
        rules: Rule::ALL.into_iter().map(of_rule).collect::<Option<_>>()?,
    })
}

/// Losses by checkpoint of test samples at even positions, which rules may watch, and of those at odd
/// ones, without the samples whose interactions are watched.
fn halves(record: &RunRecord, losses: &[SampleLosses]) -> Option<[Vec<Vec<f64>>; 2]> {
    let test = record.samples.iter();
    let test = test.filter(|sample| sample.group == Group::Test);
    let watched: BTreeSet<usize> = test.map(|sample| sample.position).collect();
    let half = |parity: usize| -> Vec<Vec<f64>> {
        let is_in = |position: usize| {
            position % 2 == parity && (parity == 0 || !watched.contains(&position))
        };
        let of_checkpoint = |losses: &SampleLosses| {
            let losses = losses.test.iter().enumerate();
            let losses = losses.filter(|(position, _)| is_in(*position));
            losses.map(|(_, &loss)| f64::from(loss)).collect()
        };
        losses.iter().map(of_checkpoint).collect()
    };
    let halves = [half(0), half(1)];
    let is_whole = |half: &Vec<Vec<f64>>| {
        let finite = |losses: &Vec<f64>| !losses.is_empty() && losses.iter().all(|x| x.is_finite());
        !half.is_empty() && half.iter().all(finite)
    };
    halves.iter().all(is_whole).then_some(halves)
}

fn smallest(values: &[f64]) -> Option<usize> {
    let found = values.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
    found.map(|(index, _)| index)
}

/// The first checkpoint at which the loss has not been smaller for a while, and the best until then.
fn patience(losses: &[f64]) -> Option<(Option<usize>, usize)> {
    let mut best = 0;
    for (index, loss) in losses.iter().enumerate() {
        if *loss < losses[best] {
            best = index;
        }
        if index >= best + PATIENCE {
            return Some((Some(index), best));
        }
    }
    (!losses.is_empty()).then_some((None, best))
}

/// The first checkpoint at which a statistic `at` lies above its smallest value so far by more than a
/// paired 95 % interval over the samples; the smallest value may not be the first one, since something
/// must have fallen. It is of a checkpoint and of a draw of the samples; there are so many
/// `[checkpoints, samples]`.
pub(crate) fn turn(
    [checkpoints, samples]: [usize; 2],
    at: impl Fn(usize, &[usize]) -> Option<f64>,
    resamples: &Resamples,
) -> Option<usize> {
    let all: Vec<usize> = (0..samples).collect();
    let mut least: Option<(usize, f64)> = None;
    for index in 0..checkpoints {
        let Some(now) = at(index, &all) else {
            continue;
        };
        match least {
            Some((place, smallest)) if now >= smallest => {
                let rise =
                    resamples.estimate(samples, |draw| Some(at(index, draw)? - at(place, draw)?));
                if place > 0 && rise.is_some_and(|rise| rise.low > 0.0) {
                    return Some(index);
                }
            }
            _ => least = Some((index, now)),
        }
    }
    None
}

fn high_orders(strengths: &[SampleStrength], draw: &[usize]) -> Option<f64> {
    let shares = strength::share(strengths, draw)?;
    Some(shares.iter().skip(HIGH_ORDER - 1).sum())
}

/// |sum I| / sum |I| of high orders, each order by itself.
fn agreement(strengths: &[SampleStrength], draw: &[usize]) -> Option<f64> {
    let (mut agreed, mut all) = (0.0, 0.0);
    for sample in draw.iter().map(|&index| &strengths[index]) {
        agreed += sample
            .sums()
            .skip(HIGH_ORDER - 1)
            .map(f64::abs)
            .sum::<f64>();
        all += sample.sizes().skip(HIGH_ORDER - 1).sum::<f64>();
    }
    (all > 0.0).then(|| agreed / all)
}

/// Regret of every rule.
fn figure(record: &RunRecord) -> Option<Figure> {
    let found: Stopping = record.analyses.get()?;
    let bars = found.rules.iter().map(|rule| rule.regret).collect();
    Some(Figure {
        name: "stopping",
        title: "Regret of rules that end the training early".into(),
        caption: format!(
            "{} One run: whether a rule is good, only several seeds and tasks can say (spindle sweep). A rule on what two networks of other seeds have in common needs both (twins = true in a sweep's file).",
            in_words(record)?
        ),
        kind: FigureKind::Bars(BarPanels {
            x: Axis {
                label: "rule",
                unit: "",
            },
            y: Axis {
                label: "regret",
                unit: "nats",
            },
            categories: found
                .rules
                .iter()
                .map(|rule| short(rule.rule).into())
                .collect(),
            series: vec![Series {
                name: "loss of the kept checkpoint less that of the best".into(),
                tone: Tone::Certified,
            }],
            overlay: None,
            panels: vec![BarPanel {
                title: String::new(),
                note: String::new(),
                bars: vec![Some(bars)],
                overlay: None,
            }],
        }),
    })
}

/// A word or two under a bar.
const fn short(rule: Rule) -> &'static str {
    match rule {
        Rule::HighOrders => "high orders",
        Rule::MeanOrder => "mean order",
        Rule::Cancellation => "cancel more",
        Rule::Patience => "patience",
        Rule::Never => "never",
    }
}

fn in_words(record: &RunRecord) -> Option<String> {
    let found: Stopping = record.analyses.get()?;
    let epoch = |index: usize| Some(record.checkpoints.get(index)?.losses.epoch);
    let best = caption::at(epoch(found.best)?);
    let words = found.rules.iter().map(|rule| {
        let at = match rule.at {
            Some(at) => format!("ends {}", caption::at(epoch(at)?)),
            None => "ends with the run".into(),
        };
        Some(format!(
            "{} {at}, regret {} ({} passes)",
            rule.rule.name(),
            caption::estimate(rule.regret),
            caption::count(rule.passes)
        ))
    });
    let words: Vec<String> = words.collect::<Option<_>>()?;
    let measured = record.group_size(Group::Test);
    Some(format!(
        "The smallest loss of {} test samples that no rule has seen is {} nats, {best}. {}. Orders are watched on {measured} test samples and all their masks, the validation loss on the other {} test samples, at the run's checkpoints, which grow apart. 95 % over the samples.",
        found.samples[1],
        caption::estimate(found.best_loss),
        caption::capitalized(&words.join("; ")),
        found.samples[0]
    ))
}

/// What came of the rules: a row each.
fn table(record: &RunRecord) -> Table {
    let rules = record.analyses.get::<Stopping>().map(|found| found.rules);
    let rules = rules.unwrap_or_default();
    let epoch = |index: Option<usize>| Some(record.checkpoints.get(index?)?.losses.epoch);
    let table = Table::new("stopping")
        .text("rule", rules.iter().map(|found| found.rule.name()))
        .real("ends_epoch", rules.iter().map(|found| epoch(found.at)))
        .real(
            "kept_epoch",
            rules.iter().map(|found| epoch(Some(found.kept))),
        )
        .real("passes", rules.iter().map(|found| found.passes));
    estimates(
        table,
        "regret",
        "_nats",
        rules.iter().map(|found| Some(found.regret)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples whose orders 1 and 3 have these sizes; every sample a little different.
    fn strengths(low: f64, high: f64) -> Vec<SampleStrength> {
        let sample = |index: usize| {
            let apart = 1.0 + 0.01 * (index % 5) as f64;
            SampleStrength {
                positive: vec![low, 0.0, high * apart],
                negative: vec![0.0; 3],
            }
        };
        (0..20).map(sample).collect()
    }

    #[test]
    fn a_planted_turn_is_found_and_a_flat_course_has_none() {
        let resamples = Resamples::new(200, 0);
        let found = |highs: &[f64]| {
            let all: Vec<Vec<SampleStrength>> =
                highs.iter().map(|high| strengths(1.0, *high)).collect();
            let at = |index: usize, draw: &[usize]| high_orders(&all[index], draw);
            turn([highs.len(), 20], at, &resamples)
        };
        assert_eq!(found(&[1.0, 0.2, 0.1, 0.1, 0.3, 0.9]), Some(4));
        assert_eq!(found(&[1.0, 0.2, 0.1, 0.1]), None);
        // What only rises has no first phase.
        assert_eq!(found(&[0.1, 0.2, 0.5]), None);
    }

    #[test]
    fn patience_keeps_the_best_and_ends_three_checkpoints_later() {
        assert_eq!(
            patience(&[2.0, 1.0, 1.1, 1.2, 1.3, 0.5]),
            Some((Some(4), 1))
        );
        assert_eq!(patience(&[2.0, 1.0, 0.9]), Some((None, 2)));
        assert_eq!(patience(&[]), None);
    }

    #[test]
    fn high_orders_that_cancel_agree_less() {
        let sample = |negative: f64| SampleStrength {
            positive: vec![5.0, 0.0, 1.0],
            negative: vec![0.0, 0.0, negative],
        };
        assert_eq!(agreement(&[sample(0.0)], &[0]), Some(1.0));
        assert_eq!(agreement(&[sample(-1.0)], &[0]), Some(0.0));
        assert_eq!(agreement(&[sample(-0.5)], &[0]), Some(0.5 / 1.5));
    }
}
