/** The page: an article whose figures are alive. */

import { effect } from "@preact/signals";
import { render } from "preact";
import { acceptDrops, fileNotice } from "./article/open";
import { Page } from "./article/page";
import { playStory } from "./article/replay";
import { openIfChosen } from "./article/settings";
import { Engine, inWords } from "./engine/client";
import { watchManifest } from "./engine/manifest";
import { watchAddress } from "./state/address";
import { findKept } from "./state/kept";
import {
  current,
  cursor,
  isShipped,
  look,
  openByName,
  openFirst,
  openShipped,
  openUrl,
  runs,
  sample,
} from "./state/runs";
import { findAgain, restWhileHidden, training } from "./state/session";
import { ignored, readAddress } from "./state/settings";

const address = readAddress(location.search);
const embedded = address.get("embed") === "figure";

/** Looks at what the address names. */
async function followAddress(): Promise<void> {
  const [run, epoch, position] = [address.get("run"), address.get("epoch"), address.get("sample")];
  const at = epoch === null ? undefined : Number(epoch);
  const complain = (words: string): void => {
    ignored.value = [...ignored.value, words];
  };
  if (run !== null && !runs.value.some((known) => known.name === run)) {
    try {
      await (isShipped(run) ? openByName(run) : openUrl(run));
      if (isShipped(run)) look(run);
    } catch (error) {
      fileNotice.value = { text: `The run in this page's address was not opened: ${inWords(error)}`, wrong: true };
    }
  } else if (run !== null) look(run);
  await openFirst().catch((error: unknown) => {
    fileNotice.value ??= { text: inWords(error), wrong: true };
  });
  if (at !== undefined && (epoch?.trim() === "" || !Number.isFinite(at) || at < 0))
    complain(`epoch=${epoch}: epochs are 0 or above`);
  else if (at !== undefined && current.value) look(current.value.name, at);
  if (position === null) return;
  const index = Number(position);
  const count = current.value?.view.samples.length ?? 0;
  if (position.trim() !== "" && Number.isInteger(index) && index >= 0 && index < count) sample.value = index;
  else complain(`sample=${position}: this run has the samples 0 to ${count - 1}`);
}

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
  if (embedded) document.documentElement.classList.add("embedded");
  void watchManifest();
  try {
    await openShipped();
  } catch (error) {
    fileNotice.value = { text: inWords(error), wrong: true };
  }
  const looksElsewhere = ["run", "epoch", "sample"].some((name) => address.has(name));
  // Alone, the first run is drawn as it was written beforehand; any other waits until it is there.
  if (!looksElsewhere && !embedded) cursor.value = 0;
  draw(root);
  if (!embedded) await findKept();
  await followAddress();
  if (!looksElsewhere && !embedded) playStory();
  watchAddress(embedded);
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
