// Small made-up runs of texts and clouds, and how they are opened. `cargo run --example made_runs
// -- tests/page/fixtures` makes them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, withPage } from "./page.mjs";

/** A made-up run's file: "words" or "points". */
export function fixture(name) {
  return join(ROOT, "tests/page/fixtures", `${name}.spindle`);
}

/** Opens a made-up run and waits for its first sample. */
export async function openFixture(page, name) {
  await page.locator("input[type=file]").setInputFiles(fixture(name));
  await page.locator(".tab[aria-pressed=true]", { hasText: `${name}.spindle` }).waitFor();
  await page.locator("#sample").scrollIntoViewIfNeeded();
  await page.locator("section:has(#sample) .interaction").first().waitFor();
}

/**
 * Has the page's server list made-up runs among those that came with it; or `alone`, as `spindle
 * serve` lists the runs that it was given.
 */
export async function shipping(names, { alone = false } = {}) {
  const views = {};
  await withPage({}, async (page) => {
    for (const name of names) {
      await page.locator("input[type=file]").setInputFiles(fixture(name));
      await page.locator(".tab[aria-pressed=true]", { hasText: `${name}.spindle` }).waitFor();
      views[name] = await page.evaluate(() => ({ ...globalThis.spindle.current.value.view }));
    }
  });
  return async (page) => {
    await page.route("**/runs/index.json", async (route) => {
      const own = alone ? [] : await (await route.fetch()).json();
      const made = names.map((name) => {
        const { model, data, experiment } = views[name];
        return {
          name,
          title: `${model} on ${data}`,
          model,
          data,
          status: "made up",
          experiment,
          train_size: 20,
          file: `runs/${name}.spindle`,
          view: alone ? null : `runs/${name}.json`,
          bytes: alone ? null : readFileSync(fixture(name)).length,
        };
      });
      // What comes with the page may grow: only the run that it opens with stays.
      await route.fulfill({ json: [...own.filter(({ name }) => name === "lenet-mnist"), ...made] });
    });
    if (alone) await page.route("**/runs/lenet-mnist.json", (route) => route.fulfill({ status: 404 }));
    for (const name of names) {
      await page.route(`**/runs/${name}.json`, (route) => route.fulfill({ json: { ...views[name], run: name } }));
      await page.route(`**/runs/${name}.spindle`, (route) => route.fulfill({ body: readFileSync(fixture(name)) }));
    }
  };
}
