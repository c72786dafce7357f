// Pictures of the digits that the page trains on.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ROOT } from "./page.mjs";

const HEADER = 16;
const PIXELS = 28 * 28;

/** Test pictures by position, one after another. */
export function testPictures(positions) {
  const file = gunzipSync(readFileSync(join(ROOT, "crates/data/assets/mnist/t10k-images-idx3-ubyte.gz")));
  return Buffer.concat(
    positions.map((position) => file.subarray(HEADER + position * PIXELS, HEADER + (position + 1) * PIXELS)),
  );
}
