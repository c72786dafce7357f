/**
 * Writes the page as it is at first into the built HTML: text and figure are there with the first
 * file that a browser gets, before any script.
 */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "vite";
import type { RunView } from "./src/generated/RunView";

const HERE = import.meta.dirname;
const OUT = join(HERE, "node_modules/.cache/beforehand");
/** The run that the page opens with. */
const [NAME, TITLE] = ["lenet-mnist", "LeNet on MNIST"];

interface Written {
  written(title: string, view: RunView): string;
}

async function page(jsx: object): Promise<string> {
  const view = join(HERE, "public/runs", `${NAME}.json`);
  if (!existsSync(view)) throw new Error(`${view} is missing: cargo xtask web writes it before it builds the page`);
  await build({
    configFile: false,
    root: HERE,
    publicDir: false,
    logLevel: "warn",
    oxc: { jsx },
    ssr: { noExternal: true },
    build: { ssr: "src/prerender.tsx", outDir: OUT, emptyOutDir: true },
  });
  const { written } = (await import(pathToFileURL(join(OUT, "prerender.js")).href)) as Written;
  // Places in drawings to a tenth of a pixel: the rest of their digits would be a third of the file.
  const html = written(TITLE, JSON.parse(readFileSync(view, "utf8")) as RunView).replace(/\d+\.\d{4,}/g, (digits) =>
    String(Math.round(Number(digits) * 10) / 10),
  );
  // The page's content security policy refuses them, on the console.
  if (html.includes(" style=")) throw new Error("the page as it is at first has a style attribute");
  return html;
}

/** Puts styles into the document: a second file would be waited for. */
function withStyles(html: string, site: string): string {
  const link = /<link rel="stylesheet"[^>]*href="\.\/(assets\/[^"]+)">/.exec(html);
  if (!link?.[1]) throw new Error("the built page has no style sheet");
  const file = join(site, link[1]);
  const styles = readFileSync(file, "utf8").trim().replaceAll("url(./", "url(./assets/");
  rmSync(file);
  const hash = createHash("sha256").update(styles).digest("base64");
  return html
    .replace(link[0], () => `<style>${styles}</style>`)
    .replace("style-src 'self'", `style-src 'self' 'sha256-${hash}'`);
}

/**
 * The page's policy lets the one script in it run by its digest, which `spindle serve` says in a header too:
 * it is written there by hand.
 */
function checkScript(html: string): void {
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1];
  if (script === undefined) throw new Error("the built page has lost the script in it");
  const digest = `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
  if (!html.includes(digest)) throw new Error(`in index.html and in crates/serve the script in it is to be ${digest}`);
}

/** Puts scripts and the run behind the text, so that they do not share the line with it. */
function withScriptsLast(html: string): string {
  const late = /<link rel="preload"[^>]*as="fetch"[^>]*>\s*|<script type="module"[^>]*><\/script>\s*/g;
  const found = html.match(late) ?? [];
  return html.replace(late, "").replace("</body>", () => `${found.join("")}</body>`);
}

/** Where the page will be, as `https://…/`: pictures in previews need a whole address. */
const SITE = process.env.SPINDLE_SITE ?? "./";

/** `jsx` is how the page's sources are compiled. */
export function beforehand(jsx: object): Plugin {
  let site = "";
  return {
    name: "spindle-beforehand",
    apply: "build",
    configResolved: (config) => {
      site = resolve(config.root, config.build.outDir);
    },
    closeBundle: async () => {
      const file = join(site, "index.html");
      const first = await page(jsx);
      const html = withScriptsLast(withStyles(readFileSync(file, "utf8"), site));
      checkScript(html);
      const place = /<div id="page">[\s\S]*?<\/div>/;
      if (!place.test(html)) throw new Error("the built page has no place for what is written beforehand");
      const previewed = html.replace('content="./og.png"', `content="${SITE}og.png"`);
      writeFileSync(
        file,
        previewed.replace(place, () => `<div id="page">${first}</div>`),
      );
    },
  };
}
