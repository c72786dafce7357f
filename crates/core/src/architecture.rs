//! A model sized for a data set: what decides the names and shapes of its weights.

use spindle_run::input::{CloudShape, PictureShape, TextShape};
use spindle_run::modality::InputShape;
use spindle_run::{event::Tensors, experiment::Model};

use crate::Error;
use spindle_data::{Data, Samples};
use spindle_kernels::Sequential;

/// A model for inputs of one shape and a number of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Architecture {
    /// Which model.
    pub model: Model,
    /// What comes in.
    pub input: InputShape,
    /// How many classes there are.
    pub classes: usize,
}

/// Side of the pictures that small networks take in, and that others do.
const SMALL: usize = 32;
const LARGE: usize = 224;

impl Architecture {
    /// LeNet for MNIST.
    pub const LENET_ON_MNIST: Self = Self {
        model: Model::Lenet,
        input: InputShape::Pictures(PictureShape {
            channels: 1,
            side: SMALL,
        }),
        classes: 10,
    };

    /// A model for a data set. LeNet takes pictures of 32x32, AlexNet of 224x224, the VGGs of 32x32 where the pictures are no larger
    /// and of 224x224 otherwise.
    ///
    /// # Errors
    /// A model that does not take what the data set holds.
    pub fn new(model: Model, data: &Data) -> Result<Self, Error> {
        let input = match data.train.samples() {
            Samples::Pictures(pictures) => InputShape::Pictures(PictureShape {
                channels: pictures.channels(),
                side: match model {
                    Model::Lenet => SMALL,
                    Model::AlexNet => LARGE,
                    _ if pictures.side().is_some_and(|side| side <= SMALL) => SMALL,
                    _ => LARGE,
                },
            }),
            Samples::Texts(texts) => InputShape::Texts(TextShape {
                vocabulary: texts.vocabulary,
            }),
            Samples::Clouds(clouds) => InputShape::Clouds(CloudShape {
                points: clouds.points(),
            }),
        };
        if model.kind() != input.kind() {
            return Err(Error::Experiment {
                field: "model",
                value: model.title().into(),
                allowed: format!("the data are {}", input.kind().name()),
            });
        }
        Ok(Self {
            model,
            input,
            classes: data.classes.len(),
        })
    }

    /// The network as data, where it is a stack of convolutions and dense layers.
    #[must_use]
    pub fn stack(&self) -> Option<Sequential> {
        let InputShape::Pictures(PictureShape { channels, side }) = self.input else {
            return None;
        };
        let title = self.model.title();
        let vgg = |blocks| Some(Sequential::vgg(title, blocks, channels, side, self.classes));
        match self.model {
            Model::Lenet => Some(Sequential::lenet(channels, self.classes)),
            Model::Vgg11 => vgg([1, 1, 2, 2, 2]),
            Model::Vgg13 => vgg([2, 2, 2, 2, 2]),
            Model::Vgg16 => vgg([2, 2, 3, 3, 3]),
            Model::AlexNet => Some(Sequential::alexnet(channels, self.classes)),
            Model::BertTiny | Model::BertMedium | Model::Dgcnn => None,
        }
    }

    /// Side of the feature map that players are patches of; 0 where they are none.
    #[must_use]
    pub fn masked_side(&self) -> usize {
        self.stack().map_or(0, |stack| stack.masked_side())
    }

    /// Random weights under PyTorch's names, the same for the same seed on every machine.
    ///
    /// # Errors
    /// A network that this build of Spindle does not have.
    pub fn initial_weights(&self, seed: u64) -> Result<Tensors, Error> {
        match self.stack() {
            Some(stack) => Ok(stack.initial_weights(seed)),
            #[cfg(feature = "burn")]
            None => crate::network::initial_weights(self, seed),
            #[cfg(not(feature = "burn"))]
            None => Err(self.missing()),
        }
    }

    /// For a network that this build has no code for.
    pub(crate) fn missing(&self) -> Error {
        Error::Experiment {
            field: "model",
            value: self.model.title().into(),
            allowed: "this build of Spindle has networks for pictures only".into(),
        }
    }
}
