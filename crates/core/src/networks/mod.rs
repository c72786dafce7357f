//! The networks: a folder for each family, with what it is, its kernels' glue, its Burn module and
//! its exact reference.
//!
//! A model is a row of the table in `spindle-run` and names its family; [`Networks::network`] finds
//! the family's folder. What a folder holds, the conformance suite (`tests/conformance.rs`) checks
//! for every row: parity with PyTorch, gradients, kernels against Burn, save and load, masks.

pub mod alexnet;
pub mod bert;
mod dense;
pub mod dgcnn;
pub mod lenet;
pub mod mlp;
pub mod sequential;
pub mod vgg;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spindle_data::DataKind;
use spindle_run::{
    each::Each,
    experiment::{Family, Model},
    input::{CloudShape, PictureShape, PictureSize, TextShape},
    modality::{Clouds, InputShape, Modality, Pictures, Texts},
    parallel,
};

use crate::{Error, network::Network};

/// The fused CPU kernels, for a run's provenance.
fn cpu_kernels_in_words() -> String {
    format!("fused CPU kernels, {}", parallel::description())
}

/// Kinds of data, by the networks that take them in.
pub trait Networks: DataKind {
    /// A model's network for samples of a size.
    ///
    /// # Errors
    /// A model that takes another kind of data, or no samples of this size.
    fn network(
        model: Model,
        size: Self::Size,
        classes: usize,
    ) -> Result<Arc<dyn Network<Self>>, Error>;
}

impl Networks for Pictures {
    fn network(
        model: Model,
        size: PictureSize,
        classes: usize,
    ) -> Result<Arc<dyn Network<Self>>, Error> {
        let title = model.title();
        Ok(match model.family() {
            Family::Lenet {
                kernel,
                filters,
                hidden,
            } => lenet::network(title, kernel, filters, hidden, size, classes),
            Family::Mlp { hidden, activation } => {
                mlp::network(title, hidden, activation, size, classes)?
            }
            Family::Vgg { blocks, filters } => vgg::network(title, blocks, filters, size, classes),
            Family::AlexNet => alexnet::network(size, classes),
            _ => return Err(other_kind::<Self>(model)),
        })
    }
}

impl Networks for Texts {
    fn network(
        model: Model,
        size: TextShape,
        classes: usize,
    ) -> Result<Arc<dyn Network<Self>>, Error> {
        match model.family() {
            Family::Bert {
                layers,
                width,
                heads,
            } => bert::network(model.title(), layers, width, heads, size, classes),
            _ => Err(other_kind::<Self>(model)),
        }
    }
}

impl Networks for Clouds {
    fn network(
        model: Model,
        size: CloudShape,
        classes: usize,
    ) -> Result<Arc<dyn Network<Self>>, Error> {
        match model.family() {
            Family::Dgcnn => dgcnn::network(model.title(), size, classes),
            _ => Err(other_kind::<Self>(model)),
        }
    }
}

fn other_kind<M: Modality>(model: Model) -> Error {
    Error::Experiment {
        field: "model",
        value: model.title().into(),
        allowed: format!("the data are {}", M::KIND.name()),
    }
}

/// A network of whatever kind.
pub type AnyNetwork =
    Each<Arc<dyn Network<Pictures>>, Arc<dyn Network<Texts>>, Arc<dyn Network<Clouds>>>;

/// A network as it is named in messages: a model for inputs of a shape and a number of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// Which model.
    pub model: Model,
    /// What comes in.
    pub input: InputShape,
    /// How many classes there are.
    pub classes: usize,
}

impl Architecture {
    /// The network.
    ///
    /// # Errors
    /// A model that takes another kind of data, or no inputs of this shape.
    pub fn network(&self) -> Result<AnyNetwork, Error> {
        let (model, classes) = (self.model, self.classes);
        Ok(match self.input {
            Each::Pictures(PictureShape { channels, side }) => {
                let side = Some(side);
                Each::Pictures(self.checked(Pictures::network(
                    model,
                    PictureSize { channels, side },
                    classes,
                )?)?)
            }
            Each::Texts(size) => Each::Texts(self.checked(Texts::network(model, size, classes)?)?),
            Each::Clouds(size) => {
                Each::Clouds(self.checked(Clouds::network(model, size, classes)?)?)
            }
        })
    }

    /// The network, if it takes the inputs as they are and not scaled.
    fn checked<M: Modality>(
        &self,
        network: Arc<dyn Network<M>>,
    ) -> Result<Arc<dyn Network<M>>, Error> {
        if M::any_shape(network.shape().input) == self.input {
            return Ok(network);
        }
        Err(Error::Experiment {
            field: "model",
            value: self.model.title().into(),
            allowed: format!(
                "it takes inputs of {:?}, not of {:?}",
                network.shape().input,
                self.input
            ),
        })
    }
}
