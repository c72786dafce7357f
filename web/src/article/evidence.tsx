/** What the evidence of the run that is open shows, and what it does not. */

import { type ComponentChildren, cloneElement, toChildArray } from "preact";
import { typeset } from "../figure/numbers";
import type { RunView } from "../generated/RunView";
import { current } from "../state/runs";
import { storyOf } from "./story";
import { WORDING } from "./wording";

/** The run that the page opens with: its claims were written by hand, their numbers by `cargo xtask claims`. */
const WRITTEN = "lenet-mnist";

export function Evidence() {
  const run = current.value;
  return (
    <section class="evidence" aria-labelledby="evidence">
      <h2 id="evidence">What this evidence shows, and what it does not</h2>
      {!run || run.name === WRITTEN ? <Typeset>{WrittenClaims()}</Typeset> : <FoundClaims view={run.view} />}
    </section>
  );
}

/** Words whose numbers `cargo xtask claims` writes, in this page's format. */
function Typeset({ children }: { children: ComponentChildren }) {
  return (
    <>
      {toChildArray(children).map((child) =>
        typeof child === "string"
          ? typeset(child)
          : typeof child === "object"
            ? cloneElement(child, undefined, <Typeset>{(child.props as Props).children}</Typeset>)
            : child,
      )}
    </>
  );
}

interface Props {
  children: ComponentChildren;
}

/** Figures whose captions state a finding. */
const TELLING = ["certified-against-sgd", "noise-bounds", "similarity", "theory"];

/** Claims of any run: sentences of its own record. */
function FoundClaims({ view }: { view: RunView }) {
  const story = storyOf(view);
  const telling = view.figures.filter(({ name }) => TELLING.includes(name));
  return (
    <>
      <ul class="claims">
        {story && (
          <Claim says={verdict(story)}>
            {story.boundary
              ? `A fall and a rise are beyond their intervals, ${story.isOfAllSums ? "in every sum that is nearly as sparse" : "in the sum shown: others were not asked"}.`
              : "A boundary needs both a fall and a rise, each beyond its interval."}
          </Claim>
        )}
        {telling.map(({ name, title, caption }) => (
          <Claim key={name} says={`${typeset(title)}.`}>
            {typeset(caption)}
          </Claim>
        ))}
        <NotShown players={WORDING[view.kind].players} />
        {view.provenance.stand_in && (
          <li class="plain">
            <b>Not the papers' data:</b> {view.provenance.stand_in.name} stand in for a data set that was not to be had.
          </li>
        )}
      </ul>
      <p class="note">
        About the run that is open, {view.model} on {view.data}, of one seed. In brackets 95 % over its samples; they
        hold the seed, the players and the noise bound fixed.
      </p>
    </>
  );
}

function verdict({ falls, rises, boundary }: NonNullable<ReturnType<typeof storyOf>>): string {
  if (boundary) return "Two phases.";
  if (!falls && !rises) return "Neither a fall nor a rise of high orders beyond its interval.";
  if (!falls) return "A rise of high orders, and no fall before it.";
  return rises ? "Phases are not told apart." : "A fall of high orders, and no rise after it.";
}

/** A claim in a line, which opens to what it rests on. */
function Claim({ says, children }: { says: ComponentChildren; children?: ComponentChildren }) {
  return (
    <li>
      <details>
        <summary>{says}</summary>
        <p>{children}</p>
      </details>
    </li>
  );
}

function NotShown({ players, children }: { players: string; children?: ComponentChildren }) {
  return (
    <li class="plain">
      <b>Not shown:</b> that high orders <em>cause</em> over-fitting, or that other networks, seeds and {players} do the
      same. {children}
    </li>
  );
}

function WrittenClaims() {
  return (
    <>
      <ul class="claims">
        <Claim
          says={
            <>
              <b>In every sum that is nearly as sparse:</b> two phases
            </>
          }
        >
          The share of orders of three and more falls from {/*=lenet-mnist.share.first.full*/}0.45 [0.42, 0.48] (0.43 to
          0.53){/*/*/} before training to {/*=lenet-mnist.share.lowest.full*/}0.02 [0.02, 0.03] (0.01 to 0.11){/*/*/} at
          epoch {/*=lenet-mnist.share.lowest.epoch*/}0.25{/*/*/} and rises to {/*=lenet-mnist.share.last.full*/}0.28
          [0.25, 0.31] (0.26 to 0.37){/*/*/} at the end: by at least {/*=lenet-mnist.phases.share.fall.least*/}0.32
          [0.28, 0.36]{/*/*/} and {/*=lenet-mnist.phases.share.rise.least*/}0.15 [0.10, 0.19]{/*/*/}, whichever one
          takes, at the noise bound that the papers have. It is the share that falls so far; in nats high orders hold{" "}
          {/*=lenet-mnist.high-orders.first.nats*/}0.00774{/*/*/} before training,{" "}
          {/*=lenet-mnist.high-orders.at.0.12.nats*/}0.00543{/*/*/} at epoch 0.12 and{" "}
          {/*=lenet-mnist.high-orders.turn.nats*/}0.0108{/*/*/} at the lowest share, since by then all outputs have
          grown.
        </Claim>
        <Claim
          says={
            <>
              <b>Only in the sum shown:</b> how much the <em>mean</em> order rises
            </>
          }
        >
          By {/*=lenet-mnist.phases.order.rise*/}0.77 [0.63, 0.90]{/*/*/}. In other sums it may be{" "}
          {/*=lenet-mnist.phases.order.rise.least*/}0.13 [0.00, 0.27]
          {/*/*/}, since two players' AND and OR together are the same as each player alone, and cost as much: no
          sparsity tells orders one and two apart. Shown is the canonical sum, the simplest by a fixed rule; the range
          of all others is given below each sample.
        </Claim>
        <Claim
          says={
            <>
              <b>Made by the solver:</b> most of the published spindle before training; the published shares of high
              orders do not fall and rise
            </>
          }
        >
          On the same outputs the published procedure, at the rate that its authors' code has for pictures, ends at{" "}
          {/*=lenet-mnist.published.first.ratio*/}905{/*/*/} times the smallest L1 norm, above its own start (
          {/*=lenet-mnist.published.first.start-ratio*/}4.9{/*/*/} times); at a tenth of that rate at{" "}
          {/*=lenet-mnist.published.first.rate-1e-6.ratio*/}105{/*/*/} times. Its shares,{" "}
          {/*=lenet-mnist.published.first.share*/}0.99{/*/*/} before training, {/*=lenet-mnist.published.turn.share*/}
          0.97{/*/*/} at epoch 0.25 and {/*=lenet-mnist.published.last.share*/}0.45{/*/*/} at the end, do not fall and
          rise. The figure has both side by side.
        </Claim>
        <Claim
          says={
            <>
              <b>Not found:</b> that the loss gap opens where the phases turn
            </>
          }
        >
          On samples whose label is right the gap is smallest where they turn, and opens at epoch{" "}
          {/*=lenet-mnist.gap.onset*/}9 [2, 12]
          {/*/*/}, {/*=lenet-mnist.gap.lag*/}8.8 [1.8, 12]{/*/*/} epochs later. But that is about where a long plateau
          of the share ends ({/*=lenet-mnist.share.at.1*/}0.05{/*/*/} at epoch 1, {/*=lenet-mnist.share.at.9*/}0.06
          {/*/*/} at 9, {/*=lenet-mnist.share.at.28*/}0.15{/*/*/} at 28): the gap and the high orders grow in the same
          epochs.
        </Claim>
        <Claim
          says={
            <>
              <b>Not found:</b> that high orders generalise less
            </>
          }
        >
          Interactions of order three are alike to {/*=lenet-mnist.similarity.3.train-test*/}0.12{/*/*/} between
          training and test samples, and to {/*=lenet-mnist.similarity.3.train-train*/}0.12{/*/*/} and{" "}
          {/*=lenet-mnist.similarity.3.test-test*/}0.12
          {/*/*/} between two halves of either, on a scale from 0 to 1: they differ from sample to sample. The
          difference is {/*=lenet-mnist.similarity.3.difference*/}+0.000 [-0.025, +0.025]{/*/*/}. Of orders 1 to 6 at
          the end, those at which training and test are less alike than two halves:{" "}
          {/*=lenet-mnist.similarity.lower-at*/}none{/*/*/}.
        </Claim>
        <li class="plain">
          <b>Shown:</b> a few dozen interactions of about two thousand explain the masked outputs of a digit. How
          closely, you can check <a href="#sample">on every digit</a>.
        </li>
        <NotShown players="patches">
          Of the {/*=runs.count*/}5{/*/*/} runs in <a href="#universality">the table of networks and data</a>, phases
          are told apart in {/*=runs.two-phases*/}1{/*/*/}.
        </NotShown>
      </ul>
      <p class="note">
        About the run that this page opens with, LeNet on all of MNIST. In brackets 95 % over its test samples, in
        parentheses what <em>every</em> sum that is nearly as sparse gives, certified; both hold the seed, the patches
        and the noise bound fixed.
      </p>
    </>
  );
}
