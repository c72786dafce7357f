//! Whether a network as data is one, and whether what comes in fits it.

use spindle_run::{experiment::Activation, player::PatchMasks};

use super::{Convolution, Dense, Masked, Sequential, SequentialTuning};
use crate::{Error, loss::check_labels, wide::MOST_POOLED};

impl Sequential {
    /// Whether every layer takes what the one before gives, and all sizes are possible.
    ///
    /// # Errors
    /// The first layer that cannot be.
    pub fn check(&self) -> Result<(), Error> {
        match self.flaw() {
            None => Ok(()),
            Some(reason) => Err(Error::Network {
                network: self.name,
                reason,
            }),
        }
    }

    /// Whether the kernels for GPUs can run it.
    #[must_use]
    pub fn runs_on_gpu(&self) -> bool {
        self.obstacle_to_gpu().is_none()
    }

    /// Whether the kernels for GPUs can run it.
    ///
    /// # Errors
    /// The first layer that they do not know.
    #[cfg(feature = "webgpu")]
    pub(crate) fn check_for_gpu(&self) -> Result<(), Error> {
        match self.obstacle_to_gpu() {
            None => Ok(()),
            Some(what) => Err(Error::Network {
                network: self.name,
                reason: format!("{what}, which the GPU kernels do not know; the CPU's do"),
            }),
        }
    }

    fn obstacle_to_gpu(&self) -> Option<String> {
        let convolution = self.convolutions.iter().find(|layer| !layer.is_plain());
        let convolution = convolution.map(|layer| {
            let name = &layer.name;
            format!("its convolution {name} has padding, strides or a pooling other than 2x2")
        });
        let is_other = |layer: &&Dense| layer.activation.is_some_and(|own| own != Activation::Relu);
        let dense = self.dense.iter().find(is_other);
        convolution.or_else(|| {
            dense.map(|layer| format!("an activation other than ReLU follows {}", layer.name))
        })
    }

    /// Whether the CPU's kernels can penalise its interactions: those of narrow layers do.
    #[must_use]
    pub fn knows_penalties(&self) -> bool {
        self.is_narrow(&SequentialTuning::default())
    }

    fn flaw(&self) -> Option<String> {
        if self.input_len() == 0 {
            return Some("its pictures have no values".to_owned());
        }
        for (index, layer) in self.convolutions.iter().enumerate() {
            let before = self.shape_before(index);
            if (layer.inputs, layer.side) != (before.channels, before.side) {
                return Some(format!(
                    "{} takes {} channels of side {}, and {} of side {} come in",
                    layer.name, layer.inputs, layer.side, before.channels, before.side
                ));
            }
            if let Some(flaw) = convolution_flaw(layer) {
                return Some(format!("{} {flaw}", layer.name));
            }
        }
        let before = self.shape_before(self.convolutions.len());
        let mut inputs = before.channels * before.side.pow(2);
        for layer in &self.dense {
            if layer.inputs != inputs || layer.outputs == 0 {
                return Some(format!(
                    "{} makes {} values of {}, and {inputs} come in",
                    layer.name, layer.outputs, layer.inputs
                ));
            }
            inputs = layer.outputs;
        }
        if self.dense.is_empty() {
            return Some("it has no dense layer".to_owned());
        }
        match self.masked {
            Masked::Convolution(index) if index >= self.convolutions.len() => Some(format!(
                "its players are patches behind convolution {index}, and it has {}",
                self.convolutions.len()
            )),
            _ => None,
        }
    }

    /// The number of pictures `[count, channels, side, side]`.
    ///
    /// # Errors
    /// No whole number of them.
    pub(crate) fn checked_count(&self, pictures: &[f32]) -> Result<usize, Error> {
        let len = self.input_len();
        match pictures.len().is_multiple_of(len) {
            true => Ok(pictures.len() / len),
            false => Err(self.misfit(format!(
                "{} values are no whole number of pictures of {len}",
                pictures.len()
            ))),
        }
    }

    /// Whether pictures are as many as labels, which are classes.
    ///
    /// # Errors
    /// They are not.
    pub(crate) fn check_batch(&self, pictures: &[f32], labels: &[usize]) -> Result<(), Error> {
        let count = self.checked_count(pictures)?;
        if count != labels.len() {
            let labels = labels.len();
            return Err(self.misfit(format!("{count} pictures with {labels} labels")));
        }
        check_labels(self.name, labels, self.classes())
    }

    /// Whether it is one picture, and the masks lie over what players are patches of.
    ///
    /// # Errors
    /// They do not.
    pub(crate) fn check_masked(&self, picture: &[f32], masks: &PatchMasks) -> Result<(), Error> {
        let count = self.checked_count(picture)?;
        if count != 1 {
            return Err(self.misfit(format!("{count} pictures where it masks one")));
        }
        self.check_masks(masks)
    }

    /// Whether masks lie over what players are patches of.
    ///
    /// # Errors
    /// They do not.
    pub(crate) fn check_masks(&self, masks: &PatchMasks) -> Result<(), Error> {
        let (side, of) = (self.masked_side(), masks.side());
        match side == of {
            true => Ok(()),
            false => Err(self.misfit(format!(
                "masks of {of}x{of} where players are patches of {side}x{side}"
            ))),
        }
    }

    pub(crate) fn misfit(&self, reason: String) -> Error {
        Error::Input {
            network: self.name,
            reason,
        }
    }
}

fn convolution_flaw(layer: &Convolution) -> Option<String> {
    if layer.outputs == 0 || layer.stride == 0 {
        return Some("has no outputs, or no stride".to_owned());
    }
    let side = layer.side + 2 * layer.padding;
    if layer.kernel == 0 || layer.kernel > side {
        let kernel = layer.kernel;
        return Some(format!("has a kernel of side {kernel} on a side of {side}"));
    }
    let pool = layer.pool?;
    if pool.stride == 0 || pool.size == 0 || pool.size > layer.map_side() {
        return Some(format!(
            "pools windows of side {} at strides of {} on a feature map of side {}",
            pool.size,
            pool.stride,
            layer.map_side()
        ));
    }
    (pool.size > MOST_POOLED).then(|| {
        let size = pool.size;
        format!("pools windows of side {size}; the kernels know at most {MOST_POOLED}")
    })
}
