// What a reader of the built page waits for: its largest element, and tasks that keep its thread
// from answering.
import { setTimeout as sleep } from "node:timers/promises";
import { onFreshPage } from "./chromium.js";

/** Milliseconds after loading in which a larger element may still come. */
const SETTLE = 2000;
/** Milliseconds of training over which tasks are watched. */
const TRAINING = 60_000;

/** Milliseconds from navigation to the largest contentful paint, nothing cached. */
export function largestPaint(browser, url) {
  return onFreshPage(browser, async (page) => {
    await observe(page, "largest-contentful-paint");
    await page.goto(url, { waitUntil: "load" });
    await sleep(SETTLE);
    const paints = await observed(page);
    return paints.at(-1)?.startTime ?? NaN;
  });
}

/**
 * Milliseconds of the tasks over 50 ms on the page's thread, from the press of Train on.
 *
 * The browser is one without WebGPU: there the page trains on the CPU.
 */
export function longTasksInTraining(browser, url) {
  return onFreshPage(browser, async (page) => {
    await observe(page, "longtask");
    await page.goto(url, { waitUntil: "load" });
    await sleep(SETTLE);
    const pressed = await page.evaluate(press);
    await sleep(TRAINING);
    const running = await page.locator(".status:has([data-engine=cpu]):has([data-phase=running])").count();
    if (running === 0) throw new Error("the page did not train on the CPU for as long as it was watched");
    return (await observed(page)).filter(({ startTime }) => startTime >= pressed).map(({ duration }) => duration);
  });
}

/**
 * Presses Train from within the page, and says when: a driver that looks for a button by its role, or waits for
 * an element, keeps the page's thread itself.
 */
function press() {
  const now = performance.now();
  document.querySelector(".train-bar .primary").click();
  return now;
}

function observe(page, type) {
  return page.addInitScript((type) => {
    window.observed = [];
    const keep = (list) => window.observed.push(...list.getEntries().map((entry) => entry.toJSON()));
    new PerformanceObserver(keep).observe({ type, buffered: true });
  }, type);
}

const observed = (page) => page.evaluate(() => window.observed);
