//! The networks that Spindle builds: one row of the table each.

use serde::{Deserialize, Serialize};

use self::Activation::{Relu, Tanh};
use super::Kind;

/// What is done to every value behind a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Values below 0 become 0.
    Relu,
    /// The hyperbolic tangent.
    Tanh,
}

/// How a network is built; what a model of a family needs beyond its data is in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Two convolutions and three dense layers.
    Lenet {
        /// Width of the convolutions' kernels; odd, so that pictures stay in their middle.
        kernel: usize,
        /// Filters of the convolutions.
        filters: [usize; 2],
        /// Values behind the first two dense layers.
        hidden: [usize; 2],
    },
    /// Dense layers only, from the picture itself.
    Mlp {
        /// Values behind the dense layers before the last one.
        hidden: &'static [usize],
        /// What follows each of these.
        activation: Activation,
    },
    /// Convolutions of 3x3 in five blocks, then three dense layers.
    Vgg {
        /// Convolutions of every block.
        blocks: [usize; 5],
        /// Filters of the first block; later blocks and the dense layers have so many times more.
        filters: usize,
    },
    /// Five convolutions and three dense layers.
    AlexNet,
    /// A transformer's encoder.
    Bert {
        /// Layers.
        layers: usize,
        /// Values of a piece of text in every layer.
        width: usize,
        /// Heads of attention, which share these values.
        heads: usize,
    },
    /// Convolutions over the edges from points to their neighbours.
    Dgcnn,
}

impl Family {
    /// What its models classify.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Lenet { .. } | Self::Mlp { .. } | Self::Vgg { .. } | Self::AlexNet => {
                Kind::Pictures
            }
            Self::Bert { .. } => Kind::Texts,
            Self::Dgcnn => Kind::Clouds,
        }
    }
}

/// Makes [`Model`] of rows: variant, name on the command line and in files, title, family.
macro_rules! models {
    ($($(#[$meta:meta])+ $variant:ident $name:literal $title:literal $family:expr;)+) => {
        /// A network that Spindle builds from random weights.
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub enum Model {
            $(
                $(#[$meta])+
                #[serde(rename = $name)]
                #[cfg_attr(feature = "clap", value(name = $name))]
                $variant,
            )+
        }

        impl Model {
            /// All models.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$variant),+];

            const COUNT: usize = [$(Self::$variant),+].len();

            /// Its name as the papers write it.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)+
                }
            }

            /// How it is built.
            #[must_use]
            pub const fn family(self) -> Family {
                match self {
                    $(Self::$variant => $family,)+
                }
            }
        }
    };
}

models! {
    /// LeNet-5 with ReLU and max pooling on 32x32 inputs, 61,706 parameters on grey digits.
    #[default]
    Lenet "lenet" "LeNet" Family::Lenet { kernel: 5, filters: [6, 16], hidden: [120, 84] };
    /// LeNet of half the width, 15,738 parameters on grey digits.
    LenetNarrow "lenet-narrow" "LeNet-narrow" Family::Lenet { kernel: 5, filters: [3, 8], hidden: [60, 42] };
    /// LeNet with kernels of 3x3 on 30x30 inputs, 81,194 parameters on grey digits.
    Lenet3 "lenet-3x3" "LeNet-3x3" Family::Lenet { kernel: 3, filters: [6, 16], hidden: [120, 84] };
    /// LeNet with kernels of 7x7 on 34x34 inputs, 47,018 parameters on grey digits.
    Lenet7 "lenet-7x7" "LeNet-7x7" Family::Lenet { kernel: 7, filters: [6, 16], hidden: [120, 84] };
    /// Three dense layers on grey 28x28 pictures, 109,386 parameters on digits.
    Mlp "mlp" "MLP" Family::Mlp { hidden: &[128, 64], activation: Relu };
    /// The same with tanh instead of ReLU.
    MlpTanh "mlp-tanh" "MLP-tanh" Family::Mlp { hidden: &[128, 64], activation: Tanh };
    /// The same of half the width, 52,650 parameters on digits.
    MlpNarrow "mlp-narrow" "MLP-narrow" Family::Mlp { hidden: &[64, 32], activation: Relu };
    /// The same with three more layers of 64 values, 121,866 parameters on digits.
    MlpDeep "mlp-deep" "MLP-deep" Family::Mlp { hidden: &[128, 64, 64, 64, 64], activation: Relu };
    /// VGG-11 without batch normalisation, on 32x32 or 224x224 inputs.
    Vgg11 "vgg-11" "VGG-11" Family::Vgg { blocks: [1, 1, 2, 2, 2], filters: 64 };
    /// VGG-11 of an eighth of the width, 153,386 parameters on digits.
    Vgg11Narrow "vgg-11-narrow" "VGG-11-narrow" Family::Vgg { blocks: [1, 1, 2, 2, 2], filters: 8 };
    /// VGG-13 without batch normalisation, on 32x32 or 224x224 inputs.
    Vgg13 "vgg-13" "VGG-13" Family::Vgg { blocks: [2, 2, 2, 2, 2], filters: 64 };
    /// VGG-16 without batch normalisation, on 32x32 or 224x224 inputs.
    Vgg16 "vgg-16" "VGG-16" Family::Vgg { blocks: [2, 2, 3, 3, 3], filters: 64 };
    /// VGG-16 of an eighth of the width, 239,394 parameters on digits.
    Vgg16Narrow "vgg-16-narrow" "VGG-16-narrow" Family::Vgg { blocks: [2, 2, 3, 3, 3], filters: 8 };
    /// VGG-19 without batch normalisation, on 32x32 or 224x224 inputs.
    Vgg19 "vgg-19" "VGG-19" Family::Vgg { blocks: [2, 2, 4, 4, 4], filters: 64 };
    /// AlexNet on 224x224 inputs.
    AlexNet "alexnet" "AlexNet" Family::AlexNet;
    /// BERT with 2 layers of 128 values, for classification of texts.
    BertTiny "bert-tiny" "BERT-Tiny" Family::Bert { layers: 2, width: 128, heads: 2 };
    /// BERT-Tiny with one head of attention instead of two.
    BertTinyOneHead "bert-tiny-1-head" "BERT-Tiny-1-head" Family::Bert { layers: 2, width: 128, heads: 1 };
    /// BERT-Tiny with four heads of attention.
    BertTinyFourHeads "bert-tiny-4-heads" "BERT-Tiny-4-heads" Family::Bert { layers: 2, width: 128, heads: 4 };
    /// BERT with 8 layers of 512 values, for classification of texts.
    BertMedium "bert-medium" "BERT-Medium" Family::Bert { layers: 8, width: 512, heads: 8 };
    /// DGCNN with 20 neighbours a point, for classification of point clouds.
    Dgcnn "dgcnn" "DGCNN" Family::Dgcnn;
}

impl Model {
    /// What it classifies.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.family().kind()
    }
}
