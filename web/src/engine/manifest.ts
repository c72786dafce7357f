/**
 * Which engines are built, and where: written beside the page, and looked at again until all are
 * there.
 */

import { signal } from "@preact/signals";

/** The three builds: viewer of runs, CPU engine, GPU engine. */
export type Build = "viewer" | "cpu" | "gpu";

/** Where a build is. */
export interface EngineFiles {
  script: string;
  wasm: string;
  /** Size of the download, bytes. */
  bytes: number;
}

/** The builds that are there. */
export const manifest = signal<Partial<Record<Build, EngineFiles>>>({});

/**
 * Time between the first two looks, ms, and how it grows: a page may be without a GPU engine for
 * good.
 */
const PATIENCE = 2_000;
const GROWTH = 1.05;
const MOST_PATIENCE = 60_000;
const BUILDS: readonly Build[] = ["viewer", "cpu", "gpu"];

/** Looks now, and again and again ever more rarely, until all engines are there. */
export async function watchManifest(): Promise<void> {
  for (let patience = PATIENCE; patience < MOST_PATIENCE; patience *= GROWTH) {
    try {
      const answer = await fetch("./engines.json", { cache: "no-cache" });
      if (answer.ok) {
        const found = (await answer.json()) as Partial<Record<Build, EngineFiles>>;
        if (JSON.stringify(found) !== JSON.stringify(manifest.value)) manifest.value = found;
      }
    } catch {
      // Offline, or a server between two builds: the next look will tell.
    }
    if (BUILDS.every((build) => manifest.value[build])) return;
    await new Promise((done) => setTimeout(done, patience));
  }
}

/** Resolves with a build's files as soon as they are there. */
export function whenBuilt(build: Build): Promise<EngineFiles> {
  return new Promise((resolve) => {
    const stop = manifest.subscribe((found) => {
      const files = found[build];
      if (!files) return;
      resolve(files);
      // `subscribe` calls at once, before `stop` is there.
      queueMicrotask(() => stop());
    });
  });
}
