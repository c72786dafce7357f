//! What can go wrong in the engine.

/// An error of the engine; its text names what failed, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data file is not there or cannot be read.
    #[error("cannot read {path}: {source}. {hint}")]
    Read {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
        /// What to do.
        hint: String,
    },
    /// A data file is not what its name says.
    #[error("{file} is not a valid IDX file: {reason}")]
    Idx {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A data file, or a line of it, is not what it should be.
    #[error("{file} cannot be used: {reason}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A folder holds something else than the data set's files.
    #[error(
        "{folder} is not in the layout that is known: {problem}. {expected}. Found there: {found}"
    )]
    Layout {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        problem: String,
        /// The layout, and where people get the files.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The data set cannot serve the experiment.
    #[error("the data set does not fit: {0}")]
    Data(String),
    /// A parameter of the experiment is not possible with this data set or network.
    #[error("{field} is {value}, which does not fit: {allowed}")]
    Experiment {
        /// Which parameter.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is possible.
        allowed: String,
    },
    /// Weights do not fit the network.
    #[error("the weights do not fit {network}:{}", list(problems))]
    Weights {
        /// Which network.
        network: &'static str,
        /// Every tensor that is missing, extra, or has another shape.
        problems: Vec<String>,
    },
    /// Training ran away: the loss is not a number.
    #[error(
        "the network diverged: the training loss is {loss} at step {step} (epoch {epoch:.2}). Checkpoints before it are kept and can be measured; try a smaller learning rate"
    )]
    Diverged {
        /// The step.
        step: usize,
        /// Epochs done there.
        epoch: f64,
        /// The loss.
        loss: f64,
    },
    /// The network's outputs are not finite.
    #[error(
        "output {value} of sample {sample} on mask {mask:#b} at step {step}: the network's outputs are not finite"
    )]
    NotFinite {
        /// Position of the sample among those measured.
        sample: usize,
        /// The mask.
        mask: usize,
        /// The checkpoint's step.
        step: usize,
        /// The output.
        value: f64,
    },
    /// The mathematics refused its input.
    #[error(transparent)]
    Interactions(#[from] spindle_interactions::Error),
    /// The device failed.
    #[error("the device failed: {reason}")]
    Device {
        /// What it said.
        reason: String,
    },
}

impl Error {
    /// For a device that this build of Spindle has no code for, or that was not opened.
    pub(crate) fn no_device(device: spindle_run::experiment::Device) -> Self {
        Self::Experiment {
            field: "device",
            value: format!("{device:?}").to_lowercase(),
            allowed: "this build computes on the CPU; webgpu is for the page's GPU engine, once it is opened".to_owned(),
        }
    }
}

fn list(problems: &[String]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  - {problem}"))
        .collect()
}
