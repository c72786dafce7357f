// A dense layer with bias and perhaps ReLU.
//
// An invocation computes OUTPUTS outputs of PICTURES pictures, one of each of as many blocks.

@group(0) @binding(0) var<storage, read> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read> inputs: array<f32, ${IN_LEN * BATCH}>;
@group(0) @binding(2) var<storage, read_write> outs: array<f32, ${OUT_LEN * BATCH}>;

@compute @workgroup_size(${LANES}, ${TILES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
    let block = group.x * ${PICTURES};
    let lane = local.x;
    let tile = group.y * ${TILES} + local.y;
    if tile >= ${TILE_COUNT} {
        return;
    }
    let output = min(tile * ${OUTPUTS}, ${OUT_LEN - OUTPUTS});
#for o in OUTPUTS
#for b in PICTURES
    var sum${o}_${b} = parameters[${BIAS + o} + output];
#end
#end
    var at = block * ${IN_LEN * LANES} + lane;
    var weight = ${WEIGHT} + output * ${IN_LEN};
    for (var step = 0; step < ${IN_STEPS}; step++) {
#for k in UNROLL
        {
#for b in PICTURES
            let value${b} = inputs[at + ${(b * IN_LEN + k) * LANES}];
#end
#for o in OUTPUTS
            let weight${o} = parameters[weight + ${o * IN_LEN + k}];
#for b in PICTURES
            sum${o}_${b} += weight${o} * value${b};
#end
#end
        }
#end
        at += ${UNROLL * LANES};
        weight += ${UNROLL};
    }
    let out = (block * ${OUT_LEN} + output) * ${LANES} + lane;
#for o in OUTPUTS
#for b in PICTURES
#if RELU == 1
    outs[out + ${(b * OUT_LEN + o) * LANES}] = max(sum${o}_${b}, 0.0);
#end
#if RELU == 0
    outs[out + ${(b * OUT_LEN + o) * LANES}] = sum${o}_${b};
#end
#end
#end
}
