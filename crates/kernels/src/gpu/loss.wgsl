// Softmax cross-entropy: its mean over the batch, and its gradient with respect to the logits. One
// workgroup does it all.

struct Control {
    count: u32,
    learning_rate: f32,
    momentum: f32,
}

@group(0) @binding(0) var<uniform> control: Control;
// Pictures, then their labels.
@group(0) @binding(1) var<storage, read> pictures: array<f32, ${INPUT_LEN}>;
@group(0) @binding(2) var<storage, read> logits: array<f32, ${CLASSES * BATCH}>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32, ${CLASSES * BATCH}>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32, 1>;

var<workgroup> losses: array<f32, ${SHARES}>;

@compute @workgroup_size(${SHARES})
fn main(@builtin(local_invocation_index) lane: u32) {
    let share = 1.0 / f32(control.count);
    var sum = 0.0;
    for (var picture = lane; picture < ${BATCH}; picture += ${SHARES}) {
        let first = (picture / ${LANES} * ${CLASSES}) * ${LANES} + picture % ${LANES};
        var highest = logits[first];
        for (var answer = 1u; answer < ${CLASSES}; answer++) {
            highest = max(highest, logits[first + answer * ${LANES}]);
        }
        var total = 0.0;
        for (var answer = 0u; answer < ${CLASSES}; answer++) {
            total += exp(logits[first + answer * ${LANES}] - highest);
        }
        let label = u32(pictures[${LABELS} + picture]);
        // What lies behind the last picture has no part in the loss, nor in any gradient.
        let is_picture = picture < control.count;
        for (var answer = 0u; answer < ${CLASSES}; answer++) {
            let at = first + answer * ${LANES};
            let probability = exp(logits[at] - highest) / total;
            let change = (probability - select(0.0, 1.0, answer == label)) * share;
            gradient[at] = select(0.0, change, is_picture);
        }
        let own = log(total) + highest - logits[first + label * ${LANES}];
        sum += select(0.0, own, is_picture);
    }
    losses[lane] = sum;
    workgroupBarrier();
    if lane == 0 {
        var mean = 0.0;
        for (var other = 0; other < ${SHARES}; other++) {
            mean += losses[other];
        }
        loss[0] = mean * share;
    }
}
