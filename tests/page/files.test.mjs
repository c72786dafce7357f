// Runs as files: the command line tool's exports, broken ones, saved ones; and the page without a
// network.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { address, flags, folder, phase, ROOT, SMALL, spindle, train, withPage } from "./support/page.mjs";

const SHIPPED = join(ROOT, "web/public/runs/lenet-mnist.spindle");
const choose = (page, files) => page.locator("input[type=file]").setInputFiles(files);

test("an export of the command line tool opens with all its figures", async () => {
  const place = folder();
  spindle(
    "run",
    "--quiet",
    "--out",
    join(place, "run"),
    ...flags({ ...SMALL, epochs: 4, checkpoints: 4, train_samples: 4, resamples: 100, sgd_steps: 200 }),
  );
  spindle("export", "--quiet", join(place, "run"), "--weights", "--out", join(place, "small.spindle"));
  await withPage({}, async (page) => {
    await choose(page, join(place, "small.spindle"));
    await page.locator(".tab", { hasText: "small.spindle" }).waitFor();
    assert.equal(await page.getByRole("slider", { name: "Checkpoint" }).getAttribute("max"), "3");
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator(".interaction").first().waitFor();
    await page.getByRole("button", { name: "Draw a 4" }).click();
    await page.locator(".classes li").first().waitFor();
    await page.getByRole("button", { name: "Close small.spindle" }).click();
    assert.equal(await page.locator(".tab", { hasText: "small.spindle" }).count(), 0);
  });
});

test("broken and foreign files get a sentence each, and what is open stays", async () => {
  const place = folder();
  const whole = readFileSync(SHIPPED);
  const flipped = Buffer.from(whole);
  flipped[whole.length >> 1] ^= 0xff;
  const files = {
    "short.spindle": whole.subarray(0, whole.length >> 1),
    "flipped.spindle": flipped,
    "letter.spindle": Buffer.from("Dear reader"),
    "empty.spindle": Buffer.alloc(0),
  };
  await withPage({}, async (page) => {
    const caption = await page.locator(".evolution .more").textContent();
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(place, name), bytes);
      await choose(page, join(place, name));
      const notice = page.locator(".file-notice", { hasText: name });
      await notice.waitFor();
      assert.match(await notice.innerText(), /was not opened: .*(\.spindle file|digest|damaged|not )/i);
    }
    assert.equal(await page.locator(".evolution .more").textContent(), caption);
  });
});

test("a run of this server opens by its address, another server's is refused", async () => {
  await withPage({ search: "?run=runs/lenet-mnist.spindle" }, async (page) => {
    await page.locator(".tab[aria-pressed=true]", { hasText: "lenet-mnist.spindle" }).waitFor();
  });
  await withPage({ search: "?run=https://example.org/x.spindle" }, async (page) => {
    const notice = page.locator(".file-notice");
    await notice.waitFor();
    assert.match(await notice.innerText(), /another server/);
  });
});

test("a training is saved and dropped back in", async () => {
  await withPage({ search: address({ ...SMALL, epochs: 2 }) }, async (page) => {
    await train(page);
    await phase(page, "finished");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save run" }).click(),
    ]);
    const bytes = [...readFileSync(await download.path())];
    await page.evaluate((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], "mine.spindle"));
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, bytes);
    await page.locator(".tab[aria-pressed=true]", { hasText: "mine.spindle" }).waitFor();
    const views = await page.evaluate(() =>
      globalThis.spindle.runs.value
        .filter((run) => run.live || run.name.startsWith("file "))
        .map((run) => JSON.stringify(run.view.figures)),
    );
    assert.equal(views[0], views[1], "the saved run shows what the training showed");
    const [weights] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save weights" }).click(),
    ]);
    assert.match(weights.suggestedFilename(), /\.safetensors$/);
    await choose(page, { name: "mine.safetensors", mimeType: "", buffer: readFileSync(await weights.path()) });
    await page.locator(".file-notice", { hasText: "mine.safetensors can be asked" }).waitFor();
    await page.getByRole("button", { name: "Draw a 4" }).click();
    await page.locator(".classes li").first().waitFor();
    assert.match(await page.locator(".asked option:checked").innerText(), /mine\.safetensors/);
    await choose(page, { name: "other.safetensors", mimeType: "", buffer: Buffer.from("Dear reader") });
    await page.locator(".file-notice.wrong", { hasText: "other.safetensors was not opened" }).waitFor();
  });
});

test("after the first visit the page works without a network", async () => {
  await withPage(
    { search: address({ ...SMALL, epochs: 2 }), serviceWorkers: "allow", expected: [/ERR_INTERNET_DISCONNECTED/] },
    async (page, context) => {
      await page.evaluate(() => navigator.serviceWorker.ready);
      // Everything but the GPU engine is kept in the background.
      await page.waitForFunction(async () => {
        const wanted = await (await fetch("./precache.json")).json();
        const kept = await Promise.all(wanted.map(({ url }) => caches.match(new URL(url, document.baseURI).href)));
        return kept.every(Boolean);
      });
      await page.reload();
      await context.setOffline(true);
      await page.reload();
      await page.getByRole("slider", { name: "Checkpoint" }).waitFor();
      await train(page);
      await phase(page, "finished");
    },
  );
});
