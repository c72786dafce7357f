// Faults of a training in the page, by causing them: workers that end without a word or hang, a page
// that goes away, a storage that is full. After each the training comes to the results of
// one that nothing happened to, to the bit.
//
// Workers end at the first message of every kind, writes fail at the first of every kind, the page goes
// away at every third of both; with SPINDLE_EVERY_MOMENT=1 at all that there are (half an hour).
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  begin,
  chosen,
  goneAt,
  goneOn,
  happened,
  passed,
  prepare,
  reset,
  SEARCH,
  seen,
  sentence,
  wholeDespiteSilence,
  wholeTraining,
} from "./support/faults.mjs";
import { origin, withPage } from "./support/page.mjs";

const IS_EVERY_MOMENT = Boolean(process.env.SPINDLE_EVERY_MOMENT);
const LIMIT = { timeout: IS_EVERY_MOMENT ? 7_200_000 : 1_800_000 };

/**
 * Of a moment that a training came by, whether another one came by it, too. Of the first of every kind
 * all do. Which worker gets which sample, and how often progress is told, is a matter of time: of all
 * moments some do not come again.
 */
async function came(page, at) {
  const isThere = await happened(page);
  assert.ok(isThere || IS_EVERY_MOMENT, `nothing happened: ${at}`);
  return isThere;
}

/** The results of a training that nothing happens to, and the moments of it. */
async function unbroken(page) {
  // The first training starts workers that stay: the second one is like all that follow.
  await wholeTraining(page);
  await reset(page);
  const result = await wholeTraining(page);
  const moments = await passed(page);
  await reset(page);
  return { result, moments };
}

test("a worker that ends without a word at any message costs nothing", LIMIT, async (t) => {
  await withPage({ search: SEARCH, prepare }, async (page) => {
    const { result, moments } = await unbroken(page);
    const messages = moments.filter((name) => !name.startsWith("storage"));
    const tried = chosen(messages);
    let ended = 0;
    for (const at of tried) {
      assert.deepEqual(await wholeTraining(page, at, "worker gone"), result, at);
      const isEnded = await came(page, at);
      ended += isEnded;
      // The page's own viewer and the one that stands in for the record are replaced unseen.
      if (isEnded && /^worker [123]/.test(at)) assert.match(await sentence(page), /^A worker .*\. [A-Z].*\.$/, at);
      assert.equal(await page.locator("section:has(#compare) [role=alert]").count(), 0, at);
      await reset(page);
    }
    t.diagnostic(`workers ended at ${ended} of ${messages.length} messages, nothing lost`);
  });
});

test("a worker that hangs at any message is told, and costs nothing once it is given up", LIMIT, async (t) => {
  await withPage({ search: SEARCH, prepare }, async (page) => {
    const { result, moments } = await unbroken(page);
    const tried = chosen(
      moments.filter((name) => name.startsWith("worker")),
      3,
    );
    let hung = 0;
    for (const at of tried) {
      const { result: found, times } = await wholeDespiteSilence(page, at);
      assert.deepEqual(found, result, at);
      const hangs = await came(page, at);
      hung += hangs;
      // One that does not even begin is replaced by itself.
      assert.ok(!hangs || times > 0 || / (load|lives) /.test(at), `nothing was told: ${at}`);
      await reset(page);
    }
    t.diagnostic(`workers hung at ${hung} of ${tried.length} messages, nothing lost`);
  });
});

test("a reader who waits for a worker that hangs is told again", LIMIT, async () => {
  await withPage({ search: SEARCH, prepare }, async (page) => {
    await begin(page, "worker 2 is told train 1", "worker hangs");
    const told = page.locator(".silence");
    await told.waitFor();
    assert.match(await told.innerText(), /^The training has not answered for a minute: .*\.$/s);
    await page.getByRole("button", { name: "Go on waiting" }).click();
    await told.waitFor({ state: "detached" });
    // The keyboard is not lost with the button.
    await page.waitForFunction(() => document.activeElement?.matches(".train-bar .primary"));
    await told.waitFor();
    assert.equal(await page.locator("[data-phase=preparing]").count(), 1);
  });
});

test("a page that goes away at any message or write goes on where it was", LIMIT, async (t) => {
  await withPage({ search: SEARCH, prepare }, async (page) => {
    const { result, moments } = await unbroken(page);
    const own = moments.filter((name) => !name.startsWith("page"));
    const tried = chosen(own, 3);
    let gone = 0;
    for (const at of tried) {
      const isGone = await goneAt(page, at);
      if (!isGone) await came(page, at);
      gone += isGone;
      await seen(page);
      assert.deepEqual(await goneOn(page), result, at);
      await reset(page);
    }
    t.diagnostic(`pages gone at ${gone} of ${own.length} messages and writes, nothing lost`);
  });
});

for (const fault of ["write refused", "storage full"]) {
  test(`${fault}: the training ends all the same, and goes on from what is stored`, LIMIT, async (t) => {
    await withPage({ search: SEARCH, prepare }, async (page) => {
      const { result, moments } = await unbroken(page);
      const writes = moments.filter((name) => name.startsWith("storage"));
      const tried = chosen(writes);
      for (const at of tried) {
        assert.deepEqual(await wholeTraining(page, at, fault), result, at);
        assert.ok(await happened(page), `no write was refused: ${at}`);
        const isLast = at === writes.at(-1);
        const told = fault === "storage full" || isLast ? /cannot be resumed.*refuses to store it\.$/ : /^$/;
        assert.match(await sentence(page), told, at);
        await page.reload();
        await seen(page);
        assert.deepEqual(await goneOn(page), result, `found again after: ${at}`);
        await reset(page);
      }
      t.diagnostic(`${fault} at ${tried.length} of ${writes.length} writes, nothing lost`);
    });
  });
}

test("a quota of the browser's own is told", LIMIT, async () => {
  let result;
  await withPage({ search: SEARCH, prepare }, async (page) => {
    ({ result } = await unbroken(page));
  });
  await withPage({ search: SEARCH, prepare }, async (page, context) => {
    const browser = await context.newCDPSession(page);
    await browser.send("Storage.overrideQuotaForOrigin", { origin: await origin(), quotaSize: 1 });
    assert.deepEqual(await wholeTraining(page), result);
    assert.match(await sentence(page), /cannot be resumed after the page is closed: The browser's storage is full\.$/);
  });
});
