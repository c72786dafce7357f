// The gradients by a dense layer's weights and biases.
//
// An invocation sums, over every LANES-th picture, a tile of OUTPUTS x INPUTS weights. Each lane's sums are a part of the gradients, to
// be added up by the update: a barrier here would cost a software renderer its registers.

@group(0) @binding(0) var<storage, read> inputs: array<f32, ${IN_LEN * BATCH}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${OUT_LEN * BATCH}>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32, ${GRADIENTS}>;

@compute @workgroup_size(${LANES}, ${TILES})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
    let lane = local.x;
    let input = min(id.y * ${INPUTS}, ${IN_LEN - INPUTS});
    let output = min(id.z * ${OUTPUTS}, ${OUT_LEN - OUTPUTS});
#for o in OUTPUTS
    var bias${o} = 0.0;
#for i in INPUTS
    var sum${o}_${i} = 0.0;
#end
#end
    var at = input * ${BATCH} + lane;
    var out_at = output * ${BATCH} + lane;
    for (var picture = 0; picture < ${BATCH}; picture += ${LANES}) {
#for i in INPUTS
        let value${i} = inputs[at + ${i * BATCH}];
#end
#for o in OUTPUTS
        let change${o} = gradient[out_at + ${o * BATCH}];
        bias${o} += change${o};
#for i in INPUTS
        sum${o}_${i} += change${o} * value${i};
#end
#end
        at += ${LANES};
        out_at += ${LANES};
    }
    let start = ${START} + lane * ${LAYER_LEN};
#for o in OUTPUTS
#for i in INPUTS
    gradients[start + (output + ${o}) * ${IN_LEN} + input + ${i}] = sum${o}_${i};
#end
    gradients[start + ${OUT_LEN * IN_LEN + o} + output] = bias${o};
#end
}
