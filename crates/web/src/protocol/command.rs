//! What the page asks for.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
#[cfg(any(feature = "engine", feature = "ts"))]
use spindle_core::pipeline::EncodedBench;
#[cfg(any(feature = "engine", feature = "ts"))]
use spindle_run::{Experiment, device::Place, record::Provenance};
use spindle_run::{export::Kind, figure::Compared, record::LossRecord};

#[cfg(any(feature = "engine", feature = "ts"))]
use super::Failure;

/// How one sample's outputs are decomposed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SampleSolver {
    /// The linear program, solved to a certified gap.
    Certified,
    /// The published SGD, its rate falling.
    PublishedSgd {
        /// First learning rate.
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
    /// Position in `RunView::checkpoints`.
    pub checkpoint: usize,
    /// Position in `RunView::samples`.
    pub sample: usize,
}

/// What the page asks for. Commands of engines are not in the viewer, which every reader loads.
///
/// In a message a command is `{name: fields}`, or its name alone. TypeScript has the name as a
/// field, `type`, as in events, and the page's side of the conversation writes it as it travels:
/// with a tag among the fields, serde would have to keep all of them until it is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(tag = "type"))]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open the bytes of a `.spindle` file under a name; answered by `Event::Run`.
    Open {
        /// Name of the run.
        run: String,
        /// The file.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        bytes: ByteBuf,
    },
    /// Forget an open run; answered by `Event::Done`.
    Close {
        /// Its name.
        run: String,
    },
    /// A recorded run, with its weights, as the bytes of a `.spindle` file; answered by
    /// `Event::File`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Pack {
        /// Its name.
        run: String,
    },
    /// Weights of an open run at a checkpoint; answered by `Event::File`.
    Weights {
        /// Its name.
        run: String,
        /// Step of the checkpoint.
        step: usize,
    },
    /// One sample, decomposed; answered by `Event::Sample`.
    Sample {
        /// Which.
        at: SampleAddress,
        /// By what.
        solver: SampleSolver,
    },
    /// How well the strongest interactions of the last sample explain its outputs; answered by
    /// `Event::Matching`.
    Matching {
        /// How many are kept.
        strongest: usize,
    },
    /// How far other decompositions of the last sample may lie; answered by `Event::Ranges`. Takes
    /// several times as long as the decomposition.
    Ranges,
    /// The last sample's output on one mask, term by term; answered by `Event::Explanation`.
    Explain {
        /// The mask; bit i = player i present.
        mask: u32,
    },
    /// An interaction over all checkpoints; answered by `Event::History`.
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
    /// Two runs at one time; answered by `Event::Comparison`.
    Compare {
        /// The first run.
        first: Compared,
        /// The second run.
        second: Compared,
    },
    /// What differs between experiments; answered by `Event::Differing`.
    Differ {
        /// A list of experiments as JSON, which a viewer reads anyway.
        experiments: String,
    },

    /// Open the GPU; answered by `Event::Gpu`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    OpenGpu,
    /// Training steps per second on this device; answered by `Event::Rate`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Rate {
        /// What would be trained.
        experiment: Experiment,
        /// Where.
        place: Place,
        /// The data set's files.
        #[cfg_attr(feature = "ts", ts(type = "Array<Uint8Array>"))]
        data: Vec<ByteBuf>,
        /// For how long, in seconds.
        seconds: f64,
    },
    /// Train, paused if `paused`; answered by `Event::Started` and many more.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Train {
        /// What.
        experiment: Experiment,
        /// Where.
        place: Place,
        /// The data set's files, in the order in which its layout has them.
        #[cfg_attr(feature = "ts", ts(type = "Array<Uint8Array>"))]
        data: Vec<ByteBuf>,
        /// A training state to go on from.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array | null"))]
        state: Option<ByteBuf>,
        /// Whether to wait for `Command::Go`.
        paused: bool,
    },
    /// Let the training go on: for so many steps, or to its end; answered by `Event::Done`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Go {
        /// Steps; to the end without it.
        steps: Option<usize>,
    },
    /// Pause the training; answered by `Event::Done` once it rests.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Pause,
    /// Extract and decompose samples of a checkpoint; answered by `Event::Measured`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Measure {
        /// Of which experiment.
        experiment: Experiment,
        /// The checkpoint's step.
        step: usize,
        /// Its weights.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        weights: ByteBuf,
        /// The samples, and the network that they are measured with.
        #[cfg_attr(feature = "ts", ts(as = "super::Bench"))]
        bench: EncodedBench,
    },
    /// Begin the record of a training under a name; answered by `Event::Run`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Record {
        /// Name of the run.
        run: String,
        /// What it is of.
        of: Recorded,
        /// The samples that are measured.
        #[cfg_attr(feature = "ts", ts(as = "super::Bench"))]
        bench: EncodedBench,
    },
    /// Add losses to the record; answered by `Event::Done`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    RecordLosses {
        /// Name of the run.
        run: String,
        /// The losses.
        losses: LossRecord,
    },
    /// Hand over what was measured of some samples of a checkpoint that is to be added; answered
    /// by `Event::Done`. A part at a time, as all of a checkpoint together keeps the page's thread.
    #[cfg(any(feature = "engine", feature = "ts"))]
    RecordPart {
        /// Name of the run.
        run: String,
        /// The checkpoint's step.
        step: usize,
        /// Position among the checkpoint's parts; the first one begins anew.
        index: usize,
        /// What `Event::Measured` gave.
        part: MeasuredPart,
    },
    /// Add a checkpoint whose parts have all been handed over; answered by `Event::Run`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    RecordCheckpoint {
        /// Name of the run.
        run: String,
        /// What was measured, besides its parts.
        checkpoint: MeasuredCheckpoint,
        /// Whether others follow at once: then what all checkpoints together show waits for the
        /// last of them, and the answer is `Event::Done`.
        more: bool,
    },
    /// Compare the answers of a record with others, one comparison at a time: the published
    /// procedure, other noise bounds; answered by `Event::Run`, and by `Event::Done` where none is
    /// left.
    #[cfg(any(feature = "engine", feature = "ts"))]
    RecordComparison {
        /// Name of the run.
        run: String,
    },
    /// Decompose what the network says to a drawing; answered by `Event::Drawn`.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Draw {
        /// Weights of the network.
        #[cfg_attr(feature = "ts", ts(type = "Uint8Array"))]
        weights: ByteBuf,
        /// Of which experiment.
        experiment: Experiment,
        /// How many classes it tells apart.
        classes: usize,
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
    /// Fail in this way, for tests of what the page does then; answered by `Event::Done` where
    /// nothing comes of it.
    #[cfg(any(feature = "engine", feature = "ts"))]
    Fault {
        /// A panic, or the loss of the GPU.
        kind: Failure,
    },
}

/// What a record is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg(any(feature = "engine", feature = "ts"))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Recorded {
    /// The experiment.
    pub experiment: Experiment,
    /// On what it runs.
    pub provenance: Provenance,
    /// Name of every class.
    pub classes: Vec<String>,
}

/// What was measured at one checkpoint, besides its parts.
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
