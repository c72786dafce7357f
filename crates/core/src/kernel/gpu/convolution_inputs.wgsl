// The gradient by a convolution's input.
//
// An invocation computes, for one picture, INPUTS channels on COLUMNS columns of one row of the input.

@group(0) @binding(0) var<storage, read> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${MAP_LEN * BATCH}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(global_invocation_id) id: vec3u) {
    let picture = id.x;
    let row = id.y / ${COLUMN_TILES};
    let column = min(id.y % ${COLUMN_TILES} * ${COLUMNS}, ${SIDE - COLUMNS});
    let input = min(id.z * ${INPUTS}, ${IN_CHANNELS - INPUTS});
#for i in INPUTS
#for c in COLUMNS
    var sum${i}_${c} = 0.0;
#end
#end
    // Rows of the kernel that reach a row of the map.
    let first = max(row, ${MAP_SIDE - 1}) - ${MAP_SIDE - 1};
    let last = min(row, ${KERNEL - 1});
    for (var channel = 0u; channel < ${CHANNELS}; channel++) {
        var weight = ${WEIGHT} + (channel * ${IN_CHANNELS} + input) * ${KERNEL * KERNEL} + first * ${KERNEL};
        var at = (channel * ${MAP_SIDE} + row - first) * ${MAP_SIDE * BATCH} + picture;
        for (var dy = first; dy <= last; dy++) {
#if COLUMN_TILES == 1
#for m in MAP_SIDE
            let value${m} = gradient[at + ${m * BATCH}];
#end
#for i in INPUTS
#for dx in KERNEL
            let weight${i}_${dx} = parameters[weight + ${i * KERNEL * KERNEL + dx}];
#for m in MAP_SIDE
            sum${i}_${m + dx} += weight${i}_${dx} * value${m};
#end
#end
#end
#end
#if COLUMN_TILES >= 2
#for m in COLUMNS + KERNEL - 1
            let column${m} = min(max(column + ${m}, ${KERNEL - 1}) - ${KERNEL - 1}, ${MAP_SIDE - 1});
            let value${m} = select(
                0.0,
                gradient[at + column${m} * ${BATCH}],
                column${m} + ${KERNEL - 1} == column + ${m},
            );
#end
#for i in INPUTS
#for dx in KERNEL
            let weight${i}_${dx} = parameters[weight + ${i * KERNEL * KERNEL + dx}];
#for c in COLUMNS
            sum${i}_${c} += weight${i}_${dx} * value${c - dx + KERNEL - 1};
#end
#end
#end
#end
            weight += ${KERNEL};
            at -= ${MAP_SIDE * BATCH};
        }
    }
#for i in INPUTS
#for c in COLUMNS
    pass_back(((input + ${i}) * ${SIDE} + row) * ${SIDE} + column + ${c}, picture, sum${i}_${c});
#end
#end
}
