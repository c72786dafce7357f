// What every peer trains: networks' initial weights and batches of digits, the same numbers for all.

/** Samples of a training step. */
export const BATCH = 128;
export const CLASSES = 10;
export const LEARNING_RATE = 0.01;
export const MOMENTUM = 0.9;

/**
 * By Spindle's names: pixels along a side of the input, 28x28 digits in a border of zeros where it is
 * larger, and layers in order; weights are laid out as PyTorch does: `[out, in, height, width]` and
 * `[out, in]`.
 */
export const NETWORKS = {
  lenet: {
    side: 32,
    layers: [
      [6, 1, 5, 5],
      [16, 6, 5, 5],
      [120, 400],
      [84, 120],
      [10, 84],
    ],
  },
  mlp: {
    side: 28,
    layers: [
      [128, 784],
      [64, 128],
      [10, 64],
    ],
  },
};

/** `[{ shape, weight, bias }]` of the layers, uniform within 1/sqrt(fan-in), from a fixed seed. */
export function initialLayers({ layers }) {
  const random = mulberry32(1);
  return layers.map((shape) => {
    const fanIn = shape.slice(1).reduce((a, b) => a * b);
    const uniform = (length) => Float32Array.from({ length }, () => (2 * random() - 1) / Math.sqrt(fanIn));
    return { shape, weight: uniform(shape[0] * fanIn), bias: uniform(shape[0]) };
  });
}

function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Training digits as floats from 0 to 1, `images(start, count)` and one-hot `labels(start, count)`.
 */
export async function trainingDigits({ side }) {
  const [pixels, classes] = await Promise.all([
    idx("/digits/train-images-idx3-ubyte.gz", 16),
    idx("/digits/train-labels-idx1-ubyte.gz", 8),
  ]);
  const images = bordered(pixels, classes.length, side);
  const labels = new Float32Array(classes.length * CLASSES);
  for (const [sample, label] of classes.entries()) labels[sample * CLASSES + label] = 1;
  const rows = (array, width) => (start, count) => array.slice(start * width, (start + count) * width);
  return { count: classes.length, images: rows(images, side * side), labels: rows(labels, CLASSES) };
}

async function idx(url, header) {
  const { body } = await fetch(url);
  const bytes = await new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  return new Uint8Array(bytes, header);
}

function bordered(pixels, count, side) {
  const inner = 28;
  const border = (side - inner) / 2;
  const images = new Float32Array(count * side * side);
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const column = pixel % inner;
    const row = Math.floor(pixel / inner) % inner;
    const sample = Math.floor(pixel / (inner * inner));
    images[(sample * side + row + border) * side + column + border] = pixels[pixel] / 255;
  }
  return images;
}
