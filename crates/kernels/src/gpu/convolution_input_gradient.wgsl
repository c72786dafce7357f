// The gradient with respect to a convolution's input.
//
// An invocation computes, for one picture, INPUTS channels on COLUMNS columns of one row of the
// input.

@group(0) @binding(0) var<storage, read> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${MAP_LEN * BATCH}>;

@compute @workgroup_size(${LANES}, ${TILES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
    let block = group.x;
    let lane = local.x;
    let tile = group.y * ${TILES} + local.y;
    if tile >= ${TILE_COUNT} {
        return;
    }
    let row = tile / ${COLUMN_TILES};
    let column = min(tile % ${COLUMN_TILES} * ${COLUMNS}, ${SIDE - COLUMNS});
    let input = min(group.z * ${INPUTS}, ${IN_CHANNELS - INPUTS});
#for i in INPUTS
#for c in COLUMNS
    var sum${i}_${c} = 0.0;
#end
#end
    // Rows of the kernel that reach a row of the map.
    let first = max(row, ${MAP_SIDE - 1}) - ${MAP_SIDE - 1};
    let last = min(row, ${KERNEL - 1});
    for (var dy = first; dy <= last; dy++) {
        var weight = ${WEIGHT} + input * ${KERNEL * KERNEL} + dy * ${KERNEL};
        var at = (block * ${CHANNELS * MAP_SIDE} + row - dy) * ${MAP_SIDE * LANES} + lane;
        for (var step = 0; step < ${CHANNEL_STEPS}; step++) {
#for o in UNROLL
#if COLUMN_TILES == 1
#for m in MAP_SIDE
            let value${o}_${m} = gradient[at + ${(o * MAP_SIDE * MAP_SIDE + m) * LANES}];
#end
#end
#if COLUMN_TILES >= 2
#for m in COLUMNS + KERNEL - 1
            let column${o}_${m} = min(max(column + ${m}, ${KERNEL - 1}) - ${KERNEL - 1}, ${MAP_SIDE - 1});
            let value${o}_${m} = select(
                0.0,
                gradient[at + ${o * MAP_SIDE * MAP_SIDE * LANES} + column${o}_${m} * ${LANES}],
                column${o}_${m} + ${KERNEL - 1} == column + ${m},
            );
#end
#end
#for i in INPUTS
#for dx in KERNEL
            let weight${o}_${i}_${dx} = parameters[weight + ${(o * IN_CHANNELS + i) * KERNEL * KERNEL + dx}];
#if COLUMN_TILES == 1
#for m in MAP_SIDE
            sum${i}_${m + dx} += weight${o}_${i}_${dx} * value${o}_${m};
#end
#end
#if COLUMN_TILES >= 2
#for c in COLUMNS
            sum${i}_${c} += weight${o}_${i}_${dx} * value${o}_${c - dx + KERNEL - 1};
#end
#end
#end
#end
#end
            weight += ${UNROLL * IN_CHANNELS * KERNEL * KERNEL};
            at += ${UNROLL * MAP_SIDE * MAP_SIDE * LANES};
        }
    }
#for i in INPUTS
#for c in COLUMNS
    relu_pool_backward(((input + ${i}) * ${SIDE} + row) * ${SIDE} + column + ${c}, block, lane, sum${i}_${c});
#end
#end
}
