// The gradients with respect to a convolution's weights and biases.
//
// An invocation sums, over every SHARES-th picture and the rows of one part of the map, the weights
// of OUTPUTS channels on TAP_ROWS rows of the kernel over one input channel. Each lane's sums on
// each part of the map are a part of the gradients, to be added up by the update: a barrier here
// would cost a software renderer its registers.

struct Control {
    count: u32,
    learning_rate: f32,
    momentum: f32,
}

@group(0) @binding(0) var<storage, read> inputs: array<f32, ${IN_LEN * BATCH}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${MAP_LEN * BATCH}>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32, ${GRADIENTS}>;
@group(0) @binding(3) var<uniform> control: Control;

@compute @workgroup_size(${SHARES}, ${GROUP_PARTS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
    let lane = local.x;
    let part = group.z * ${GROUP_PARTS} + local.y;
    if part >= ${MAP_PARTS} {
        return;
    }
    let input = group.x / ${TAP_TILES};
    let tap_row = min(group.x % ${TAP_TILES} * ${TAP_ROWS}, ${KERNEL - TAP_ROWS});
    let channel = min(group.y * ${OUTPUTS}, ${CHANNELS - OUTPUTS});
    let first_row = part * ${PART_ROWS};
    let end_row = min(first_row + ${PART_ROWS}, ${MAP_SIDE});
#for o in OUTPUTS
    var bias${o} = 0.0;
#for dy in TAP_ROWS
#for dx in KERNEL
    var sum${o}_${dy}_${dx} = 0.0;
#end
#end
#end
    // Pictures behind the last one of the last block have gradients of zero.
    let end = (control.count + ${LANES - 1}) / ${LANES} * ${TURNS};
    for (var turn = 0u; turn < end; turn++) {
        let block = turn / ${TURNS};
        let place = turn % ${TURNS} * ${SHARES} + lane;
        for (var row = first_row; row < end_row; row++) {
            var at = ((block * ${INPUTS} + input) * ${SIDE} + row + tap_row) * ${SIDE * LANES} + place;
            var map_at = ((block * ${CHANNELS} + channel) * ${MAP_SIDE} + row) * ${MAP_SIDE * LANES} + place;
#for dy in TAP_ROWS
#for dx in KERNEL - 1
            var value${dy}_${dx} = inputs[at + ${(dy * SIDE + dx) * LANES}];
#end
#end
            at += ${(KERNEL - 1) * LANES};
            for (var step = 0; step < ${COLUMN_STEPS}; step++) {
#for dy in TAP_ROWS
#for c in COLUMNS
                let value${dy}_${KERNEL - 1 + c} = inputs[at + ${(dy * SIDE + c) * LANES}];
#end
#end
#for o in OUTPUTS
#for c in COLUMNS
                let change${o}_${c} = gradient[map_at + ${(o * MAP_SIDE * MAP_SIDE + c) * LANES}];
                bias${o} += change${o}_${c};
#for dy in TAP_ROWS
#for dx in KERNEL
                sum${o}_${dy}_${dx} += change${o}_${c} * value${dy}_${c + dx};
#end
#end
#end
#end
#for dy in TAP_ROWS
#for dx in KERNEL - 1
                value${dy}_${dx} = value${dy}_${dx + COLUMNS};
#end
#end
                at += ${COLUMNS * LANES};
                map_at += ${COLUMNS * LANES};
            }
        }
    }
    let start = ${START} + (part * ${SHARES} + lane) * ${LAYER_LEN};
#for o in OUTPUTS
    {
        let weight = start + (((channel + ${o}) * ${INPUTS} + input) * ${KERNEL} + tap_row) * ${KERNEL};
#for dy in TAP_ROWS
#for dx in KERNEL
        gradients[weight + ${dy * KERNEL + dx}] = sum${o}_${dy}_${dx};
#end
#end
        // Every input channel finds the same sums for the biases; one writes them.
        if group.x == 0 {
            gradients[start + ${LAYER_LEN - CHANNELS + o} + channel] = bias${o};
        }
    }
#end
}
