// The gradient by a dense layer's input.
//
// An invocation computes the gradients by INPUTS inputs of PICTURES pictures, which lie LANES apart.

@group(0) @binding(0) var<storage, read> parameters: array<f32, ${PARAMETERS}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${OUT_LEN * BATCH}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let picture = group.x * ${LANES * PICTURES} + lane;
    let input = min(group.y * ${INPUTS}, ${IN_LEN - INPUTS});
#for i in INPUTS
#for b in PICTURES
    var sum${i}_${b} = 0.0;
#end
#end
    var at = picture;
    var weight = ${WEIGHT} + input;
    for (var step = 0; step < ${OUT_STEPS}; step++) {
#for o in UNROLL
        {
#for b in PICTURES
            let value${b} = gradient[at + ${o * BATCH + b * LANES}];
#end
#for i in INPUTS
            let weight${i} = parameters[weight + ${o * IN_LEN + i}];
#for b in PICTURES
            sum${i}_${b} += weight${i} * value${b};
#end
#end
        }
#end
        at += ${UNROLL * BATCH};
        weight += ${UNROLL * IN_LEN};
    }
#for i in INPUTS
#for b in PICTURES
    pass_back(input + ${i}, picture + ${b * LANES}, sum${i}_${b});
#end
#end
}
