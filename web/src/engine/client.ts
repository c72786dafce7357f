/**
 * The page's side of the conversation with a worker: typed requests, answers by number, faults of
 * the whole worker.
 */

import type { Command } from "../generated/Command";
import type { Event } from "../generated/Event";
import type { Failure } from "../generated/Failure";
import type { Message } from "../generated/Message";
import { LIVES, PATIENCE, watch } from "./life";
import { type Build, whenBuilt } from "./manifest";
import { moduleOf } from "./modules";
import { newName } from "./names";
import { attend, heard, leave } from "./silence";

/** Something that a worker did not do. Its message is for the reader. */
export class EngineError extends Error {
  constructor(
    readonly kind: Failure,
    message: string,
  ) {
    super(message);
  }
}

interface Pending {
  /** Whether something has to come by now: a training that rests says nothing. */
  isDue(): boolean;
  /** Called with every answer but the last of a stream. */
  on: ((event: Event) => void) | undefined;
  resolve(event: Event): void;
  reject(error: EngineError): void;
}

/** A worker with an engine in it. */
export class Engine {
  private readonly pending = new Map<number, Pending>();
  private next = 1;
  /** Nobody else's: tabs share their locks. */
  private readonly name = `spindle-${newName()}`;
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: this.name });
  private readonly silence = setTimeout(() => this.lost("a worker did not start"), PATIENCE);
  private ready: { resolve(): void; reject(error: EngineError): void } | undefined;
  private fault: EngineError | undefined;
  private isLoading = true;

  private constructor(private readonly onFault: (error: EngineError) => void) {
    this.worker.onmessage = ({ data }: MessageEvent<Message | typeof LIVES>) => {
      if (data === LIVES) this.lives();
      else this.hear(data);
    };
    // A trap in WebAssembly ends here, after the panic's own words, where there were any.
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.lost(event.message || "the worker ended for a reason that the browser keeps");
    };
    attend(this);
  }

  /** Whether it is of no more use. */
  get isLost(): boolean {
    return this.fault !== undefined;
  }

  /** Whether it has something to say by now. */
  get isAsked(): boolean {
    return this.isLoading || [...this.pending.values()].some(({ isDue }) => isDue());
  }

  /**
   * Starts a worker as soon as the build is there. `onFault` hears of what ends the whole worker.
   */
  static async start(build: Build, onFault: (error: EngineError) => void = () => undefined): Promise<Engine> {
    const files = await whenBuilt(build);
    const absolute = (url: string): string => new URL(url, document.baseURI).href;
    const wasm = await moduleOf(absolute(files.wasm));
    const engine = new Engine(onFault);
    await new Promise<void>((resolve, reject) => {
      engine.ready = { resolve, reject };
      engine.worker.postMessage({ script: absolute(files.script), wasm });
    });
    return engine;
  }

  /** Asks for something that is answered once. Rejects with an `EngineError`. */
  call(command: Command): Promise<Event> {
    return this.request(command, undefined, () => true);
  }

  /**
   * Asks for something that is answered many times; resolves when it is done. Rejects with an
   * `EngineError`. `isDue` tells whether the next answer is to come by now.
   */
  stream(command: Command, on: (event: Event) => void, isDue = () => true): Promise<Event> {
    return this.request(command, on, isDue);
  }

  /** Ends the worker as one that was lost: whoever needs it gets another one. */
  giveUp(words: string): void {
    this.lost(words);
  }

  /** Ends the worker; what it was at is rejected. */
  end(): void {
    this.worker.terminate();
    this.abandon(new EngineError("input", "the engine was ended"));
  }

  private lives(): void {
    clearTimeout(this.silence);
    watch(this.name, () => this.lost("a worker ended without a word; the browser may have been short of memory"));
  }

  private lost(words: string): void {
    this.fail(new EngineError("panic", words));
  }

  private request(command: Command, on: Pending["on"], isDue: () => boolean): Promise<Event> {
    if (this.fault) return Promise.reject(this.fault);
    // Silence before a question is none.
    if (!this.isAsked) heard(this);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { on, resolve, reject, isDue });
      this.worker.postMessage({ id, command: travelling(command) });
    });
  }

  private hear({ id, event }: Message): void {
    heard(this);
    if (id === 0) {
      this.isLoading = false;
      if (event.type === "failed") this.fail(new EngineError(event.kind, event.message));
      else this.ready?.resolve();
      return;
    }
    const pending = this.pending.get(id);
    if (!pending) return;
    if (pending.on && event.type !== "done" && event.type !== "failed") {
      pending.on(event);
      return;
    }
    this.pending.delete(id);
    if (event.type === "failed") pending.reject(new EngineError(event.kind, event.message));
    else pending.resolve(event);
  }

  /** The worker is of no more use: all that waits for it is told, once. */
  private fail(error: EngineError): void {
    if (this.fault) return;
    this.fault = error;
    this.worker.terminate();
    this.ready?.reject(error);
    this.abandon(error);
    this.onFault(error);
  }

  private abandon(error: EngineError): void {
    this.fault ??= error;
    clearTimeout(this.silence);
    leave(this);
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of pending) reject(error);
  }
}

/** A command as it travels: by its name, with its fields where it has any. */
function travelling({ type, ...fields }: Command): string | Record<string, unknown> {
  return Object.keys(fields).length === 0 ? type : { [type]: fields };
}

/** The answer of a type, or an error that says what came instead. */
export function expect<Type extends Event["type"]>(event: Event, type: Type): Extract<Event, { type: Type }> {
  if (event.type !== type)
    throw new EngineError("input", `the engine answered ${event.type} where ${type} was expected`);
  return event as Extract<Event, { type: Type }>;
}

/** An error in words. */
export function inWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
