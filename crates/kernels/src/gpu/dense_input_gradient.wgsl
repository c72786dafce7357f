// The gradient with respect to a dense layer's input.
//
// An invocation computes the gradients with respect to INPUTS inputs of PICTURES pictures, one of
// each of as many blocks.

@group(0) @binding(0) var<storage, read> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${OUT_LEN * BATCH}>;

@compute @workgroup_size(${LANES}, ${TILES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
    let block = group.x * ${PICTURES};
    let lane = local.x;
    let tile = group.y * ${TILES} + local.y;
    if tile >= ${TILE_COUNT} {
        return;
    }
    let input = min(tile * ${INPUTS}, ${IN_LEN - INPUTS});
#for i in INPUTS
#for b in PICTURES
    var sum${i}_${b} = 0.0;
#end
#end
    var at = block * ${OUT_LEN * LANES} + lane;
    var weight = ${WEIGHT} + input;
    for (var step = 0; step < ${OUT_STEPS}; step++) {
#for o in UNROLL
        {
#for b in PICTURES
            let value${b} = gradient[at + ${(b * OUT_LEN + o) * LANES}];
#end
#for i in INPUTS
            let weight${i} = parameters[weight + ${o * IN_LEN + i}];
#for b in PICTURES
            sum${i}_${b} += weight${i} * value${b};
#end
#end
        }
#end
        at += ${UNROLL * LANES};
        weight += ${UNROLL * IN_LEN};
    }
#for i in INPUTS
#for b in PICTURES
    relu_pool_backward(input + ${i}, block + ${b}, lane, sum${i}_${b});
#end
#end
}
