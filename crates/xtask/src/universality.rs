//! The table of universality: for every pair of network and data set of the papers, what was found
//! there, and on what.

use std::fmt::Write as _;

use serde::Serialize;
use spindle_interactions::{bootstrap::Estimate, decompose::Statistic};

use spindle_run::{
    analysis::phases,
    experiment::{Dataset, Model},
    figure::{self, Mark, Measured},
    record::{RangedEstimate, RunRecord},
};
use ts_rs::TS;

/// A network and a data set that it is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The network.
    pub(crate) model: Model,
    /// The data set.
    pub(crate) data: Dataset,
    /// Name of the data that stand in for the set; `None` for the set itself.
    pub(crate) stand_in: Option<&'static str>,
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

/// Names of the data that stand in for SST-2 and ShapeNet.
const SNIPPETS: &str = "movie snippets";
const SOLIDS: &str = "solids";

/// The pairs of arXiv 2405.10262 and 2407.19198, each stand-in below what it stands in for.
pub(crate) const PAIRS: [Pair; 20] = [
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
    fn fits(self, record: &RunRecord) -> bool {
        let experiment = &record.experiment;
        let stand_in = record.provenance.stand_in.as_ref();
        let data = stand_in.map_or(experiment.training.data, |stand_in| stand_in.stands_for);
        (self.model, self.data) == (experiment.training.model, data)
            && self.stand_in == stand_in.map(|stand_in| stand_in.name.as_str())
    }
}

/// What a row rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
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
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::RealRun => "real run",
            Self::StandIn => "real run, on data that stand in",
            Self::LayoutOnly => "runs on data of this layout; not run on the data set itself",
            Self::NotRun => "not run yet",
        }
    }
}

/// Strength by order at a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub(crate) struct Moment {
    /// Epochs done.
    pub(crate) epoch: f64,
    /// The statistic that decides on phases, of all effects.
    pub(crate) first: Option<RangedEstimate>,
    /// Mean order of salient interactions; `None` where none is salient.
    pub(crate) mean_order: Option<Estimate>,
    /// Share of the strength by order that speaks for the label, index order - 1, to three digits.
    pub(crate) positive: Vec<f64>,
    /// Share of the strength that speaks against it, 0 or below.
    pub(crate) negative: Vec<f64>,
}

/// A pair and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub(crate) struct Row {
    /// Name of the network.
    pub(crate) model: &'static str,
    /// Name of the data.
    pub(crate) data: &'static str,
    /// The set that the data stand in for.
    pub(crate) instead_of: Option<&'static str>,
    /// What the row rests on.
    pub(crate) status: Status,
    /// The same in so many words.
    pub(crate) words: &'static str,
    /// Name of the run.
    pub(crate) run: Option<String>,
    /// Boundary of the phases, or why there is none; `None` where there is no run.
    pub(crate) phases: Option<String>,
    /// The statistic that decides on phases; `None` where there is no run.
    pub(crate) first: Option<Statistic>,
    /// Onset of the loss gap.
    pub(crate) gap_onset: Option<Mark>,
    /// At the first checkpoint, where orders are lowest, at the last checkpoint.
    pub(crate) moments: Vec<Moment>,
}

/// A row for every pair, from runs with their names.
pub(crate) fn rows(runs: &[(String, &RunRecord)]) -> Vec<Row> {
    let row = |pair: &Pair| {
        let run = runs.iter().find(|(_, record)| pair.fits(record));
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
            gap_onset: record.and_then(figure::gap_onset),
            moments: record.map_or_else(Vec::new, moments),
        }
    }
}

fn moments(record: &RunRecord) -> Vec<Moment> {
    let turning = record.turning_points();
    let statistic = first_statistic(record);
    Measured::all(record)
        .filter(|at| turning.contains(&at.checkpoint))
        .map(|at| moment(at, statistic))
        .collect()
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
        first: phases::of_all(&at.summary.all_effects, statistic),
        mean_order: at.test.mean_order,
        positive: shares(&at.test.positive),
        negative: shares(&at.test.negative),
    }
}

/// The rows as a table in Markdown; `link` gives a run's address.
pub(crate) fn markdown(rows: &[Row], link: impl Fn(&str) -> String) -> String {
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
        (Some(mark), _) => mark.interval(),
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

#[cfg(test)]
mod tests {
    use spindle_run::record::StandIn;

    use super::*;

    /// A run of LeNet on MNIST with two phases, as an earlier version wrote it.
    fn run() -> RunRecord {
        let json = include_bytes!("../../run/tests/older/run-4.json");
        RunRecord::from_json(json).expect("older records are read")
    }

    #[test]
    fn the_table_of_universality_has_a_row_for_every_pair() {
        let (lenet, mut snippets) = (run(), run());
        snippets.experiment.training.model = Model::BertTiny;
        snippets.experiment.training.data = Dataset::Sst2;
        snippets.provenance.stand_in = Some(StandIn {
            name: SNIPPETS.into(),
            stands_for: Dataset::Sst2,
        });
        let runs = [("lenet".to_owned(), &lenet), ("bert".to_owned(), &snippets)];
        let rows = rows(&runs);
        assert_eq!(rows.len(), PAIRS.len());
        assert_eq!(rows[0].status, Status::RealRun);
        assert_eq!(rows[0].moments.len(), 3);
        assert_eq!(rows[0].phases.as_deref(), Some("1 [0.25, 2]"));
        let of = |data| {
            rows.iter()
                .find(|row| row.model == "BERT-Tiny" && row.data == data)
        };
        // A stand-in is no run on what it stands in for.
        assert!(
            of("SST-2").is_some_and(|row| row.status == Status::LayoutOnly && row.run.is_none())
        );
        assert!(of("movie snippets").is_some_and(|row| row.run.as_deref() == Some("bert")));
        let total: f64 = rows[0].moments[0]
            .positive
            .iter()
            .chain(&rows[0].moments[0].negative)
            .map(|share| share.abs())
            .sum();
        assert!((total - 1.0).abs() < 0.01);
    }

    #[test]
    fn the_table_in_markdown_says_what_a_row_rests_on() {
        let mut record = run();
        record.analyses.clear();
        let rows = rows(&[("lenet".to_owned(), &record)]);
        let table = markdown(&rows, |run| format!("runs/{run}"));
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 2 + PAIRS.len());
        assert!(
            lines[2]
                .starts_with("| LeNet | MNIST | [real run](runs/lenet) | not tested | not found |"),
            "{}",
            lines[2]
        );
        // The first and the last checkpoint, an order a bar, the strongest one full.
        let bars = lines[2].rsplit(" | ").next().unwrap_or_default();
        let bars: Vec<_> = bars.trim_end_matches(" |").split(" → ").collect();
        assert_eq!(bars.len(), 2, "{bars:?}");
        for (bars, moment) in bars.iter().zip(&rows[0].moments) {
            assert_eq!(bars.chars().count(), 2 + moment.positive.len());
            assert!(bars.contains('█'));
        }
        assert!(lines[3].contains("not run on the data set itself"));
        assert!(table.contains("| solids (for ShapeNet) | not run yet |"));
    }
}
