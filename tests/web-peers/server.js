// A static server on localhost: folders and files in memory, nothing cached.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/**
 * Serves `folders` (prefix of the address -> folder) and `files` (address -> contents) on a free
 * port.
 *
 * Returns `{ origin, close() }`.
 */
export async function serve(folders, files) {
  const server = createServer(async (request, response) => {
    const path = address(request.url);
    try {
      const body = files[path] ?? (await readFile(place(folders, path)));
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return { origin: `http://localhost:${server.address().port}`, close: () => server.close() };
}

function address(url) {
  const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
  return path.endsWith("/") ? `${path}index.html` : path;
}

function place(folders, path) {
  const prefix = Object.keys(folders).find((prefix) => path.startsWith(prefix));
  return join(folders[prefix], path.slice(prefix.length));
}
