import { defineConfig } from "vite";
import { beforehand } from "./beforehand.ts";

const jsx = { runtime: "automatic", importSource: "preact" } as const;

export default defineConfig({
  // Relative addresses: the page may lie in any folder of any server.
  base: "./",
  oxc: { jsx },
  plugins: [beforehand(jsx)],
  build: { target: "es2022", sourcemap: false, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
});
