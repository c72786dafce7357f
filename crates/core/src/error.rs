//! What can go wrong in the engine.

use spindle_run::device::Device;

/// An error of the engine; its text names what failed, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Files, parts or an experiment that cannot be.
    #[error(transparent)]
    Run(#[from] spindle_run::Error),
    /// Data that are missing, broken or do not serve the experiment.
    #[error(transparent)]
    Dataset(#[from] spindle_data::Error),
    /// Weights, or a device, that the kernels cannot use.
    #[error(transparent)]
    Kernels(spindle_kernels::Error),
    /// What a run does not have yet; says what makes it.
    #[error("{0}")]
    Incomplete(String),
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
    /// No backend of this build can do this.
    #[error(
        "{network} cannot be {what} on {place} in this build; it can on: {known}. Leave --backend away, or give --device and --backend of one of these"
    )]
    Place {
        /// Which network.
        network: &'static str,
        /// What was asked: "trained" or "evaluated".
        what: &'static str,
        /// Where.
        place: String,
        /// Where it can.
        known: String,
    },
    /// What only Burn can do, in a build without it.
    #[error(
        "{what} needs Burn, which this spindle was built without; in Spindle's folder: cargo build --release -p spindle --features burn, which makes target/release/spindle"
    )]
    WithoutBurn {
        /// The network, or the backend that was asked for.
        what: &'static str,
    },
    /// A device that this build does not know.
    #[error(
        "--device {device} is not in this build; in Spindle's folder: cargo build --release -p spindle --features {feature}, which makes target/release/spindle; --device cpu needs nothing"
    )]
    NotBuilt {
        /// Which device.
        device: Device,
        /// The feature that brings it.
        feature: &'static str,
    },
    /// A device that is not there.
    #[error("there is no device {device}: {reason}")]
    NoDevice {
        /// As it was asked for.
        device: String,
        /// What is known, and what helps.
        reason: String,
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
    /// What is measured around a checkpoint's weights is not finite.
    #[error("{what} at step {step} is not finite: the network overflows around its weights there")]
    Overflow {
        /// What was measured, in words.
        what: &'static str,
        /// The checkpoint's step.
        step: usize,
    },
    /// A device rounds so coarsely that rounding would be decomposed as if it were the network.
    #[error(
        "at step {step} the outputs of {engine} are off by {noise_floor:.1e} nats, more than a third of the noise bound of {noise_bound:.1e}: rounding would be decomposed as if it were the network. On the CPU they are more exact"
    )]
    Coarse {
        /// What computed them, in words.
        engine: String,
        /// The checkpoint's step.
        step: usize,
        /// Rounding noise of the outputs, standard deviation in nats.
        noise_floor: f64,
        /// Median noise bound tau of the samples, nats.
        noise_bound: f64,
    },
    /// Whoever watched wanted to stop.
    #[error("stopped; what was made so far is kept, and the run goes on from there")]
    Stopped,
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

impl From<spindle_kernels::Error> for Error {
    fn from(error: spindle_kernels::Error) -> Self {
        match error {
            spindle_kernels::Error::Device { reason } => Self::Device { reason },
            error => Self::Kernels(error),
        }
    }
}

impl Error {
    /// For kernels that a network does not have; the registry does not ask for them.
    pub(crate) fn no_kernels(network: &'static str) -> Self {
        Self::Device {
            reason: format!("it has no kernels for {network}"),
        }
    }
}
