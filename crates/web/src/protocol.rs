//! What the page and its workers say to each other. TypeScript's types of these messages are made from here.
//!
//! The page sends a [`Request`], a worker answers with [`Message`]s under the request's number: most commands with one, training with
//! many. A viewer answers the commands on runs; an engine answers all of them.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use spindle_interactions::decompose::Certificate;
use spindle_run::{
    Experiment,
    experiment::{RANGES, Range},
    export::Kind,
    figure::{Bars, Figures},
    record::{Group, LossRecord, Provenance},
};

#[cfg(any(feature = "engine", feature = "ts"))]
use spindle_run::record::SampleRecord;

/// A command with its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Request {
    /// Number that the answers carry.
    pub id: u32,
    /// What to do.
    pub command: Command,
}

/// What a worker says.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Message {
    /// Number of the request that this answers; 0 for what concerns the whole worker.
    pub id: u32,
    /// What happened.
    pub event: Event,
}

/// How one sample's outputs are decomposed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum SampleSolver {
    /// The linear program, solved to a certified gap.
    Certified,
    /// The published SGD.
    PublishedSgd {
        /// Learning rate.
        learning_rate: f64,
        /// Steps.
        steps: usize,
    },
}

/// A sample of a run at a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleAddress {
    /// Name of the run, as given when it was opened.
    pub run: String,
    /// Position in [`RunView::checkpoints`].
    pub checkpoint: usize,
    /// Position in [`RunView::samples`].
    pub sample: usize,
}

/// What the page's controls are made from.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Controls {
    /// The experiment that the page starts with.
    pub defaults: Experiment,
    /// What its numbers may be.
    pub ranges: Vec<Range>,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            defaults: Experiment::default(),
            ranges: RANGES.to_vec(),
        }
    }
}

/// What the page asks for. Commands of engines are not in the viewer, which every reader loads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Open the bytes of a `.spindle` file under a name; answered by [`Event::Run`].
    Open {
        /// Name of the run.
        run: String,
        /// The file.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        bytes: ByteBuf,
    },
    /// Forget an open run; answered by [`Event::Done`].
    Close {
        /// Its name.
        run: String,
    },
    /// A recorded run, with its weights, as the bytes of a `.spindle` file; answered by [`Event::File`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    Pack {
        /// Its name.
        run: String,
    },
    /// Weights of an open run at a checkpoint; answered by [`Event::File`].
    Weights {
        /// Its name.
        run: String,
        /// Step of the checkpoint.
        step: usize,
    },
    /// One sample, decomposed; answered by [`Event::Sample`].
    Sample {
        /// Which.
        at: SampleAddress,
        /// By what.
        solver: SampleSolver,
    },
    /// How well the strongest interactions of the last sample explain its outputs; answered by [`Event::Matching`].
    Matching {
        /// How many are kept.
        strongest: usize,
    },
    /// The last sample's output on one mask, term by term; answered by [`Event::Explanation`].
    Explain {
        /// The mask; bit i = player i present.
        mask: u32,
    },
    /// An interaction over all checkpoints; answered by [`Event::History`].
    History {
        /// Name of the run.
        run: String,
        /// Position of the sample.
        sample: usize,
        /// AND or OR.
        kind: Kind,
        /// Its players.
        mask: u32,
    },

    /// Open the GPU; answered by [`Event::Gpu`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    OpenGpu,
    /// Training steps per second on this device; answered by [`Event::Rate`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    Rate {
        /// What would be trained.
        experiment: Experiment,
        /// The data set's four files.
        #[cfg_attr(feature = "ts", ts(type = "Array<Uint8Array>"))]
        data: Vec<ByteBuf>,
        /// For how long, in seconds.
        seconds: f64,
    },
    /// Train, paused if `paused`; answered by [`Event::Started`] and many more.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Train {
        /// What.
        experiment: Experiment,
        /// The data set's four files: training images and labels, test images and labels.
        #[cfg_attr(feature = "ts", ts(type = "Array<Uint8Array>"))]
        data: Vec<ByteBuf>,
        /// A training state to go on from.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array | null"))]
        state: Option<ByteBuf>,
        /// Whether to wait for [`Command::Go`].
        paused: bool,
    },
    /// Let the training go on: for so many steps, or to its end; answered by [`Event::Done`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    Go {
        /// Steps; to the end without it.
        steps: Option<usize>,
    },
    /// Pause the training; answered by [`Event::Done`] once it rests.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Pause,
    /// Extract and decompose samples of a checkpoint; answered by [`Event::Measured`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    Measure {
        /// Of which experiment.
        experiment: Experiment,
        /// The checkpoint's step.
        step: usize,
        /// Its weights.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        weights: ByteBuf,
        /// The samples.
        samples: Vec<SampleRecord>,
        /// Their pictures, 28x28 each.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        pictures: ByteBuf,
    },
    /// Begin the record of a training under a name; answered by [`Event::Run`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    Record {
        /// Name of the run.
        run: String,
        /// The experiment.
        experiment: Experiment,
        /// On what it runs.
        provenance: Provenance,
        /// The samples that are measured.
        samples: Vec<SampleRecord>,
        /// Their pictures, 28x28 each.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        pictures: ByteBuf,
    },
    /// Add losses to the record; answered by [`Event::Done`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    RecordLosses {
        /// Name of the run.
        run: String,
        /// The losses.
        losses: LossRecord,
    },
    /// Add a checkpoint whose samples have all been measured; answered by [`Event::Run`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    RecordCheckpoint {
        /// Name of the run.
        run: String,
        /// What was measured.
        checkpoint: MeasuredCheckpoint,
        /// Whether others follow at once: then what all checkpoints together show waits for the last of them, and the answer is
        /// [`Event::Done`].
        more: bool,
    },
    /// Decompose what the network says to a drawing; answered by [`Event::Drawn`].
    #[cfg(any(feature = "engine", feature = "ts"))]
    Draw {
        /// Weights of the network.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        weights: ByteBuf,
        /// Of which experiment.
        experiment: Experiment,
        /// The canvas: ink from 0 (none) to 255, `side` x `side`.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        canvas: ByteBuf,
        /// Pixels along one side of the canvas.
        side: usize,
        /// Patches that are players.
        players: Vec<[usize; 2]>,
        /// Class whose log-odds are decomposed; the network's own answer without it.
        label: Option<usize>,
        /// Salience threshold of the run whose network it is, nats.
        threshold: f64,
    },
    /// Fail in this way, for tests of what the page does then; answered by [`Event::Done`] where nothing comes of it.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Fault {
        /// A panic, or the loss of the GPU.
        kind: Failure,
    },
}

/// All that was measured at one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MeasuredCheckpoint {
    /// Losses there.
    pub losses: LossRecord,
    /// Every sample's loss, as safetensors.
    #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
    pub sample_losses: ByteBuf,
    /// Weights, as safetensors.
    #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
    pub weights: ByteBuf,
    /// Wall time of training up to here, in seconds.
    pub train_seconds: f64,
    /// What [`Event::Measured`] gave, in the order of the samples.
    pub parts: Vec<MeasuredPart>,
}

/// Outputs and decompositions of some samples of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MeasuredPart {
    /// Outputs, as safetensors.
    #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
    pub outputs: ByteBuf,
    /// Decompositions, as safetensors.
    #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
    pub decompositions: ByteBuf,
    /// Samples that did not reach the tolerance, in words.
    pub warnings: Vec<String>,
    /// Wall time of extraction, in seconds.
    pub extract_seconds: f64,
    /// Wall time of decomposition, in seconds.
    pub decompose_seconds: f64,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// It was done, and there is nothing to tell.
    Done,
    /// It was not done.
    Failed {
        /// Of which kind, for what the page does next.
        kind: Failure,
        /// What failed, where, and what to do.
        message: String,
    },
    /// An open run.
    Run(Box<RunView>),
    /// A file's bytes.
    File {
        /// The bytes.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        bytes: ByteBuf,
    },
    /// A sample, decomposed.
    Sample(Box<SampleView>),
    /// How well the strongest interactions explain a sample.
    Matching(Matching),
    /// One output, term by term.
    Explanation(Explanation),
    /// An interaction over all checkpoints.
    History {
        /// Its effect at every checkpoint of [`RunView::checkpoints`], nats; `None` where the interaction is salient at none.
        effects: Option<Vec<f32>>,
    },

    /// The GPU that was opened.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Gpu(Gpu),
    /// How fast this device trains.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Rate {
        /// Training steps per second.
        steps_per_second: f64,
    },
    /// A training is ready.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Started {
        /// On what it runs.
        provenance: Provenance,
        /// The samples that are measured.
        samples: Vec<SampleRecord>,
        /// Their pictures, 28x28 each.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        pictures: ByteBuf,
        /// Training steps in all.
        total_steps: usize,
        /// Steps in an epoch.
        steps_per_epoch: usize,
        /// Steps at which checkpoints lie.
        checkpoints: Vec<usize>,
        /// Steps done.
        step: usize,
    },
    /// Training went on.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Progress {
        /// Steps done.
        step: usize,
        /// Epochs done.
        epoch: f64,
        /// Mean training loss of the last steps, nats.
        loss: f64,
        /// Steps per second over the last second or so.
        steps_per_second: f64,
    },
    /// An epoch ended.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Losses {
        /// Its losses.
        losses: LossRecord,
    },
    /// A checkpoint to be measured was reached.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Checkpoint {
        /// Losses there.
        losses: LossRecord,
        /// Every sample's loss, as safetensors.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        sample_losses: ByteBuf,
        /// Weights, as safetensors.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        weights: ByteBuf,
    },
    /// A state to go on from.
    #[cfg(any(feature = "engine", feature = "ts"))]
    State {
        /// Steps done.
        step: usize,
        /// As safetensors.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        bytes: ByteBuf,
    },
    /// Training rests, by [`Command::Pause`] or because the steps of [`Command::Go`] are done.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Paused {
        /// Steps done.
        step: usize,
    },
    /// Training is at its end.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Finished,
    /// Samples of a checkpoint were measured.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Measured {
        /// The checkpoint's step.
        step: usize,
        /// What was measured.
        part: MeasuredPart,
    },
    /// A drawing, decomposed.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Drawn {
        /// The drawing as the network saw it, and its interactions.
        sample: Box<SampleView>,
        /// Probability of every class.
        probabilities: Vec<f64>,
    },
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A message, a file or a number that cannot be.
    Input,
    /// The training diverged.
    Diverged,
    /// The GPU is not there, was lost, or ran out of memory.
    Gpu,
    /// A defect of the engine; the worker is of no more use.
    Panic,
}

/// The adapter behind WebGPU.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Gpu {
    /// Its name; empty where the browser keeps it.
    pub name: String,
    /// Whether it is a program on the CPU.
    pub software: bool,
    /// Largest buffer that a kernel may use, in bytes.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub max_buffer: u64,
    /// Largest number of threads in a workgroup.
    pub max_workgroup: u32,
    /// Largest relative difference of losses from the CPU's over the training steps of the self-test.
    pub self_test: f64,
}

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
    /// Patches that are players of its first sample; of all samples, where they share them.
    pub players: Vec<[usize; 2]>,
    /// Analysed checkpoints.
    pub checkpoints: Vec<RunCheckpoint>,
    /// Data of all figures.
    pub figures: Figures,
    /// Whether the second phase has begun: the mean order has risen from its minimum by more than both intervals.
    pub second_phase: bool,
    /// Steps with weights in the file.
    pub weights: Vec<usize>,
    /// Warnings that the run gave.
    pub warnings: Vec<String>,
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

/// One sample's interactions at one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleView {
    /// Pixels, `side` x `side`, 0 is black.
    #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
    pub picture: ByteBuf,
    /// Pixels along one side.
    pub side: usize,
    /// Class whose log-odds are decomposed.
    pub label: usize,
    /// Patches that are players, `[row, column]` on the 8x8 grid.
    pub players: Vec<[usize; 2]>,
    /// For every pixel of the picture the player whose patch it lies under, or -1.
    pub owners: Vec<i8>,
    /// Outputs on all masks, nats; `None` where the file does not have them, and only the salient interactions are known.
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
    /// How far from the optimum it is at most; `None` where only the salient interactions are known.
    pub certificate: Option<Certificate>,
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
