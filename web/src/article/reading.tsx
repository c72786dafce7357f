/** The words beside the figure: they follow the run that is open, and move it. */

import type { ComponentChildren } from "preact";
import { atEpoch, epochs, number, percent, when } from "../figure/numbers";
import type { Bars as Strengths } from "../generated/Bars";
import type { Mark } from "../generated/Mark";
import type { RunView } from "../generated/RunView";
import { barsOf } from "../state/figures";
import { current, nearest } from "../state/runs";
import { goTo } from "./evolution";
import { Scope } from "./prose";
import { hasLearnt, type Moment, type Story, storyOf, untold } from "./story";
import { capital, NEAR, WORDING } from "./wording";

export function Reading() {
  const view = current.value?.view;
  const story = view && storyOf(view);
  return (
    <section class="reading" aria-labelledby="reading">
      <h2 id="reading">What the figure shows</h2>
      {view && <Bars view={view} />}
      {view && story ? (
        <>
          <Course story={story} view={view} />
          <Gap view={view} story={story} />
          <Solvers view={view} />
        </>
      ) : (
        <p>{untold(view)}</p>
      )}
      <Scope>
        One architecture, one data set, one seed a run. <a href="#train">Train with another seed</a> or more label
        noise, and see what stays.
      </Scope>
    </section>
  );
}

/** A part of a sentence that moves the figure. */
function Go({ to, children }: { to: number; children: ComponentChildren }) {
  return (
    <button type="button" class="link go" onClick={() => goTo(to)}>
      {children}
    </button>
  );
}

function Bars({ view }: { view: RunView }) {
  const measured = view.samples.filter(({ group }) => group === "test").length;
  const { several, players } = WORDING[view.kind];
  const { players: count } = view.experiment.measurement;
  const { salience } = view.experiment.decomposition;
  return (
    <>
      <p>
        Cover some of a {WORDING[view.kind].one}’s parts, ask the network again, and see how its answer changes. The
        parts are its <dfn>players</dfn>: here {count ?? "some"} {players}. The answer is measured as{" "}
        <dfn>log-odds</dfn>, the logarithm of how much likelier the network holds the label than everything else. Its
        unit is the <dfn>nat</dfn>: one nat more makes the odds 2.72 times as large.
      </p>
      <p>
        Each bar adds up the effects of all interactions of one order, over {measured} test {several}: those that speak
        for the label upwards, those against it downwards. Drawn are <dfn>salient</dfn> ones, larger than{" "}
        {percent(salience)} of what all players together change. Curves and numbers are of all of them.
      </p>
    </>
  );
}

/** A value with its interval, as the record has it. */
function valued({ found: { value, low, high } }: Moment): string {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function Course({ story, view }: { story: Story; view: RunView }) {
  const { first, lowest, last, isOver, falls, rises, isOfAllSums, boundary, statistic } = story;
  const subject = statistic === "mean-order" ? "The mean order" : "The share of orders of three and more";
  return (
    <>
      <p>
        {subject} is {valued(first)} <Go to={first.at}>before training</Go>; in brackets stand 95 % over the samples.{" "}
        {falls ? (
          <>
            It falls to {valued(lowest)} <Go to={lowest.at}>by {when(lowest.epoch)}</Go>
            {statistic === "mean-order" ? "." : ": what is learnt first is simple, single parts and pairs."}
          </>
        ) : (
          <>
            At its lowest, <Go to={lowest.at}>{when(lowest.epoch)}</Go>, it is {valued(lowest)}: that is no fall beyond
            its interval.
          </>
        )}{" "}
        {rises ? (
          <>
            Then larger and larger groups of parts come in: it is {valued(last)}{" "}
            <Go to={last.at}>by {when(last.epoch)}</Go>.
          </>
        ) : (
          <>
            {isOver ? "At the end" : "So far"}, <Go to={last.at}>{when(last.epoch)}</Go>, it is {valued(last)}: no rise
            beyond its interval.
          </>
        )}
        {statistic !== "mean-order" && falls && <InNats view={view} story={story} />}
      </p>
      <p>
        {boundary ? (
          <>
            Where it turns is the <b>boundary</b> of two phases. It is drawn only if a fall and a rise are both larger
            than their intervals
            {isOfAllSums ? (
              <>
                , in <em>every</em> sum that is nearly as sparse: here they are.
              </>
            ) : (
              ", as they are in the sum shown. Other sums that are nearly as sparse were not asked here."
            )}
          </>
        ) : (
          <>
            So no <b>boundary</b> is drawn. That takes a fall and a rise, both larger than their intervals
            {isOfAllSums && (
              <>
                , in <em>every</em> sum that is nearly as sparse
              </>
            )}
            .
          </>
        )}
      </p>
    </>
  );
}

/** The first of the orders that are called high. */
const HIGH = 3;

/** What collapses is a share: bars themselves may grow all the while. */
function InNats({ view, story: { first, lowest, last } }: { view: RunView; story: Story }) {
  const bars = barsOf(view);
  const high = ({ at }: Moment): string => number(total(bars[at], HIGH));
  const grows = total(bars[last.at]) > total(bars[first.at]);
  return (
    <>
      {" "}
      It is a share that falls: the bars of these orders add up to {high(first)} nats before training, {high(lowest)} at
      the lowest share and {high(last)} by {when(last.epoch)}
      {grows ? ", while all bars together grow." : "."}
    </>
  );
}

/** Whether the gap opens at the boundary, as far as their intervals tell. */
function beside(gap: Mark, boundary: Mark): string {
  if (gap.low > boundary.high) return ": not at the boundary, but later. ";
  if (gap.high < boundary.low) return ": not at the boundary, but before. ";
  return `, the boundary lies ${atEpoch(boundary.epoch)} [${epochs(boundary.low)}, ${epochs(boundary.high)}]: which comes first, their intervals do not tell. `;
}

function Gap({ view, story: { gap, boundary } }: { view: RunView; story: Story }) {
  const rule =
    "It opens where test minus training loss lies three standard errors above its minimum so far, for three checkpoints in a row.";
  if (!hasLearnt(view))
    return (
      <p>The test loss stays at what guessing gives: nothing was learnt, and no gap of the losses means anything.</p>
    );
  if (!gap) return <p>The gap between test and training loss does not open. {rule}</p>;
  return (
    <p>
      The gap between test and training loss opens{" "}
      <Go to={nearest(view, gap.epoch)}>
        {atEpoch(gap.epoch)} [{epochs(gap.low)}, {epochs(gap.high)}]
      </Go>
      {boundary ? beside(gap, boundary) : ". "}
      {rule}
    </p>
  );
}

/** What the bars of a checkpoint add up to, from an order on. */
function total(bars: Strengths | undefined, from = 1): number {
  const sum = (values: { value: number }[] = []): number =>
    values.slice(from - 1).reduce((all, { value }) => all + Math.abs(value), 0);
  return sum(bars?.positive) + sum(bars?.negative);
}

function Solvers({ view }: { view: RunView }) {
  const at = view.checkpoints.findIndex(({ published_sgd }) => published_sgd);
  const [published, certified] = [view.checkpoints[at]?.published_sgd, barsOf(view)[at]];
  const gap = Math.max(...view.checkpoints.map(({ largest_gap }) => largest_gap));
  const known = view.experiment.decomposition.tolerance;
  return (
    <p>
      The same answers can be written as many sums. <dfn>Certified</dfn> is the sparsest, proved: for no sample here is
      there a sum whose effects add up to over {percent(gap)} less. (The smallest sum is known to {percent(known)}; of
      those within {NEAR} of it, the simplest is shown.)
      {published && certified && (
        <>
          {" "}
          The papers search it by gradient descent (SGD), and stop. <Go to={at}>{capital(when(certified.epoch))}</Go>{" "}
          the bars of that add up to {number(total(published))} nats, the certified ones to {number(total(certified))}
          {total(published) > 2 * total(certified)
            ? ": most of what it shows there is made by the search, not by the network."
            : "."}
        </>
      )}
    </p>
  );
}
