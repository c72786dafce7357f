// Names in drawings: none is cut off, none lies on another one, on a curve or on a mark, none stands
// twice on an axis, an axis of losses has values, every bar its category's; in all runs that come with the page and at three widths.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT, withPage } from "./support/page.mjs";

const dist = process.env.SPINDLE_DIST ?? join(ROOT, "web/dist");
const RUNS = JSON.parse(readFileSync(join(dist, "runs/index.json"), "utf8"));

/** What is wrong with the names in the drawings of a page. */
function faults() {
  const found = [];
  const inside = (a, b) =>
    a.left >= b.left - 0.6 && a.right <= b.right + 0.6 && a.top >= b.top - 0.6 && a.bottom <= b.bottom + 0.6;
  // Boxes of letters have room above what is drawn of them, and below what has no descender.
  const ink = ({ left, right, top, bottom }, below = 0.22) => ({
    left,
    right,
    top: top + (bottom - top) * 0.2,
    bottom: bottom - (bottom - top) * below,
  });
  // Less air than this between two names, and they look like one.
  const AIR = 1.5;
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom + AIR && b.top < a.bottom + AIR;
  const drawings = [...document.querySelectorAll("svg[data-drawing]")].filter(
    (svg) => svg.getBoundingClientRect().width > 0,
  );
  for (const svg of drawings) {
    const frame = svg.getBoundingClientRect();
    const where = svg.parentElement.getAttribute("aria-label").slice(0, 60);
    const names = [...svg.querySelectorAll("text")].map((text) => ({
      words: text.textContent,
      box: text.getBoundingClientRect(),
    }));
    for (const { words, box } of names)
      if (!inside(ink(box, 0.05), frame)) found.push(`“${words}” is cut off in: ${where}`);
    names.forEach((a, index) => {
      for (const b of names.slice(index + 1))
        if (meet(ink(a.box), ink(b.box))) found.push(`“${a.words}” lies on “${b.words}” in: ${where}`);
    });
    for (const curve of svg.querySelectorAll("path[fill=none]")) {
      const length = curve.getTotalLength();
      const matrix = curve.getScreenCTM();
      for (let at = 0; at <= length; at += 3) {
        const point = curve.getPointAtLength(at).matrixTransform(matrix);
        const hit = names.find(({ box }) => {
          const { left, right, top, bottom } = ink(box);
          return point.x > left && point.x < right && point.y > top && point.y < bottom;
        });
        if (hit) {
          found.push(`a curve runs through “${hit.words}” in: ${where}`);
          break;
        }
      }
    }
    // A mark's line beside its own words is no fault.
    for (const line of svg.querySelectorAll("line[stroke-dasharray]")) {
      const { left, top, bottom } = line.getBoundingClientRect();
      for (const { words, box } of names) {
        const name = ink(box);
        if (left > name.left + 1 && left < name.right - 1 && top < name.bottom && bottom > name.top)
          found.push(`a mark runs through “${words}” in: ${where}`);
      }
    }
    const values = [...svg.querySelectorAll("g[text-anchor=end] text")].map((text) => text.textContent);
    for (const value of new Set(values.filter((value, index) => values.indexOf(value) !== index)))
      found.push(`“${value}” stands twice on an axis in: ${where}`);
    if (/loss \(nats\)/.test(svg.textContent) && svg.querySelectorAll("g[text-anchor=end] text").length < 2)
      found.push(`fewer than two values on the axis of losses in: ${where}`);
  }
  return { drawings: drawings.length, found: [...new Set(found)] };
}

for (const { name, title } of RUNS)
  for (const width of [1440, 1024, 390])
    test(`every name is whole and free at ${width} pixels: ${title}`, async () => {
      await withPage({ viewport: { width, height: 900 }, search: `?run=${name}&epoch=0` }, async (page) => {
        await page.locator("#sample").scrollIntoViewIfNeeded();
        await page.locator("section:has(#sample) .interaction").first().waitFor();
        await page.locator("#figures").scrollIntoViewIfNeeded();
        await page.locator("section:has(#figures) svg[data-drawing]").first().waitFor();
        await page.locator("#compare").scrollIntoViewIfNeeded();
        await page.locator("section:has(#compare) figure").waitFor();
        for (const at of ["Home", "End"]) {
          await page.getByRole("slider", { name: "Checkpoint" }).focus();
          await page.keyboard.press(at);
          await page.waitForTimeout(150);
          const { drawings, found } = await page.evaluate(faults);
          assert.ok(drawings > 15, `only ${drawings} drawings`);
          assert.deepEqual(found, []);
          const rules = page
            .locator("figure", { hasText: "Regret of rules" })
            .locator("svg g[text-anchor=middle] text");
          if (name === "lenet-mnist")
            for (const word of ["high", "mean", "cancel", "patience", "never"])
              assert.ok(
                (await rules.allTextContents()).some((text) => text.startsWith(word)),
                `no bar is named ${word}`,
              );
        }
      });
    });
