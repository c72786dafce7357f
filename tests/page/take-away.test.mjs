// What is taken away from the page: files that say of themselves what they show, and what to cite.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { withPage } from "./support/page.mjs";

async function saved(page, figure, kind) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    figure.getByRole("button", { name: `as ${kind}` }).click(),
  ]);
  return readFileSync(await download.path());
}

/** A text as it is drawn, whatever the lines. */
const plain = (text) => text.replace(/\s+/g, " ").trim();

test("a figure's files say which run it is of, how that was made, and hold all panels", {
  timeout: 200_000,
}, async () => {
  await withPage({ search: "?epoch=0" }, async (page) => {
    const figure = page.locator(".evolution figure");
    await figure.locator("svg[data-drawing]").nth(2).waitFor();
    const svg = (await saved(page, figure, "SVG")).toString();
    const seen = await figure.locator(".figure-body svg[data-drawing]").count();
    assert.equal((svg.match(/<svg /g) ?? []).length, seen + 1, "all panels");
    assert.doesNotMatch(svg, /var\(--/);
    const inked = await page.evaluate((svg) => {
      const drawing = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
      return { words: drawing.textContent.replace(/\s+/g, " "), tag: drawing.tagName };
    }, svg);
    assert.equal(inked.tag, "svg");
    for (const fact of ["run: LeNet on MNIST", "network: LeNet", "data: MNIST", "seed: 0", "solver: certified"])
      assert.ok(inked.words.includes(fact), `${fact} in ${inked.words.slice(-900)}`);
    assert.ok(plain(inked.words).includes("Certified"), "headings of panels");
    const png = await saved(page, figure, "PNG");
    assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from("PNG")]);
    // Width and height, twice those of the drawing.
    const [, width, height] = svg.match(/width="([\d.]+)" height="([\d.]+)"/);
    assert.ok(Math.abs(png.readUInt32BE(16) - 2 * width) <= 2 && Math.abs(png.readUInt32BE(20) - 2 * height) <= 2);
    const document = JSON.parse((await saved(page, figure, "JSON")).toString());
    assert.deepEqual([document.about.run, document.about.seed, document.about.network], ["LeNet on MNIST", 0, "LeNet"]);
    assert.match(document.about["data digest"], /^[0-9a-f]{16}$/);
    assert.match(document.caption, /share of orders of 3 and more/i);
    assert.deepEqual([document.rows[0].run, document.rows[0].seed], ["LeNet on MNIST", 0]);
    const experiment = await page.evaluate(() => globalThis.spindle.current.value.view.experiment);
    assert.deepEqual(
      document.runs.map((run) => run.experiment),
      [experiment],
      "all settings",
    );
    const [head, first] = (await saved(page, figure, "CSV")).toString().split("\r\n");
    assert.match(head, /^run,network,data,seed,/);
    assert.match(first, /^LeNet on MNIST,LeNet,MNIST,0,/);
  });
});

test("of two runs each row says its own, and both have all their settings", { timeout: 200_000 }, async () => {
  await withPage({ search: "?pair=lenet-mnist,bert-tiny-movie-snippets" }, async (page) => {
    await page.locator("#compare").scrollIntoViewIfNeeded();
    const figure = page.locator("section:has(#compare) figure", { hasText: "LeNet on MNIST and BERT-Tiny" });
    await figure.locator("figcaption", { hasText: "mean order" }).waitFor();
    const { rows, runs } = JSON.parse((await saved(page, figure, "JSON")).toString());
    const told = new Set(rows.map(({ curve, run, network, data, seed }) => [curve, run, network, data, seed].join()));
    const [lenet, bert] = ["LeNet on MNIST", "BERT-Tiny on movie snippets"];
    assert.deepEqual(
      [...told],
      [
        `first,${lenet},LeNet,MNIST,0`,
        `second,${bert},BERT-Tiny,movie snippets,0`,
        `second minus first,${lenet}; ${bert},LeNet; BERT-Tiny,MNIST; movie snippets,0`,
      ],
    );
    assert.deepEqual(
      runs.map(({ experiment }) => experiment.training.model),
      ["lenet", "bert-tiny"],
    );
    // All three kinds of its drawings are there, each value with its time.
    for (const value of ["share", "mean_order", "loss_gap_nats"])
      for (const curve of ["first", "second"]) {
        const drawn = rows.filter((row) => row.curve === curve && typeof row[value] === "number");
        assert.ok(drawn.length > 4 && drawn.every(({ epoch }) => typeof epoch === "number"), `${value} of ${curve}`);
      }
  });
});

test("a figure with a legend has it in its drawing", { timeout: 200_000 }, async () => {
  await withPage({}, async (page) => {
    await page.locator("#figures").scrollIntoViewIfNeeded();
    const figure = page.locator("section:has(#figures) figure", { hasText: "several noise bounds" });
    await figure.locator("svg[data-drawing]").first().waitFor();
    const svg = (await saved(page, figure, "SVG")).toString();
    for (const name of await figure.locator(".legend li").allInnerTexts())
      assert.ok(svg.includes(name.trim()), `${name} is not in the drawing`);
  });
});

test("curves that share an axis are taken away as they were measured, with their units", {
  timeout: 200_000,
}, async () => {
  await withPage({}, async (page) => {
    await page.locator("#figures").scrollIntoViewIfNeeded();
    const figure = page.locator("section:has(#figures) figure", { hasText: "Other measures of over-fitting" });
    await figure.locator("svg[data-drawing]").first().waitFor();
    const { rows } = JSON.parse((await saved(page, figure, "JSON")).toString());
    const margins = rows.filter(({ curve }) => curve === "median margin in training");
    assert.ok(margins.length > 2);
    assert.deepEqual([...new Set(margins.map(({ unit }) => unit))], ["nats"]);
    assert.ok(Math.max(...margins.map(({ value }) => value)) > 5, "nats, and no share of the axis");
    assert.match((await saved(page, figure, "CSV")).toString(), /^run,.*,curve,unit,epoch,value,/);
  });
});

test("the main figure says what its signs are, in its files too", { timeout: 200_000 }, async () => {
  await withPage({ search: "?epoch=0" }, async (page) => {
    const figure = page.locator(".evolution figure");
    await figure.locator("svg[data-drawing]").nth(2).waitFor();
    const names = await figure.locator(".legend li").allInnerTexts();
    for (const name of ["certified", "sums nearly as sparse", "published SGD", "event", "checkpoint"])
      assert.ok(
        names.some((text) => text.includes(name)),
        `${name} is not among: ${names.join("; ")}`,
      );
    const svg = (await saved(page, figure, "SVG")).toString();
    for (const name of names) assert.ok(svg.includes(name.trim()), `${name} is not in the drawing`);
  });
});

test("what to cite is copied: the paper, and the tool with the run that is open", async () => {
  await withPage({ search: "?run=vgg-11-mnist", permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    await page.locator("#cite").scrollIntoViewIfNeeded();
    const blocks = page.locator(".cite-block");
    await blocks.nth(0).getByRole("button", { name: "Copy" }).click();
    await blocks.nth(0).getByRole("button", { name: "Copied" }).waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /@article\{.*eprint = \{2405\.10262\}/s);
    await blocks.nth(1).getByRole("button", { name: "Copy" }).click();
    await blocks.nth(1).getByRole("button", { name: "Copied" }).waitFor();
    const tool = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(tool, /@software\{.*\?run=vgg-11-mnist.*VGG-11 on MNIST, [\d,]+ training samples, .*seed 0/s);
  });
});
