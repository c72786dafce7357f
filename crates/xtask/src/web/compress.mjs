// How small files are as a web server sends them. Argument: a JSON list of {file, quality}; quality 0 means gzip, 1 to 11 brotli.
// Writes a JSON list of sizes in bytes.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

function size({ file, quality }) {
  const content = readFileSync(file);
  if (quality === 0) return gzipSync(content, { level: 9 }).length;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  return brotliCompressSync(content, { params }).length;
}

process.stdout.write(JSON.stringify(JSON.parse(process.argv[1]).map(size)));
