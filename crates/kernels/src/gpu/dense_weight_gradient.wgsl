// The gradients with respect to a dense layer's weights and biases.
//
// An invocation sums, over every SHARES-th picture, a tile of OUTPUTS x INPUTS weights. Each lane's
// sums are a part of the gradients, to be added up by the update: a barrier here would cost a
// software renderer its registers.

@group(0) @binding(0) var<storage, read> inputs: array<f32, ${IN_LEN * BATCH}>;
@group(0) @binding(1) var<storage, read> gradient: array<f32, ${OUT_LEN * BATCH}>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32, ${GRADIENTS}>;

@compute @workgroup_size(${SHARES}, ${TILES})
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
    var at = input * ${LANES} + lane;
    var out_at = output * ${LANES} + lane;
    for (var block = 0; block < ${BATCH_BLOCKS}; block++) {
#for p in TURNS
#for i in INPUTS
        let value${p}_${i} = inputs[at + ${i * LANES + p * SHARES}];
#end
#for o in OUTPUTS
        let change${p}_${o} = gradient[out_at + ${o * LANES + p * SHARES}];
        bias${o} += change${p}_${o};
#for i in INPUTS
        sum${o}_${i} += change${p}_${o} * value${p}_${i};
#end
#end
#end
        at += ${IN_LEN * LANES};
        out_at += ${OUT_LEN * LANES};
    }
    let start = ${START} + lane * ${LAYER_LEN};
#for o in OUTPUTS
#for i in INPUTS
    gradients[start + (output + ${o}) * ${IN_LEN} + input + ${i}] = sum${o}_${i};
#end
    gradients[start + ${OUT_LEN * IN_LEN + o} + output] = bias${o};
#end
}
