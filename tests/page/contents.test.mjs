// Samples that are no pictures of digits: sentences whose words are players, clouds that are turned
// by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openFixture } from "./support/fixtures.mjs";
import { assertSound, withPage } from "./support/page.mjs";

const pixels = (page, selector) =>
  page
    .locator(selector)
    .first()
    .evaluate((canvas) => canvas.toDataURL());

test("a text is printed with its words as players, and an interaction lights its words", async () => {
  await withPage({}, async (page) => {
    await openFixture(page, "words");
    assert.equal(await page.locator("#sample").innerText(), "Inside one text");
    const shown = page.locator(".sample-picture .words");
    assert.equal(await shown.innerText(), "not a good film, but a fine evening");
    assert.equal(await shown.locator(".word").count(), 6);
    assert.match(await page.locator(".sample-class").first().innerText(), /negative/);
    const row = page.locator("section:has(#sample) .interaction").first();
    await row.hover();
    const lit = await shown.locator(".word.lit").allInnerTexts();
    assert.deepEqual(lit, (await row.locator(".players").innerText()).split(" · "));
  });
});

test("the parts of a pair have lines of their own", async () => {
  await withPage({}, async (page) => {
    await openFixture(page, "words");
    await page.getByRole("button", { name: "Next text" }).click();
    await page.locator(".sample-picture .words p").nth(1).waitFor();
    assert.deepEqual(await page.locator(".sample-picture .words p").allInnerTexts(), [
      "The plot is thin.",
      "Nobody will notice the plot.",
    ]);
  });
});

test("a masked word is shown as [MASK], by the keyboard too, and the sum follows", async () => {
  await withPage({}, async (page) => {
    await openFixture(page, "words");
    const word = page.locator(".explanation .words button").nth(1);
    assert.equal(await word.getAttribute("aria-pressed"), "true");
    await word.focus();
    await page.keyboard.press("Enter");
    await page.locator(".explanation .words button", { hasText: "[MASK]" }).waitFor();
    assert.equal(await page.locator(".explanation .words button").nth(1).getAttribute("aria-pressed"), "false");
    assert.match(await page.locator(".explanation .words").innerText(), /^not a \[MASK\] film/);
    const [sum, output] = await page
      .locator(".sum tr:last-child td:last-child, .sum .total td:last-child")
      .allInnerTexts();
    const number = (text) => Number(text.replace("−", "-").replace("+", ""));
    assert.ok(Math.abs(number(sum) - number(output)) < 0.5, `${sum} against ${output}`);
  });
});

test("a cloud is turned by hand and by arrow keys, and interactions light its clusters", async () => {
  await withPage({}, async (page) => {
    await openFixture(page, "points");
    const cloud = page.locator(".sample-picture .cloud");
    const canvas = ".sample-picture .cloud canvas";
    const before = await pixels(page, canvas);
    const turned = await cloud.getAttribute("aria-valuenow");
    await cloud.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(
      ([canvas, before]) => document.querySelector(canvas).toDataURL() !== before,
      [canvas, before],
    );
    assert.equal(Number(await cloud.getAttribute("aria-valuenow")), Number(turned) + 10);
    const box = await cloud.boundingBox();
    const moved = await pixels(page, canvas);
    await page.mouse.move(box.x + 60, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 120, box.y + 90, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(
      ([canvas, before]) => document.querySelector(canvas).toDataURL() !== before,
      [canvas, moved],
    );
    const rest = await pixels(page, canvas);
    await page.locator("section:has(#sample) .interaction").nth(3).hover();
    await page.waitForFunction(
      ([canvas, before]) => document.querySelector(canvas).toDataURL() !== before,
      [canvas, rest],
    );
    assert.match(
      await cloud.getAttribute("aria-label"),
      /Cloud of class torus with 6 clusters of points as players; lit: (AND|OR) of/,
    );
  });
});

test("a masked cluster collapses to its mean", async () => {
  await withPage({}, async (page) => {
    await openFixture(page, "points");
    const canvas = ".explanation .cloud canvas";
    const before = await pixels(page, canvas);
    await page.locator(".explanation .toggle").first().click();
    await page.waitForFunction(
      ([canvas, before]) => document.querySelector(canvas).toDataURL() !== before,
      [canvas, before],
    );
    await page.locator(".sum .total").waitFor();
  });
});

test("where another network's run is open, another one is asked about drawings, and training says what it trains", async () => {
  await withPage({}, async (page) => {
    await openFixture(page, "words");
    assert.match(
      await page.locator(".train-bar .elsewhere").innerText(),
      /BERT-Tiny on movie snippets was trained with the command line tool/,
    );
    await page.getByRole("button", { name: "Draw a 4" }).click();
    await page.locator(".classes li").first().waitFor();
    assert.match(
      await page.locator("section:has(#draw) .elsewhere").innerText(),
      /is not asked here; LeNet on MNIST is/,
    );
  });
});

for (const [width, colorScheme] of [
  [1280, "light"],
  [1280, "dark"],
  [390, "light"],
  [390, "dark"],
]) {
  test(`texts and clouds have no serious finding of axe and stay within ${width} pixels, ${colorScheme}`, async () => {
    await withPage({ viewport: { width, height: 844 }, colorScheme }, async (page) => {
      for (const name of ["words", "points"]) {
        await openFixture(page, name);
        await page.locator(".explanation button").first().click();
        await page.locator(".sum .total").waitFor();
        await assertSound(page);
      }
    });
  });
}
