/**
 * The worker around an engine: loads the build that it is told, and then leaves all messages to it.
 */

import type { Message } from "../generated/Message";
import { LIVES, live } from "./life";

/** What wasm-bindgen makes of `crates/web`. */
interface Engine {
  default(files: { module_or_path: string | WebAssembly.Module }): Promise<unknown>;
  serve(): void;
}

const load = async (message: MessageEvent<{ script: string; wasm: string | WebAssembly.Module }>): Promise<void> => {
  self.removeEventListener("message", load);
  const { script, wasm } = message.data;
  const answer = (event: Message["event"]): void => self.postMessage({ id: 0, event } satisfies Message);
  try {
    const engine = (await import(/* @vite-ignore */ script)) as Engine;
    await engine.default({ module_or_path: wasm });
    engine.serve();
    answer({ type: "done" });
  } catch (error) {
    answer({ type: "failed", kind: "input", message: `the engine could not be loaded: ${String(error)}` });
  }
};

self.addEventListener("message", load);
live(self.name, () => self.postMessage(LIVES));
