/** The page's address follows what is seen: copied, it shows the same to others. */

import { effect } from "@preact/signals";
import { boundaryOf, current, cursor, firstName, sample, untouched } from "./runs";
import { experiment, wish, writtenExperiment } from "./settings";

/** Browsers refuse more changes than a hundred in half a minute. */
const PACE = 500;

/** Keeps the address up to date from now on. */
export function watchAddress(embedded: boolean): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const address = writtenExperiment(experiment.value, wish.value);
    const run = current.value;
    const isFirst = run?.name === firstName.value;
    // A file of the reader's has no address, and a training is found by its settings.
    const hasAddress = run && !run.live && (run.address !== undefined || !run.fromFile);
    if (run && !isFirst && hasAddress) address.set("run", run.address ?? run.name);
    const epoch = run?.view.checkpoints[cursor.value]?.losses.epoch;
    // A look at a run begins at its boundary, or plays by itself: no need to say so.
    if (hasAddress && epoch !== undefined && !untouched.value && epoch !== boundaryOf(run.view)?.epoch)
      address.set("epoch", String(epoch));
    if (hasAddress && sample.value !== 0) address.set("sample", String(sample.value));
    if (embedded) address.set("embed", "figure");
    const search = address.toString();
    clearTimeout(waiting);
    waiting = setTimeout(
      () =>
        history.replaceState(null, "", search ? `?${search}${location.hash}` : `${location.pathname}${location.hash}`),
      PACE,
    );
  });
}
