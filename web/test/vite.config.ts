/** Bundles the tests of what needs no browser, each into a script for node's own runner. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"));

export default defineConfig({
  logLevel: "warn",
  build: {
    ssr: true,
    outDir: "node_modules/.cache/tests",
    rolldownOptions: {
      input: tests.map((name) => join(import.meta.dirname, name)),
      output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
    },
  },
});
