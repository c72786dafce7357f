/**
 * Workers that live and say nothing although they were asked something: in a loop without an end, or
 * waiting for what a graphics card never gives. A slow machine looks the same from here, so nothing is
 * ended by itself: the reader is told, and decides.
 *
 * What counts are looks that came about, and not the clock: a machine that slept does not hang.
 */

import { signal } from "@preact/signals";

/** Time between two looks at the workers, in milliseconds. */
const LOOK = 20_000;
/** Looks without a word between them, of which the first may come as soon as something was asked: a minute. */
const MOST_LOOKS = 4;

/** A worker, as far as it is looked at. */
export interface Attended {
  /** Whether it has something to answer. */
  readonly isAsked: boolean;
  /** Ends it as one that was lost. */
  giveUp(words: string): void;
}

/** Looks since each worker said something. */
const looks = new Map<Attended, number>();
let isLooking = false;

/** Whether a worker has said nothing for a minute. */
export const isSilent = signal(false);

/** Looks after a worker from now on. */
export function attend(worker: Attended): void {
  looks.set(worker, 0);
  if (!isLooking) setTimeout(look, LOOK);
  isLooking = true;
}

/** It said something, or has only now been asked something. */
export function heard(worker: Attended): void {
  if (looks.has(worker)) looks.set(worker, 0);
  tell();
}

/** It is gone. */
export function leave(worker: Attended): void {
  looks.delete(worker);
  tell();
}

/** The reader waits for another minute. */
export function waitOn(): void {
  for (const worker of looks.keys()) looks.set(worker, 0);
  tell();
}

/** The reader gives the silent ones up: what they were at is done again, as after any worker's end. */
export function giveUpSilent(): void {
  for (const worker of silent()) worker.giveUp("A worker had not answered for a minute and was ended");
}

function silent(): Attended[] {
  return [...looks].filter(([, count]) => count >= MOST_LOOKS).map(([worker]) => worker);
}

function tell(): void {
  isSilent.value = silent().length > 0;
}

function look(): void {
  for (const [worker, count] of looks) looks.set(worker, worker.isAsked ? count + 1 : 0);
  tell();
  isLooking = looks.size > 0;
  if (isLooking) setTimeout(look, LOOK);
}
