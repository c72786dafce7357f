/**
 * The drawing: a digit by the reader's hand, put into MNIST's form, and what the network says to
 * it.
 */

import { type Signal, signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Engine, EngineError, expect } from "../engine/client";
import { manifest } from "../engine/manifest";
import { isThrifty } from "../engine/thrift";
import { when } from "../figure/numbers";
import type { Command } from "../generated/Command";
import { Inspection } from "../state/inspection";
import { canBeAsked, current, type Run, runs } from "../state/runs";
import { Inspector } from "./inspector";
import { useNear } from "./near";

/** Pixels along one side of the canvas. */
const SIDE = 280;
/** Width of the pen, pixels: MNIST's strokes are about two of its 20 pixels wide. */
const PEN = 24;

const inspection = new Inspection();
const probabilities = signal<number[] | undefined>(undefined);
/** Counts strokes: every change is looked at. */
const ink = signal(0);

let engine: Promise<Engine> | undefined;
function drawingEngine(): Promise<Engine> {
  engine ??= Engine.start("cpu", () => (engine = undefined)).catch((error: unknown) => {
    engine = undefined;
    throw error;
  });
  return engine;
}

/** Step of the checkpoint that the reader asks; the last one without it. */
const asked = signal<number | undefined>(undefined);
/** Weights from a file of the reader's, and whether they are asked. */
const ownWeights = signal<{ title: string; bytes: Uint8Array } | undefined>(undefined);
const asksOwn = signal(false);
/** Value of the reader's weights among the networks to choose from; steps are 0 or above. */
const OWN = -1;

/**
 * Takes a network's weights, PyTorch's or this page's, to ask about drawings. Rejects with what is
 * wrong with them.
 */
export async function takeWeights(title: string, bytes: Uint8Array): Promise<void> {
  const run = askedRun();
  if (!run) throw new EngineError("input", "there is no run to compare with yet");
  // What does not fit the network is found out by asking it about a dot.
  const dot = new Uint8Array(16).fill(255);
  await (await drawingEngine()).call(question(run, bytes, dot, 4, null, 0));
  ownWeights.value = { title, bytes };
  asksOwn.value = true;
  document.getElementById("draw")?.scrollIntoView();
}

/**
 * The run whose network is asked: the one that is looked at, or another one where that one's
 * network is asked about no drawings.
 */
function askedRun(): Run | undefined {
  const run = current.value;
  return run && canBeAsked(run) ? run : runs.value.find(canBeAsked);
}

function question(
  run: Run,
  weights: Uint8Array,
  canvas: Uint8Array,
  side: number,
  label: number | null,
  threshold: number,
): Command {
  return {
    type: "draw",
    weights,
    experiment: run.view.experiment,
    classes: run.view.classes.length,
    canvas,
    side,
    players: run.view.patches,
    label,
    threshold,
  };
}

interface Network {
  step: number;
  checkpoint: number;
}

/** Networks whose weights are in the run's file. */
function networksOf(run: Run): Network[] {
  const checkpoints = run.view.checkpoints.map((checkpoint, index) => ({
    step: checkpoint.losses.step,
    checkpoint: index,
  }));
  return checkpoints.filter(({ step }) => run.view.weights.includes(step));
}

/** The network that looks. */
function networkOf(run: Run): Network | undefined {
  const networks = networksOf(run);
  return networks.find(({ step }) => step === asked.value) ?? networks.at(-1);
}

/** Weights by run and step: a stroke asks many times for the same. */
const weights = new WeakMap<Run, Map<number, Uint8Array>>();

async function weightsOf(run: Run, step: number): Promise<Uint8Array> {
  const ofRun = weights.get(run) ?? new Map<number, Uint8Array>();
  weights.set(run, ofRun);
  const known = ofRun.get(step);
  if (known) return known;
  const found = expect(await (await run.engine()).call({ type: "weights", run: run.name, step }), "file").bytes;
  ofRun.set(step, found);
  return found;
}

async function look(canvas: HTMLCanvasElement, run: Run, label: number | null): Promise<void> {
  const own = asksOwn.value ? ownWeights.value : undefined;
  const network = networkOf(run);
  if (!network && !own) return;
  await inspection.inspect(async () => {
    const worker = await drawingEngine();
    const bytes = own?.bytes ?? (network && (await weightsOf(run, network.step)));
    if (!bytes) throw new EngineError("input", "this run's file has no weights");
    const threshold = run.view.checkpoints[network?.checkpoint ?? run.view.checkpoints.length - 1]?.threshold ?? 0;
    const answer = await worker.call(question(run, bytes, inkOf(canvas), SIDE, label, threshold));
    const drawn = expect(answer, "drawn");
    probabilities.value = drawn.probabilities;
    return { engine: worker, view: drawn.sample };
  });
}

/** What draws on the canvas. What it drew is read after every stroke. */
function pen(canvas: HTMLCanvasElement | null): CanvasRenderingContext2D | null | undefined {
  return canvas?.getContext("2d", { willReadFrequently: true });
}

/** Loads engine and weights before the first stroke asks for them, which would wait for seconds. */
async function prepare(run: Run): Promise<void> {
  const network = networkOf(run);
  // What fails here is told when it is asked for.
  await Promise.all([drawingEngine(), network && weightsOf(run, network.step)]).catch(() => undefined);
}

function inkOf(canvas: HTMLCanvasElement): Uint8Array {
  const pixels = pen(canvas)?.getImageData(0, 0, SIDE, SIDE).data;
  const found = new Uint8Array(SIDE * SIDE);
  if (pixels) for (let at = 0; at < found.length; at++) found[at] = pixels[at * 4 + 3] ?? 0;
  return found;
}

export function DrawSection() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const label = useSignal<number | null>(null);
  const run = askedRun();
  const network = run && networkOf(run);
  useFollow(canvas, label);
  const { place, near } = useNear();
  useSignalEffect(() => {
    const run = askedRun();
    if (near.value && run && manifest.value.cpu && !isThrifty()) void prepare(run);
  });
  return (
    <section class="wide" aria-labelledby="draw" ref={place}>
      <h2 id="draw">Draw one yourself</h2>
      <p class="lead">
        Write a digit. It is centred and scaled as MNIST's are, and the network's answer is taken apart while you write:
        a certified decomposition of all its masked versions, several times a second.
      </p>
      {current.value && current.value !== run && (
        <p class="note elsewhere">
          {current.value.view.model} on {current.value.view.data}, which is open above, is not asked here
          {run && `; ${run.view.model} on ${run.view.data} is`}.
        </p>
      )}
      <p class="asked">
        {!manifest.value.cpu ? (
          "The engine is still being built."
        ) : run && (network || ownWeights.value) ? (
          <Asked run={run} network={network} />
        ) : (
          "This run's file has no weights. Choose another run above, or train one here."
        )}
      </p>
      <div class="draw">
        <div>
          <Canvas canvas={canvas} />
          <div class="controls">
            <button
              type="button"
              onClick={() => {
                pen(canvas.current)?.clearRect(0, 0, SIDE, SIDE);
                inspection.clear();
                label.value = null;
                [ink.value, probabilities.value] = [0, undefined];
              }}
            >
              Clear
            </button>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                // Another digit has another answer: the class that was asked about before does not stick.
                label.value = null;
                if (canvas.current) example(canvas.current);
              }}
            >
              Draw a 4 for me
            </button>
          </div>
        </div>
        <Answer label={label} classes={run?.view.classes ?? []} />
      </div>
      <Inspector name="drawing" of={inspection} classes={run?.view.classes ?? []} />
    </section>
  );
}

function Asked({ run, network }: { run: Run; network: Network | undefined }) {
  const own = ownWeights.value;
  const ask = (value: number): void => {
    asksOwn.value = value === OWN;
    if (value !== OWN) asked.value = value;
  };
  return (
    <label>
      Asked: the network of{" "}
      <select value={asksOwn.value ? OWN : network?.step} onChange={(event) => ask(Number(event.currentTarget.value))}>
        {own && <option value={OWN}>{own.title}</option>}
        {networksOf(run).map(({ step, checkpoint }) => (
          <option key={step} value={step}>
            “{run.title}”, {when(run.view.checkpoints[checkpoint]?.losses.epoch ?? 0)}
          </option>
        ))}
      </select>
    </label>
  );
}

/**
 * Looks again after every stroke, when another network is asked, and when another class is asked
 * about.
 */
function useFollow(canvas: { current: HTMLCanvasElement | null }, label: Signal<number | null>): void {
  const [strokes, run, of, own] = [ink.value, askedRun(), label.value, asksOwn.value ? ownWeights.value : undefined];
  useEffect(() => {
    const element = canvas.current;
    if (strokes === 0 || !element || !run) return;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    // One question at a time: strokes that come while one is asked are asked about together after
    // it.
    const ask = (): void => {
      if (inspection.busy.peek()) waiting = setTimeout(ask, 30);
      else void look(element, run, of);
    };
    ask();
    return () => clearTimeout(waiting);
  }, [strokes, run?.name, run && networkOf(run)?.step, of, own]);
}

function Canvas({ canvas }: { canvas: { current: HTMLCanvasElement | null } }) {
  const last = useRef<[number, number] | undefined>(undefined);
  const place = (event: PointerEvent): [number, number] => {
    const box = (event.currentTarget as HTMLCanvasElement).getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const stroke = (event: PointerEvent): void => {
    const to = place(event);
    line(event.currentTarget as HTMLCanvasElement, last.current ?? to, to);
    last.current = to;
    ink.value++;
  };
  return (
    <div class="pad-place">
      <canvas
        ref={canvas}
        class="pad"
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label="Drawing area: write a digit with mouse, pen or finger, or press the button that draws one"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          last.current = undefined;
          stroke(event);
        }}
        onPointerMove={(event) => event.buttons !== 0 && stroke(event)}
        onPointerUp={() => (last.current = undefined)}
      />
      {ink.value === 0 && (
        <span class="hint" aria-hidden="true">
          write a digit here
        </span>
      )}
    </div>
  );
}

function line(canvas: HTMLCanvasElement, from: [number, number], to: [number, number]): void {
  const context = pen(canvas);
  if (!context) return;
  context.lineWidth = PEN;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = "#fff";
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(to[0] + 0.01, to[1]);
  context.stroke();
}

/** A four, for whoever has no pointer. */
function example(canvas: HTMLCanvasElement): void {
  pen(canvas)?.clearRect(0, 0, SIDE, SIDE);
  line(canvas, [110, 50], [80, 150]);
  line(canvas, [80, 150], [190, 150]);
  line(canvas, [175, 90], [165, 235]);
  ink.value++;
}

function Answer({ label, classes }: { label: Signal<number | null>; classes: string[] }) {
  const found = probabilities.value;
  if (!found) return <p class="note answer">The answer appears here while you write.</p>;
  const best = found.indexOf(Math.max(...found));
  const name = (index: number): string => classes[index] ?? String(index);
  return (
    <div class="answer">
      <h4>
        <span role="status">
          The network says <strong>{name(best)}</strong>
        </span>
      </h4>
      <ol class="classes" start={0}>
        {found.map((probability, index) => (
          <li key={index}>
            <button
              type="button"
              aria-pressed={(label.value ?? best) === index}
              onClick={() => (label.value = index)}
              title={`Decompose the log-odds of ${name(index)}`}
            >
              <span>{name(index)}</span>
              <span class="effect" aria-hidden="true">
                <span class="positive" style={{ width: `${100 * probability}%` }} />
              </span>
              <span class="value">{(100 * probability).toFixed(1)} %</span>
            </button>
          </li>
        ))}
      </ol>
      {label.value !== null && (
        <button
          type="button"
          class="quiet"
          onClick={(event) => {
            // The button goes away: the keyboard goes on at the answer.
            event.currentTarget.parentElement?.querySelectorAll<HTMLElement>(".classes button")[best]?.focus();
            label.value = null;
          }}
        >
          Follow the network's own answer
        </button>
      )}
    </div>
  );
}
