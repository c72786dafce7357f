/** Which engine trains: what the reader wishes, or what a short measurement on this device says. */

import type { Device } from "../generated/Device";
import type { Experiment } from "../generated/Experiment";
import { Engine, expect, inWords } from "./client";
import { manifest, type Build } from "./manifest";

/** What the reader wishes. */
export type Wish = "auto" | "cpu" | "webgpu";

/** What was chosen. */
export interface Choice {
  build: Build;
  device: Device;
  /** For the badge: WebAssembly, or WebGPU with the adapter's name. */
  name: string;
  /** Why, as half a sentence. */
  reason: string;
}

/** Time for which each engine is measured, seconds. */
const SECONDS = 0.6;
/** How much faster a GPU must be: less is not worth its download and its heat. */
const WORTH = 1.2;

/** Chooses. Never rejects: whatever is wrong with a GPU is a reason for the CPU. */
export async function chooseEngine(wish: Wish, experiment: Experiment, data: Uint8Array[]): Promise<Choice> {
  const cpu = (reason: string): Choice => ({ build: "cpu", device: "cpu", name: "WebAssembly", reason });
  if (wish === "cpu") return cpu("as you chose");
  const obstacle = await obstacleToGpu(wish);
  if (obstacle) return cpu(obstacle);
  try {
    return await measured(wish, experiment, data, cpu);
  } catch (error) {
    return cpu(`WebGPU does not work here: ${inWords(error)}`);
  }
}

/** Why the GPU engine is not even loaded. */
async function obstacleToGpu(wish: Wish): Promise<string | undefined> {
  if (!("gpu" in navigator)) return "this browser has no WebGPU";
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) return "this browser offers no WebGPU adapter";
  if (wish === "webgpu") return undefined;
  if (isSoftware(adapter)) return `the WebGPU adapter (${adapter.info.description || adapter.info.architecture}) is a program on the CPU`;
  return manifest.value.gpu ? undefined : "the GPU engine is not built yet";
}

function isSoftware(adapter: GPUAdapter): boolean {
  const words = `${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}`.toLowerCase();
  return adapter.info.isFallbackAdapter || ["swiftshader", "llvmpipe", "basic render"].some((name) => words.includes(name));
}

async function measured(wish: Wish, experiment: Experiment, data: Uint8Array[], cpu: (reason: string) => Choice): Promise<Choice> {
  const gpu = await Engine.start("gpu");
  try {
    const adapter = expect(await gpu.call({ type: "open_gpu" }), "gpu");
    const name = `WebGPU on ${adapter.name}${adapter.software ? ", a program on the CPU" : ""}`;
    const chosen = (reason: string): Choice => ({ build: "gpu", device: "webgpu", name, reason });
    if (wish === "webgpu") return chosen("as you chose");
    const onGpu = await rate(gpu, { ...experiment, device: "webgpu" }, data);
    const cpuEngine = await Engine.start("cpu");
    const onCpu = await rate(cpuEngine, { ...experiment, device: "cpu" }, data).finally(() => cpuEngine.end());
    const rates = `${steps(onGpu)} steps/s on WebGPU against ${steps(onCpu)} on WebAssembly`;
    return onGpu > WORTH * onCpu ? chosen(rates) : cpu(rates);
  } finally {
    gpu.end();
  }
}

async function rate(engine: Engine, experiment: Experiment, data: Uint8Array[]): Promise<number> {
  return expect(await engine.call({ type: "rate", experiment, data, seconds: SECONDS }), "rate").steps_per_second;
}

function steps(rate: number): string {
  return rate.toLocaleString("en", { maximumSignificantDigits: 3 });
}
