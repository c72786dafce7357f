//! The kernels of a network: each one's text, buffers and grid.

mod convolution;
mod dense;
mod tiling;

use self::convolution::WeightTile;
pub(super) use self::tiling::Tiling;
use super::template::{Values, expand};
use crate::sequential::{Convolution, Sequential};

/// Pictures of a block, which lie side by side in memory: a line of a cache; capacities are
/// multiples of it.
pub(super) const LANES: usize = 16;

/// A buffer that kernels work on; layers are counted over convolutions, then dense ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// How many pictures there are, and how to step.
    Control,
    /// Pictures, then their labels.
    Input,
    /// All parameters.
    Parameters,
    /// All momentum buffers.
    Velocity,
    /// All gradients, a layer's in as many parts as its kernel makes.
    Gradients,
    /// What comes out of a layer.
    Out(usize),
    /// Which of four values each cell of a convolution took.
    Largest(usize),
    /// The gradient with respect to a layer's feature map before its ReLU.
    Gradient(usize),
    /// The mean loss of the batch.
    Loss,
}

/// How many workgroups a kernel needs along x.
#[derive(Clone, Copy, Debug)]
pub(super) enum Width {
    /// As many as hold the batch's pictures.
    Pictures,
    /// This many, whatever the batch.
    Fixed(usize),
}

/// One dispatch.
pub(super) struct Kernel {
    pub(super) name: String,
    pub(super) source: String,
    /// Its buffers in the order of their bindings.
    pub(super) slots: Vec<Slot>,
    pub(super) width: Width,
    /// Workgroups along y and z.
    pub(super) rest: [usize; 2],
}

/// A network on batches of up to `capacity` pictures.
pub(super) struct Kernels<'a> {
    network: &'a Sequential,
    capacity: usize,
    tiling: Tiling,
    /// Where each layer's parameters lie.
    starts: Vec<Start>,
}

/// Where a layer's parameters start among all of them.
#[derive(Clone, Copy)]
struct Start {
    weight: usize,
    bias: usize,
}

/// Where a layer's gradients lie.
#[derive(Clone, Copy)]
struct GradientParts {
    start: usize,
    /// In how many parts they come.
    count: usize,
}

impl<'a> Kernels<'a> {
    /// Kernels for batches of at least `pictures` pictures.
    pub(super) fn new(network: &'a Sequential, pictures: usize, tiling: Tiling) -> Self {
        let parameters = network.parameters();
        let starts = parameters
            .chunks_exact(2)
            .map(|pair| Start {
                weight: pair[0].start,
                bias: pair[1].start,
            })
            .collect();
        Self {
            network,
            capacity: pictures.next_multiple_of(LANES),
            tiling,
            starts,
        }
    }

    /// Most pictures of a batch.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Values of a picture.
    pub(super) fn picture_len(&self) -> usize {
        self.network.input_len()
    }

    /// Values in each buffer that these kernels use.
    pub(super) fn len(&self, slot: Slot) -> usize {
        let convolutions = &self.network.convolutions;
        let layer =
            |index: usize, convolution: fn(&Convolution) -> usize| match convolutions.get(index) {
                Some(layer) => convolution(layer) * self.capacity,
                None => self.network.dense[index - convolutions.len()].outputs * self.capacity,
            };
        match slot {
            Slot::Control => 4,
            Slot::Input => (self.picture_len() + 1) * self.capacity,
            Slot::Parameters | Slot::Velocity => self.network.parameter_count(),
            Slot::Gradients => self.gradient_parts(self.layers()).start,
            Slot::Out(index) | Slot::Largest(index) => layer(index, Convolution::out_len),
            Slot::Gradient(index) => layer(index, Convolution::map_len),
            Slot::Loss => 1,
        }
    }

    /// From pictures to logits.
    pub(super) fn forward(&self) -> Vec<Kernel> {
        let convolutions = self.network.convolutions.iter().enumerate();
        let dense = self.network.dense.iter().enumerate();
        convolutions
            .map(|(index, layer)| self.convolution(index, layer))
            .chain(dense.map(|(index, layer)| self.dense(self.first_dense() + index, layer)))
            .collect()
    }

    /// From logits to changed parameters.
    pub(super) fn backward(&self) -> Vec<Kernel> {
        let mut kernels = vec![self.loss()];
        for (place, layer) in self.network.dense.iter().enumerate().rev() {
            let index = self.first_dense() + place;
            if index > 0 {
                kernels.push(self.dense_input_gradient(index, layer));
            }
            kernels.push(self.dense_weight_gradient(index, layer));
        }
        for (index, layer) in self.network.convolutions.iter().enumerate().rev() {
            if index > 0 {
                kernels.push(self.convolution_input_gradient(index, layer));
            }
            kernels.push(self.convolution_weight_gradient(index, layer));
        }
        kernels.extend((0..self.layers()).map(|index| self.update(index)));
        kernels
    }

    fn first_dense(&self) -> usize {
        self.network.convolutions.len()
    }

    fn layers(&self) -> usize {
        self.starts.len()
    }

    /// Parameters of a layer.
    fn layer_len(&self, index: usize) -> usize {
        let next = self.starts.get(index + 1);
        next.map_or(self.network.parameter_count(), |next| next.weight) - self.starts[index].weight
    }

    /// Where a layer's gradients lie; for the number of layers, where they all end.
    fn gradient_parts(&self, index: usize) -> GradientParts {
        let parts = |index: usize| {
            let convolution = self.network.convolutions.get(index);
            convolution.map_or(self.tiling.weight_lanes, |layer| {
                WeightTile::of(layer, self.tiling).parts * self.tiling.tap_lanes
            })
        };
        let start = (0..index).map(|i| parts(i) * self.layer_len(i)).sum();
        GradientParts {
            start,
            count: parts(index),
        }
    }

    /// What comes into a layer.
    fn inputs(&self, index: usize) -> Slot {
        if index == 0 {
            Slot::Input
        } else {
            Slot::Out(index - 1)
        }
    }

    fn values<const N: usize>(&self, index: usize, own: [(&'static str, usize); N]) -> Values {
        let Start { weight, bias } = self.starts[index];
        let mut values = Values::from([
            ("BATCH", self.capacity),
            ("LANES", LANES),
            ("TILES", self.tiling.tiles),
            ("PARAMETERS", self.network.parameter_count()),
            ("WEIGHT", weight),
            ("BIAS", bias),
            ("GRADIENTS", self.len(Slot::Gradients)),
            ("START", self.gradient_parts(index).start),
            ("LAYER_LEN", self.layer_len(index)),
        ]);
        values.extend(own);
        values
    }

    fn loss(&self) -> Kernel {
        let last = self.layers() - 1;
        let pictures = self.picture_len() * self.capacity;
        let values = self.values(
            last,
            [
                ("INPUT_LEN", self.len(Slot::Input)),
                ("LABELS", pictures),
                ("CLASSES", self.network.classes()),
                ("SHARES", self.tiling.loss_lanes),
            ],
        );
        Kernel {
            name: "loss".to_owned(),
            source: expand(include_str!("../loss.wgsl"), &values),
            slots: vec![
                Slot::Control,
                Slot::Input,
                Slot::Out(last),
                Slot::Gradient(last),
                Slot::Loss,
            ],
            width: Width::Fixed(1),
            rest: [1, 1],
        }
    }

    fn update(&self, index: usize) -> Kernel {
        let values = self.values(
            index,
            [
                ("FIRST", self.starts[index].weight),
                ("PARTS", self.gradient_parts(index).count),
                ("LANES", self.tiling.update_lanes),
            ],
        );
        Kernel {
            name: format!("update {index}"),
            source: expand(include_str!("../update.wgsl"), &values),
            slots: vec![
                Slot::Parameters,
                Slot::Velocity,
                Slot::Gradients,
                Slot::Control,
            ],
            width: Width::Fixed(self.layer_len(index).div_ceil(self.tiling.update_lanes)),
            rest: [1, 1],
        }
    }

    /// A kernel for the gradient with respect to a layer's input, behind the text that takes it
    /// through the ReLU and pooling of the layer before.
    fn input_gradient_source(&self, template: &str, index: usize, mut values: Values) -> String {
        let before = self.network.convolutions.get(index - 1);
        let (kind, side) = match before {
            None => (0, 0),
            Some(layer) => (1 + usize::from(layer.pool.is_some()), layer.out_side()),
        };
        let [slot, gradient] = [self.before(index), Slot::Gradient(index - 1)];
        values.extend([
            ("BEFORE", kind),
            ("BEFORE_SIDE", side),
            ("BEFORE_LEN", self.len(slot) / self.capacity),
            ("GRADIENT_LEN", self.len(gradient) / self.capacity),
        ]);
        expand(include_str!("../relu_pool_backward.wgsl"), &values) + &expand(template, &values)
    }

    fn input_gradient_slots(&self, index: usize) -> Vec<Slot> {
        vec![
            Slot::Parameters,
            Slot::Gradient(index),
            self.before(index),
            Slot::Gradient(index - 1),
        ]
    }

    /// What tells where the layer before lets a gradient through.
    fn before(&self, index: usize) -> Slot {
        if index > self.first_dense() {
            Slot::Out(index - 1)
        } else {
            Slot::Largest(index - 1)
        }
    }
}
