//! Runs and samples as the page shows them.

use serde::Serialize;
use serde_bytes::ByteBuf;
use spindle_interactions::{decompose::Certificate, phase::Verdict};
use spindle_run::{
    Experiment,
    export::Kind,
    figure::{Bars, Figure},
    record::{Group, LossRecord, Provenance},
};

/// A run, as far as its figures go.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RunView {
    /// Its name.
    pub run: String,
    /// What was asked for.
    pub experiment: Experiment,
    /// What it ran on.
    pub provenance: Provenance,
    /// The samples.
    pub samples: Vec<RunSample>,
    /// What its samples are.
    pub kind: SampleKind,
    /// The network's name, as the papers write it.
    pub model: String,
    /// The data set's name.
    pub data: String,
    /// Name of every class.
    pub classes: Vec<String>,
    /// Patches that are players of its first sample; of all samples, where they share them. None
    /// where players are no patches.
    pub patches: Vec<[usize; 2]>,
    /// Analysed checkpoints.
    pub checkpoints: Vec<RunCheckpoint>,
    /// Data of all figures, in the order in which they are read.
    pub figures: Vec<Figure>,
    /// Whether there are two phases so far, by the rule of a run that has ended; none before
    /// anything was measured.
    pub phases: Option<PhasesView>,
    /// Steps with weights in the file.
    pub weights: Vec<usize>,
    /// Warnings that the run gave.
    pub warnings: Vec<String>,
}

/// What a record says of its phases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhasesView {
    /// By the statistic that decides.
    pub verdict: Verdict,
    /// In a sentence, with its numbers.
    pub says: String,
}

/// What the samples of a run are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SampleKind {
    /// Handwritten digits.
    Digits,
    /// Other pictures.
    Pictures,
    /// Texts.
    Texts,
    /// Clouds of points.
    Clouds,
}

/// A sample of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RunSample {
    /// Which samples it stands for.
    pub group: Group,
    /// Position in its set.
    pub position: usize,
    /// Label in use.
    pub label: usize,
    /// Label of the data set.
    pub true_label: usize,
    /// Whether its outputs on all masks are there.
    pub has_outputs: bool,
}

/// A checkpoint of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RunCheckpoint {
    /// Losses and accuracies there.
    pub losses: LossRecord,
    /// Salience threshold, nats.
    pub threshold: f64,
    /// Mean number of salient interactions per test sample.
    pub salient_per_sample: f64,
    /// Rounding noise of the outputs, nats.
    pub noise_floor: f64,
    /// Largest certified gap over the samples.
    pub largest_gap: f64,
    /// Strength by order of the published SGD on the same outputs, where it was run.
    pub published_sgd: Option<Bars>,
}

/// What a sample looks like, and which player what of it belongs to; -1 stands for none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContentView {
    /// A square picture.
    Picture {
        /// Pixels along one side.
        side: usize,
        /// 1 (grey) or 3 (red, green, blue).
        channels: usize,
        /// `[side, side, channels]`, 0 is black.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        pixels: ByteBuf,
        /// Patches along one side.
        grid: usize,
        /// Patches that are players, `[row, column]` on the grid.
        players: Vec<[usize; 2]>,
        /// Player of every pixel.
        owners: Vec<i8>,
    },
    /// A text; the parts of a pair have a line each.
    Text {
        /// Pieces of every line, in reading order.
        lines: Vec<Vec<Segment>>,
    },
    /// A cloud of points.
    Cloud {
        /// x, y, z of every point.
        points: Vec<f32>,
        /// Player of every point.
        owners: Vec<i8>,
    },
}

/// A piece of a text: a word that is a player, or what stands between such words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Segment {
    /// What is read.
    pub text: String,
    /// Its player, or -1.
    pub player: i8,
}

/// One sample's interactions at one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleView {
    /// What it looks like.
    pub content: ContentView,
    /// Name of every player: a letter, or the word that it is.
    pub players: Vec<String>,
    /// Class whose log-odds are decomposed.
    pub label: usize,
    /// Outputs on all masks, nats; `None` where the file does not have them, and only the salient
    /// interactions are known.
    pub outputs: Option<Vec<f64>>,
    /// Output on the empty mask, nats.
    pub baseline: f64,
    /// Interactions, strongest first: all whose effect is not 0.
    pub interactions: Vec<Interaction>,
    /// Salience threshold, nats.
    pub threshold: f64,
    /// Summed positive effects by order, index order - 1, nats.
    pub positive: Vec<f64>,
    /// Summed negative effects by order, nats.
    pub negative: Vec<f64>,
    /// How far from the optimum it is at most; `None` where only the salient interactions are
    /// known.
    pub certificate: Option<Certificate>,
    /// Whether it is the canonical answer, which has ranges; not where the published SGD ended.
    pub is_canonical: bool,
    /// Wall time of the decomposition, in seconds.
    pub seconds: f64,
}

/// An interaction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Interaction {
    /// AND or OR.
    pub kind: Kind,
    /// Its players; bit i = player i.
    pub mask: u32,
    /// How many they are.
    pub order: usize,
    /// Its effect, nats.
    pub effect: f64,
    /// Whether it is salient.
    pub salient: bool,
}

/// Outputs on all masks as the strongest interactions explain them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Matching {
    /// How many interactions are kept.
    pub strongest: usize,
    /// What they explain, on all masks, nats.
    pub explained: Vec<f64>,
    /// Root of the mean squared error, nats.
    pub rms_error: f64,
    /// Largest error over all masks, nats.
    pub largest_error: f64,
    /// Share of the outputs' variance over the masks that is explained.
    pub explained_variance: f64,
}

/// One output, term by term.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Explanation {
    /// The mask.
    pub mask: u32,
    /// The network's output, nats.
    pub output: f64,
    /// Output on the empty mask, the first term.
    pub baseline: f64,
    /// Baseline and all terms, nats.
    pub sum: f64,
    /// Interactions that act on the mask, strongest first.
    pub terms: Vec<Interaction>,
}

/// A statistic of all interactions: the answer's, and the lowest and highest of all decompositions
/// that are nearly as sparse as the sparsest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleRange {
    /// The canonical answer's.
    pub value: f64,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

/// How far other decompositions of a sample may lie; `None` where there are no effects.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleRanges {
    /// Mean order of all interactions.
    pub mean_order: Option<SampleRange>,
    /// Share of strength of orders 3 and above.
    pub share_of_order_3_and_more: Option<SampleRange>,
}
