/** Section 6: the words between the figures, each claim with what it rests on. */

import { Toy } from "./toy";

export function Opening() {
  return (
    <header class="text opening">
      <p class="brand">Spindle</p>
      <h1>When does a network begin to over-fit?</h1>
      <p class="lead">
        Everything a network says about a picture can be written as a sum of <em>interactions</em>: effects of a few
        parts of the picture acting together. How many parts an interaction joins is its <em>order</em>. A paper reports
        that while a network trains, its interactions first collapse to low orders, then their orders grow again, and
        that there it begins to over-fit. Here you can see how much of that holds.
        <Cite number={1} />
      </p>
    </header>
  );
}

function Cite({ number }: { number: number }) {
  return (
    <a class="cite" href={`#ref-${number}`} aria-label={`Reference ${number}`}>
      {number}
    </a>
  );
}

function Scope({ children }: { children: string }) {
  return <p class="scope">{children}</p>;
}

export function Reading() {
  return (
    <section class="text" aria-labelledby="reading">
      <h2 id="reading">What the figure shows</h2>
      <p>
        Each bar adds up the effects of all interactions of one order, over all test digits that are measured: those
        that speak for the label upwards, those that speak against it downwards. The slider moves through training.
        Early on, in the first fraction of an epoch, what is learnt is simple: single patches and pairs. Then orders
        stay low for a while, and in the second phase larger and larger coalitions of patches come in. Later, the gap
        between test and training loss opens.
      </p>
      <p>
        Bars are of salient interactions, as in the papers; the numbers below are of all. Two marks are computed and not
        drawn by eye. The <b>boundary</b> of the phases is where the share of orders of three and more is smallest, and
        there is one only if that share falls before and rises after by more than its interval, in <em>every</em> sum
        that is nearly as sparse. Else phases are “not distinguishable”. The <b>gap</b> opens where test loss minus
        training loss, of samples whose label is right, lies three standard errors above its minimum so far and stays
        there for three checkpoints. Intervals are 95 % over the samples; they hold the seed, the patches and the noise
        bound fixed.
      </p>
      <Scope>
        One architecture, one data set, one seed a run; the same ten patches are players in all samples. Train with
        other seeds and other label noise, and see what stays.
      </Scope>
    </section>
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
        stands a bound that no other sum can beat, and the two differ by less than one part in a thousand. Many sums
        come as near; shown is one of them, the simplest by a fixed rule.
      </p>
      <Scope>
        A sum that matches every output is a faithful account of the outputs on these masks. It does not say that the
        network computes that way inside, and other players or another baseline for what is covered give other
        interactions.
      </Scope>
    </section>
  );
}

export function Evidence() {
  return (
    <section class="text" aria-labelledby="evidence">
      <h2 id="evidence">What this evidence shows, and what it does not</h2>
      <p>
        About the run that this page opens with, LeNet on all of MNIST. In brackets 95 % over its test samples, in
        parentheses what <em>every</em> sum that is nearly as sparse gives, certified; both hold the seed, the patches
        and the noise bound fixed.
      </p>
      <ul class="claims">
        <li>
          <b>In every sum that is nearly as sparse:</b> two phases. The share of orders of three and more falls from{" "}
          {/*=lenet-mnist.share.first.full*/}0.45 [0.42, 0.48] (0.43 to 0.53){/*/*/} before training to{" "}
          {/*=lenet-mnist.share.lowest.full*/}0.02 [0.02, 0.03] (0.01 to 0.11){/*/*/} at epoch{" "}
          {/*=lenet-mnist.share.lowest.epoch*/}0.25{/*/*/} and rises to {/*=lenet-mnist.share.last.full*/}0.28 [0.25,
          0.31] (0.26 to 0.37){/*/*/} at the end: by at least {/*=lenet-mnist.phases.share.fall.least*/}0.32 [0.28,
          0.36]{/*/*/} and {/*=lenet-mnist.phases.share.rise.least*/}0.15 [0.10, 0.19]{/*/*/}, whichever one takes, at
          the noise bound that the papers have. It is the share that falls so far; in nats high orders hold{" "}
          {/*=lenet-mnist.high-orders.first.nats*/}0.00774{/*/*/} before training,{" "}
          {/*=lenet-mnist.high-orders.at.0.12.nats*/}0.00543{/*/*/} at epoch 0.12 and{" "}
          {/*=lenet-mnist.high-orders.turn.nats*/}0.0108{/*/*/} at the lowest share, since by then all outputs have
          grown.
        </li>
        <li>
          <b>Only in the sum shown:</b> how much the <em>mean</em> order rises, {/*=lenet-mnist.phases.order.rise*/}0.77
          [0.63, 0.90]{/*/*/}. In other sums it may be {/*=lenet-mnist.phases.order.rise.least*/}0.13 [0.00, 0.27]
          {/*/*/}, since two players' AND and OR together are the same as each player alone, and cost as much: no
          sparsity tells orders one and two apart. Shown is the canonical sum, the simplest by a fixed rule; the range
          of all others is given below each sample.
        </li>
        <li>
          <b>Made by the solver:</b> most of the published spindle before training. On the same outputs the published
          procedure, at the rate that its authors' code has for pictures, ends at{" "}
          {/*=lenet-mnist.published.first.ratio*/}905{/*/*/} times the smallest L1 norm, above its own start (
          {/*=lenet-mnist.published.first.start-ratio*/}4.9{/*/*/} times); at a tenth of that rate at{" "}
          {/*=lenet-mnist.published.first.rate-1e-6.ratio*/}105{/*/*/} times. Its shares,{" "}
          {/*=lenet-mnist.published.first.share*/}0.99{/*/*/} before training, {/*=lenet-mnist.published.turn.share*/}
          0.97{/*/*/} at epoch 0.25 and {/*=lenet-mnist.published.last.share*/}0.45{/*/*/} at the end, do not fall and
          rise. Switch the figure to “Published SGD” before training.
        </li>
        <li>
          <b>Not found:</b> that the loss gap opens where the phases turn. Of samples whose label is right it is
          smallest there, and opens at epoch {/*=lenet-mnist.gap.onset*/}9 [2, 12]{/*/*/}, {/*=lenet-mnist.gap.lag*/}8.8
          [1.8, 12]{/*/*/} epochs later. But that is about where a long plateau of the share ends (
          {/*=lenet-mnist.share.at.1*/}0.05{/*/*/} at epoch 1, {/*=lenet-mnist.share.at.9*/}0.06{/*/*/} at 9,{" "}
          {/*=lenet-mnist.share.at.28*/}0.15{/*/*/} at 28): the gap and the high orders grow in the same epochs.
        </li>
        <li>
          <b>Not found:</b> that high orders generalise less. Interactions of order three are alike to{" "}
          {/*=lenet-mnist.similarity.3.train-test*/}0.12{/*/*/} between training and test samples, and to{" "}
          {/*=lenet-mnist.similarity.3.train-train*/}0.12{/*/*/} and {/*=lenet-mnist.similarity.3.test-test*/}0.12
          {/*/*/} between two halves of either, on a scale from 0 to 1: they differ from sample to sample. The
          difference is {/*=lenet-mnist.similarity.3.difference*/}+0.000 [-0.025, +0.025]{/*/*/}. Of orders 1 to 6 at
          the end, those at which training and test are less alike than two halves:{" "}
          {/*=lenet-mnist.similarity.lower-at*/}none{/*/*/}.
        </li>
        <li>
          <b>Shown here:</b> a few dozen interactions of about two thousand explain the masked outputs of a digit. How
          closely, you can check on every digit above.
        </li>
        <li>
          <b>Not shown:</b> that high orders <em>cause</em> over-fitting, or that other networks, seeds and patches do
          the same. Of the {/*=runs.count*/}5{/*/*/} networks in the table, phases are told apart in{" "}
          {/*=runs.two-phases*/}1{/*/*/}.
        </li>
      </ul>
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
        Digits: MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0), a stratified subset of 6,000 and 1,000. Spindle is free
        software under MIT or Apache-2.0. Nothing that you do here leaves your device, and after the first visit the
        page works offline.
      </p>
    </footer>
  );
}
