/**
 * The table of universality: every pair of network and data set of the papers, what was found
 * there, and on what it rests.
 */

import { signal, useSignalEffect } from "@preact/signals";
import { inWords } from "../engine/client";
import { epochs, when } from "../figure/numbers";
import type { Mark } from "../generated/Mark";
import type { Moment } from "../generated/Moment";
import type { Row } from "../generated/Row";
import { loadPairs, pairs } from "../state/all-runs";
import { isShipped } from "../state/runs";
import { useNear } from "./near";
import { goToFigure, openAndLook } from "./open";

const problem = signal<string | undefined>(undefined);

export function UniversalitySection() {
  const { place, near } = useNear();
  useSignalEffect(() => {
    if (near.value) void loadPairs().catch((error: unknown) => (problem.value = inWords(error)));
  });
  return (
    <section class="wide" aria-labelledby="universality" ref={place}>
      <h2 id="universality">Is it the same everywhere?</h2>
      <p class="lead">
        The pairs of networks and data sets that the papers report, each with what was found here. A row without numbers
        is no finding: its code runs on small files of that data set's layout, and the set itself was not to be had.
      </p>
      {problem.value && (
        <p class="notice" role="alert">
          {problem.value}
        </p>
      )}
      {pairs.value && <Table rows={pairs.value} />}
    </section>
  );
}

function Table({ rows }: { rows: Row[] }) {
  return (
    <table class="universality">
      <thead>
        <tr>
          <th scope="col">network</th>
          <th scope="col">data</th>
          <th scope="col">status</th>
          <th scope="col">boundary of the phases, epoch</th>
          <th scope="col">loss gap opens at epoch</th>
          <th scope="col">strength by order: first checkpoint, lowest, last</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <PairRow key={`${row.model} ${row.data}`} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function PairRow({ row }: { row: Row }) {
  return (
    <tr class={row.status}>
      <th scope="row">{row.model}</th>
      <td data-label="data">
        {row.data}
        {row.instead_of && <small>in place of {row.instead_of}</small>}
      </td>
      {row.run === null ? (
        <td class="none" colSpan={4}>
          {row.words}
        </td>
      ) : (
        <Found row={row} run={row.run} />
      )}
    </tr>
  );
}

/** Opens a run by its address, or at once. */
function Found({ row, run }: { row: Row; run: string }) {
  const open = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void openAndLook(run).then(goToFigure);
  };
  return (
    <>
      <td data-label="status">
        {isShipped(run) ? (
          <a href={`?run=${run}`} onClick={open}>
            {row.words}
          </a>
        ) : (
          row.words
        )}
      </td>
      <td data-label="boundary of the phases">{row.phases}</td>
      <td data-label="loss gap opens">
        <Place mark={row.gap_onset} />
      </td>
      <td>
        <div class="moments">
          {row.moments.map((moment) => (
            <MomentBars key={moment.epoch} moment={moment} statistic={row.first} />
          ))}
        </div>
      </td>
    </>
  );
}

function Place({ mark }: { mark: Mark | null }) {
  if (!mark) return <>not found</>;
  return (
    <>
      {epochs(mark.epoch)}{" "}
      <small>
        [{epochs(mark.low)}, {epochs(mark.high)}]
      </small>
    </>
  );
}

const [WIDTH, HEIGHT] = [84, 40];

/**
 * Strength by order at one checkpoint, in small: positive up, negative down, each as a share of
 * all.
 */
function MomentBars({
  moment: { epoch, first, positive, negative },
  statistic,
}: {
  moment: Moment;
  statistic: Row["first"];
}) {
  const most = Math.max(0.01, ...positive);
  const least = Math.min(0, ...negative);
  const [unit, step] = [HEIGHT / (most - least), WIDTH / positive.length];
  const zero = most * unit;
  const name = statistic === "mean-order" ? "mean order" : "orders ≥ 3:";
  const order = first ? `${name} ${first.value.toFixed(2)}` : "no effects";
  return (
    <figure>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="xMinYMid"
        role="img"
        aria-label={`${when(epoch)}: ${order}`}
      >
        {positive.map((share, index) => (
          <rect
            key={index}
            class="up"
            x={index * step}
            y={zero - share * unit}
            width={0.75 * step}
            height={share * unit}
          />
        ))}
        {negative.map((share, index) => (
          <rect key={index} class="down" x={index * step} y={zero} width={0.75 * step} height={-share * unit} />
        ))}
        <line x1={0} x2={WIDTH} y1={zero} y2={zero} />
      </svg>
      <figcaption>
        {when(epoch)}
        <br />
        {order}
      </figcaption>
    </figure>
  );
}
