// The backward pass of a gradient with respect to a layer's input through the ReLU, and the
// pooling, of the layer before.

#if BEFORE == 0
// A dense layer's outputs.
@group(0) @binding(2) var<storage, read> before: array<f32, ${BEFORE_LEN * BATCH}>;
#end
#if BEFORE >= 1
// Where a convolution's outputs come from: the place among a cell's values, or 4 for nowhere.
@group(0) @binding(2) var<storage, read> before: array<u32, ${BEFORE_LEN * BATCH}>;
#end
@group(0) @binding(3) var<storage, read_write> gradient_before: array<f32, ${GRADIENT_LEN * BATCH}>;

fn relu_pool_backward(index: u32, block: u32, lane: u32, value: f32) {
    let place = (block * ${BEFORE_LEN} + index) * ${LANES} + lane;
    let origin = before[place];
#if BEFORE == 0
    gradient_before[place] = select(0.0, value, origin > 0.0);
#end
#if BEFORE == 1
    gradient_before[place] = select(0.0, value, origin == 0u);
#end
#if BEFORE == 2
    let row = index / ${BEFORE_SIDE};
    let cell = row * ${4 * BEFORE_SIDE} + (index - row * ${BEFORE_SIDE}) * 2;
    let at = (block * ${GRADIENT_LEN} + cell) * ${LANES} + lane;
    gradient_before[at] = select(0.0, value, origin == 0u);
    gradient_before[at + ${LANES}] = select(0.0, value, origin == 1u);
    gradient_before[at + ${2 * BEFORE_SIDE * LANES}] = select(0.0, value, origin == 2u);
    gradient_before[at + ${2 * BEFORE_SIDE * LANES + LANES}] = select(0.0, value, origin == 3u);
#end
}
