/**
 * Playing through the checkpoints: once by itself on arrival, with a rest at every chapter, and
 * whenever the reader wants. Whatever the reader does ends what plays by itself.
 */

import { effect, signal } from "@preact/signals";
import { current, cursor, untouched } from "../state/runs";
import { chaptersOf, storyOf } from "./story";

/** Whether the reader wants nothing to move by itself. */
const isStill = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Time that a checkpoint is shown, ms: in the reader's replay, between chapters, at a chapter. */
const FRAME = 700;
const BETWEEN = 240;
const CHAPTER = 2_800;

/** What plays: the story by itself, or the reader's replay. */
export const replay = signal<"story" | "reader" | undefined>(undefined);

/** Whether two frames stand side by side in place of the story, until the reader moves the cursor. */
export const stillPair = signal(false);

let timer: ReturnType<typeof setTimeout> | undefined;

export function stop(): void {
  clearTimeout(timer);
  replay.value = undefined;
}

/** Shows one checkpoint after the other until the last; `rest` is how long each is shown. */
function play(kind: "story" | "reader", rest: (at: number) => number): void {
  clearTimeout(timer);
  replay.value = kind;
  const name = current.peek()?.name;
  const next = (): void => {
    const run = current.peek();
    // Another run has another story.
    if (!run || run.name !== name || cursor.peek() >= run.view.checkpoints.length - 1) stop();
    else {
      cursor.value++;
      timer = setTimeout(next, rest(cursor.peek()));
    }
  };
  timer = setTimeout(next, rest(cursor.peek()));
}

/** Plays or pauses, as the reader wants; from the start where it is over. */
export function toggle(last: number): void {
  if (replay.peek()) stop();
  else {
    if (cursor.peek() >= last) cursor.value = 0;
    play("reader", () => FRAME);
  }
}

const ACTS = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

/** Plays the story once, from before training, until it is over or the reader does anything. */
export function playStory(): void {
  const view = current.peek()?.view;
  const story = view && storyOf(view);
  if (!story) return;
  const rests = new Set(chaptersOf(story).map(({ at }) => at));
  const act = (): void => {
    untouched.value = false;
    if (replay.peek() === "story") stop();
    for (const name of ACTS) removeEventListener(name, act, true);
  };
  for (const name of ACTS) addEventListener(name, act, { capture: true, passive: true });
  cursor.value = 0;
  untouched.value = true;
  if (isStill()) stillPair.value = true;
  else play("story", (at) => (rests.has(at) ? CHAPTER : BETWEEN));
  // A run that comes in meanwhile, a training found again, takes over; so does whoever moves the cursor.
  const name = current.peek()?.name;
  const leave = effect(() => {
    if (current.value?.name !== name) untouched.value = false;
    if (cursor.value !== 0 || !untouched.value) stillPair.value = false;
    if (!untouched.value) queueMicrotask(() => leave());
  });
}
