// What a reader does not wait for: work that nobody wants any longer, an engine at the first stroke,
// a training that two tabs would write.
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, origin, phase, SMALL, train, withPage } from "./support/page.mjs";

test("descents that nobody waits for any longer are given up", { timeout: 300_000 }, async () => {
  await withPage({ search: "?epoch=256#sample" }, async (page) => {
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator("section:has(#sample) .interaction").first().waitFor();
    const begun = Date.now();
    await page.locator(".solver-choice").getByText("Published SGD").click();
    await page.locator(".verdict strong").waitFor();
    const one = Date.now() - begun;
    const slider = page.locator("#sgd-rate");
    const again = Date.now();
    for (const exponent of ["-6", "-4", "-7", "-3"]) {
      await slider.fill(exponent);
      await page.waitForTimeout(250);
    }
    await page.waitForFunction(() =>
      /10⁻³|0\.001/.test(document.querySelector(".slider label[for=sgd-rate] b").textContent),
    );
    await page.locator(".verdict strong").waitFor();
    const four = Date.now() - again;
    // One after the other they would take four times as long.
    assert.ok(four < 2.5 * one + 2_500, `${four} ms for the last of four, ${one} ms for one`);
    // The certified answer comes at once, whatever is under way.
    await slider.fill("-8");
    await page.waitForTimeout(200);
    const back = Date.now();
    await page.locator(".solver-choice").getByText("Certified optimum").click();
    await page.locator(".certificate", { hasText: "no decomposition has less" }).waitFor();
    assert.ok(Date.now() - back < Math.max(2_000, one / 2), `${Date.now() - back} ms back to the certified answer`);
  });
});

test("the engine is there before the first stroke", async () => {
  await withPage({}, async (page) => {
    const before = page.workers().length;
    await page.locator("#draw").scrollIntoViewIfNeeded();
    await page.waitForTimeout(500);
    for (let wait = 0; wait < 60 && page.workers().length <= before; wait++) await page.waitForTimeout(250);
    await page.waitForTimeout(4_000);
    const ready = page.workers().length;
    assert.ok(ready > before, "no worker was started when the section came near");
    const begun = Date.now();
    await page.getByRole("button", { name: "Draw a 4" }).click();
    await page.locator(".classes li").first().waitFor();
    const taken = Date.now() - begun;
    assert.equal(page.workers().length, ready, "no other one at the stroke");
    // Without the engine it took as long as that takes to load: seconds more.
    assert.ok(taken < 8_000, `the first answer after ${taken} ms`);
  });
});

test("two tabs do not write one training: the second says so, and may take it over", { timeout: 200_000 }, async () => {
  const search = address({ ...SMALL, epochs: 400, checkpoints: 6 });
  await withPage({ search }, async (page, context) => {
    await train(page);
    await phase(page, "running");
    await page.waitForFunction(() => globalThis.spindle.training.value.losses.value.length > 2);
    const second = await context.newPage();
    await second.goto(`${await origin()}/${search}`);
    const notice = second.locator(".elsewhere-tab");
    await notice.waitFor();
    assert.match(await notice.innerText(), /Another tab of this page has a training under way/);
    assert.equal(await second.locator(".status").count(), 0);
    // Train does not begin a second one either.
    await train(second);
    await second.waitForTimeout(500);
    assert.equal(await second.locator(".status").count(), 0);
    await notice.getByRole("button").click();
    await phase(second, "paused");
    await page.locator(".elsewhere-tab").waitFor();
    assert.equal(await page.locator(".status").count(), 0);
    await second.getByRole("button", { name: "Go on" }).click();
    await phase(second, "running");
    await second.close();
    await page.waitForTimeout(1_500);
    await train(page);
    await phase(page, "running");
  });
});

/** Keeps the size of what the page's thread copies of a session: into the record, into the database, out of it. */
function watchCopies() {
  globalThis.copies = [];
  const size = (value) => {
    if (value instanceof Uint8Array) return value.byteLength;
    if (!value || typeof value !== "object") return 0;
    return Object.values(value).reduce((sum, part) => sum + size(part), 0);
  };
  const keep = (what, value) => globalThis.copies.push({ what, bytes: size(value) });
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (value, key) {
    // A run that is over is kept as one file.
    if (this.transaction.db.name === "spindle") keep("write", value);
    return put.call(this, value, key);
  };
  const { get } = Object.getOwnPropertyDescriptor(IDBCursorWithValue.prototype, "value");
  Object.defineProperty(IDBCursorWithValue.prototype, "value", {
    get() {
      const value = get.call(this);
      keep("read", value);
      return value;
    },
  });
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...more) {
    const [[name, command] = []] = Object.entries(message.command ?? {});
    if (name?.startsWith("record")) keep("message", command);
    postMessage.call(this, message, ...more);
  };
}

test("a checkpoint of megabytes is never copied at once", { timeout: 200_000 }, async () => {
  const search = address({ ...SMALL, epochs: 1, samples: 60, train_samples: 0, players: 10 });
  await withPage({ search, prepare: (page) => page.addInitScript(watchCopies) }, async (page) => {
    const copied = async (what) => {
      const bytes = (await page.evaluate(() => globalThis.copies)).filter((copy) => copy.what === what);
      return bytes.map((copy) => copy.bytes);
    };
    const together = (bytes) => bytes.reduce((sum, bytes) => sum + bytes, 0);
    await train(page);
    await phase(page, "comparing");
    const [written, sent] = [await copied("write"), await copied("message")];
    await page.reload();
    await phase(page, "comparing");
    for (const [what, bytes] of Object.entries({ written, sent, read: await copied("read") })) {
      assert.ok(together(bytes) > 4e6, `${what}: ${together(bytes)} bytes in all`);
      assert.ok(Math.max(...bytes) < 1e6, `${what}: ${Math.max(...bytes)} bytes at once`);
    }
  });
});
