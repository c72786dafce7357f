// What every peer trains: LeNet's initial weights and batches of digits, the same numbers for all.

/** Samples of a training step. */
export const BATCH = 128;
/** Pixels along a side of the input: 28x28 digits in a border of zeros. */
export const SIDE = 32;
export const CLASSES = 10;
export const LEARNING_RATE = 0.01;
export const MOMENTUM = 0.9;

/**
 * Layers in order; weights are laid out as PyTorch does: `[out, in, height, width]` and `[out,
 * in]`.
 */
const LAYERS = [
  [6, 1, 5, 5],
  [16, 6, 5, 5],
  [120, 400],
  [84, 120],
  [10, 84],
];

/** `[{ shape, weight, bias }]` of the layers, uniform within 1/sqrt(fan-in), from a fixed seed. */
export function initialLayers() {
  const random = mulberry32(1);
  return LAYERS.map((shape) => {
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
export async function trainingDigits() {
  const [pixels, classes] = await Promise.all([
    idx("/digits/train-images-idx3-ubyte.gz", 16),
    idx("/digits/train-labels-idx1-ubyte.gz", 8),
  ]);
  const images = bordered(pixels, classes.length);
  const labels = new Float32Array(classes.length * CLASSES);
  for (const [sample, label] of classes.entries()) labels[sample * CLASSES + label] = 1;
  const rows = (array, width) => (start, count) => array.slice(start * width, (start + count) * width);
  return { count: classes.length, images: rows(images, SIDE * SIDE), labels: rows(labels, CLASSES) };
}

async function idx(url, header) {
  const { body } = await fetch(url);
  const bytes = await new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  return new Uint8Array(bytes, header);
}

function bordered(pixels, count) {
  const inner = 28;
  const border = (SIDE - inner) / 2;
  const images = new Float32Array(count * SIDE * SIDE);
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const column = pixel % inner;
    const row = Math.floor(pixel / inner) % inner;
    const sample = Math.floor(pixel / (inner * inner));
    images[(sample * SIDE + row + border) * SIDE + column + border] = pixels[pixel] / 255;
  }
  return images;
}
