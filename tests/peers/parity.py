"""Makes crates/core/tests/fixtures/parity.json: what PyTorch finds for every architecture, from weights that need no file.

python3 tests/peers/parity.py    needs what tests/peers/requirements.txt names; run from the top of the repository

Every number comes from a hash of its place, so that another language makes the same weights and inputs to the last bit.

hash(p, i), 24 bits: element i (row-major, from 0) of tensor p, in arithmetic of 64 bits that wraps around (splitmix64's first output for
the seed p << 40 | i):

    z = (p << 40 | i) + 0x9E3779B97F4A7C15
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
    z = (z ^ z >> 27) * 0x94D049BB133111EB
    hash = (z ^ z >> 31) >> 40

r = hash / 2^24 lies in [0, 1), u = 2 r - 1 in [-1, 1); both are exact in f32.

Weights. p is the tensor's position, from 0, in `entries`: all floating-point entries of the state dict, running statistics included, sorted by
name (by bytes), without the names that a shared module repeats (`conv1.1.weight` of DGCNN is `bn1.weight`). In f64, rounded to f32 at the end:

    two axes or more        sqrt(3 / fan_in) * u, where fan_in is the product of all axes but the first
    embedding tables        0.05 * u              `embeddings` in the name, two axes
    weight of one axis      1 + 0.1 * u           normalisation
    bias                    0.1 * u
    running_mean            0.1 * u
    running_var             1 + 0.5 * |u|

Inputs. Input k has p = 2^20 + k; i counts its elements, row-major. k counts from 0; of points it is in `inputs`.

    pictures [channels, side, side]    r
    points [3, points]                 u
    tokens [length]                    hash * vocabulary >> 24; after the sequence's end 0, where the mask is 0 as well

The file: `hash` has some [p, i, hash]; then for every configuration

    entries       [name, shape], sorted
    parameters    number of trained values, without running statistics
    logits        [inputs, classes], evaluation mode, computed in f64 from the f32 weights and inputs
    trace         [module, mean, root of the mean square] of outputs of modules for input 0, f64; convolutions of pictures before ReLU, those of DGCNN
                  behind LeakyReLU and for every neighbour

and of BERT `tokens`, `kept` (the mask) and `types`, all [inputs, length]. `margin` of DGCNN: the smallest difference in squared distance
between the last neighbour and the first point that is none, over the largest squared norm of a point's features there, of all points, layers and inputs; it is
far above the rounding of f32, so that the graph is the same there.
"""
import json
import math
import re
from pathlib import Path

import numpy as np
import torch

import models

FIXTURE = Path("crates/core/tests/fixtures/parity.json")
INPUTS = 1 << 20
BITS = 24
CHUNK = 1 << 22
VOCABULARY = 30522
LENGTH = 32
# Of every sequence: its number of tokens, and where its second part begins.
SEQUENCES = [(LENGTH, LENGTH), (11, LENGTH), (23, 9)]
POINTS = 128
# Numbers of the inputs, of the first hundred those with the largest margins.
CLOUDS = [63, 71, 74]
TRACED = r"conv\d|features\.\d+|(linear|fc)\d|classifier\.\d+|bert\.(embeddings|encoder\.layer\.\d+|pooler)|\d+"


def hashes(p, count, start=0):
    """[count] 24-bit hashes of tensor p, u64."""
    z = np.arange(start, start + count, dtype=np.uint64) | np.uint64(p << 40)
    z += np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return (z ^ z >> np.uint64(31)) >> np.uint64(64 - BITS)


def unit(p, count, start=0):
    """[count] numbers r in [0, 1), f64."""
    return hashes(p, count, start) / 2.0**BITS


def rule(name, shape):
    """A weight as a function of u."""
    if name.endswith("running_var"):
        return lambda u: 1 + 0.5 * np.abs(u)
    if len(shape) >= 2:
        scale = 0.05 if "embeddings" in name else math.sqrt(3 / math.prod(shape[1:]))
        return lambda u: scale * u
    if name.endswith("weight"):
        return lambda u: 1 + 0.1 * u
    return lambda u: 0.1 * u


def tensor(p, name, shape):
    """The weight [*shape], f32, in parts: the largest have 100 million elements."""
    count, value = math.prod(shape), rule(name, shape)
    flat = np.empty(count, np.float32)
    for start in range(0, count, CHUNK):
        part = flat[start:start + CHUNK]
        part[:] = value(2 * unit(p, len(part), start) - 1)
    return torch.from_numpy(flat.reshape(shape))


def entries(model):
    """Names and shapes of the state dict, sorted, floats only, every tensor once."""
    state = model.state_dict()
    names = [name for name in state if state[name].is_floating_point() and not re.match(r"conv\d\.1\.", name)]
    return [(name, list(state[name].shape)) for name in sorted(names)]


def fill(model):
    """The model with weights of the rules above, in f64 and in evaluation mode."""
    weights = {name: tensor(p, name, shape) for p, (name, shape) in enumerate(entries(model))}
    state = model.state_dict()
    for name, weight in weights.items():
        state[name].copy_(weight)
    return model.eval().double()


def pictures(count, channels, side):
    """[count, channels, side, side], f64."""
    return torch.tensor(np.stack([unit(INPUTS + k, channels * side * side).reshape(channels, side, side) for k in range(count)]))


def clouds(numbers, points):
    """[clouds, 3, points], f64."""
    return torch.tensor(np.stack([2 * unit(INPUTS + k, 3 * points).reshape(3, points) - 1 for k in numbers]))


def sequences():
    """tokens, kept, types [count, LENGTH]."""
    place = np.arange(LENGTH)
    lengths, seconds = (np.array(column)[:, None] for column in zip(*SEQUENCES))
    kept = (place < lengths).astype(np.int64)
    types = (place >= seconds) * kept
    tokens = np.stack([hashes(INPUTS + k, LENGTH).astype(np.int64) * VOCABULARY >> BITS for k in range(len(SEQUENCES))]) * kept
    return [torch.tensor(array) for array in (tokens, kept, types)]


def traced(model, inputs):
    """logits [inputs, classes], and the trace of input 0."""
    trace, hooks = [], []
    for name, module in model.named_modules():
        if re.fullmatch(TRACED, name) and any(True for _ in module.parameters()):
            hooks.append(module.register_forward_hook(lambda _, __, y, name=name: trace.append([name, *moments(y[0])])))
    logits = model(*inputs)
    for hook in hooks:
        hook.remove()
    return logits, trace


def moments(y):
    return [y.mean().item(), y.square().mean().sqrt().item()]


def margin(model, x):
    """Smallest gap in squared distance behind the last neighbour, over the largest squared norm; x [count, 3, points]."""
    found = []
    for layer in (model.conv1, model.conv2, model.conv3, model.conv4):
        features = x.transpose(1, 2)
        distances = torch.cdist(features, features).square().sort(-1).values
        gap = distances[..., model.k] - distances[..., model.k - 1]
        found.append((gap.min() / x.square().sum(1).max()).item())
        x = layer(models.edges(x, model.k)).max(-1).values
    return min(found)


def configuration(name, model, values, **about):
    print(name)
    names = entries(model)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    logits, trace = traced(fill(model), values)
    return {"name": name, **about, "parameters": parameters, "entries": names, "logits": logits.tolist(), "trace": trace}


def of_pictures():
    for channels in (1, 3):
        for depth in (11, 13, 16, 19):
            about = {"channels": channels, "side": 32, "classes": 10}
            yield configuration(f"vgg{depth}-{channels}x32", models.vgg(depth, channels, 32, 10), [pictures(2, channels, 32)], **about)
    about = {"channels": 3, "side": 224, "classes": 50}
    for depth in (11, 16):
        yield configuration(f"vgg{depth}-3x224", models.vgg(depth, 3, 224, 50), [pictures(1, 3, 224)], **about)
    yield configuration("alexnet-3x224", models.alexnet(3, 50), [pictures(1, 3, 224)], **about)


def of_other_widths():
    """LeNet of half the width, and of other kernels; VGG-11 and VGG-16 of an eighth of the width; perceptrons of half the width and of more layers."""
    lenet = models.LeNet(1, 10, filters=(3, 8), hidden=(60, 42))
    yield configuration("lenet-narrow", lenet, [pictures(3, 1, 32)], channels=1, side=32, classes=10)
    for kernel in (3, 7):
        side = 27 + kernel
        name = f"lenet-{kernel}x{kernel}-1x{side}"
        yield configuration(name, models.LeNet(1, 10, kernel=kernel), [pictures(3, 1, side)], channels=1, side=side, classes=10)
    for depth in (11, 16):
        vgg = models.vgg(depth, 1, 32, 10, filters=8)
        yield configuration(f"vgg-{depth}-narrow-1x32", vgg, [pictures(2, 1, 32)], channels=1, side=32, classes=10)
    perceptrons = {
        "mlp-narrow-1x28": models.mlp(10, (64, 32)),
        "mlp-deep-1x28": models.mlp(10, (128, 64, 64, 64, 64)),
        "mlp-tanh-1x28": models.mlp(10, activation=models.nn.Tanh),
    }
    for name, model in perceptrons.items():
        yield configuration(name, model, [pictures(3, 1, 28)], channels=1, side=28, classes=10)


def of_text():
    inputs = sequences()
    told = {name: array.tolist() for name, array in zip(("tokens", "kept", "types"), inputs)}
    made = {
        "bert-tiny": models.bert_tiny(VOCABULARY, 2),
        "bert-medium": models.bert_medium(VOCABULARY, 2),
        "bert-tiny-1-head": models.bert_tiny(VOCABULARY, 2, heads=1),
        "bert-tiny-4-heads": models.bert_tiny(VOCABULARY, 2, heads=4),
    }
    for name, model in made.items():
        yield configuration(name, model, inputs, vocabulary=VOCABULARY, classes=2, **told)


def of_points():
    model, x = models.dgcnn(16), clouds(CLOUDS, POINTS)
    found = configuration("dgcnn", model, [x], inputs=CLOUDS, points=POINTS, neighbours=model.k, classes=16)
    return {**found, "margin": margin(model, x)}


def document():
    """Everything, as JSON with a line for every list."""
    places = [(0, 0), (0, 1), (3, 12345), (7, 102_760_447), (INPUTS + 1, 5)]
    tested = [[p, i, int(hashes(p, 1, i)[0])] for p, i in places]
    lenet = configuration("lenet", models.lenet(1, 10), [pictures(3, 1, 32)], channels=1, side=32, classes=10)
    mlp = configuration("mlp-1x28", models.mlp(10), [pictures(3, 1, 28)], channels=1, side=28, classes=10)
    found = [lenet, *of_pictures(), *of_text(), of_points(), mlp, *of_other_widths()]
    blocks = ["{" + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in one.items()) + "}" for one in found]
    return f'{{"hash": {json.dumps(tested)},\n"configurations": [\n' + ",\n\n".join(blocks) + "\n]}\n"


def main():
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        FIXTURE.write_text(document())
    print(f"{FIXTURE}: {FIXTURE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
