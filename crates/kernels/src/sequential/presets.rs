//! Sequential networks of the field, made of what everybody may make them of.

use spindle_run::{experiment::Activation, input::PictureShape};

use super::{Convolution, Dense, Initial, Masked, Pool, Sequential};

/// How many times as many filters as its first block each block of a VGG has.
const VGG_WIDENING: [usize; 5] = [1, 2, 4, 8, 8];
/// Side of LeNet's first feature map.
const MAP: usize = 28;
/// Side of ImageNet's pictures.
const IMAGENET_SIDE: usize = 224;

/// Dense layers of some names from one width to the next, ReLU behind all but the last.
fn dense_layers<const N: usize>(names: [&'static str; N], widths: &[usize]) -> Vec<Dense> {
    let widths = widths.windows(2).enumerate();
    names
        .into_iter()
        .zip(widths)
        .map(|(name, (index, widths))| Dense {
            name: name.into(),
            inputs: widths[0],
            outputs: widths[1],
            activation: (index + 1 < N).then_some(Activation::Relu),
        })
        .collect()
}

impl Sequential {
    /// LeNet-5 with ReLU and max pooling on pictures of 32x32: convolutions channels-6 and 6-16 of
    /// 5x5, then dense layers 400-120-84-classes; 61,706 parameters with one channel and ten
    /// classes. Players are patches behind the first ReLU (ours: arXiv 2405.10262 does not say
    /// where), a feature map of 28x28.
    #[must_use]
    pub fn lenet(channels: usize, classes: usize) -> Self {
        Self::lenet_of("LeNet", 5, [6, 16], [120, 84], channels, classes)
    }

    /// LeNet-5 with kernels of another, odd width, other numbers of filters, and of values behind its
    /// first two dense layers. Its pictures are as much larger than 28x28 as its kernels take, so that
    /// the feature map with the players is of 28x28 whatever these are.
    #[must_use]
    pub fn lenet_of(
        title: &'static str,
        kernel: usize,
        filters: [usize; 2],
        hidden: [usize; 2],
        channels: usize,
        classes: usize,
    ) -> Self {
        let ([first, second], [wide, narrow]) = (filters, hidden);
        let convolution = |name: &'static str, inputs, outputs, side| Convolution {
            name: name.into(),
            inputs,
            outputs,
            kernel,
            stride: 1,
            padding: 0,
            side,
            pool: Some(Pool::HALVES),
        };
        let side = MAP + kernel - 1;
        // Of the second feature map behind its pooling.
        let last = (MAP / 2 + 1 - kernel) / 2;
        let features = last * last * second;
        Self {
            name: title,
            input: PictureShape { channels, side },
            convolutions: vec![
                convolution("conv1", channels, first, side),
                convolution("conv2", first, second, MAP / 2),
            ],
            dense: dense_layers(["fc1", "fc2", "fc3"], &[features, wide, narrow, classes]),
            masked: Masked::Convolution(0),
            initial: Initial::Uniform,
        }
    }

    /// A VGG without batch norm, as torchvision has it (arXiv 1409.1556), without dropout (ours):
    /// so many convolutions in each of its five blocks, `[1, 1, 2, 2, 2]` for VGG-11, and so many
    /// filters in the first, 64 in those published; the others widen as theirs do. On pictures
    /// smaller than ImageNet's the head is as wide as the last block and weights begin with the size
    /// of what comes in (ours). Players are patches behind the second ReLU, as arXiv 2405.10262 has it.
    #[must_use]
    pub fn vgg(
        title: &'static str,
        blocks: [usize; 5],
        filters: usize,
        input: PictureShape,
        classes: usize,
    ) -> Self {
        let (hidden, initial) = match input.side {
            IMAGENET_SIDE.. => (64 * filters, Initial::FanOut),
            _ => (8 * filters, Initial::FanIn),
        };
        let mut convolutions = Vec::new();
        let (mut side, mut inputs, mut feature) = (input.side, input.channels, 0);
        for (widening, length) in VGG_WIDENING.into_iter().zip(blocks) {
            let outputs = widening * filters;
            for place in 1..=length {
                let is_pooled = place == length;
                convolutions.push(Convolution {
                    name: format!("features.{feature}").into(),
                    inputs,
                    outputs,
                    kernel: 3,
                    stride: 1,
                    padding: 1,
                    side,
                    pool: is_pooled.then_some(Pool::HALVES),
                });
                inputs = outputs;
                // A convolution, its ReLU and its pooling are numbered.
                feature += if is_pooled { 3 } else { 2 };
            }
            side /= 2;
        }
        let names = ["classifier.0", "classifier.3", "classifier.6"];
        let widths = [inputs * side * side, hidden, hidden, classes];
        Self {
            name: title,
            input,
            convolutions,
            dense: dense_layers(names, &widths),
            masked: Masked::Convolution(1),
            initial,
        }
    }

    /// AlexNet on pictures of 224x224, as torchvision has it (arXiv 1404.5997), without dropout
    /// (ours). Players are patches behind the first ReLU (ours), a feature map of 55x55.
    #[must_use]
    pub fn alexnet(channels: usize, classes: usize) -> Self {
        const POOL: Option<Pool> = Some(Pool { size: 3, stride: 2 });
        let convolution = |name: &'static str, inputs, outputs, kernel, side, pool| Convolution {
            name: name.into(),
            inputs,
            outputs,
            kernel,
            stride: 1,
            padding: kernel / 2,
            side,
            pool,
        };
        let first = Convolution {
            stride: 4,
            padding: 2,
            ..convolution("features.0", channels, 64, 11, 224, POOL)
        };
        let names = ["classifier.1", "classifier.4", "classifier.6"];
        Self {
            name: "AlexNet",
            input: PictureShape {
                channels,
                side: IMAGENET_SIDE,
            },
            convolutions: vec![
                first,
                convolution("features.3", 64, 192, 5, 27, POOL),
                convolution("features.6", 192, 384, 3, 13, None),
                convolution("features.8", 384, 256, 3, 13, None),
                convolution("features.10", 256, 256, 3, 13, POOL),
            ],
            dense: dense_layers(names, &[9216, 4096, 4096, classes]),
            masked: Masked::Convolution(0),
            initial: Initial::Uniform,
        }
    }

    /// A multilayer perceptron on grey pictures: dense layers of these widths, the last one of
    /// which is the number of classes, with an activation between them. Its parameters have the names
    /// of `torch.nn.Sequential(Flatten, Linear, ReLU, Linear, ...)`. Players are patches of the
    /// picture.
    #[must_use]
    pub fn mlp(title: &'static str, side: usize, widths: &[usize], activation: Activation) -> Self {
        let inputs = [side * side].into_iter().chain(widths.iter().copied());
        let dense = inputs.zip(widths).enumerate();
        Self {
            name: title,
            input: PictureShape { channels: 1, side },
            convolutions: Vec::new(),
            dense: dense
                .map(|(index, (inputs, &outputs))| Dense {
                    // Each activation is numbered too, and so is the flattening before them all.
                    name: (1 + 2 * index).to_string().into(),
                    inputs,
                    outputs,
                    activation: (index + 1 < widths.len()).then_some(activation),
                })
                .collect(),
            masked: Masked::Input,
            initial: Initial::Uniform,
        }
    }
}
