// One digit: its interactions, universal matching, an output term by term, the published SGD on it,
// a digit drawn by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/page.mjs";

async function atSample(page) {
  await page.locator("#sample").scrollIntoViewIfNeeded();
  await page.locator("section:has(#sample) .interaction").first().waitFor();
}

const number = (text) => Number(text.replace("−", "-").replace("+", ""));

test("pointing at an interaction lights its patches, and its course is shown", async () => {
  await withPage({ search: "?epoch=256" }, async (page) => {
    await atSample(page);
    const row = page.locator("section:has(#sample) .interaction").nth(1);
    await row.hover();
    const players = (await row.locator(".players").innerText()).split(/\s+/);
    assert.equal(await page.locator(".sample-picture .patch.lit").count(), players.length);
    await row.click();
    await page.locator(".sample-side svg[data-drawing]").first().waitFor();
    assert.match(await page.locator(".sample-side h4").first().innerText(), /over training/);
  });
});

test("a digit that is opened again is not solved again", async () => {
  await withPage({ search: "?epoch=256" }, async (page) => {
    await atSample(page);
    // The answer says how long solving took: of the one time that it was done.
    const solved = async () =>
      (await page.locator(".sample-picture .certificate").innerText()).match(/^.* Found in .*?(?=\.(\s|$))/s)[0];
    const first = await solved();
    const move = async (name, position) => {
      await page.getByRole("button", { name }).click();
      await page.locator(".inspector[aria-busy=false]").first().waitFor();
      await page.waitForFunction(
        (position) => document.querySelector(".chooser select").value === position,
        String(position),
      );
    };
    await move("Next digit", 1);
    await page.waitForFunction(
      (first) => !document.querySelector(".sample-picture .certificate").textContent.startsWith(first.slice(0, 20)),
      first,
    );
    await move("Previous digit", 0);
    await page.waitForFunction(
      (first) => document.querySelector(".sample-picture .certificate").innerText.startsWith(first),
      first,
    );
  });
});

test("the more interactions are kept, the better they match all masked outputs", async () => {
  await withPage({ search: "?epoch=256" }, async (page) => {
    await atSample(page);
    const slider = page.locator(".matching input[type=range]");
    const share = page.locator(".matching figcaption strong");
    const explained = async (position) => {
      const before = await share.innerText();
      await slider.fill(String(position));
      // The worker may be at the ranges of the sample.
      await page.waitForFunction(
        (before) => document.querySelector(".matching figcaption strong")?.textContent !== before,
        before,
      );
      return Number((await share.innerText()).replace(" %", ""));
    };
    const [few, many, all] = [await explained(150), await explained(500), await explained(1000)];
    assert.ok(few < many && many <= all, `${few} ${many} ${all}`);
    assert.ok(all > 99.5, `all of them explain ${all} %`);
  });
});

test("every output is the sum of its terms, within the bound of the noise", async () => {
  await withPage({ search: "?epoch=256" }, async (page) => {
    await atSample(page);
    await page.locator(".matching .filling.pointed").click({ position: { x: 300, y: 90 } });
    for (let player = 0; player < 4; player++) {
      await page.locator(".explanation .toggle").nth(player).click();
      await page.waitForTimeout(200);
      const cells = page.locator(".sum tr:last-child td:last-child, .sum .total td:last-child");
      // The worker may be at the ranges of the sample.
      await cells.nth(1).waitFor();
      const [sum, output] = await cells.allInnerTexts();
      assert.ok(Math.abs(number(sum) - number(output)) < 1, `${sum} against ${output}`);
    }
  });
});

test("how far other answers may lie stands below the sample, once it rests", async () => {
  await withPage({ search: "?epoch=256" }, async (page) => {
    await atSample(page);
    const ranges = page.locator(".certificate span");
    await ranges.waitFor();
    const found = (await ranges.innerText()).match(
      /Mean order ([\d.]+) \(([\d.]+) to ([\d.]+) in all\), share of orders of 3 and more ([\d.]+) \(([\d.]+) to ([\d.]+) in all\)/,
    );
    assert.ok(found, await ranges.innerText());
    const [order, lowest, highest, share, least, most] = found.slice(1).map(Number);
    assert.ok(1 <= lowest && lowest <= order && order <= highest && highest <= 10, found[0]);
    assert.ok(0 <= least && least <= share && share <= most && most <= 1, found[0]);
    // What the published SGD ends at is one point.
    await page.locator(".solver-choice").getByText("Published SGD").click();
    await page.locator(".verdict strong").waitFor();
    await page.waitForTimeout(1500);
    assert.equal(await ranges.count(), 0);
  });
});

test("the published SGD stops far above the optimum before training", async () => {
  await withPage({ search: "?epoch=0" }, async (page) => {
    await atSample(page);
    await page.locator(".solver-choice").getByText("Published SGD").click();
    await page.locator(".verdict strong").waitFor();
    const times = Number((await page.locator(".verdict strong").innerText()).match(/[\d,.]+/)[0].replace(",", ""));
    assert.ok(times > 50, `${times} times the optimum`);
  });
});

test("a digit drawn by hand is answered and taken apart while it is drawn", async () => {
  await withPage({ search: "?epoch=256" }, async (page) => {
    await page.locator("#draw").scrollIntoViewIfNeeded();
    const pad = page.locator("canvas.pad");
    const box = await pad.boundingBox();
    const to = (x, y) => [box.x + (x / 280) * box.width, box.y + (y / 280) * box.height];
    // A one: a single stroke.
    await page.mouse.move(...to(150, 40));
    await page.mouse.down();
    for (let y = 50; y <= 240; y += 10) await page.mouse.move(...to(150 - (y - 40) / 12, y));
    await page.mouse.up();
    await page.locator(".answer strong").waitFor();
    await page.waitForFunction(() => document.querySelector(".answer strong").textContent === "1");
    const drawing = page.locator("section:has(#draw)");
    await drawing.locator(".interaction").first().waitFor();
    assert.match(
      await drawing.locator(".certificate").innerText(),
      /no decomposition has less than [\d.]+, which is (less than 0\.1|0\.\d) % below/,
    );
    const before = await drawing.locator(".interaction").first().innerText();
    await drawing.getByRole("button", { name: "Draw a 4" }).click();
    await page.waitForFunction(() => document.querySelector(".answer strong").textContent === "4");
    assert.notEqual(await drawing.locator(".interaction").first().innerText(), before);
    await drawing.getByRole("button", { name: "Clear" }).click();
    assert.equal(await drawing.locator(".interaction").count(), 0);
  });
});
