//! The kernels of convolutions.

use super::{
    Kernel, Kernels, LANES, Slot, Width,
    tiling::{Tiling, divisor, tile},
};
use crate::{gpu::template::expand, sequential::Convolution};

impl Kernels<'_> {
    pub(super) fn convolution(&self, index: usize, layer: &Convolution) -> Kernel {
        let rows = if layer.pool.is_some() { 2 } else { 1 };
        let side = layer.map_side();
        let tiles = side.div_ceil(self.tiling.columns);
        let columns = side.div_ceil(tiles).next_multiple_of(rows);
        let outputs = tile(layer.outputs, self.tiling.sums / (rows * columns));
        let per_row = rows * columns * outputs * layer.kernel;
        let tap_rows = divisor(layer.kernel, self.tiling.written_out / per_row);
        let values = self.values(
            index,
            [
                ("IN_LEN", layer.inputs * layer.side.pow(2)),
                ("OUT_LEN", layer.out_len()),
                ("INPUTS", layer.inputs),
                ("CHANNELS", layer.outputs),
                ("OUTPUTS", outputs),
                ("KERNEL", layer.kernel),
                ("WINDOW", layer.window()),
                ("SIDE", layer.side),
                ("MAP_SIDE", side),
                ("OUT_SIDE", layer.out_side()),
                ("ROWS", rows),
                ("TAP_ROWS", tap_rows),
                ("TAP_STEPS", layer.kernel / tap_rows),
                ("COLUMNS", columns),
                ("HALF_COLUMNS", columns / 2),
                ("COLUMN_TILES", tiles),
                ("TILE_COUNT", side / rows * tiles),
            ],
        );
        Kernel {
            name: format!("{} forward", layer.name),
            source: expand(include_str!("../convolution.wgsl"), &values),
            slots: vec![
                Slot::Parameters,
                self.inputs(index),
                Slot::Out(index),
                Slot::Largest(index),
            ],
            width: Width::Pictures,
            rest: [
                (side / rows * tiles).div_ceil(self.tiling.tiles),
                layer.outputs.div_ceil(outputs),
            ],
        }
    }

    pub(super) fn convolution_input_gradient(&self, index: usize, layer: &Convolution) -> Kernel {
        let tiles = layer.side.div_ceil(2 * self.tiling.columns);
        let columns = layer.side.div_ceil(tiles);
        let inputs = tile(layer.inputs, self.tiling.sums / columns);
        let unroll = divisor(
            layer.outputs,
            self.tiling.written_out / (columns * inputs * layer.kernel),
        );
        let own = [
            ("MAP_LEN", layer.map_len()),
            ("IN_CHANNELS", layer.inputs),
            ("INPUTS", inputs),
            ("CHANNELS", layer.outputs),
            ("UNROLL", unroll),
            ("CHANNEL_STEPS", layer.outputs / unroll),
            ("KERNEL", layer.kernel),
            ("SIDE", layer.side),
            ("MAP_SIDE", layer.map_side()),
            ("COLUMNS", columns),
            ("COLUMN_TILES", tiles),
            ("TILE_COUNT", layer.side * tiles),
        ];
        let values = self.values(index, own);
        Kernel {
            name: format!("{} input gradient", layer.name),
            source: self.input_gradient_source(
                include_str!("../convolution_input_gradient.wgsl"),
                index,
                values,
            ),
            slots: self.input_gradient_slots(index),
            width: Width::Pictures,
            rest: [
                (layer.side * tiles).div_ceil(self.tiling.tiles),
                layer.inputs.div_ceil(inputs),
            ],
        }
    }

    pub(super) fn convolution_weight_gradient(&self, index: usize, layer: &Convolution) -> Kernel {
        let tile = WeightTile::of(layer, self.tiling);
        let side = layer.map_side();
        let per_column = tile.outputs * tile.rows * layer.kernel;
        let columns = divisor(side, self.tiling.written_out / per_column);
        let values = self.values(
            index,
            [
                ("IN_LEN", layer.inputs * layer.side.pow(2)),
                ("MAP_LEN", layer.map_len()),
                ("INPUTS", layer.inputs),
                ("CHANNELS", layer.outputs),
                ("OUTPUTS", tile.outputs),
                ("KERNEL", layer.kernel),
                ("TAP_ROWS", tile.rows),
                ("TAP_TILES", layer.kernel.div_ceil(tile.rows)),
                ("SHARES", self.tiling.tap_lanes),
                ("TURNS", LANES / self.tiling.tap_lanes),
                ("GROUP_PARTS", self.tiling.group_parts),
                ("MAP_PARTS", tile.parts),
                ("SIDE", layer.side),
                ("MAP_SIDE", side),
                ("PART_ROWS", tile.part_rows),
                ("COLUMNS", columns),
                ("COLUMN_STEPS", side / columns),
            ],
        );
        Kernel {
            name: format!("{} weight gradient", layer.name),
            source: expand(include_str!("../convolution_weight_gradient.wgsl"), &values),
            slots: vec![
                self.inputs(index),
                Slot::Gradient(index),
                Slot::Gradients,
                Slot::Control,
            ],
            width: Width::Fixed(layer.inputs * layer.kernel.div_ceil(tile.rows)),
            rest: [
                layer.outputs.div_ceil(tile.outputs),
                tile.parts.div_ceil(self.tiling.group_parts),
            ],
        }
    }
}

/// What one invocation sums of a convolution's weight gradient, and the parts of the map that are
/// summed apart.
pub(super) struct WeightTile {
    outputs: usize,
    /// Rows of the kernel.
    rows: usize,
    pub(super) parts: usize,
    /// Rows of the map in a part.
    part_rows: usize,
}

impl WeightTile {
    pub(super) fn of(layer: &Convolution, tiling: Tiling) -> Self {
        let rows = tile(layer.kernel, tiling.weight_sums / layer.kernel);
        let outputs = tile(layer.outputs, tiling.weight_sums / (rows * layer.kernel));
        let groups = layer.inputs * layer.kernel.div_ceil(rows) * layer.outputs.div_ceil(outputs);
        let side = layer.map_side();
        let part_rows = side.div_ceil(tiling.weight_groups.div_ceil(groups).min(side));
        Self {
            outputs,
            rows,
            parts: side.div_ceil(part_rows),
            part_rows,
        }
    }
}
