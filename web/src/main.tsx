/** The page: an article whose figures are alive. */

import { effect } from "@preact/signals";
import { render } from "preact";
import { acceptDrops, fileNotice } from "./article/open";
import { Page } from "./article/page";
import { playStory, replay, toggle } from "./article/replay";
import { openIfChosen } from "./article/settings";
import { Engine, inWords } from "./engine/client";
import { watchManifest } from "./engine/manifest";
import { followAddress, watchAddress } from "./state/address";
import { findKept } from "./state/kept";
import { current, cursor, openShipped, runs, shutAll } from "./state/runs";
import { findAgain, restWhileHidden, training } from "./state/session";
import { readAddress, VIEW_NAMES } from "./state/settings";

const address = readAddress(location.search);
const embedded = address.get("embed") === "figure";

/** Draws the page, in place of what was written beforehand, at once. */
function draw(root: HTMLElement): void {
  const drawn = document.createElement("div");
  drawn.id = root.id;
  // From now on buttons do something.
  drawn.dataset.alive = "";
  render(<Page embedded={embedded} />, drawn);
  root.replaceWith(drawn);
}

async function start(): Promise<void> {
  const root = document.getElementById("page");
  if (!root) return;
  openIfChosen();
  void watchManifest();
  try {
    await openShipped();
  } catch (error) {
    fileNotice.value = { text: inWords(error), wrong: true };
  }
  const looksElsewhere = VIEW_NAMES.some((name) => address.has(name));
  // Alone, the first run is drawn as it was written beforehand; any other waits until it is there.
  if (!looksElsewhere && !embedded) cursor.value = 0;
  // Where a run is asked for, no other one is seen before it.
  const waits = embedded || address.has("run");
  if (!waits) draw(root);
  const kept = findKept();
  if (/\bown-/.test(location.search)) await kept;
  const problem = await followAddress(address);
  if (problem !== undefined) {
    fileNotice.value = { text: problem, wrong: true };
    if (embedded) shutAll();
  }
  if (waits) draw(root);
  if (address.get("play") === "1") toggle((current.peek()?.view.checkpoints.length ?? 1) - 1);
  if (!looksElsewhere && !embedded) playStory();
  watchAddress(embedded, () => replay.value === "reader");
  acceptDrops();
  restWhileHidden();
  if (!embedded) await findAgain(looksElsewhere);
}

/** Works offline after the first visit; asks for what is new whenever the page is opened. */
function serveOffline(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  void navigator.serviceWorker
    .register("./service-worker.js")
    .then((registration) => registration.active?.postMessage({ type: "refresh" }))
    // A browser that keeps no pages keeps this one online only.
    .catch(() => undefined);
}

effect(() => {
  document.title = current.value ? `Spindle: ${current.value.title}` : "Spindle: the two phases of learning";
});
/** For the console: what the page holds. */
Object.assign(globalThis, { spindle: { Engine, current, runs, training } });
void start();
if (document.readyState === "complete") serveOffline();
else addEventListener("load", serveOffline);
