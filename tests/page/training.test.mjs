// Training on the reader's device: controls, resuming, both phases, faults, and what a browser
// lacks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, fact, held, phase, SMALL, train, withPage } from "./support/page.mjs";

const LONG = { ...SMALL, epochs: 400, checkpoints: 6 };
const epoch = async (page) => Number((await fact(page, "epoch")).match(/epoch ([\d.,]+)/)[1].replace(",", ""));

test("a training runs, pauses, goes on for an epoch, ends anew", async () => {
  await withPage({ search: address(LONG) }, async (page) => {
    await train(page);
    await phase(page, "running");
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await phase(page, "paused");
    const paused = await epoch(page);
    await page.waitForTimeout(400);
    assert.equal(await epoch(page), paused, "a paused training rests");
    await page.getByRole("button", { name: "One epoch" }).click();
    await page.waitForFunction(
      (before) =>
        Number(document.querySelector("[data-fact=epoch]").textContent.match(/epoch ([\d.]+)/)[1]) >= before + 0.99,
      paused,
    );
    await phase(page, "paused");
    assert.ok(Math.abs((await epoch(page)) - paused - 1) < 0.06, "one epoch is one epoch");
    assert.match(await page.locator(".badge").innerText(), /WebAssembly/);
    await page.getByRole("button", { name: "Reset" }).click();
    await page.locator(".status").waitFor({ state: "detached" });
    assert.equal(await page.locator(".tab", { hasText: "Your training" }).count(), 0);
  });
});

test("of a training that has only begun no phases are claimed", async () => {
  await withPage({ search: address({ ...LONG, samples: 12 }) }, async (page) => {
    await train(page);
    await page.waitForFunction(
      () => /[1-9] of 6/.test(document.querySelector("[data-fact=measured]")?.textContent ?? ""),
      undefined,
      { timeout: 120_000 },
    );
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await phase(page, "paused");
    const caption = await page.locator(".evolution .more").textContent();
    assert.match(caption, /Too little to tell phases from|not distinguishable/);
    assert.doesNotMatch(caption, /boundary at epoch/);
    assert.notEqual(await held(page, "current.value.view.phases.verdict"), "two-phases");
  });
});

test("a closed page goes on where it was, with the checkpoints that were measured", async () => {
  await withPage({ search: address(LONG) }, async (page) => {
    await train(page);
    await page.waitForFunction(
      () => /[2-9] of 6/.test(document.querySelector("[data-fact=measured]")?.textContent ?? ""),
      undefined,
      { timeout: 120_000 },
    );
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await phase(page, "paused");
    const [before, curve] = [await epoch(page), await held(page, "training.value.losses.value.length")];
    await page.reload();
    await phase(page, "paused");
    assert.equal(await page.locator(".tab[aria-pressed=true]").innerText(), "Your training");
    assert.ok(Math.abs((await epoch(page)) - before) < 0.06, "the same epoch");
    assert.equal(await held(page, "training.value.losses.value.length"), curve);
    assert.ok(Number((await fact(page, "measured")).match(/(\d+) of/)[1]) >= 2);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForFunction(
      (before) => Number(document.querySelector("[data-fact=epoch]").textContent.match(/epoch ([\d.]+)/)[1]) > before,
      before,
    );
  });
});

test("LeNet learns the digits to over 90 %, and its mean order falls and rises", { timeout: 600_000 }, async () => {
  const settings = {
    train_size: 2000,
    epochs: 60,
    learning_rate: 0.05,
    batch: 64,
    samples: 16,
    train_samples: 0,
    checkpoints: 10,
    label_noise: 0,
  };
  await withPage({ search: address(settings) }, async (page) => {
    await train(page);
    await page.locator("[data-phase=comparing], [data-phase=finished]").waitFor({ timeout: 500_000 });
    assert.ok(Number((await fact(page, "accuracy")).match(/([\d.]+) %/)[1]) > 90, await fact(page, "accuracy"));
    const orders = await page.evaluate(() =>
      globalThis.spindle.current.value.view.figures
        .find(({ kind }) => kind.statistic === "mean-order")
        .kind.salient.map((estimate) => estimate.value),
    );
    const least = Math.min(...orders);
    assert.ok(orders[0] > least && orders.at(-1) > least, `mean orders ${orders}`);
    assert.equal(await fact(page, "measured"), "10 of 10 checkpoints measured");
    const caption = await page.locator(".evolution .more").textContent();
    assert.match(caption, /share of orders of 3 and more/);
    assert.match(caption, /Two phases, with the boundary|Phases are not distinguishable/);
    assert.match(caption, /The loss gap (opens at|does not open)/);
  });
});

test("a training that is over is compared with the published procedure, and its figures are drawn", async () => {
  await withPage({ search: address({ ...SMALL, epochs: 2 }) }, async (page) => {
    await train(page);
    await phase(page, "finished");
    const names = await page.evaluate(() => globalThis.spindle.current.value.view.figures.map(({ name }) => name));
    for (const name of ["certified-against-sgd", "noise-bounds"])
      assert.ok(names.includes(name), `${name} is not among ${names}`);
    await page.locator("#figures").scrollIntoViewIfNeeded();
    const section = page.locator("section:has(#figures)");
    await section.locator("figure svg[data-drawing]").first().waitFor();
    const placed = ["strength-by-order", "strength-all-checkpoints", "share-of-high-orders"];
    assert.equal(await section.locator("figure").count(), names.filter((name) => !placed.includes(name)).length);
    const bounds = section.locator("figure", { hasText: "All interactions at several noise bounds" });
    assert.equal(await bounds.locator(".legend li").count(), 4);
    assert.match(await bounds.locator("figcaption").innerText(), /Mean order of all interactions/);
  });
});

test("while a training is compared, questions about its samples are answered", async () => {
  await withPage({ search: address({ ...SMALL, epochs: 2, samples: 40, players: 9 }) }, async (page) => {
    await train(page);
    await page.locator("[data-phase=comparing]").waitFor({ timeout: 120_000 });
    await page.locator("#sample").scrollIntoViewIfNeeded();
    await page.locator(".interaction").first().waitFor();
    await page.getByRole("button", { name: "Next digit" }).click();
    await page.waitForFunction(() => document.querySelector("[aria-label='Which digit']").value === "1");
    await page.locator(".explanation .toggle").first().click();
    await page.locator(".sum .total").waitFor();
    assert.equal(await page.locator("[data-phase=comparing]").count(), 1, "it is still being compared");
  });
});

test("a panic of the engine is told, and the training goes on from its last state", async () => {
  await withPage({ search: address(LONG), expected: [/unreachable/] }, async (page) => {
    await train(page);
    await page.waitForFunction(() =>
      /[1-9] of 6/.test(document.querySelector("[data-fact=measured]")?.textContent ?? ""),
    );
    await page.evaluate(() => globalThis.spindle.training.value.fault("panic"));
    await page.locator(".status [role=alert]").waitFor();
    assert.match(await page.locator(".status [role=alert]").innerText(), /defect.*went on from/s);
    const before = await epoch(page);
    await page.waitForFunction(
      (before) =>
        Number(document.querySelector("[data-fact=epoch]").textContent.match(/epoch ([\d.]+)/)[1]) > before + 1,
      before,
    );
  });
});

test("a browser without WebGPU trains on WebAssembly, and says why", async () => {
  await withPage({ search: `${address(LONG)}&engine=webgpu` }, async (page) => {
    await train(page);
    await phase(page, "running");
    assert.match(await page.locator(".badge").innerText(), /WebAssembly.*(no WebGPU|no WebGPU adapter)/s);
  });
});

test("what cannot be trained is told before anything runs", async () => {
  await withPage({ search: address({ ...SMALL, samples: 2000 }) }, async (page) => {
    assert.match(await page.locator(".file-notice").innerText(), /samples=2000: samples must be .* at most 1000/);
    assert.equal(await page.locator("[name=samples]").inputValue(), "50");
    await page.locator("[name=samples]").fill("2000");
    await page.locator("[name=samples]").blur();
    assert.match(await page.locator(".obstacle").innerText(), /No training begins .* at most 1000/);
    assert.equal(await page.getByRole("button", { name: /^Train/ }).isDisabled(), true);
  });
});

test("a training that diverges says so and keeps what was measured", async () => {
  await withPage({ search: address({ ...SMALL, learning_rate: 900, epochs: 4 }) }, async (page) => {
    await train(page);
    await phase(page, "failed");
    assert.match(await page.locator(".status [role=alert]").innerText(), /diverged.*smaller learning rate/s);
    await page.waitForFunction(() => globalThis.spindle.current.value.view.checkpoints.length > 0);
  });
});

test("what is pressed while a training is prepared holds, and a training that was reset does not come back", async () => {
  await withPage({ search: address(LONG) }, async (page) => {
    await train(page);
    await page.getByRole("button", { name: "Reset" }).click();
    await page.waitForTimeout(3_000);
    assert.equal(await page.locator(".status").count(), 0, "nothing trains after a reset");
    // From outside, the second click may come behind the first steps.
    await page.evaluate(async () => {
      const button = (name) =>
        [...document.querySelectorAll("button")].find((one) => name.test(one.textContent.trim()));
      button(/^Train/).click();
      while (!button(/^Pause$/)) await new Promise(requestAnimationFrame);
      button(/^Pause$/).click();
    });
    await phase(page, "paused");
    await page.waitForTimeout(600);
    assert.equal(await epoch(page), 0, "paused before its first step");
    await page.getByRole("button", { name: "Reset" }).click();
    await page.reload();
    await page.getByRole("slider", { name: "Checkpoint" }).waitFor();
    await page.waitForTimeout(1_000);
    assert.equal(await page.locator(".status").count(), 0, "nothing is found again");
  });
});

test("a hidden tab pauses and goes on when it is seen again", async () => {
  await withPage({ search: address(LONG) }, async (page) => {
    await train(page);
    await phase(page, "running");
    const hide = (hidden) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await hide(true);
    await phase(page, "paused");
    await hide(false);
    await phase(page, "running");
  });
});

test("the keyboard alone trains and pauses", async () => {
  await withPage({ search: address(LONG) }, async (page) => {
    await page.locator(".primary:enabled").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "Skip to the figure");
    for (let press = 0; press < 50; press++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.classList.contains("primary"))) break;
    }
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Train/);
    await page.keyboard.press("Enter");
    await phase(page, "running");
    await page.keyboard.press("Enter");
    await phase(page, "paused");
  });
});

test("a training that grows writes no address that says the same", async () => {
  const prepare = (page) =>
    page.addInitScript(() => {
      const { replaceState } = history;
      window.writes = { all: 0, idle: 0 };
      history.replaceState = (...of) => {
        const before = location.href;
        replaceState.apply(history, of);
        window.writes.all += 1;
        if (location.href === before) window.writes.idle += 1;
      };
    });
  await withPage({ search: address({ ...LONG, train_size: 500 }), prepare }, async (page) => {
    await train(page);
    await page.waitForFunction(() => spindle.current.value?.live && spindle.current.value.view.checkpoints.length > 2);
    // It is written half a second after the last change.
    await page.waitForTimeout(2000);
    await page.locator(".tab", { hasText: "LeNet on MNIST" }).click();
    await page.getByRole("slider", { name: "Checkpoint" }).fill("0");
    await page.waitForFunction(() => location.search.includes("epoch="));
    const { all, idle } = await page.evaluate(() => window.writes);
    assert.ok(all > 0);
    assert.equal(idle, 0);
  });
});

/** Tasks of the page's thread in a trace: how long they ran, in milliseconds of that thread's own time. */
function tasksOf({ traceEvents }) {
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const isPage = ({ pid, tid }) => threads.some((thread) => thread.pid === pid && thread.tid === tid);
  const tasks = traceEvents.filter((event) => /RunTask$/.test(event.name) && event.ph === "X" && isPage(event));
  return tasks.map(({ tdur = 0 }) => tdur / 1000);
}

test("in the first 20 s of training no task takes the page's thread for 50 ms", { timeout: 120_000 }, async () => {
  const search = address({ ...LONG, train_size: 2000, players: 10, samples: 40 });
  await withPage({ search }, async (page, context) => {
    await page.locator(".primary:enabled").waitFor();
    // Wall time would count the other processes of a test machine too.
    await context.browser().startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
    await train(page);
    await phase(page, "running");
    await page.waitForTimeout(20_000);
    const tasks = tasksOf(JSON.parse((await context.browser().stopTracing()).toString()));
    assert.ok(tasks.length > 500, `${tasks.length} tasks in the trace`);
    assert.ok(
      Number(await held(page, "current.value.view.checkpoints.length")) > 1,
      "checkpoints were drawn meanwhile",
    );
    assert.ok(Math.max(...tasks) < 50, `a task of ${Math.max(...tasks)} ms`);
  });
});
