// Runs that are kept: own trainings by themselves, named, overlaid, taken together over seeds; and
// nothing destroyed without a way back.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fixture } from "./support/fixtures.mjs";
import { address, assertSound, phase, SMALL, train, withPage } from "./support/page.mjs";

const TINY = { ...SMALL, epochs: 2, samples: 10, checkpoints: 3 };
const titles = (page) => page.locator(".all-runs tbody th .link").allInnerTexts();
const own = (page) => page.locator(".all-runs tbody tr", { hasText: "320 digits" });

/** Trains several seeds, one after the other, from the settings beside the button. */
async function trainSeeds(page, count) {
  await page.locator("[name=seeds]").selectOption(String(count));
  await train(page);
  await page.locator("[data-fact=series]", { hasText: `${count} seeds are measured` }).waitFor({ timeout: 200_000 });
  await page.getByRole("button", { name: "See them together" }).click();
  await page.locator(".all-runs td").first().waitFor();
}

test("trainings are kept, named, listed with their results, overlaid and taken together", {
  timeout: 300_000,
}, async () => {
  await withPage({ search: address(TINY) }, async (page) => {
    await trainSeeds(page, 3);
    // The last one is the training that is open.
    await page.waitForFunction(() => document.querySelectorAll(".all-runs tbody tr").length >= 4);
    const all = await titles(page);
    for (const seed of [0, 1, 2])
      assert.ok(all.includes(`LeNet, 320 digits, no wrong labels, seed ${seed}`), `seed ${seed} is not among ${all}`);
    assert.ok(!all.includes("Your training"), "one of several seeds is named like the others");
    const first = page.locator(".all-runs tbody tr", { hasText: "seed 0" });
    assert.match(await first.innerText(), /\d[\d.]* %\s+(too little|not distinguishable|\d)/);
    assert.match(await first.innerText(), /\d\.\d\d, \d\.\d\d, \d\.\d\d/);
    assert.equal(await page.getByRole("button", { name: /Overlay 3 seeds/ }).count(), 1);
    const figure = page.locator(".all-runs figure");
    await figure.locator("svg[data-drawing]").waitFor();
    assert.ok((await figure.locator(".legend").innerText()).includes("thin lines: each seed by itself"));
    const caption = await figure.locator("figcaption").innerText();
    assert.match(caption, /mean of seeds 0, 1, 2: [\d.]+ \[[−\d.]+, [\d.]+\] before training/);
    assert.match(caption, /95 % t-interval over the seeds\. Held fixed: network, data, all settings but the seed/);
    assert.match(caption, /of 3 have two phases; test accuracy [\d.]+ \[/);
    const saved = async (kind) => {
      const button = figure.getByRole("button", { name: `as ${kind}` });
      const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
      return readFileSync(await download.path(), "utf8").trim();
    };
    // The mean is that of the three curves in the figure's own data.
    const lines = (await saved("CSV")).split("\r\n");
    assert.ok(lines.filter((line) => /seed \d/.test(line)).length >= 9, lines.join("\n"));
    assert.ok(lines.some((line) => /mean of seeds/.test(line)));
    assert.match(lines[0], /^run,network,data,seed,solver,curve,/);
    // Each row is of its own run; each run has all its settings.
    const { rows, runs } = JSON.parse(await saved("JSON"));
    for (const { curve, run, seed } of rows) {
      if (/mean of/.test(curve)) assert.match(String(seed), /^[012]; [012]; [012]$/);
      else assert.equal(run, curve);
      if (/seed \d$/.test(curve)) assert.equal(seed, Number(curve.at(-1)));
    }
    assert.deepEqual(runs.map(({ experiment }) => experiment.training.seed).sort(), [0, 1, 2]);
    for (const { experiment } of runs)
      assert.deepEqual([experiment.training.train_size, experiment.measurement.samples], [320, 10]);
    await figure.getByLabel("Shown").selectOption("accuracy");
    await figure.locator("h3", { hasText: "Test accuracy in 3 runs" }).waitFor();
    await page.getByLabel("Filter").fill("seed=1");
    assert.equal(await page.locator(".all-runs tbody tr").count(), 1);
    await page.getByLabel("Filter").fill("");
    await assertSound(page);
    await page.reload();
    await page.locator("[data-alive]").waitFor();
    await page.locator("#compare").scrollIntoViewIfNeeded();
    await page.waitForFunction(() => {
      const names = [...document.querySelectorAll(".all-runs tbody th .link")].map((cell) => cell.textContent);
      return names.filter((name) => /320 digits.*seed [012]$/.test(name)).length === 3;
    });
  });
});

test("a link to a training of one's own carries its settings, and says so", { timeout: 200_000 }, async () => {
  let link;
  const permissions = ["clipboard-read", "clipboard-write"];
  await withPage({ search: address({ ...TINY, seed: 4 }), permissions }, async (page) => {
    await train(page);
    await phase(page, "finished");
    await page.getByRole("button", { name: "Copy link to its settings" }).click();
    await page.locator(".runs", { hasText: "the settings, not the run" }).waitFor();
    link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    assert.deepEqual(Object.fromEntries(link.searchParams), {
      ...Object.fromEntries(Object.entries(TINY).map(([name, value]) => [name, String(value)])),
      seed: "4",
    });
    // A file of the reader's is at no address, and its settings cannot be trained here.
    await page.locator("input[type=file]").setInputFiles(fixture("words"));
    await page.locator(".tab[aria-pressed=true]", { hasText: "words.spindle" }).waitFor();
    assert.match(await page.locator(".runs").innerText(), /No link leads to a file of yours/);
  });
  await withPage({ search: `${link.search}${link.hash}` }, async (page) => {
    assert.equal(await page.locator("[name=seed]").inputValue(), "4");
    assert.equal(await page.locator(".file-notice").count(), 0);
    assert.match(await page.locator(".plan").innerText(), /learns 320 digits.*seed 4/);
  });
});

test("a kept run is renamed, opened, deleted and had back", { timeout: 200_000 }, async () => {
  await withPage({ search: address(TINY) }, async (page) => {
    await trainSeeds(page, 2);
    await own(page).getByRole("button", { name: "Rename" }).first().click();
    await page.locator(".rename").fill("My first");
    // What is written stays while runs grow, and so does the place of the keyboard.
    await page.evaluate(() => {
      const { runs } = globalThis.spindle;
      runs.value = runs.value.map((run) => ({ ...run, view: { ...run.view } }));
    });
    await page.waitForTimeout(200);
    assert.equal(await page.locator(".rename:focus").inputValue(), "My first");
    await page.locator(".rename").press("Enter");
    const row = page.locator(".all-runs tbody tr", { hasText: "My first" });
    await row.waitFor();
    await row.getByRole("button", { name: "My first", exact: true }).click();
    await page.locator(".tab[aria-pressed=true]", { hasText: "My first" }).waitFor();
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator("section:has(#sample) .interaction").first().waitFor();
    await page.getByRole("button", { name: "Delete My first" }).click();
    await page.locator(".tab", { hasText: "My first" }).waitFor({ state: "detached" });
    await page.locator(".undo button").click();
    await page.locator(".tab", { hasText: "My first" }).waitFor();
    await page.reload();
    await page.locator("[data-alive]").waitFor();
    await page.locator("#compare").scrollIntoViewIfNeeded();
    await row.waitFor();
  });
});

test("a reset training can be had back for a while, and goes on", async () => {
  await withPage({ search: address({ ...SMALL, epochs: 400, checkpoints: 6 }) }, async (page) => {
    await train(page);
    await page.locator(".tab", { hasText: "Your training" }).waitFor();
    await page.waitForFunction(() => globalThis.spindle.training.value.losses.value.length > 2);
    await page.getByRole("button", { name: "Reset" }).click();
    await page.locator(".status").waitFor({ state: "detached" });
    await page.locator(".undo button").click();
    await page.locator(".tab[aria-pressed=true]", { hasText: "Your training" }).waitFor();
    await phase(page, "paused");
    const before = await page.evaluate(() => globalThis.spindle.training.value.progress.value.step);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForFunction((before) => globalThis.spindle.training.value.progress.value.step > before, before);
    await page.reload();
    await page.locator("[data-alive]").waitFor();
    await phase(page, "paused");
  });
});

test("a file of the same name gets a second one, the same file does not", async () => {
  await withPage({}, async (page) => {
    const choose = (name) =>
      page
        .locator("input[type=file]")
        .setInputFiles({ name: "a.spindle", mimeType: "", buffer: readFileSync(fixture(name)) });
    await choose("words");
    await page.locator(".tab[aria-pressed=true]", { hasText: "a.spindle" }).waitFor();
    await choose("points");
    await page.locator(".tab[aria-pressed=true]", { hasText: "a (2).spindle" }).waitFor();
    await choose("words");
    await page.locator(".tab[aria-pressed=true]", { hasText: "a.spindle" }).waitFor();
    assert.equal(await page.locator(".tab", { hasText: "spindle" }).count(), 2);
    await page.locator("#compare").scrollIntoViewIfNeeded();
    await page.getByRole("button", { name: "Keep" }).first().click();
    // It is written by then, and is one of the reader's own.
    await page
      .getByRole("button", { name: /^Delete / })
      .first()
      .waitFor();
    await page.reload();
    await page.locator("[data-alive]").waitFor();
    await page.getByRole("button", { name: "Open a run…" }).click();
    await page.locator(".card", { hasText: "yours, kept in this browser" }).waitFor();
  });
});
