//! What a worker tells.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
#[cfg(any(feature = "engine", feature = "ts"))]
use spindle_core::pipeline::EncodedBench;
use spindle_run::figure::{Comparison, Differing};
#[cfg(any(feature = "engine", feature = "ts"))]
use spindle_run::record::{LossRecord, Provenance};

#[cfg(any(feature = "engine", feature = "ts"))]
use super::MeasuredPart;
use super::{Explanation, Matching, RunView, SampleRanges, SampleView};

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
    /// How far other decompositions of a sample may lie.
    Ranges(SampleRanges),
    /// One output, term by term.
    Explanation(Explanation),
    /// An interaction over all checkpoints.
    History {
        /// Its effect at every checkpoint of `RunView::checkpoints`, nats; `None` where the
        /// interaction is salient at none.
        effects: Option<Vec<f32>>,
    },
    /// Two runs compared.
    Comparison(Comparison),
    /// What differs between experiments.
    Differing {
        /// Fields in which any of them differ.
        fields: Vec<Differing>,
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
        provenance: Box<Provenance>,
        /// Name of every class.
        classes: Vec<String>,
        /// The samples that are measured, and the network that they are measured with.
        #[cfg_attr(feature = "ts", ts(as = "super::Bench"))]
        bench: EncodedBench,
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
    /// Training rests, by `Command::Pause` or because the steps of `Command::Go` are done.
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
    /// Largest relative difference of losses from the CPU's over the training steps of the
    /// self-test.
    pub self_test: f64,
}
