// Several runs: the menu, the address, two side by side, the table of all, the table of pairs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openFixture, shipping } from "./support/fixtures.mjs";
import { assertSound, withPage } from "./support/page.mjs";

const prepare = await shipping(["words", "points"]);
// The service worker asks the server itself, past what these tests put in its place.
const withoutKeeper = { serviceWorkers: "block", expected: [/Service Worker registration blocked/] };

test("runs that came with the page are listed, and opened by a click only", async () => {
  const asked = [];
  const watch = async (page) => {
    await prepare(page);
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  };
  await withPage({ prepare: watch, ...withoutKeeper }, async (page) => {
    await page.getByRole("button", { name: "Open a run…" }).click();
    const cards = page.locator("#run-menu .card");
    assert.equal(await cards.count(), 4);
    assert.match(
      await cards.nth(1).innerText(),
      /BERT-Tiny on movie snippets\s+20 training samples, 32 epochs, seed 0\s+made up; 0\.0 MB/,
    );
    assert.deepEqual(
      asked.filter((path) => /words|points|\.spindle$/.test(path)),
      [],
      "no other run is loaded before it is asked for",
    );
    await cards.nth(1).click();
    await page.locator(".tab[aria-pressed=true]", { hasText: "BERT-Tiny on movie snippets" }).waitFor();
    assert.equal(await page.locator("#run-menu").isVisible(), false);
    await page.waitForFunction(() => new URLSearchParams(location.search).get("run") === "words");
    await page.locator(".tab", { hasText: "LeNet" }).click();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("run") === null);
  });
});

test("a run that came with the page opens by its name in the address", async () => {
  await withPage({ prepare, ...withoutKeeper, search: "?run=points&epoch=32" }, async (page) => {
    await page.locator(".tab[aria-pressed=true]", { hasText: "DGCNN on solids" }).waitFor();
    assert.equal(await page.locator(".evolution h3 .now").innerText(), "epoch 32");
  });
});

test("a server of other runs has them listed, and the first one opened", async () => {
  const others = await shipping(["words", "points"], { alone: true });
  const expected = [...withoutKeeper.expected, /status of 404/];
  await withPage({ ...withoutKeeper, prepare: others, expected }, async (page) => {
    await page.locator(".tab[aria-pressed=true]", { hasText: "BERT-Tiny on movie snippets" }).waitFor();
    assert.equal(await page.locator(".file-notice").count(), 0);
    await page.getByRole("button", { name: "Open a run…" }).click();
    const cards = page.locator("#run-menu .card");
    assert.equal(await cards.count(), 3);
    assert.match(await cards.nth(1).innerText(), /made up$/);
    await cards.nth(1).click();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("run") === "points");
  });
  await withPage({ ...withoutKeeper, prepare: others, expected, search: "?run=points" }, async (page) => {
    await page.locator(".tab[aria-pressed=true]", { hasText: "DGCNN on solids" }).waitFor();
    assert.equal(await page.locator(".tab:not(.open)").count(), 1, "what was not asked for is not loaded");
    await page.waitForFunction(() => !document.title.includes("movie"));
    assert.equal(new URL(page.url()).searchParams.get("run"), "points", "a reload shows the same");
  });
});

test("two runs are compared at the cursor's time, and a table says what differs", async () => {
  await withPage({ prepare, ...withoutKeeper }, async (page) => {
    await page.locator("#compare").scrollIntoViewIfNeeded();
    const figure = page.locator("section:has(#compare) figure");
    await figure.locator("svg[data-drawing]").nth(4).waitFor();
    await page.waitForFunction(() =>
      /mean order of the second minus that of the first is/.test(
        document.querySelector("section:has(#compare) figcaption")?.textContent ?? "",
      ),
    );
    assert.match(await figure.locator("h3").innerText(), /LeNet on MNIST and BERT-Tiny on movie snippets/);
    await page.getByLabel("Second run").selectOption("points");
    await figure.locator("h3", { hasText: "and DGCNN on solids" }).waitFor();
    await page.getByLabel("First run").selectOption("points");
    assert.equal(await page.getByLabel("Second run").inputValue(), "lenet-mnist", "the two change places");
    const table = page.locator(".all-runs table");
    await table.locator("td").first().waitFor();
    const heads = await table.locator("thead th").allInnerTexts();
    for (const field of ["model", "data", "epochs", "players"])
      assert.ok(heads.includes(field), `${field} is not among ${heads}`);
    for (const word of ["points", "sgd sweep"]) assert.ok(!heads.includes(word), `${word} is among ${heads}`);
    assert.equal(await table.locator("tbody tr").count(), 3);
    assert.equal(await table.locator("tbody td:empty").count(), 0, "what is not known says so");
    const slider = page.getByRole("slider", { name: "Checkpoint" });
    await slider.focus();
    await page.keyboard.press("Home");
    await page.waitForFunction(() =>
      /^Both before training/.test(document.querySelector("section:has(#compare) figcaption")?.textContent ?? ""),
    );
  });
});

for (const width of [1440, 1024, 390]) {
  test(`all columns of the table of runs can be read at ${width} pixels`, async () => {
    await withPage({ viewport: { width, height: 900 } }, async (page) => {
      await page.locator("#compare").scrollIntoViewIfNeeded();
      const table = page.locator(".all-runs .scroll");
      await table.locator("td").first().waitFor();
      await table.scrollIntoViewIfNeeded();
      // Columns that are away are reached by the keyboard, with the run's name beside them.
      await table.focus();
      await table.evaluate((region) => region.scrollTo({ left: region.scrollWidth, behavior: "instant" }));
      const seen = await table.evaluate((region) => {
        const { left, right } = region.getBoundingClientRect();
        const isInside = (cell) => {
          const box = cell.getBoundingClientRect();
          return box.left >= left - 1 && box.right <= right + 1;
        };
        const [name, last] = ["tbody th", "tbody td:last-child"].map((cell) => region.querySelector(cell));
        const cells = [...region.querySelectorAll("tbody :is(th, td):not(:empty)")];
        return { ends: isInside(name) && isInside(last), all: cells.every(isInside), label: last.dataset.label };
      });
      assert.ok(seen.ends, "the last column and the name stand side by side");
      assert.ok(seen.label.length > 0);
      if (width < 700) assert.ok(seen.all, "folded, nothing lies beyond the edge");
      assert.match(await table.evaluate((region) => getComputedStyle(region).backgroundImage), /gradient.*gradient/);
    });
  });
}

test("the name of a run in the table leads to the figure, which says that it shows it", async () => {
  await withPage({ prepare, ...withoutKeeper, reducedMotion: "reduce" }, async (page) => {
    await page.locator("#compare").scrollIntoViewIfNeeded();
    await page.locator(".all-runs").getByRole("button", { name: "DGCNN on solids", exact: true }).click();
    await page.waitForFunction(() => document.activeElement?.classList.contains("tab"));
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "DGCNN on solids");
    const top = await page.locator("#figure").evaluate((element) => element.getBoundingClientRect().top);
    assert.ok(Math.abs(top) < 2, `the figure's top is at ${top}`);
    await page.getByRole("status").filter({ hasText: "The figure shows DGCNN on solids." }).waitFor();
  });
});

test("what runs warn of is in the page's words", async () => {
  await withPage({}, async (page) => {
    const caption = page.locator(".evolution .more");
    await caption.locator("summary").click();
    assert.match(await caption.innerText(), /1 warning: .* A larger noise ratio, or 0 to say so, is clearer\./);
    assert.doesNotMatch(await caption.innerText(), /--/);
  });
});

test("alone, a run waits for another one", async () => {
  await withPage(
    { ...withoutKeeper, prepare: (page) => page.route("**/runs/index.json", (route) => route.fulfill({ json: [] })) },
    async (page) => {
      await page.locator("#compare").scrollIntoViewIfNeeded();
      assert.match(await page.locator("section:has(#compare)").innerText(), /There is one run here/);
      await openFixture(page, "words");
      await page.locator("section:has(#compare) figure").waitFor();
    },
  );
});

test("the table of pairs says what each row rests on, and opens the run behind it", async () => {
  await withPage({ search: "?epoch=0" }, async (page) => {
    await page.locator("#universality").scrollIntoViewIfNeeded();
    const rows = page.locator(".universality tbody tr");
    await rows.first().waitFor();
    assert.equal(await rows.count(), 20);
    const lenet = rows.first();
    assert.equal(await lenet.locator(".moments svg").count(), 3);
    assert.match(await lenet.innerText(), /real run/);
    const without = rows.filter({ hasText: "CIFAR-10" }).first();
    assert.match(await without.innerText(), /runs on data of this layout; not run on the data set itself/);
    await lenet.getByRole("link", { name: "real run" }).click();
    await page.waitForFunction(() => /boundary/.test(document.querySelector(".evolution h3 .now").textContent));
  });
});

for (const [width, colorScheme] of [
  [1440, "light"],
  [390, "dark"],
]) {
  test(`menu, comparison and table have no serious finding of axe and stay within ${width} pixels, ${colorScheme}`, async () => {
    await withPage({ prepare, ...withoutKeeper, viewport: { width, height: 844 }, colorScheme }, async (page) => {
      await page.getByRole("button", { name: "Open a run…" }).click();
      await page.locator("#compare").scrollIntoViewIfNeeded();
      await page.locator("section:has(#compare) figure").waitFor();
      await page.locator(".all-runs td").first().waitFor();
      await page.locator("#universality").scrollIntoViewIfNeeded();
      await page.locator(".moments svg").first().waitFor();
      await assertSound(page);
    });
  });
}
