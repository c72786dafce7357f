// What a reader meets: the shipped run at first paint, its figures, their files, the address, small
// and dark screens.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertSound, withPage } from "./support/page.mjs";

const REFUSED = [/net::ERR_FAILED/];

test("the shipped run is there at first paint, without any engine", async () => {
  const prepare = (page) => page.route(/engines/, (route) => route.abort());
  await withPage({ prepare, expected: REFUSED }, async (page) => {
    await page.locator(".main-panel svg[data-drawing] rect").first().waitFor();
    assert.match(await page.locator(".evolution .more").textContent(), /Two phases, with the boundary at epoch/);
    assert.match(await page.locator(".evolution h3").innerText(), /before training/);
    assert.equal(await page.locator(".multiple").count(), 5);
    const paint = await page.evaluate(
      () =>
        new Promise((done) =>
          new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe({
            type: "largest-contentful-paint",
            buffered: true,
          }),
        ),
    );
    assert.ok(paint < 1_500, `largest contentful paint after ${paint} ms`);
  });
});

test("the figure is whole on a wide screen, and never scrolls sideways", async () => {
  for (const [width, height] of [
    [1440, 900],
    [1280, 720],
    [1920, 1080],
  ]) {
    await withPage({ viewport: { width, height } }, async (page) => {
      const over = await page
        .locator("#figure")
        .evaluate((figure) => [figure.scrollWidth - figure.clientWidth, figure.scrollHeight - figure.clientHeight]);
      assert.equal(over[0], 0, `sideways at ${width} pixels`);
      if (height >= 900) assert.equal(over[1], 0, `downwards at ${width} pixels`);
    });
  }
});

test("one cursor moves every figure, by slider, by keyboard, by small multiples", async () => {
  await withPage({}, async (page) => {
    const title = page.locator(".evolution h3 .now");
    const slider = page.getByRole("slider", { name: "Checkpoint" });
    const at = await slider.inputValue();
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await slider.inputValue(), String(Number(at) + 1));
    await page.keyboard.press("Home");
    assert.equal(await title.innerText(), "before training");
    await page.locator(".multiple").last().click();
    assert.equal(await title.innerText(), "epoch 256");
    await page.getByRole("button", { name: "Play through" }).click();
    await page.waitForFunction(() => document.querySelector(".evolution h3 .now").textContent !== "epoch 256");
  });
});

test("the published SGD shows its spindle before training, beside the certified answer", async () => {
  await withPage({ search: "?epoch=0" }, async (page) => {
    const mean = async (solver) => {
      const label = await page.locator(`.solver.${solver} .bars`).getAttribute("aria-label");
      return Number(label.match(/mean order (\d+(\.\d+)?)/)[1]);
    };
    assert.match(await page.locator(".solver.published h4").innerText(), /^Published SGD/);
    const [certified, published] = [await mean("certified"), await mean("published")];
    assert.ok(published > certified + 2, `${published} against ${certified}`);
    // Where the SGD was not run, its place says so, and where it was; the bars before stay, and are pale.
    const lines = () => page.locator(".solver.published .bars svg").textContent();
    const [seen, place] = [await lines(), await page.locator(".solver.published").boundingBox()];
    await page.getByRole("slider", { name: "Checkpoint" }).focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await page.locator(".not-run").innerText(), /^Run at\s+before training\s+epoch 0.25\s+epoch 256$/);
    assert.match(await page.locator(".solver.published h4").innerText(), /pale: before training; not run here/);
    assert.equal(await page.locator(".solver.published .bars g[opacity='0.3']").count(), 1);
    assert.deepEqual([await lines(), await page.locator(".solver.published").boundingBox()], [seen, place]);
    await page.locator(".not-run button").last().click();
    assert.equal(await page.locator(".evolution h3 .now").innerText(), "epoch 256");
  });
});

test("on a phone the search that was not run here says so, and leads to where it was", async () => {
  await withPage({ search: "?epoch=0.5", viewport: { width: 390, height: 844 } }, async (page) => {
    const words = page.locator(".solver.published h4 > span");
    assert.equal(await words.innerText(), "pale: epoch 0.25");
    assert.ok(await words.evaluate((element) => element.scrollWidth <= element.clientWidth), "it is cut off");
    const places = page.locator(".not-run button");
    assert.deepEqual(await places.allInnerTexts(), ["0", "0.25", "256"]);
    for (const place of await places.all()) {
      const { x, y, width, height } = await place.boundingBox();
      assert.ok(x >= 0 && x + width <= 390 && y + height <= 844, `at ${x}, ${y}`);
    }
    const high = await page.locator(".time").boundingBox();
    await page.getByRole("button", { name: "before training", exact: true }).first().click();
    assert.equal(await page.locator(".evolution h3 .now").innerText(), "before training");
    assert.deepEqual(await page.locator(".time").boundingBox(), high, "what follows stays");
  });
});

test("bars are shares where that is wanted, and one scale holds for all checkpoints where it is locked", async () => {
  await withPage({ search: "?epoch=0" }, async (page) => {
    const bars = page.locator(".solver.certified .bars");
    const highest = async () => {
      const names = await bars.locator("g[text-anchor=end] text").allTextContents();
      return Math.max(...names.map((name) => Number(name.replace("−", "-"))));
    };
    assert.ok((await highest()) < 0.01, `${await highest()} nats before training`);
    await page.locator(".scale-controls").getByText("Lock scale").click();
    await page.waitForFunction(() => !document.querySelector(".certified .bars").textContent.includes("0.00"));
    assert.ok((await highest()) > 5, `${await highest()} nats over all checkpoints`);
    await page.locator(".scale-controls").getByText("share", { exact: true }).click();
    await bars.getByText("share of strength").waitFor();
    assert.ok((await highest()) <= 1);
  });
});

test("a figure is saved as SVG, PNG, CSV and JSON, and its data is a table", async () => {
  await withPage({}, async (page) => {
    const figure = page.locator(".evolution figure");
    const saved = async (kind) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        figure.getByRole("button", { name: `as ${kind}` }).click(),
      ]);
      return readFile(await download.path());
    };
    assert.match((await saved("SVG")).toString(), /^<svg .*<rect/s);
    assert.deepEqual([...(await saved("PNG")).subarray(1, 4)], [...Buffer.from("PNG")]);
    const { rows } = JSON.parse((await saved("JSON")).toString());
    const [head, ...lines] = (await saved("CSV")).toString().trim().split("\r\n");
    assert.deepEqual(head.split(","), Object.keys(rows[0]));
    assert.equal(lines.length, rows.length);
    await figure.getByText("Data as a table").click();
    await figure.locator("tbody tr").first().waitFor();
    assert.equal(await figure.locator("tbody tr").count(), Math.min(200, rows.length));
  });
});

test("the address keeps what differs from the defaults, and names what is wrong in it", async () => {
  await withPage({ search: "?seed=7&epoch=0&batch=0&colour=red&engine=abacus" }, async (page) => {
    const words = await page.locator(".file-notice").innerText();
    for (const wrong of ["batch=0", "colour", "engine=abacus"])
      assert.ok(words.includes(wrong), `${wrong} is not named in: ${words}`);
    assert.equal(await page.locator(".evolution h3 .now").innerText(), "before training");
    assert.equal(await page.locator("[name=seed]").inputValue(), "7");
    assert.equal(await page.locator("[name=batch]").inputValue(), "128");
    await page.locator("[name=epochs]").fill("64");
    await page.locator("[name=epochs]").blur();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("epochs") === "64");
    assert.deepEqual(await page.evaluate(() => Object.fromEntries(new URLSearchParams(location.search))), {
      seed: "7",
      epoch: "0",
      epochs: "64",
    });
    await page.locator("[name=epochs]").fill("0");
    await page.locator("[name=epochs]").blur();
    assert.match(await page.locator("#setting-epochs-help").innerText(), /at least 1/);
    assert.equal(await page.evaluate(() => new URLSearchParams(location.search).get("epochs")), "64");
  });
});

test("a figure alone, for slides and blogs", async () => {
  await withPage({ search: "?embed=figure&epoch=256" }, async (page) => {
    assert.equal(await page.locator("h1").count(), 0);
    assert.equal(await page.getByRole("button", { name: /^Train/ }).count(), 0);
    assert.equal(await page.locator(".evolution h3 .now").innerText(), "epoch 256");
  });
});

for (const [width, colorScheme] of [
  [1440, "light"],
  [1440, "dark"],
  [1024, "light"],
  [390, "light"],
  [390, "dark"],
]) {
  test(`no serious finding of axe and nothing beyond the edge at ${width} pixels, ${colorScheme}`, async () => {
    await withPage({ viewport: { width, height: 844 }, colorScheme }, async (page) => {
      await page.locator("#sample").scrollIntoViewIfNeeded();
      await page.locator(".interaction").first().waitFor();
      await page.locator(".explanation .toggle").first().click();
      await page.getByRole("button", { name: "Draw a 4" }).click();
      await page.locator(".classes li").first().waitFor();
      await assertSound(page);
    });
  });
}
