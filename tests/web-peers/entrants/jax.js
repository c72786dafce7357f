// jax-js, on the device that the message names. An array that is used twice takes `.ref`: arguments
// are consumed.
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { CLASSES, initialLayers, LEARNING_RATE, MOMENTUM } from "./networks.js";
import { serve } from "./turn.js";

serve(async (device, network) => {
  if (!(await init(device)).includes(device)) throw new Error(`jax-js has no ${device} here`);
  defaultDevice(device);
  let layers = initialLayers(network).map(({ shape, weight, bias }) => ({
    weight: np.array(weight).reshape(shape),
    bias: np.array(bias),
  }));
  let velocities = tree.map((array) => np.zeros(array.shape), tree.ref(layers));
  const forward = jit(logits);
  const input = (images) => np.array(images).reshape([-1, 1, network.side, network.side]);
  return {
    step(images, labels) {
      const y = np.array(labels).reshape([-1, CLASSES]);
      let loss;
      [layers, velocities, loss] = update(layers, velocities, input(images), y);
      return loss;
    },
    forward: (images) => forward(tree.ref(layers), input(images)),
    read: (array) => array.data(),
  };
});

const update = jit((layers, velocities, images, labels) => {
  const [loss, gradients] = valueAndGrad(crossEntropy)(tree.ref(layers), images, labels);
  const next = tree.map((velocity, gradient) => velocity.mul(MOMENTUM).add(gradient), velocities, gradients);
  const moved = tree.map((array, velocity) => array.sub(velocity.mul(LEARNING_RATE)), layers, tree.ref(next));
  return [moved, next, loss];
});

function crossEntropy(layers, images, labels) {
  return nn.logSoftmax(logits(layers, images)).mul(labels).sum(-1).mean().mul(-1);
}

function logits(layers, images) {
  const isConvolution = ({ weight }) => weight.shape.length === 4;
  const convolved = layers.filter(isConvolution).reduce((x, { weight, bias }) => {
    const maps = lax.conv(x, weight, [1, 1], "VALID").add(bias.reshape([1, -1, 1, 1]));
    return lax.reduceWindow(nn.relu(maps), np.max, [2, 2], [2, 2]);
  }, images);
  const flat = convolved.reshape([convolved.shape[0], -1]);
  const dense = layers.filter((layer) => !isConvolution(layer));
  return dense.reduce((x, { weight, bias }, i) => {
    const sums = np.matmul(x, weight.transpose()).add(bias);
    return i + 1 < dense.length ? nn.relu(sums) : sums;
  }, flat);
}
