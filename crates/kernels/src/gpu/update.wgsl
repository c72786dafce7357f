// One layer's step of SGD with momentum: v <- m v + g, p <- p - lr v. The gradient is the sum of
// PARTS parts, in order.

struct Control {
    count: u32,
    learning_rate: f32,
    momentum: f32,
}

@group(0) @binding(0) var<storage, read_write> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read_write> velocity: array<f32, ${PARAMETERS}>;
@group(0) @binding(2) var<storage, read> gradients: array<f32, ${GRADIENTS}>;
@group(0) @binding(3) var<uniform> control: Control;

@compute @workgroup_size(${LANES})
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= ${LAYER_LEN} {
        return;
    }
    let index = ${FIRST} + id.x;
    var change = gradients[${START} + id.x];
    for (var part = 1u; part < ${PARTS}; part++) {
        change += gradients[${START} + part * ${LAYER_LEN} + id.x];
    }
    let moved = control.momentum * velocity[index] + change;
    velocity[index] = moved;
    parameters[index] -= control.learning_rate * moved;
}
