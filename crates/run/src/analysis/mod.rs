//! Analyses: what is computed from outputs and decompositions, recorded under a name, and shown.
//!
//! An analysis is one module here and one row of [the table](ANALYSES). Record, tables, report and
//! page take it from there by its name and by the kinds of its figures; none of them knows a single
//! one. `ARCHITECTURE.md` says how one is added.

mod all_effects;
mod certificates;
mod checkpoints;
mod contributions;
mod controls;
mod fate_losses;
mod fates;
mod figure_3;
mod first_phase;
mod group_differences;
pub mod landscape;
mod loss_gap;
mod noise_bounds;
mod other_answers;
pub mod phases;
mod published_sgd;
mod rounds;
pub mod samples;
mod similarity;
mod sparsity;
pub(crate) mod stopping;
mod strengths;
mod summary;
pub mod tangent;
mod theory;
mod work;

use std::ops::ControlFlow;

use serde_json::Value;
use spindle_interactions::decompose::{Decomposition, Progress};

use crate::{
    Error, Experiment,
    event::{Outputs, SampleLosses},
    figure::Figure,
    record::{RunRecord, SampleRecord, Summary},
    sweep::Number,
    table::{self, Table},
};

pub use all_effects::course;
pub use contributions::{Contributions, Cutting, GroupContributions};
pub use controls::{Controls, GroupControls};
pub use fate_losses::{FateLosses, GroupFateLosses};
pub use fates::FatesByOrder;
pub use figure_3::figure_3;
pub use first_phase::{Decay, DecayFit};
pub use group_differences::{GroupDifference, GroupDifferences};
pub use loss_gap::loss_gap;
pub use noise_bounds::{AtNoise, NoiseBounds};
pub use other_answers::OtherAnswers;
pub use published_sgd::{AtRate, Norms, PublishedSgd, RateScale, published_bars};
pub use samples::TestStrengths;
pub use similarity::Similarity;
pub use sparsity::{Sparsity, Strongest};
pub use stopping::{Rule, Stopped, Stopping};
pub use strengths::two_phases;
pub use summary::summarize;
pub use theory::{Theory, TheoryFit};
pub use work::{Work, is_complete, missing};

/// A callback that is told how far an analysis is, and may stop it. `games` are those of the whole
/// analysis at its place.
pub type Watch<'a> = &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync);

/// Where an analysis looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// At every checkpoint.
    EveryCheckpoint,
    /// Before training, where orders are lowest and at the end: for what takes long.
    TurningPoints,
    /// At all checkpoints together.
    Run,
}

/// A checkpoint as an analysis finds it.
#[derive(Clone, Copy, Debug)]
pub struct AtCheckpoint<'a> {
    /// What was asked for.
    pub experiment: &'a Experiment,
    /// The samples.
    pub samples: &'a [SampleRecord],
    /// Their interactions, summed up.
    pub summary: &'a Summary,
    /// Their outputs on all masks.
    pub outputs: &'a Outputs,
    /// A decomposition each.
    pub decompositions: &'a [Decomposition],
    /// The checkpoint before, for analyses that look back; `None` for the first one.
    pub before: Option<Before<'a>>,
}

/// The checkpoint before another one.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// Its salience threshold, nats.
    pub threshold: f64,
    /// A decomposition a sample.
    pub decompositions: &'a [Decomposition],
}

impl<'a> AtCheckpoint<'a> {
    /// A checkpoint of a record; `None` where its interactions are not summed up yet.
    #[must_use]
    pub fn new(
        record: &'a RunRecord,
        checkpoint: usize,
        outputs: &'a Outputs,
        decompositions: &'a [Decomposition],
    ) -> Option<Self> {
        Some(Self {
            experiment: &record.experiment,
            samples: &record.samples,
            summary: record.checkpoints.get(checkpoint)?.summary.as_ref()?,
            outputs,
            decompositions,
            before: None,
        })
    }

    /// The same, with what was found at the checkpoint before.
    #[must_use]
    pub fn with_before(self, before: Option<Before<'a>>) -> Self {
        Self { before, ..self }
    }
}

/// A run as an analysis finds it: all checkpoints together.
#[derive(Clone, Copy, Debug)]
pub struct OfRun<'a> {
    /// What was found so far.
    pub record: &'a RunRecord,
    /// Strengths by order of the test samples at every checkpoint.
    pub strengths: &'a [TestStrengths],
    /// Losses of all samples at every checkpoint.
    pub losses: &'a [SampleLosses],
    /// Decompositions of all samples at the last checkpoint.
    pub last: &'a [Decomposition],
}

/// Something that is found out, in sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, in a few words.
    pub about: &'static str,
    /// The sentences.
    pub text: String,
}

/// A table that is shown under a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// What it is, in a few words.
    pub summary: String,
    /// The table.
    pub table: Table,
}

impl Behind {
    /// A table with what it is.
    #[must_use]
    pub fn new(summary: &str, table: Table) -> Self {
        Self {
            summary: summary.to_owned(),
            table,
        }
    }
}

/// What an analysis shows. Apart from what it computes, since the page's viewer draws and computes
/// nothing: it has no room for what it does not do.
pub trait Shown: Sync {
    /// Figures that a record has the data for.
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let _ = record;
        Vec::new()
    }
}

/// An analysis. What it has no use for, it leaves as it is here.
pub trait Analysis: Shown {
    /// Its name in `run.json`, in kebab case.
    fn name(&self) -> &'static str;

    /// Version of what it computes and of how that is written: what is of another version is
    /// computed again.
    fn version(&self) -> u32 {
        1
    }

    /// Where it looks; nowhere when it shows what others have found.
    fn scopes(&self) -> &'static [Scope] {
        &[]
    }

    /// Whether it needs to know the checkpoint before.
    fn looks_back(&self) -> bool {
        false
    }

    /// Whether it has a meaning for runs of an experiment.
    fn applies(&self, experiment: &Experiment) -> bool {
        let _ = experiment;
        true
    }

    /// What it finds at a checkpoint, made with [`recorded`](crate::record::recorded); null for
    /// nothing.
    ///
    /// # Errors
    /// Outputs and decompositions that do not fit each other; `Stopped` when `watch` breaks.
    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<Value, Error> {
        let _ = (at, watch);
        Ok(Value::Null)
    }

    /// What it finds in all checkpoints together, as above.
    ///
    /// # Errors
    /// As [`Analysis::at_checkpoint`].
    fn of_run(&self, run: &OfRun<'_>) -> Result<Value, Error> {
        let _ = run;
        Ok(Value::Null)
    }

    /// What a record has of it, as tables.
    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        let _ = record;
        Vec::new()
    }

    /// The tables under one of its figures. Without more ado all of its tables lie under its first.
    fn behind(&self, figure: &Figure, record: &RunRecord) -> Vec<Behind> {
        let first = self.figures(record).into_iter().next();
        if first.is_none_or(|first| first.name != figure.name) {
            return Vec::new();
        }
        let named = |table: Table| Behind {
            summary: format!("{} as a table", table.title()),
            table,
        };
        self.tables(record).into_iter().map(named).collect()
    }

    /// What it says of a record, in sentences that are computed from its numbers.
    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let _ = record;
        Vec::new()
    }

    /// What stands for it in a table of many runs.
    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let _ = record;
        Vec::new()
    }
}

/// The rows, and tables of them: one for what computes, one for what only shows.
macro_rules! table_of_analyses {
    ($($row:path),* $(,)?) => {
        /// All analyses, in the order in which their figures and findings are read.
        pub static ANALYSES: &[&dyn Analysis] = &[$(&$row),*];
        /// What they show, for whoever has no room for what they compute.
        pub static SHOWN: &[&dyn Shown] = &[$(&$row),*];
    };
}

table_of_analyses![
    strengths::Strengths,
    all_effects::AllEffects,
    checkpoints::Checkpoints,
    phases::TwoPhases,
    loss_gap::LossGap,
    certificates::Certificates,
    published_sgd::Published,
    noise_bounds::Bounds,
    figure_3::Figure3,
    similarity::TrainAndTest,
    group_differences::Groups,
    theory::SecondPhase,
    first_phase::FirstPhase,
    tangent::Moved,
    contributions::ByOrder,
    controls::Removed,
    fates::Followed,
    fate_losses::LossesByFate,
    stopping::EarlyStopping,
    sparsity::Sparse,
    landscape::Around,
    other_answers::Others,
];

/// All figures that `record` has the data for, in the order in which they are read.
#[must_use]
pub fn figures(record: &RunRecord) -> Vec<Figure> {
    figures_of(SHOWN, record)
}

/// As [`figures`], of other analyses.
#[must_use]
pub fn figures_of(shown: &[&dyn Shown], record: &RunRecord) -> Vec<Figure> {
    let figures = shown.iter().flat_map(|shown| shown.figures(record));
    figures.collect()
}

/// All tables that the record alone gives: samples, losses and checkpoints, and those of all
/// analyses.
#[must_use]
pub fn tables(record: &RunRecord) -> Vec<Table> {
    tables_of(ANALYSES, record)
}

/// As [`tables`], of other analyses.
#[must_use]
pub fn tables_of(analyses: &[&dyn Analysis], record: &RunRecord) -> Vec<Table> {
    let plain = [
        table::samples(record),
        table::losses(record),
        checkpoints::table(record),
    ];
    let found = analyses.iter().flat_map(|analysis| analysis.tables(record));
    plain.into_iter().chain(found).collect()
}
