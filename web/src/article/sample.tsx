/** One sample of the run. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { type Engine, expect } from "../engine/client";
import { HistoryDrawing } from "../figure/course";
import { counted, number, plain, when } from "../figure/numbers";
import type { RunView } from "../generated/RunView";
import type { SampleSolver } from "../generated/SampleSolver";
import type { SampleView } from "../generated/SampleView";
import { descend, giveUpDescent } from "../state/descent";
import { sampleInspection as inspection, SGD_STEPS as STEPS, sampleSolver as solver } from "../state/inspection";
import { current, cursor, type Run, sample } from "../state/runs";
import { Inspector } from "./inspector";
import { useNear } from "./near";
import { named, WORDING } from "./wording";

/** By what a decomposition was made, and the smallest L1 norm that one of the same outputs has. */
interface Made {
  by: SampleSolver;
  smallest: number | undefined;
}

/** What is said of a decomposition belongs to it: there is no moment in which it is said of another one. */
const made = new WeakMap<SampleView, Made>();
/** The smallest norm that was asked for last, and of what. */
let known: { at: string; norm: number | undefined } | undefined;

/** Time in which a moving cursor is not followed, ms. */
const SETTLE = 80;

export function SampleSection() {
  const { place, near } = useNear(true);
  const run = current.value;
  const { one, players } = WORDING[run?.view.kind ?? "digits"];
  useSignalEffect(() => {
    const [now, checkpoint, index, by] = [current.value, cursor.value, sample.value, solver.value];
    if (!near.value || !now || now.view.checkpoints.length === 0) return undefined;
    const wait = setTimeout(
      () => void inspection.inspect(() => ask(now, Math.min(checkpoint, now.view.checkpoints.length - 1), index, by)),
      SETTLE,
    );
    return () => clearTimeout(wait);
  });
  return (
    <section class="wide" aria-labelledby="sample" ref={place}>
      <h2 id="sample">Inside one {one}</h2>
      <p class="lead">
        The network's log-odds of the label on all masked versions of one {one}, taken apart. Choose an interaction to
        light its {players}; the cursor above moves this {one} through training as well.
      </p>
      {run && run.view.checkpoints.length > 0 ? (
        <Inspector name="sample" of={inspection} classes={run.view.classes} history={<History run={run} />} reserved>
          <Chooser view={run.view} isWhole={near.value} />
        </Inspector>
      ) : (
        <p class="note">The first measured checkpoint brings the samples.</p>
      )}
      <SolverChoice />
    </section>
  );
}

/** Players up to which a certified answer is there at once. */
const MOST_AT_ONCE = 12;

async function ask(run: Run, checkpoint: number, index: number, by: SampleSolver) {
  const engine = await run.engine();
  const at = { run: run.name, checkpoint, sample: index };
  const address = JSON.stringify(at);
  const asked = async (of: Engine, solver: SampleSolver): Promise<SampleView> =>
    expect(await of.call({ type: "sample", at, solver }), "sample");
  if (by !== "certified" && known?.at !== address)
    known = { at: address, norm: (await asked(engine, "certified")).certificate?.smallest_norm };
  const smallest = known?.at === address ? known.norm : undefined;
  // What takes seconds is done where it can be given up.
  const isLong = by !== "certified" || run.view.experiment.measurement.players > MOST_AT_ONCE;
  if (!isLong) giveUpDescent();
  const answered = await (isLong
    ? descend(run, async (of) => ({ engine: of, view: await asked(of, by) }))
    : asked(engine, by).then((view) => ({ engine, view })));
  const { view } = answered;
  if (by === "certified") known = { at: address, norm: view.certificate?.smallest_norm };
  made.set(view, { by, smallest: by === "certified" ? known?.norm : smallest });
  return { ...answered, subject: run.name };
}

const GROUPS = { test: "Test", train: "Training", mislabelled: "Training, with a reset label:" } as const;

/** Chooses a sample; of all of them only once they are wanted, since there are hundreds. */
function Chooser({ view, isWhole }: { view: RunView; isWhole: boolean }) {
  const step = (by: number): void => {
    sample.value = (sample.value + by + view.samples.length) % view.samples.length;
  };
  const { one, several } = WORDING[view.kind];
  const name = (label: number): string => view.classes[label] ?? String(label);
  return (
    <div class="chooser">
      <button type="button" class="round small" aria-label={`Previous ${one}`} onClick={() => step(-1)}>
        ‹
      </button>
      <select
        aria-label={`Which ${one}`}
        value={sample.value}
        onChange={(event) => (sample.value = Number(event.currentTarget.value))}
      >
        {(["test", "train", "mislabelled"] as const).map((group) => {
          const samples = view.samples
            .map((found, index) => ({ found, index }))
            .filter(({ found, index }) => found.group === group && (isWhole || index === sample.value));
          if (samples.length === 0) return null;
          return (
            <optgroup key={group} label={`${GROUPS[group]} ${several}`}>
              {samples.map(({ found, index }) => (
                <option key={index} value={index}>
                  {name(found.true_label)}
                  {found.label === found.true_label ? "" : ` as ${name(found.label)}`}, no. {found.position}
                </option>
              ))}
            </optgroup>
          );
        })}
      </select>
      <button type="button" class="round small" aria-label={`Next ${one}`} onClick={() => step(1)}>
        ›
      </button>
    </div>
  );
}

function History({ run }: { run: Run }) {
  const effects = useSignal<{ of: string; values: number[] | null } | undefined>(undefined);
  useSignalEffect(() => {
    const [now, index, chosen] = [current.value, sample.value, inspection.chosen.value];
    if (!now || !chosen || !inspection.view.value) return;
    const of = `${now.name} ${index} ${chosen.kind} ${chosen.mask} ${now.view.checkpoints.length}`;
    if (effects.peek()?.of === of) return;
    void now
      .engine()
      .then((engine) =>
        engine.call({ type: "history", run: now.name, sample: index, kind: chosen.kind, mask: chosen.mask }),
      )
      .then((answer) => (effects.value = { of, values: expect(answer, "history").effects }))
      .catch(() => (effects.value = undefined));
  });
  const chosen = inspection.chosen.value;
  if (!chosen) return null;
  const epochs = run.view.checkpoints.map((checkpoint) => checkpoint.losses.epoch);
  const epoch = epochs[Math.min(cursor.value, epochs.length - 1)];
  const values = effects.value?.values;
  return (
    <div class="small-figure">
      <h4>
        {chosen.kind === "and" ? "AND" : "OR"} of <em>{named(inspection.view.value?.players ?? [], chosen.mask)}</em>{" "}
        over training
      </h4>
      {values ? (
        <HistoryDrawing
          label={`Effect of the interaction over epochs: ${values.map((value, at) => `${when(epochs[at] ?? 0)} ${number(value)}`).join(", ")}`}
          epochs={epochs}
          effects={values}
          epoch={epoch}
        />
      ) : (
        <p class="note">Salient at no checkpoint: its course is not kept.</p>
      )}
    </div>
  );
}

/** Exponents of the learning rate. */
const SLOWEST = -8;
const FASTEST = -2;

function SolverChoice() {
  const chosen = solver.value;
  const last = useSignal(-5);
  const exponent = chosen === "certified" ? last.value : Math.log10(chosen.published_sgd.learning_rate);
  const view = inspection.view.value;
  const set = (exponent: number): void => {
    last.value = exponent;
    solver.value = { published_sgd: { learning_rate: 10 ** exponent, steps: STEPS } };
  };
  const shown = view && made.get(view);
  const ratio =
    shown?.smallest !== undefined && shown.by !== "certified" && view?.certificate
      ? view.certificate.primal / shown.smallest
      : undefined;
  return (
    <div class="solver-choice">
      <h3 id="solver">The same outputs by the published procedure</h3>
      <div class="columns">
        <div>
          <fieldset class="segmented">
            <legend class="hidden">How this sample is decomposed</legend>
            <label>
              <input
                type="radio"
                name="sample-solver"
                checked={chosen === "certified"}
                onChange={() => (solver.value = "certified")}
              />
              Certified optimum
            </label>
            <label>
              <input
                type="radio"
                name="sample-solver"
                checked={chosen !== "certified"}
                disabled={view?.outputs === null}
                onChange={() => set(exponent)}
              />
              Published SGD
            </label>
          </fieldset>
          <div class="slider">
            <label for="sgd-rate">
              Learning rate <b>{plain(10 ** exponent)}</b>, falling to a tenth
            </label>
            <input
              id="sgd-rate"
              type="range"
              min={SLOWEST}
              max={FASTEST}
              step={0.25}
              value={exponent}
              disabled={chosen === "certified"}
              aria-valuetext={plain(10 ** exponent)}
              onChange={(event) => set(Number(event.currentTarget.value))}
            />
          </div>
          {view?.outputs === null && (
            <p class="note">This needs the outputs on all masks, which the file does not have of this sample.</p>
          )}
          {chosen !== "certified" && chosen !== shown?.by && inspection.busy.value && (
            <p class="verdict" role="status">
              {counted(STEPS)} steps are being done…
            </p>
          )}
          {chosen === shown?.by && ratio !== undefined && (
            <p class="verdict" role="status">
              After {counted(STEPS)} steps its L1 norm is <strong>{number(ratio)} times</strong> the smallest one.
            </p>
          )}
        </div>
        <p>
          The papers search the sparsest decomposition by gradient descent, whose steps fall to a tenth but do not
          follow the size of the outputs. Before training the outputs hardly differ, the steps are large beside them,
          and what it stops at is spread over all orders: the famous spindle, at many times the smallest norm, and above
          where the descent began. A rate a tenth as large leaves a spindle several times as small, of nearly the same
          shape. The sparsest decompositions have a much smaller one at most: how much of it depends on the noise bound.
          That does not say that there is no first phase: a fall and a rise of the share of high orders remain in all of
          them.
        </p>
      </div>
    </div>
  );
}
