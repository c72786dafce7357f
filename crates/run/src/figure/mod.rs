//! Figures of a run as data that is ready to be drawn: series, units, labels, marks and captions.
//!
//! Made here once, so that every drawing of a run shows the same numbers. A figure whose data a run does not have (yet) is `None`.
//! Captions say what is seen and are computed from the numbers; an interval is always the 95 % bootstrap interval over the samples.

mod caption;
mod comparison;
mod dynamics;
mod mark;
mod noise;
mod paper;
pub mod phases;
mod solver;
pub mod universality;

use serde::Serialize;
use spindle_interactions::{bootstrap::Estimate, decompose::Statistic, strength::StrengthByOrder};

use self::mark::{boundary, gap_onset, marks};
use crate::record::{Analysis, Group, LossRecord, RunRecord};

pub use comparison::{Compared, Comparison, Differing, ShareDifference, comparison, differing};
pub use dynamics::{
    Ceiling, Course, OrderCurve, Similarity, Theory, TheoryPanel, course, similarity, theory,
};
pub use mark::{Mark, MarkKind};
pub use noise::{NoiseBounds, NoisePanel, NoiseRow, noise_bounds};
pub use paper::{PaperFigure, PaperRow, paper};
pub use solver::{SolverPanel, Solvers, published_sgd, solvers};

/// An axis: what it shows and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Axis {
    /// What it shows.
    pub label: &'static str,
    /// Unit; empty for plain numbers.
    pub unit: &'static str,
}

/// The axis of orders.
pub const ORDER: Axis = Axis {
    label: "order",
    unit: "players",
};
/// The axis of epochs; drawn with a logarithmic scale that begins linearly, since epoch 0 is on it.
pub const EPOCH: Axis = Axis {
    label: "training",
    unit: "epochs",
};
/// The axis of strengths.
pub const STRENGTH: Axis = Axis {
    label: "strength of interactions",
    unit: "nats",
};
/// The axis of normalised strengths.
pub const SHARE: Axis = Axis {
    label: "share of strength",
    unit: "",
};
/// The axis of losses.
pub const LOSS: Axis = Axis {
    label: "cross-entropy",
    unit: "nats",
};

/// All figures that a run has the data for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Figures {
    /// Figure 3 of arXiv 2405.10262 for this run.
    pub two_phases: Option<TwoPhases>,
    /// Strength by order at every checkpoint, as small multiples.
    pub checkpoints: Vec<Bars>,
    /// The statistic that decides on phases, over training.
    pub first: Option<Course>,
    /// Mean order over training.
    pub mean_order: Option<Course>,
    /// Similarity of training and test interactions.
    pub similarity: Option<Similarity>,
    /// The certified optimum beside the published SGD.
    pub solvers: Option<Solvers>,
    /// The theory's curve over the measured one.
    pub theory: Option<Theory>,
}

/// All figures that `record` has the data for.
#[must_use]
pub fn figures(record: &RunRecord) -> Figures {
    Figures {
        two_phases: two_phases(record),
        checkpoints: measured(record).map(|at| Bars::new(record, at)).collect(),
        first: phases::statistics(record)
            .first()
            .and_then(|first| course(record, *first)),
        mean_order: course(record, Statistic::MeanOrder),
        similarity: similarity(record),
        solvers: solvers(record),
        theory: theory(record),
    }
}

/// Strength by order at one checkpoint: positive bars up, negative bars down.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Bars {
    /// Position in `RunRecord::checkpoints`.
    pub checkpoint: usize,
    /// Epochs done.
    pub epoch: f64,
    /// When that is, in words.
    pub title: String,
    /// J_pos by order, index order - 1, nats.
    pub positive: Vec<Estimate>,
    /// J_neg by order, 0 or below, nats.
    pub negative: Vec<Estimate>,
    /// Share of the strength by order; `None` when nothing is salient.
    pub share: Option<Vec<Estimate>>,
    /// sum of k share(k); `None` when nothing is salient.
    pub mean_order: Option<Estimate>,
}

impl Bars {
    fn new(record: &RunRecord, at: Measured<'_>) -> Self {
        Self::of(record, at, at.test)
    }

    fn of(record: &RunRecord, at: Measured<'_>, strength: &StrengthByOrder) -> Self {
        Self {
            checkpoint: at.checkpoint,
            epoch: at.epoch,
            title: title(record, at.checkpoint, at.epoch),
            positive: strength.positive.clone(),
            negative: strength.negative.clone(),
            share: strength.share.clone(),
            mean_order: strength.mean_order,
        }
    }
}

/// Losses over training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Losses {
    /// Epochs done.
    pub epochs: Vec<f64>,
    /// Mean cross-entropy over the training samples whose label is right, nats; over all of them where the run does not say which these are.
    pub train: Vec<f64>,
    /// Over all training samples, those with a reset label too.
    pub train_with_reset: Vec<f64>,
    /// Mean cross-entropy over the test set, nats.
    pub test: Vec<f64>,
    /// Test loss - train loss, nats; of training samples whose label is right, where the run says which these are.
    pub gap: Vec<f64>,
    /// Boundary of the phases and onset of the gap, where there are any.
    pub marks: Vec<Mark>,
}

/// Figure 3 of arXiv 2405.10262: strength by order at five checkpoints over the losses.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TwoPhases {
    /// Axis of the orders.
    pub orders: Axis,
    /// Axis of the strengths.
    pub strengths: Axis,
    /// At most five checkpoints: before training, on the way, where orders are lowest, on the way, at the end.
    pub panels: Vec<Bars>,
    /// Losses over training.
    pub losses: Losses,
    /// What is seen.
    pub caption: String,
}

/// Strength by order at five checkpoints over the losses; `None` before anything was analysed.
#[must_use]
pub fn two_phases(record: &RunRecord) -> Option<TwoPhases> {
    let measured: Vec<_> = measured(record).collect();
    if measured.is_empty() {
        return None;
    }
    let panels = five(record, &measured)
        .into_iter()
        .map(|at| Bars::new(record, at))
        .collect();
    let losses = losses(record);
    let caption = caption::two_phases(record, &measured);
    Some(TwoPhases {
        orders: ORDER,
        strengths: STRENGTH,
        panels,
        losses,
        caption,
    })
}

/// Losses over training, those of checkpoints within epochs too.
#[must_use]
pub fn losses(record: &RunRecord) -> Losses {
    let mut rows: Vec<&LossRecord> = record
        .losses
        .iter()
        .chain(
            record
                .checkpoints
                .iter()
                .map(|checkpoint| &checkpoint.losses),
        )
        .collect();
    rows.sort_by_key(|loss| loss.step);
    rows.dedup_by_key(|loss| loss.step);
    let all = |value: fn(&LossRecord) -> f64| rows.iter().map(|loss| value(loss)).collect();
    Losses {
        epochs: all(|loss| loss.epoch),
        train: all(right_train_loss),
        train_with_reset: all(|loss| loss.train_loss),
        test: all(|loss| loss.test_loss),
        gap: all(|loss| loss.test_loss - right_train_loss(loss)),
        marks: marks(record),
    }
}

/// Where it is not known which labels are right, of all.
fn right_train_loss(losses: &LossRecord) -> f64 {
    losses.right_train_loss.unwrap_or(losses.train_loss)
}

/// A checkpoint where test samples were measured.
#[derive(Clone, Copy, Debug)]
struct Measured<'a> {
    checkpoint: usize,
    epoch: f64,
    analysis: &'a Analysis,
    test: &'a StrengthByOrder,
    samples: usize,
}

fn measured(record: &RunRecord) -> impl Iterator<Item = Measured<'_>> {
    record
        .checkpoints
        .iter()
        .enumerate()
        .filter_map(|(checkpoint, at)| {
            let analysis = at.analysis.as_ref()?;
            let test = analysis.of(Group::Test)?;
            let epoch = at.losses.epoch;
            Some(Measured {
                checkpoint,
                epoch,
                analysis,
                test: &test.strength,
                samples: test.samples,
            })
        })
}

/// The ends, where orders are lowest and what lies halfway between; evenly spread where they are lowest at an end.
fn five<'a>(record: &RunRecord, measured: &[Measured<'a>]) -> Vec<Measured<'a>> {
    let Some(last) = measured.len().checked_sub(1) else {
        return Vec::new();
    };
    let lowest = record
        .dynamics
        .as_ref()
        .and_then(|dynamics| dynamics.first()?.lowest);
    let turn = lowest
        .and_then(|onset| measured.iter().position(|at| at.checkpoint == onset.index))
        .filter(|&turn| 0 < turn && turn < last)
        .unwrap_or(last / 2);
    let mut five = vec![0, turn / 2, turn, usize::midpoint(turn, last), last];
    five.dedup();
    five.into_iter()
        .map(|position| measured[position])
        .collect()
}

/// Before training, where orders are lowest, at the end.
fn three<'a>(record: &RunRecord, measured: &[Measured<'a>]) -> Vec<Measured<'a>> {
    let turning = record.turning_points();
    measured
        .iter()
        .copied()
        .filter(|at| turning.contains(&at.checkpoint))
        .collect()
}

/// When a checkpoint is, in words.
fn title(record: &RunRecord, checkpoint: usize, epoch: f64) -> String {
    let when = caption::when(epoch);
    let boundary = record
        .dynamics
        .as_ref()
        .and_then(|dynamics| dynamics.boundary);
    if boundary.is_some_and(|onset| onset.index == checkpoint) {
        format!("{when}, boundary")
    } else {
        when
    }
}
