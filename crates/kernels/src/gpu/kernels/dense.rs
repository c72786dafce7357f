//! The kernels of dense layers.

use super::{
    Kernel, Kernels, LANES, Slot, Width,
    tiling::{divisor, tile},
};
use crate::{activation::is_relu, gpu::template::expand, sequential::Dense};

impl Kernels<'_> {
    pub(super) fn dense(&self, index: usize, layer: &Dense) -> Kernel {
        let outputs = tile(layer.outputs, self.tiling.outputs);
        let unroll = self.turns(layer.inputs, outputs);
        let values = self.values(
            index,
            [
                ("IN_LEN", layer.inputs),
                ("OUT_LEN", layer.outputs),
                ("OUTPUTS", outputs),
                ("PICTURES", self.pictures()),
                ("UNROLL", unroll),
                ("IN_STEPS", layer.inputs / unroll),
                ("RELU", usize::from(is_relu(layer.activation))),
                ("TILE_COUNT", layer.outputs.div_ceil(outputs)),
            ],
        );
        Kernel {
            name: format!("{} forward", layer.name),
            source: expand(include_str!("../dense.wgsl"), &values),
            slots: vec![Slot::Parameters, self.inputs(index), Slot::Out(index)],
            width: Width::Fixed(self.capacity / LANES / self.pictures()),
            rest: [
                layer.outputs.div_ceil(outputs).div_ceil(self.tiling.tiles),
                1,
            ],
        }
    }

    pub(super) fn dense_input_gradient(&self, index: usize, layer: &Dense) -> Kernel {
        let inputs = tile(layer.inputs, self.tiling.outputs);
        let unroll = self.turns(layer.outputs, inputs);
        let own = [
            ("IN_LEN", layer.inputs),
            ("OUT_LEN", layer.outputs),
            ("INPUTS", inputs),
            ("PICTURES", self.pictures()),
            ("UNROLL", unroll),
            ("OUT_STEPS", layer.outputs / unroll),
            ("TILE_COUNT", layer.inputs.div_ceil(inputs)),
        ];
        let values = self.values(index, own);
        Kernel {
            name: format!("{} input gradient", layer.name),
            source: self.input_gradient_source(
                include_str!("../dense_input_gradient.wgsl"),
                index,
                values,
            ),
            slots: self.input_gradient_slots(index),
            width: Width::Fixed(self.capacity / LANES / self.pictures()),
            rest: [layer.inputs.div_ceil(inputs).div_ceil(self.tiling.tiles), 1],
        }
    }

    pub(super) fn dense_weight_gradient(&self, index: usize, layer: &Dense) -> Kernel {
        let inputs = tile(layer.inputs, self.tiling.inputs);
        let outputs = tile(layer.outputs, self.tiling.outputs);
        let values = self.values(
            index,
            [
                ("IN_LEN", layer.inputs),
                ("OUT_LEN", layer.outputs),
                ("INPUTS", inputs),
                ("OUTPUTS", outputs),
                ("SHARES", self.tiling.weight_lanes),
                ("TURNS", LANES / self.tiling.weight_lanes),
                ("BATCH_BLOCKS", self.capacity / LANES),
                ("TILES", self.tiling.weight_tiles),
            ],
        );
        Kernel {
            name: format!("{} weight gradient", layer.name),
            source: expand(include_str!("../dense_weight_gradient.wgsl"), &values),
            slots: vec![self.inputs(index), Slot::Gradient(index), Slot::Gradients],
            width: Width::Fixed(1),
            rest: [
                layer.inputs.div_ceil(inputs * self.tiling.weight_tiles),
                layer.outputs.div_ceil(outputs),
            ],
        }
    }

    /// Pictures per invocation of a dense layer.
    fn pictures(&self) -> usize {
        divisor(self.capacity / LANES, self.tiling.pictures)
    }

    /// Turns of a dense layer's loop of `len` that are written out, if one makes sums for a tile of
    /// `size`.
    fn turns(&self, len: usize, size: usize) -> usize {
        divisor(len, self.tiling.written_out / (size * self.pictures()))
    }
}
