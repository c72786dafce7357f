// Everything is reached: by axe without any finding, and by the keyboard alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, withPage } from "./support/page.mjs";

/** Brings every section to the screen, so that all of it is there. */
async function wholePage(page) {
  await page.locator("#sample").scrollIntoViewIfNeeded();
  await page.locator("section:has(#sample) .sum .total").waitFor();
  await page.locator("#figures").scrollIntoViewIfNeeded();
  await page.locator("section:has(#figures) figure").first().waitFor();
  await page.locator("#compare").scrollIntoViewIfNeeded();
  await page.locator("section:has(#compare) figure").waitFor();
  await page.locator("#universality").scrollIntoViewIfNeeded();
  await page.locator(".universality tbody tr").first().waitFor();
}

for (const colorScheme of ["light", "dark"])
  for (const width of [1440, 390])
    test(`axe finds nothing at all on the whole page at ${width} pixels, ${colorScheme}`, async () => {
      await withPage({ search: "?epoch=256", colorScheme, viewport: { width, height: 900 } }, async (page) => {
        await wholePage(page);
        assert.deepEqual(await findings(page), []);
      });
    });

test("a keyboard walks through everything, sees where it is, and comes out at the end", async (t) => {
  await withPage(
    { search: "?epoch=256", reducedMotion: "reduce", viewport: { width: 1440, height: 900 } },
    async (page) => {
      await wholePage(page);
      await page.evaluate(() => {
        scrollTo(0, 0);
        document.activeElement?.blur();
      });
      const seen = [];
      for (let step = 0; step < 400; step++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(() => {
          const element = document.activeElement;
          if (!element || element === document.body) return undefined;
          const label = element.labels?.[0]?.innerText ?? "";
          const box = (element.closest(".segmented label") ?? element).getBoundingClientRect();
          const ring = element.closest(".segmented label") ?? element;
          const { outlineStyle, outlineWidth } = getComputedStyle(ring);
          return {
            what: `${element.tagName} ${element.className} ${element.getAttribute("aria-label") ?? ""}`,
            name:
              element.getAttribute("aria-label") ||
              element.innerText ||
              label ||
              element.title ||
              element.getAttribute("aria-labelledby"),
            isSeen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
            hasRing: outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0,
          };
        });
        if (!at) break;
        seen.push(at);
      }
      t.diagnostic(`${seen.length} stops`);
      assert.ok(seen.length > 80 && seen.length < 400, `${seen.length} stops`);
      assert.deepEqual(
        seen.filter(({ name }) => !name).map(({ what }) => what),
        [],
        "without a name",
      );
      assert.deepEqual(
        seen.filter(({ isSeen }) => !isSeen).map(({ what }) => what),
        [],
        "not on the screen",
      );
      assert.deepEqual(
        seen.filter(({ hasRing }) => !hasRing).map(({ what }) => what),
        [],
        "without a ring",
      );
      for (const part of ["INPUT", "SELECT", "SUMMARY", "A ", "BUTTON interaction", "BUTTON toggle", "BUTTON link go"])
        assert.ok(
          seen.some(({ what }) => what.startsWith(part)),
          `${part} is not among the stops`,
        );
    },
  );
});

test("a fast keyboard finds the controls of a sample, and stays where it is while they come", async () => {
  await withPage({ search: "?epoch=256", viewport: { width: 1440, height: 900 } }, async (page) => {
    await page.locator(".toy button").last().focus();
    const label = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    for (const name of ["Reference 2", "Previous digit", "Which digit"]) {
      await page.keyboard.press("Tab");
      assert.equal(await label(), name);
    }
    await page.locator("section:has(#sample) .interaction").first().waitFor();
    assert.equal(await label(), "Which digit");
  });
  // Whoever walks through the page has the sample long before it is reached.
  await withPage({ search: "?epoch=256" }, async (page) => {
    await page.keyboard.press("Tab");
    await page.locator("section:has(#sample) .interaction").first().waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
  });
});

test("where colours are forced, figures still have theirs", async () => {
  await withPage({ search: "?epoch=256", forcedColors: "active" }, async (page) => {
    const bar = await page
      .locator(".solver.certified .bar-mark")
      .first()
      .evaluate((element) => getComputedStyle(element).fill);
    const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    assert.notEqual(bar, paper);
  });
});
