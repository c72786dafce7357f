/** The words between the figures that are the same for every run. */

import type { ComponentChildren } from "preact";
import { Toy } from "./toy";
import { NEAR } from "./wording";

/** A number of the list at the end. */
function Cite({ number }: { number: number }) {
  return (
    <a class="cite" href={`#ref-${number}`} aria-label={`Reference ${number}`}>
      {number}
    </a>
  );
}

/** What a claim holds for. */
export function Scope({ children }: { children: ComponentChildren }) {
  return <p class="scope">{children}</p>;
}

export function Opening() {
  return (
    <header class="opening">
      <p class="brand">Spindle</p>
      <h1>When does a network begin to over-fit?</h1>
      <p class="lead">
        What a network answers is a sum of <em>interactions</em>: effects of a few parts of its input that act together.
        Spindle is named after their strength by <em>order</em>, how many parts they join: before training thin at both
        ends and thick in the middle, as published methods find it.
      </p>
    </header>
  );
}

/** What follows the first two sentences; on a phone the figure comes first. */
export function Plan() {
  return (
    <>
      <p class="lead">
        A paper reports that orders first collapse while a network trains, then grow again, and that there it begins to
        over-fit.
        <Cite number={1} /> Here you can see how much of that holds, <a href="#train">train a network yourself</a>, and
        take one answer apart <a href="#sample">down to its arithmetic</a>.
      </p>
      <p class="note">
        The same answers can be written as many sums, each off by a small <dfn>noise bound</dfn> at most. In the
        sparsest, effects add up to least, whatever their signs (the smallest <dfn>L1 norm</dfn>): that is proved,{" "}
        <dfn>certified</dfn>. Sums within {NEAR} of it are <dfn>nearly as sparse</dfn>; shown is the simplest of these,
        the <dfn>canonical</dfn> one. The papers search by gradient descent instead, the <dfn>published SGD</dfn>.
      </p>
    </>
  );
}

export function Interactions() {
  return (
    <section class="text" aria-labelledby="interactions">
      <h2 id="interactions">AND, OR, and a sum</h2>
      <p>
        Choose n parts of a picture, its <em>players</em>: here ten patches of the first layer's feature map. Cover some
        of them, and ask the network again; there are 2ⁿ ways, 1,024 for ten players. The number asked for is v, the
        log-odds of the label. An <b>AND</b> interaction acts when <em>all</em> of its players are there, an <b>OR</b>{" "}
        interaction when <em>any</em> of them is. Take things away and see:
      </p>
      <Toy />
      <p>
        Any v on all 2ⁿ masks can be written this way, in many ways: there are twice as many effects as outputs. Of all
        these sums one takes the <em>sparsest</em>, measured by the L1 norm, and lets it miss each output by a small
        bound.
        <Cite number={2} /> That is a linear program. Spindle solves it to a certificate: beside the smallest norm found
        stands a bound that no other sum can beat, at most 0.1 % below it. Many sums are nearly as sparse. Ranges hold
        for all of them whose norm is within {NEAR} of the smallest; shown is one of these, the simplest by a fixed
        rule. So the norm of what is shown may be a little more than {NEAR} above the bound.
      </p>
      <Scope>
        A sum that matches every output is a faithful account of the outputs on these masks. It does not say that the
        network computes that way inside, and other players or another baseline for what is covered give other
        interactions.
      </Scope>
    </section>
  );
}

interface Reference {
  text: string;
  href: string;
}

const REFERENCES: Reference[] = [
  {
    text: "J. Zhang, Q. Li, L. Lin, Q. Zhang: Two-Phase Dynamics of Interactions Explains the Starting Point of a DNN Learning Over-Fitted Features",
    href: "https://arxiv.org/abs/2405.10262",
  },
  {
    text: "L. Chen, S. Lou, B. Huang, Q. Zhang: Defining and Extracting Generalizable Interaction Primitives from DNNs",
    href: "https://arxiv.org/abs/2401.16318",
  },
  {
    text: "Q. Ren et al.: Towards the Dynamics of a DNN Learning Symbolic Interactions",
    href: "https://arxiv.org/abs/2407.19198",
  },
];

export function Closing() {
  return (
    <footer class="text closing">
      <h2>References</h2>
      <ol>
        {REFERENCES.map(({ text, href }, index) => (
          <li key={href} id={`ref-${index + 1}`}>
            {text}.{" "}
            <a href={href} rel="noreferrer">
              {href.replace("https://", "").replace("abs/", "")}
            </a>
          </li>
        ))}
      </ol>
      <p>
        Digits: MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0). What is trained here learns from a stratified subset of
        6,000 and is tested on 1,000; runs that came with the page say their own numbers. Spindle is free software under
        MIT or Apache-2.0. Nothing that you do here leaves your device, and after the first visit the page works
        offline.
      </p>
    </footer>
  );
}
