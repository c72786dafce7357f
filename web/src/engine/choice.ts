/** Which engine trains: what the reader wishes, or what a short measurement on this device says. */

import type { Experiment } from "../generated/Experiment";
import type { Gpu } from "../generated/Gpu";
import type { Place } from "../generated/Place";
import { Engine, expect, inWords } from "./client";
import { type Build, manifest } from "./manifest";
import { CPU, GPU } from "./place";

/** What the reader wishes. */
export type Wish = "auto" | "cpu" | "webgpu";

/** What was chosen. */
export interface Choice {
  build: Build;
  /** Where the network is trained. */
  place: Place;
  /** For the badge: WebAssembly, or WebGPU with the adapter's name. */
  name: string;
  /** Why, as half a sentence. */
  reason: string;
  /** What the adapter can do and how well it computes, where it is one. */
  detail?: string;
}

/** Time for which each engine is measured, seconds. */
const SECONDS = 0.6;
/** How much faster a GPU must be: less is not worth its download and its heat. */
const WORTH = 1.2;

/**
 * Chooses; `impossible` is why no GPU can train this, if none can. Never rejects: whatever is wrong
 * with a GPU is a reason for the CPU.
 */
export async function chooseEngine(
  wish: Wish,
  experiment: Experiment,
  impossible: string | undefined,
  data: Uint8Array[],
): Promise<Choice> {
  const cpu = (reason: string): Choice => ({ build: "cpu", place: CPU, name: "WebAssembly", reason });
  if (wish === "cpu") return cpu("as you chose");
  if (impossible) return cpu(impossible);
  const adapter =
    "gpu" in navigator
      ? await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null)
      : undefined;
  const obstacle = obstacleToGpu(wish, adapter);
  if (obstacle || !adapter) return cpu(obstacle ?? "there is no WebGPU adapter");
  try {
    return await measured(wish, experiment, data, nameOf(adapter), cpu);
  } catch (error) {
    return cpu(`WebGPU does not work here: ${inWords(error)}`);
  }
}

/** Why the GPU engine is not even loaded. */
function obstacleToGpu(wish: Wish, adapter: GPUAdapter | null | undefined): string | undefined {
  if (adapter === undefined) return "this browser has no WebGPU";
  if (adapter === null) return "this browser offers no WebGPU adapter";
  if (!manifest.value.gpu) return "the GPU engine is not built";
  if (wish === "auto" && isSoftware(adapter)) return `the WebGPU adapter (${nameOf(adapter)}) is a program on the CPU`;
  return undefined;
}

/** What a browser tells of an adapter: a description, or vendor and architecture, or nothing. */
function nameOf(adapter: GPUAdapter): string {
  const { description, vendor, architecture } = adapter.info;
  return description || [vendor, architecture].filter(Boolean).join(" ") || "an adapter whose name the browser keeps";
}

/** Limits of the adapter, and what its self-test gave. */
function detailOf(adapter: Gpu): string {
  const mebibytes = Math.round(adapter.max_buffer / 2 ** 20);
  return `Buffers up to ${mebibytes} MiB, ${adapter.max_workgroup} threads a workgroup; losses of its self-test within ${adapter.self_test.toExponential(0)} of the CPU's`;
}

function isSoftware(adapter: GPUAdapter): boolean {
  const words = `${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}`.toLowerCase();
  return (
    adapter.info.isFallbackAdapter || ["swiftshader", "llvmpipe", "basic render"].some((name) => words.includes(name))
  );
}

async function measured(
  wish: Wish,
  experiment: Experiment,
  data: Uint8Array[],
  told: string,
  cpu: (reason: string) => Choice,
): Promise<Choice> {
  const gpu = await Engine.start("gpu");
  try {
    const adapter = expect(await gpu.call({ type: "open_gpu" }), "gpu");
    const name = `WebGPU on ${adapter.name || told}${adapter.software ? ", a program on the CPU" : ""}`;
    const chosen = (reason: string): Choice => ({
      build: "gpu",
      place: GPU,
      name,
      reason,
      detail: detailOf(adapter),
    });
    if (wish === "webgpu") return chosen("as you chose");
    const onGpu = await rate(gpu, GPU, experiment, data);
    const cpuEngine = await Engine.start("cpu");
    const onCpu = await rate(cpuEngine, CPU, experiment, data).finally(() => cpuEngine.end());
    const rates = `${steps(onGpu)} steps/s on WebGPU against ${steps(onCpu)} on WebAssembly`;
    return onGpu > WORTH * onCpu ? chosen(rates) : cpu(rates);
  } finally {
    gpu.end();
  }
}

async function rate(engine: Engine, place: Place, experiment: Experiment, data: Uint8Array[]): Promise<number> {
  const answer = await engine.call({ type: "rate", experiment, place, data, seconds: SECONDS });
  return expect(answer, "rate").steps_per_second;
}

function steps(rate: number): string {
  return rate.toLocaleString("en", { maximumSignificantDigits: 3 });
}
