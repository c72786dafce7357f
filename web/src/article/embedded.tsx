/** The figure alone, for slides and blogs: it says what it shows, and leads back to the page. */

import { counted } from "../figure/numbers";
import { addressNow } from "../state/address";
import { current } from "../state/runs";
import { seedsInWords } from "../state/seeds";
import { ignored } from "../state/settings";
import { Evolution } from "./evolution";
import { fileNotice } from "./open";
import { replay } from "./replay";

export function Embedded() {
  const run = current.value;
  const wrong = [fileNotice.value?.text, ...ignored.value.map((words) => `Ignored in the address: ${words}.`)];
  const said = wrong.filter((words) => words !== undefined);
  return (
    <>
      {said.length > 0 && (
        <p class="file-notice wrong" role="alert">
          {said.join(" ")}
        </p>
      )}
      {run && <Evolution />}
      <p class="embedded-foot">
        {run && <What />}{" "}
        <a href={run ? addressNow(false, replay.value === "reader") : "./"} target="_blank" rel="noopener">
          Open in Spindle
        </a>
      </p>
    </>
  );
}

/** Which run is seen. */
function What() {
  const view = current.value?.view;
  if (!view) return null;
  const { epochs } = view.experiment.training;
  return (
    <>
      {view.model} on {view.data}: {counted(view.provenance.train_size)} training samples, {epochs} epochs,{" "}
      {seedsInWords(view.experiment)}; {view.samples.filter(({ group }) => group === "test").length} test samples;
      certified solver and the published SGD, as the figure says.
    </>
  );
}
