//! The kernels of a stack: each one's text, buffers and grid.

use super::{
    super::sequential::{Convolution, Dense, Sequential},
    template::{Values, expand},
};

/// Pictures of a block, which lie side by side in memory: a line of a cache; capacities are multiples of it.
pub(super) const LANES: usize = 16;
/// Tiles in a workgroup, each a block wide.
const TILES: usize = 2;
/// Invocations that share the pictures for a dense layer's weight gradient.
const WEIGHT_LANES: usize = 4;
/// Tiles in a workgroup of them.
const WEIGHT_TILES: usize = 8;
/// Invocations that share the pictures for a convolution's weight gradient.
const TAP_LANES: usize = 8;
/// Parts of the map in a workgroup of them.
const GROUP_PARTS: usize = 4;
/// Workgroups that a convolution's weight gradient is spread over, if it has rows enough.
const WEIGHT_GROUPS: usize = 192;
/// Invocations that share the pictures for the loss.
const LOSS_LANES: usize = 64;
/// Invocations of a workgroup that updates parameters.
const UPDATE_LANES: usize = 64;

/// How much an invocation does. Larger tiles read less for every product, smaller ones leave registers for more invocations at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiling {
    /// Sums that an invocation of a convolution keeps.
    sums: usize,
    /// Sums of its weight gradient.
    weight_sums: usize,
    /// Most columns of a convolution's tile.
    columns: usize,
    /// Outputs in a dense layer's tile.
    outputs: usize,
    /// Most pictures in a dense layer's tile.
    pictures: usize,
    /// Inputs in a tile of a dense layer's weight gradient.
    inputs: usize,
    /// Most products that are written out in the body of a loop, where a shorter one does not need more: long code takes long to
    /// compile and leaves the cache.
    written_out: usize,
}

impl Tiling {
    /// For GPUs: what fits in their registers.
    pub(super) const HARDWARE: Self = Self {
        sums: 56,
        weight_sums: 50,
        columns: 14,
        outputs: 8,
        pictures: 4,
        inputs: 4,
        written_out: 300,
    };
    /// For software renderers, where a read costs about ten products, and registers are in the first-level cache anyway.
    pub(super) const SOFTWARE: Self = Self {
        sums: 84,
        weight_sums: 100,
        columns: 14,
        outputs: 8,
        pictures: 8,
        inputs: 8,
        written_out: 200,
    };
}

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
    /// The gradient by a layer's map before its ReLU.
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

/// A stack on batches of up to `capacity` pictures.
pub(super) struct Kernels<'a> {
    stack: &'a Sequential,
    capacity: usize,
    tiling: Tiling,
    /// Where each layer's weights and biases start among all parameters.
    starts: Vec<[usize; 2]>,
}

impl<'a> Kernels<'a> {
    /// Kernels for batches of at least `pictures` pictures.
    pub(super) fn new(stack: &'a Sequential, pictures: usize, tiling: Tiling) -> Self {
        let parameters = stack.parameters();
        let starts = parameters
            .chunks_exact(2)
            .map(|pair| [pair[0].start, pair[1].start])
            .collect();
        Self {
            stack,
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
        self.stack.input_len()
    }

    /// Values in each buffer that these kernels use.
    pub(super) fn len(&self, slot: Slot) -> usize {
        let convolutions = &self.stack.convolutions;
        let layer =
            |index: usize, convolution: fn(&Convolution) -> usize| match convolutions.get(index) {
                Some(layer) => convolution(layer) * self.capacity,
                None => self.stack.dense[index - convolutions.len()].outputs * self.capacity,
            };
        match slot {
            Slot::Control => 4,
            Slot::Input => (self.picture_len() + 1) * self.capacity,
            Slot::Parameters | Slot::Velocity => self.stack.parameter_count(),
            Slot::Gradients => self.gradients(self.layers()).0,
            Slot::Out(index) | Slot::Largest(index) => layer(index, Convolution::out_len),
            Slot::Gradient(index) => layer(index, Convolution::map_len),
            Slot::Loss => 1,
        }
    }

    /// From pictures to logits.
    pub(super) fn forward(&self) -> Vec<Kernel> {
        let convolutions = self.stack.convolutions.iter().enumerate();
        let dense = self.stack.dense.iter().enumerate();
        convolutions
            .map(|(index, layer)| self.convolution(index, layer))
            .chain(dense.map(|(index, layer)| self.dense(self.first_dense() + index, layer)))
            .collect()
    }

    /// From logits to changed parameters.
    pub(super) fn backward(&self) -> Vec<Kernel> {
        let mut kernels = vec![self.loss()];
        for (place, layer) in self.stack.dense.iter().enumerate().rev() {
            let index = self.first_dense() + place;
            if index > 0 {
                kernels.push(self.dense_inputs(index, layer));
            }
            kernels.push(self.dense_weights(index, layer));
        }
        for (index, layer) in self.stack.convolutions.iter().enumerate().rev() {
            if index > 0 {
                kernels.push(self.convolution_inputs(index, layer));
            }
            kernels.push(self.convolution_weights(index, layer));
        }
        kernels.extend((0..self.layers()).map(|index| self.update(index)));
        kernels
    }

    fn first_dense(&self) -> usize {
        self.stack.convolutions.len()
    }

    fn layers(&self) -> usize {
        self.starts.len()
    }

    /// Parameters of a layer.
    fn layer_len(&self, index: usize) -> usize {
        let next = self.starts.get(index + 1);
        next.map_or(self.stack.parameter_count(), |next| next[0]) - self.starts[index][0]
    }

    /// Where a layer's gradients start, and in how many parts they come.
    fn gradients(&self, index: usize) -> (usize, usize) {
        let parts = |index: usize| {
            let convolution = self.stack.convolutions.get(index);
            convolution.map_or(WEIGHT_LANES, |layer| {
                WeightTile::of(layer, self.tiling).parts * TAP_LANES
            })
        };
        let start = (0..index).map(|i| parts(i) * self.layer_len(i)).sum();
        (start, parts(index))
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
        let [weight, bias] = self.starts[index];
        let mut values = Values::from([
            ("BATCH", self.capacity),
            ("LANES", LANES),
            ("TILES", TILES),
            ("PARAMETERS", self.stack.parameter_count()),
            ("WEIGHT", weight),
            ("BIAS", bias),
            ("GRADIENTS", self.len(Slot::Gradients)),
            ("START", self.gradients(index).0),
            ("LAYER_LEN", self.layer_len(index)),
        ]);
        values.extend(own);
        values
    }

    fn convolution(&self, index: usize, layer: &Convolution) -> Kernel {
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
            source: expand(include_str!("convolution.wgsl"), &values),
            slots: vec![
                Slot::Parameters,
                self.inputs(index),
                Slot::Out(index),
                Slot::Largest(index),
            ],
            width: Width::Pictures,
            rest: [
                (side / rows * tiles).div_ceil(TILES),
                layer.outputs.div_ceil(outputs),
            ],
        }
    }

    fn dense(&self, index: usize, layer: &Dense) -> Kernel {
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
                ("RELU", usize::from(layer.relu)),
                ("TILE_COUNT", layer.outputs.div_ceil(outputs)),
            ],
        );
        Kernel {
            name: format!("{} forward", layer.name),
            source: expand(include_str!("dense.wgsl"), &values),
            slots: vec![Slot::Parameters, self.inputs(index), Slot::Out(index)],
            width: Width::Fixed(self.capacity / LANES / self.pictures()),
            rest: [layer.outputs.div_ceil(outputs).div_ceil(TILES), 1],
        }
    }

    fn loss(&self) -> Kernel {
        let last = self.layers() - 1;
        let pictures = self.picture_len() * self.capacity;
        let values = self.values(
            last,
            [
                ("INPUT_LEN", self.len(Slot::Input)),
                ("LABELS", pictures),
                ("CLASSES", self.stack.classes()),
                ("SHARES", LOSS_LANES),
            ],
        );
        Kernel {
            name: "loss".to_owned(),
            source: expand(include_str!("loss.wgsl"), &values),
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

    fn dense_inputs(&self, index: usize, layer: &Dense) -> Kernel {
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
            name: format!("{} by input", layer.name),
            source: self.with_way_back(include_str!("dense_inputs.wgsl"), index, values),
            slots: self.slots_of_way_back(index),
            width: Width::Fixed(self.capacity / LANES / self.pictures()),
            rest: [layer.inputs.div_ceil(inputs).div_ceil(TILES), 1],
        }
    }

    fn dense_weights(&self, index: usize, layer: &Dense) -> Kernel {
        let inputs = tile(layer.inputs, self.tiling.inputs);
        let outputs = tile(layer.outputs, self.tiling.outputs);
        let values = self.values(
            index,
            [
                ("IN_LEN", layer.inputs),
                ("OUT_LEN", layer.outputs),
                ("INPUTS", inputs),
                ("OUTPUTS", outputs),
                ("SHARES", WEIGHT_LANES),
                ("TURNS", LANES / WEIGHT_LANES),
                ("BATCH_BLOCKS", self.capacity / LANES),
                ("TILES", WEIGHT_TILES),
            ],
        );
        Kernel {
            name: format!("{} by weight", layer.name),
            source: expand(include_str!("dense_weights.wgsl"), &values),
            slots: vec![self.inputs(index), Slot::Gradient(index), Slot::Gradients],
            width: Width::Fixed(1),
            rest: [
                layer.inputs.div_ceil(inputs * WEIGHT_TILES),
                layer.outputs.div_ceil(outputs),
            ],
        }
    }

    fn convolution_inputs(&self, index: usize, layer: &Convolution) -> Kernel {
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
            name: format!("{} by input", layer.name),
            source: self.with_way_back(include_str!("convolution_inputs.wgsl"), index, values),
            slots: self.slots_of_way_back(index),
            width: Width::Pictures,
            rest: [
                (layer.side * tiles).div_ceil(TILES),
                layer.inputs.div_ceil(inputs),
            ],
        }
    }

    fn convolution_weights(&self, index: usize, layer: &Convolution) -> Kernel {
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
                ("SHARES", TAP_LANES),
                ("TURNS", LANES / TAP_LANES),
                ("GROUP_PARTS", GROUP_PARTS),
                ("MAP_PARTS", tile.parts),
                ("SIDE", layer.side),
                ("MAP_SIDE", side),
                ("PART_ROWS", tile.part_rows),
                ("COLUMNS", columns),
                ("COLUMN_STEPS", side / columns),
            ],
        );
        Kernel {
            name: format!("{} by weight", layer.name),
            source: expand(include_str!("convolution_weights.wgsl"), &values),
            slots: vec![
                self.inputs(index),
                Slot::Gradient(index),
                Slot::Gradients,
                Slot::Control,
            ],
            width: Width::Fixed(layer.inputs * layer.kernel.div_ceil(tile.rows)),
            rest: [
                layer.outputs.div_ceil(tile.outputs),
                tile.parts.div_ceil(GROUP_PARTS),
            ],
        }
    }

    fn update(&self, index: usize) -> Kernel {
        let values = self.values(
            index,
            [
                ("FIRST", self.starts[index][0]),
                ("PARTS", self.gradients(index).1),
                ("LANES", UPDATE_LANES),
            ],
        );
        Kernel {
            name: format!("update {index}"),
            source: expand(include_str!("update.wgsl"), &values),
            slots: vec![
                Slot::Parameters,
                Slot::Velocity,
                Slot::Gradients,
                Slot::Control,
            ],
            width: Width::Fixed(self.layer_len(index).div_ceil(UPDATE_LANES)),
            rest: [1, 1],
        }
    }

    /// Pictures per invocation of a dense layer.
    fn pictures(&self) -> usize {
        divisor(self.capacity / LANES, self.tiling.pictures)
    }

    /// Turns of a dense layer's loop of `len` that are written out, if one makes sums for a tile of `size`.
    fn turns(&self, len: usize, size: usize) -> usize {
        divisor(len, self.tiling.written_out / (size * self.pictures()))
    }

    /// A kernel for a layer's gradient by its input, behind the one that passes it on to the layer before.
    fn with_way_back(&self, template: &str, index: usize, mut values: Values) -> String {
        let before = self.stack.convolutions.get(index - 1);
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
        expand(include_str!("pass_back.wgsl"), &values) + &expand(template, &values)
    }

    fn slots_of_way_back(&self, index: usize) -> Vec<Slot> {
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

/// What one invocation sums of a convolution's weight gradient, and the parts of the map that are summed apart.
struct WeightTile {
    outputs: usize,
    /// Rows of the kernel.
    rows: usize,
    parts: usize,
    /// Rows of the map in a part.
    part_rows: usize,
}

impl WeightTile {
    fn of(layer: &Convolution, tiling: Tiling) -> Self {
        let rows = tile(layer.kernel, tiling.weight_sums / layer.kernel);
        let outputs = tile(layer.outputs, tiling.weight_sums / (rows * layer.kernel));
        let groups = layer.inputs * layer.kernel.div_ceil(rows) * layer.outputs.div_ceil(outputs);
        let side = layer.map_side();
        let part_rows = side.div_ceil(WEIGHT_GROUPS.div_ceil(groups).min(side));
        Self {
            outputs,
            rows,
            parts: side.div_ceil(part_rows),
            part_rows,
        }
    }
}

/// Size of tiles of at most `most` that cover `len`: a divisor if it is not much smaller.
fn tile(len: usize, most: usize) -> usize {
    let most = most.clamp(1, len);
    let divisor = divisor(len, most);
    if 2 * divisor > most {
        divisor
    } else {
        len.div_ceil(len.div_ceil(most))
    }
}

/// The largest divisor of `len` up to `most`.
fn divisor(len: usize, most: usize) -> usize {
    let divides = |size: &usize| len.is_multiple_of(*size);
    (1..=most.min(len)).rev().find(divides).unwrap_or(1)
}
