//! The table of universality: for every pair of network and data set of the papers, what was found there, and on what.

use std::fmt::Write as _;

use serde::Serialize;
use spindle_interactions::{bootstrap::Estimate, decompose::Statistic};

use super::{Mark, Measured, caption, gap_onset, measured, phases, three};
use crate::{
    Experiment,
    experiment::{Dataset, Model},
    record::{RangedEstimate, RunRecord},
};

/// A network and a data set that it is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The network.
    pub model: Model,
    /// The data set.
    pub data: Dataset,
    /// Name of the data that stand in for the set; `None` for the set itself.
    pub stand_in: Option<&'static str>,
}

const fn paper(model: Model, data: Dataset) -> Pair {
    Pair {
        model,
        data,
        stand_in: None,
    }
}

const fn stand_in(model: Model, data: Dataset, name: &'static str) -> Pair {
    Pair {
        model,
        data,
        stand_in: Some(name),
    }
}

/// Sentences of film reviews in SST-2's files: the folder's name tells them from SST-2 itself.
const SNIPPETS: &str = "movie snippets";
const SNIPPETS_FOLDER: &str = "movie-snippets";
/// Clouds that Spindle makes itself, in place of ShapeNet's.
const SOLIDS: &str = "solids";

/// The pairs of arXiv 2405.10262 and 2407.19198, each stand-in below what it stands in for.
pub const PAIRS: [Pair; 20] = [
    paper(Model::Lenet, Dataset::Mnist),
    paper(Model::Vgg11, Dataset::Mnist),
    paper(Model::Vgg13, Dataset::Mnist),
    paper(Model::Vgg11, Dataset::Cifar10),
    paper(Model::Vgg13, Dataset::Cifar10),
    paper(Model::Vgg16, Dataset::Cifar10),
    paper(Model::AlexNet, Dataset::Cub),
    paper(Model::Vgg13, Dataset::Cub),
    paper(Model::Vgg16, Dataset::Cub),
    paper(Model::AlexNet, Dataset::TinyImagenet),
    paper(Model::Vgg16, Dataset::TinyImagenet),
    paper(Model::BertTiny, Dataset::Sst2),
    stand_in(Model::BertTiny, Dataset::Sst2, SNIPPETS),
    paper(Model::BertMedium, Dataset::Sst2),
    paper(Model::BertTiny, Dataset::AgNews),
    paper(Model::BertMedium, Dataset::AgNews),
    paper(Model::BertTiny, Dataset::Mnli),
    paper(Model::BertMedium, Dataset::Mnli),
    paper(Model::Dgcnn, Dataset::ShapeNet),
    stand_in(Model::Dgcnn, Dataset::ShapeNet, SOLIDS),
];

impl Pair {
    fn fits(self, experiment: &Experiment) -> bool {
        let is_stand_in = stand_in_of(experiment);
        let data = match is_stand_in {
            Some((_, of)) => of,
            None => experiment.data,
        };
        (self.model, self.data, self.stand_in)
            == (experiment.model, data, is_stand_in.map(|(name, _)| name))
    }
}

/// The stand-in that an experiment was run on, and what for.
fn stand_in_of(experiment: &Experiment) -> Option<(&'static str, Dataset)> {
    let folder = experiment.data_dir.as_deref().unwrap_or_default();
    let mut names = folder.split(['/', '\\']);
    let in_snippets = names.any(|name| name == SNIPPETS_FOLDER);
    match experiment.data {
        Dataset::Solids => Some((SOLIDS, Dataset::ShapeNet)),
        Dataset::Sst2 | Dataset::Own if in_snippets => Some((SNIPPETS, Dataset::Sst2)),
        _ => None,
    }
}

/// What an experiment was run on, by the name that readers know it by.
#[must_use]
pub fn data_name(experiment: &Experiment) -> &'static str {
    match stand_in_of(experiment) {
        Some((name, _)) => name,
        None => experiment.data.title(),
    }
}

/// What a row rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A run on the data set.
    RealRun,
    /// A run on data that stand in for it.
    StandIn,
    /// No run: loader and network are tested on small files of the data set's layout.
    LayoutOnly,
    /// No run on the stand-in yet.
    NotRun,
}

impl Status {
    /// In so many words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::RealRun => "real run",
            Self::StandIn => "real run, on data that stand in",
            Self::LayoutOnly => "runs on data of this layout; not run on the data set itself",
            Self::NotRun => "not run yet",
        }
    }
}

/// Strength by order at a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Moment {
    /// Epochs done.
    pub epoch: f64,
    /// The statistic that decides on phases, of all effects.
    pub first: Option<RangedEstimate>,
    /// Mean order of salient interactions; `None` where none is salient.
    pub mean_order: Option<Estimate>,
    /// Share of the strength by order that speaks for the label, index order - 1, to three digits.
    pub positive: Vec<f64>,
    /// Share of the strength that speaks against it, 0 or below.
    pub negative: Vec<f64>,
}

/// A pair and what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Row {
    /// Name of the network.
    pub model: &'static str,
    /// Name of the data.
    pub data: &'static str,
    /// The set that the data stand in for.
    pub instead_of: Option<&'static str>,
    /// What the row rests on.
    pub status: Status,
    /// The same in so many words.
    pub words: &'static str,
    /// Name of the run.
    pub run: Option<String>,
    /// Boundary of the phases, or why there is none; `None` where there is no run.
    pub phases: Option<String>,
    /// The statistic that decides on phases; `None` where there is no run.
    pub first: Option<Statistic>,
    /// Onset of the loss gap.
    pub gap_onset: Option<Mark>,
    /// At the first checkpoint, where orders are lowest, at the last checkpoint.
    pub moments: Vec<Moment>,
}

/// A row for every pair, from runs with their names.
#[must_use]
pub fn rows(runs: &[(String, &RunRecord)]) -> Vec<Row> {
    let row = |pair: &Pair| {
        let run = runs
            .iter()
            .find(|(_, record)| pair.fits(&record.experiment));
        Row::new(*pair, run.map(|(name, record)| (name.as_str(), *record)))
    };
    PAIRS.iter().map(row).collect()
}

impl Row {
    fn new(pair: Pair, run: Option<(&str, &RunRecord)>) -> Self {
        let status = match (run.is_some(), pair.stand_in) {
            (true, None) => Status::RealRun,
            (true, Some(_)) => Status::StandIn,
            (false, None) => Status::LayoutOnly,
            (false, Some(_)) => Status::NotRun,
        };
        let record = run.map(|(_, record)| record);
        Self {
            model: pair.model.title(),
            data: pair.stand_in.unwrap_or(pair.data.title()),
            instead_of: pair.stand_in.map(|_| pair.data.title()),
            status,
            words: status.words(),
            run: run.map(|(name, _)| name.to_owned()),
            phases: record.map(|record| {
                phases::verdict_in_short(record).unwrap_or_else(|| "not tested".into())
            }),
            first: record.map(first_statistic),
            gap_onset: record.and_then(gap_onset),
            moments: record.map_or_else(Vec::new, moments),
        }
    }
}

fn moments(record: &RunRecord) -> Vec<Moment> {
    let all: Vec<_> = measured(record).collect();
    let statistic = first_statistic(record);
    let moments = three(record, &all).into_iter();
    moments.map(|at| moment(at, statistic)).collect()
}

/// The statistic that decides on the phases of a run.
fn first_statistic(record: &RunRecord) -> Statistic {
    let mut statistics = phases::statistics(record).into_iter();
    statistics.next().unwrap_or(Statistic::ShareOfHighOrders)
}

fn moment(at: Measured<'_>, statistic: Statistic) -> Moment {
    let sum = |values: &[Estimate]| values.iter().map(|found| found.value.abs()).sum::<f64>();
    let total = sum(&at.test.positive) + sum(&at.test.negative);
    let shares = |values: &[Estimate]| {
        let share = |found: &Estimate| found.value / total.max(f64::MIN_POSITIVE);
        values
            .iter()
            .map(|found| (share(found) * 1e3).round() / 1e3)
            .collect()
    };
    Moment {
        epoch: at.epoch,
        first: phases::value(&at.analysis.all_effects, statistic),
        mean_order: at.test.mean_order,
        positive: shares(&at.test.positive),
        negative: shares(&at.test.negative),
    }
}

/// The rows as a table in Markdown; `link` gives a run's address.
#[must_use]
pub fn markdown(rows: &[Row], link: impl Fn(&str) -> String) -> String {
    let mut table = String::from(
        "| network | data | status | boundary of the phases, epoch | loss gap opens, epoch | share of orders of 3 and more (or mean order) at the first checkpoint, the lowest, the last | strength of orders 1, 2, … at the same |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let data = match row.instead_of {
            Some(of) => format!("{} (for {of})", row.data),
            None => row.data.to_owned(),
        };
        let status = match &row.run {
            Some(run) => format!("[{}]({})", row.words, link(run)),
            None => row.words.to_owned(),
        };
        let gap = mark_in_words(row, row.gap_onset.as_ref());
        let phases = row.phases.clone().unwrap_or_default();
        let first: Vec<_> = row.moments.iter().map(first_in_words).collect();
        let statistic = match row.first {
            Some(Statistic::MeanOrder) => "mean order: ",
            _ => "",
        };
        let bars: Vec<_> = row.moments.iter().map(bars).collect();
        // A string takes all that is written.
        let _ = writeln!(
            table,
            "| {} | {data} | {status} | {phases} | {gap} | {statistic}{} | {} |",
            row.model,
            first.join(" → "),
            bars.join(" → ")
        );
    }
    table
}

fn mark_in_words(row: &Row, mark: Option<&Mark>) -> String {
    match (mark, &row.run) {
        (Some(mark), _) => caption::bare_interval(mark.epochs()),
        (None, Some(_)) => "not found".into(),
        (None, None) => String::new(),
    }
}

fn first_in_words(moment: &Moment) -> String {
    let first = moment.first;
    first.map_or_else(|| "no effects".into(), phases::ranged)
}

/// A moment's strength by order as a word of bars, the strongest order the highest.
fn bars(moment: &Moment) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let both = moment.positive.iter().zip(&moment.negative);
    let shares: Vec<f64> = both.map(|(above, below)| above + below.abs()).collect();
    let largest = shares.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let top = (HEIGHTS.len() - 1) as f64;
    let bar = |share: &f64| HEIGHTS[(share / largest * top).round() as usize];
    format!("`{}`", shares.iter().map(bar).collect::<String>())
}
