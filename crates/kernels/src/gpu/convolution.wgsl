// A convolution with bias, ReLU and perhaps 2x2 max pooling.
//
// An invocation computes, for one picture, OUTPUTS channels on ROWS rows and COLUMNS columns of the
// map.

@group(0) @binding(0) var<storage, read> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read> inputs: array<f32, ${IN_LEN * BATCH}>;
@group(0) @binding(2) var<storage, read_write> outs: array<f32, ${OUT_LEN * BATCH}>;
// Which of four values each pooled cell took, row by row; 4 where the ReLU lets nothing through.
@group(0) @binding(3) var<storage, read_write> largest: array<u32, ${OUT_LEN * BATCH}>;

@compute @workgroup_size(${LANES}, ${TILES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
    let block = group.x;
    let lane = local.x;
    let tile = group.y * ${TILES} + local.y;
    if tile >= ${TILE_COUNT} {
        return;
    }
    let row = tile / ${COLUMN_TILES} * ${ROWS};
    // The last tile overlaps the one before where tiles do not divide what they cover.
    let column = min(tile % ${COLUMN_TILES} * ${COLUMNS}, ${MAP_SIDE - COLUMNS});
    let channel = min(group.z * ${OUTPUTS}, ${CHANNELS - OUTPUTS});
#for o in OUTPUTS
#for r in ROWS
#for c in COLUMNS
    var sum${o}_${r}_${c} = 0.0;
#end
#end
#end
    for (var input = 0u; input < ${INPUTS}; input++) {
        var at = (((block * ${INPUTS} + input) * ${SIDE} + row) * ${SIDE} + column) * ${LANES} + lane;
        var weight = ${WEIGHT} + (channel * ${INPUTS} + input) * ${KERNEL * KERNEL};
#for y in ROWS - 1
#for x in COLUMNS + KERNEL - 1
        var value${y}_${x} = inputs[at + ${(y * SIDE + x) * LANES}];
#end
#end
        at += ${(ROWS - 1) * SIDE * LANES};
        for (var step = 0; step < ${TAP_STEPS}; step++) {
#for dy in TAP_ROWS
#for x in COLUMNS + KERNEL - 1
            let value${ROWS - 1 + dy}_${x} = inputs[at + ${(dy * SIDE + x) * LANES}];
#end
#for o in OUTPUTS
#for dx in KERNEL
            let weight${o}_${dy}_${dx} = parameters[weight + ${o * WINDOW + dy * KERNEL + dx}];
#for r in ROWS
#for c in COLUMNS
            sum${o}_${r}_${c} += weight${o}_${dy}_${dx} * value${r + dy}_${c + dx};
#end
#end
#end
#end
#end
#if TAP_STEPS >= 2
#for y in ROWS - 1
#for x in COLUMNS + KERNEL - 1
            value${y}_${x} = value${y + TAP_ROWS}_${x};
#end
#end
#end
            at += ${TAP_ROWS * SIDE * LANES};
            weight += ${TAP_ROWS * KERNEL};
        }
    }
#for o in OUTPUTS
    {
        let bias = parameters[${BIAS + o} + channel];
#if ROWS == 2
        let out_row = (block * ${CHANNELS} + channel + ${o}) * ${OUT_SIDE} + row / 2;
        let at = (out_row * ${OUT_SIDE} + column / 2) * ${LANES} + lane;
#for c in HALF_COLUMNS
        {
            let top = max(sum${o}_0_${2 * c}, sum${o}_0_${2 * c + 1});
            let below = max(sum${o}_1_${2 * c}, sum${o}_1_${2 * c + 1});
            let right = select(0u, 1u, sum${o}_0_${2 * c + 1} > sum${o}_0_${2 * c});
            let right_below = select(2u, 3u, sum${o}_1_${2 * c + 1} > sum${o}_1_${2 * c});
            let value = max(top, below) + bias;
            outs[at + ${c * LANES}] = max(value, 0.0);
            largest[at + ${c * LANES}] = select(4u, select(right, right_below, below > top), value > 0.0);
        }
#end
#end
#if ROWS == 1
        let out_row = (block * ${CHANNELS} + channel + ${o}) * ${OUT_SIDE} + row;
        let at = (out_row * ${OUT_SIDE} + column) * ${LANES} + lane;
#for c in COLUMNS
        outs[at + ${c * LANES}] = max(sum${o}_0_${c} + bias, 0.0);
        largest[at + ${c * LANES}] = select(4u, 0u, sum${o}_0_${c} + bias > 0.0);
#end
#end
    }
#end
}
