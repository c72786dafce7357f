// The gradients by a convolution's weights and biases.
//
// An invocation sums, over every LANES-th picture and the rows of one part of the map, the weights of OUTPUTS channels on TAP_ROWS
// rows of the kernel over one input channel; LANES invocations then add up theirs, in order.

struct Control {
    count: u32,
    learning_rate: f32,
    momentum: f32,
}

@group(0) @binding(0) var<storage, read> inputs: array<f32, ${IN_LEN * BATCH}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${MAP_LEN * BATCH}>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32, ${GRADIENTS}>;
@group(0) @binding(3) var<uniform> control: Control;

var<workgroup> sums: array<f32, ${SUMS * LANES}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let input = group.x / ${TAP_TILES};
    let tap_row = min(group.x % ${TAP_TILES} * ${TAP_ROWS}, ${KERNEL - TAP_ROWS});
    let channel = min(group.y * ${OUTPUTS}, ${CHANNELS - OUTPUTS});
    let first_row = group.z * ${PART_ROWS};
    let end_row = min(first_row + ${PART_ROWS}, ${MAP_SIDE});
#for o in OUTPUTS
    var bias${o} = 0.0;
#for dy in TAP_ROWS
#for dx in KERNEL
    var sum${o}_${dy}_${dx} = 0.0;
#end
#end
#end
    for (var picture = lane; picture < control.count; picture += ${LANES}) {
        for (var row = first_row; row < end_row; row++) {
            var at = (input * ${SIDE} + row + tap_row) * ${SIDE * BATCH} + picture;
            var map_at = (channel * ${MAP_SIDE} + row) * ${MAP_SIDE * BATCH} + picture;
#for dy in TAP_ROWS
#for dx in KERNEL - 1
            var value${dy}_${dx} = inputs[at + ${(dy * SIDE + dx) * BATCH}];
#end
#end
            at += ${(KERNEL - 1) * BATCH};
            for (var step = 0; step < ${COLUMN_STEPS}; step++) {
#for dy in TAP_ROWS
#for c in COLUMNS
                let value${dy}_${KERNEL - 1 + c} = inputs[at + ${(dy * SIDE + c) * BATCH}];
#end
#end
#for o in OUTPUTS
#for c in COLUMNS
                let change${o}_${c} = gradient[map_at + ${(o * MAP_SIDE * MAP_SIDE + c) * BATCH}];
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
                at += ${COLUMNS * BATCH};
                map_at += ${COLUMNS * BATCH};
            }
        }
    }
#for o in OUTPUTS
#for dy in TAP_ROWS
#for dx in KERNEL
    sums[lane + ${((o * TAP_ROWS + dy) * KERNEL + dx) * LANES}] = sum${o}_${dy}_${dx};
#end
#end
    sums[lane + ${(OUTPUTS * TAPS + o) * LANES}] = bias${o};
#end
    workgroupBarrier();
    let start = ${START} + group.z * ${LAYER_LEN};
    for (var index = lane; index < ${SUMS}; index += ${LANES}) {
        var total = 0.0;
        for (var other = 0u; other < ${LANES}; other++) {
            total += sums[index * ${LANES} + other];
        }
        let output = channel + index / ${TAPS};
        let weight = ((output * ${INPUTS} + input) * ${KERNEL} + tap_row) * ${KERNEL} + index % ${TAPS};
        let bias = ${LAYER_LEN - CHANNELS} + channel + index - ${OUTPUTS * TAPS};
        // Every input channel finds the same sums for the biases; one writes them.
        let is_bias = index >= ${OUTPUTS * TAPS};
        if !is_bias || group.x == 0 {
            gradients[start + select(weight, bias, is_bias)] = total;
        }
    }
}
