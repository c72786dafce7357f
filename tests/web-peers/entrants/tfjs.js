// TensorFlow.js, on the backend that the message names.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";
import { CLASSES, initialLayers, LEARNING_RATE, MOMENTUM } from "./networks.js";
import { serve } from "./turn.js";

// The wasm backend has no kernel for the gradient of a convolution's filter. It is itself a
// convolution, with channels in the place of samples and the output's gradient as filter; this way
// XNNPACK computes it.
tf.registerKernel({
  kernelName: "Conv2DBackpropFilter",
  backendName: "wasm",
  kernelFunc: ({ inputs: { x, dy } }) =>
    tf.tidy(() => {
      const channelsFirst = tf.transpose(x, [3, 1, 2, 0]);
      const filter = tf.transpose(dy, [1, 2, 0, 3]);
      return tf.transpose(tf.conv2d(channelsFirst, filter, 1, "valid"), [1, 2, 0, 3]);
    }),
});

serve(async (backend, network) => {
  setWasmPaths("/wasm/");
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} backend here`);
  const layers = initialLayers(network).map(variables);
  const { side } = network;
  const input = (images) => tf.tensor4d(images, [images.length / side ** 2, side, side, 1]);
  const optimizer = tf.train.momentum(LEARNING_RATE, MOMENTUM);
  return {
    step(images, labels) {
      const [x, y] = [input(images), tf.tensor2d(labels, [labels.length / CLASSES, CLASSES])];
      const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, logits(layers, x)), true);
      tf.dispose([x, y]);
      return loss;
    },
    forward: (images) => tf.tidy(() => logits(layers, input(images))),
    async read(tensor) {
      const numbers = await tensor.data();
      tensor.dispose();
      return numbers;
    },
  };
});

/** A layer in this library's layout: channels last, and dense weights `[in, out]`. */
function variables({ shape, weight, bias }) {
  return tf.tidy(() => {
    const theirs = tf.tensor(weight, shape);
    const ours = shape.length === 4 ? tf.transpose(theirs, [2, 3, 1, 0]) : tf.transpose(channelsLast(theirs));
    return { weight: tf.variable(ours), bias: tf.variable(tf.tensor1d(bias)) };
  });
}

/** The first dense layer reads 16 maps of 5x5, which lie channels last here. */
function channelsLast(dense) {
  const [outputs, inputs] = dense.shape;
  if (inputs !== 400) return dense;
  return tf.reshape(tf.transpose(tf.reshape(dense, [outputs, 16, 5, 5]), [0, 2, 3, 1]), [outputs, inputs]);
}

function logits(layers, images) {
  const isConvolution = ({ weight }) => weight.shape.length === 4;
  const convolved = layers.filter(isConvolution).reduce((x, { weight, bias }) => {
    const maps = tf.fused.conv2d({ x, filter: weight, strides: 1, pad: "valid", bias, activation: "relu" });
    return tf.maxPool(maps, 2, 2, "valid");
  }, images);
  const flat = tf.reshape(convolved, [images.shape[0], -1]);
  const dense = layers.filter((layer) => !isConvolution(layer));
  return dense.reduce((a, { weight, bias }, i) => {
    const activation = i + 1 < dense.length ? "relu" : "linear";
    return tf.fused.matMul({ a, b: weight, bias, activation });
  }, flat);
}
