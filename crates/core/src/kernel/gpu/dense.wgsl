// A dense layer with bias and perhaps ReLU.
//
// An invocation computes OUTPUTS outputs of PICTURES pictures, which lie LANES apart.

@group(0) @binding(0) var<storage, read> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read> inputs: array<f32, ${IN_LEN * BATCH}>;
@group(0) @binding(2) var<storage, read_write> outs: array<f32, ${OUT_LEN * BATCH}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let picture = group.x * ${LANES * PICTURES} + lane;
    let output = min(group.y * ${OUTPUTS}, ${OUT_LEN - OUTPUTS});
#for o in OUTPUTS
#for b in PICTURES
    var sum${o}_${b} = parameters[${BIAS + o} + output];
#end
#end
    var at = picture;
    var weight = ${WEIGHT} + output * ${IN_LEN};
    for (var step = 0; step < ${IN_STEPS}; step++) {
#for k in UNROLL
        {
#for b in PICTURES
            let value${b} = inputs[at + ${k * BATCH + b * LANES}];
#end
#for o in OUTPUTS
            let weight${o} = parameters[weight + ${o * IN_LEN + k}];
#for b in PICTURES
            sum${o}_${b} += weight${o} * value${b};
#end
#end
        }
#end
        at += ${UNROLL * BATCH};
        weight += ${UNROLL};
    }
#for o in OUTPUTS
#for b in PICTURES
#if RELU == 1
    outs[(output + ${o}) * ${BATCH} + ${b * LANES} + picture] = max(sum${o}_${b}, 0.0);
#end
#if RELU == 0
    outs[(output + ${o}) * ${BATCH} + ${b * LANES} + picture] = sum${o}_${b};
#end
#end
#end
}
