/** A table of all runs: what came of them, and of their settings those that differ. */

import { signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import "../style/kept.css";
import { inWords } from "../engine/client";
import { newName } from "../engine/names";
import { epochs, percent } from "../figure/numbers";
import type { Differing } from "../generated/Differing";
import { type Listed, listed, loadPairs, marked, markFamily, openListed } from "../state/all-runs";
import { keep, keepingProblem, remove, rename } from "../state/kept";
import { current, differing, look, runs } from "../state/runs";
import { familiesOf } from "../state/seeds";
import { besidesSeed } from "../state/settings";
import type { Summary } from "../state/summary";
import { goToFigure } from "./open";
import { Overlay } from "./overlay";

const filter = signal("");
const problem = signal<string | undefined>(undefined);

export function AllRuns() {
  const fields = useSignal<Differing[]>([]);
  useSignalEffect(() => {
    const experiments = listed.value.map(({ experiment }) => experiment);
    void differing(experiments)
      .then((found) => (fields.value = found))
      .catch((error: unknown) => (problem.value = inWords(error)));
  });
  useSignalEffect(() => {
    // Without the table of pairs less is known of runs that are not open.
    void loadPairs().catch(() => undefined);
  });
  const isFirst = ({ field }: Differing): boolean => field === "model" || field === "data";
  const complete = fields.value.filter(({ values }) => values.length === listed.value.length);
  const shown = [...complete.filter(isFirst).reverse(), ...complete.filter((field) => !isFirst(field))];
  const rows = listed.value.map((run, index) => ({ run, settings: shown.map(({ values }) => values[index] ?? "") }));
  const found = rows.filter(({ run, settings }) => fits(run, shown, settings));
  const chosen = listed.value.flatMap(({ view, ...run }) =>
    marked.value.has(run.name) && view ? [{ ...run, view }] : [],
  );
  return (
    <div class="all-runs">
      <h3 id="all-runs">All runs: what came of them, and what differs between them</h3>
      <div class="run-filter">
        <label>
          Filter{" "}
          <input
            type="search"
            value={filter.value}
            placeholder="mlp  seed=1  yours"
            onInput={(event) => (filter.value = event.currentTarget.value)}
          />
        </label>
        <span class="note" role="status">
          {found.length} of {rows.length} runs
        </span>
        <SeedButtons />
      </div>
      {(problem.value ?? keepingProblem.value) && (
        <p class="notice" role="alert">
          {problem.value ?? keepingProblem.value}
        </p>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="all-runs">
        <table>
          <thead>
            <tr>
              <th scope="col">overlay</th>
              <th scope="col">run</th>
              {RESULTS.map(({ label, help }) => (
                <th key={label} scope="col" title={help}>
                  {label}
                </th>
              ))}
              {shown.map(({ field }) => (
                <th key={field} scope="col">
                  {nameOf(field)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.map(({ run, settings }) => (
              <RunRow
                key={run.name}
                run={run}
                settings={settings.map((value, at) => [shown[at]?.field ?? "", value])}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">
        {shown.length === 0 ? "They differ in no setting." : "All other settings are the same."} Your own trainings are
        kept in this browser when they are over. The accuracy of a run that is not open is given once it is opened, by
        its name. Tick runs to lay them over each other.
      </p>
      {chosen.length > 0 && <Overlay runs={chosen} />}
    </div>
  );
}

/** Whether a run has all words of the filter: in its name, its origin, or as setting=value. */
function fits({ title, origin }: Listed, fields: Differing[], settings: string[]): boolean {
  const told = [
    title,
    origin === "live" || origin === "kept" ? "yours" : "",
    ...fields.map(({ field }, index) => `${field}=${settings[index]}`),
  ];
  const all = told.join(" ").toLowerCase();
  return filter.value
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** A button for every family of runs that differ in their seed alone. */
function SeedButtons() {
  const measured = listed.value.filter(({ view }) => view && view.checkpoints.length > 0);
  return (
    <>
      {familiesOf(measured)
        .filter((members) => new Set(members.map(({ experiment }) => experiment.training.seed)).size > 1)
        .map((members) => (
          <button
            key={members[0]?.name}
            type="button"
            class="quiet"
            onClick={() => members[0] && markFamily(members[0].experiment)}
          >
            Overlay {members.length} seeds of {members[0] && besidesSeed(members[0].experiment)}
          </button>
        ))}
    </>
  );
}

/** What stands where nothing is known: of settings by the viewer, and of what came of runs that are not open. */
const UNKNOWN = "not given";

/** Fields whose own names say too little. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  points: "points of a cloud",
  sgd_sweep: "published SGD at several rates",
};

function nameOf(field: string): string {
  return FIELD_NAMES[field] ?? field.replaceAll("_", " ");
}

/** What came of a run, a column each. */
const RESULTS: readonly { label: string; help?: string; of: (summary: Summary) => string }[] = [
  { label: "test accuracy", of: ({ accuracy }) => (accuracy === undefined ? UNKNOWN : percent(accuracy)) },
  {
    label: "boundary of the phases, epoch",
    of: ({ boundary, phases }) =>
      boundary ? `${epochs(boundary.epoch)} [${epochs(boundary.low)}, ${epochs(boundary.high)}]` : (phases ?? UNKNOWN),
  },
  {
    label: "orders of 3 and more: first, lowest, last",
    help: "Share of strength at the first checkpoint, the lowest, the last",
    of: ({ shares }) => (shares ? [shares.first, shares.lowest, shares.last].map(share).join(", ") : UNKNOWN),
  },
];

/** A cell that says its column's name where the table is folded for narrow screens. */
function Cell({ label, children }: { label: string; children: string }) {
  return <td data-label={label}>{children}</td>;
}

/** Where another name is written; what is written stays, whatever happens to the run meanwhile. */
function NewName({ of, onName, onEnd }: { of: string; onName: (name: string) => void; onEnd: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <input
      ref={field}
      class="rename"
      aria-label={`Another name for ${of}`}
      defaultValue={of}
      onChange={(event) => onName(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      onBlur={onEnd}
    />
  );
}

function RunRow({ run, settings }: { run: Listed; settings: [field: string, value: string][] }) {
  const { name, title, view, summary, keptId, origin } = run;
  const renaming = useSignal(false);
  const opening = useSignal(false);
  const open = async (): Promise<boolean> => {
    opening.value = true;
    try {
      await openListed(name);
      return true;
    } catch (error) {
      problem.value = inWords(error);
      return false;
    } finally {
      opening.value = false;
    }
  };
  const show = async (): Promise<void> => {
    if (!(await open())) return;
    look(name);
    goToFigure();
  };
  const overlay = async (isWanted: boolean): Promise<void> => {
    const others = new Set(marked.value);
    if (isWanted && (view || (await open()))) others.add(name);
    else others.delete(name);
    marked.value = others;
  };
  return (
    <tr aria-current={name === current.value?.name} aria-busy={opening.value}>
      <td>
        <input
          type="checkbox"
          aria-label={`Lay ${title} over others`}
          checked={marked.value.has(name)}
          onChange={(event) => void overlay(event.currentTarget.checked)}
        />
      </td>
      <th scope="row">
        {renaming.value && keptId !== undefined ? (
          <NewName of={title} onName={(name) => rename(keptId, name)} onEnd={() => (renaming.value = false)} />
        ) : (
          <button type="button" class="link" title="Shows this run in the figure above" onClick={() => void show()}>
            {title}
          </button>
        )}
        <span class="row-actions">
          {keptId !== undefined && (
            <>
              <button type="button" class="quiet" onClick={() => (renaming.value = true)}>
                Rename
              </button>
              <button type="button" class="quiet" aria-label={`Delete ${title}`} onClick={() => forget(name, keptId)}>
                Delete
              </button>
            </>
          )}
          {origin === "file" && (
            <button type="button" class="quiet" onClick={() => void keepFile(name)}>
              Keep
            </button>
          )}
        </span>
      </th>
      {RESULTS.map(({ label, of }) => (
        <Cell key={label} label={label}>
          {of(summary)}
        </Cell>
      ))}
      {settings.map(([field, value]) => (
        <Cell key={field} label={nameOf(field)}>
          {value}
        </Cell>
      ))}
    </tr>
  );
}

function share({ value }: { value: number }): string {
  return value.toFixed(2);
}

function forget(name: string, id: string): void {
  const others = new Set(marked.value);
  others.delete(name);
  marked.value = others;
  remove(id);
}

/** Keeps a file that is open in the browser; it is a file of its own from then on. */
async function keepFile(name: string): Promise<void> {
  const run = runs.value.find((other) => other.name === name);
  if (run) await keep(run, newName(), run.title);
}
