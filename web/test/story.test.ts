// The story of a run: what is claimed follows from its verdict, its marks and its losses.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chapterAt, chaptersOf, hasLearnt, marksOf, storyOf } from "../src/article/story";
import type { Mark } from "../src/generated/Mark";
import type { RunView } from "../src/generated/RunView";
import type { Verdict } from "../src/generated/Verdict";

const BOUNDARY: Mark = { kind: "boundary", label: "boundary", short: "boundary", epoch: 1, low: 1, high: 1 };
const GAP: Mark = { kind: "gap_onset", label: "gap", short: "gap opens", epoch: 8, low: 4, high: 9 };

interface Made {
  verdict: Verdict;
  marks?: Mark[];
  shares?: number[];
  losses?: number[];
  /** Epochs of the whole training. */
  lasts?: number;
}

/** A run of four checkpoints at epochs 0, 1, 8 and 64. */
function made({
  verdict,
  marks = [],
  shares = [0.45, 0.02, 0.1, 0.28],
  losses = [2.3, 1, 0.3, 0.2],
  lasts = 64,
}: Made): RunView {
  const epochs = [0, 1, 8, 64];
  const course = {
    type: "course",
    statistic: "share-of-high-orders",
    decides: true,
    epochs,
    marks,
    all: shares.map((value) => ({ value, low: value - 0.01, high: value + 0.01, lowest: null, highest: null })),
  };
  return {
    provenance: { chance_loss: 2.3 },
    experiment: { training: { epochs: lasts } },
    checkpoints: epochs.map((epoch, index) => ({ losses: { epoch, test_loss: losses[index] } })),
    figures: [
      { name: "strength-by-order", kind: { type: "two_phases", losses: { marks } } },
      { name: "share", kind: course },
    ],
    phases: { verdict, says: "" },
  } as unknown as RunView;
}

const names = (of: Made): string[] => {
  const story = storyOf(made(of));
  return story ? chaptersOf(story).map(({ name }) => name) : [];
};

describe("a story", () => {
  test("has no end before the training has", () => {
    const last = (lasts: number): string[] => {
      const story = storyOf(made({ verdict: "only-a-fall", lasts }));
      return story
        ? chaptersOf(story)
            .map(({ name, words }) => `${name}. ${words}`)
            .slice(-1)
        : [];
    };
    assert.match(last(128)[0] ?? "", /^No growth yet\. At epoch 64 it is 28 %: no rise beyond its interval\.$/);
    assert.match(last(64)[0] ?? "", /^No growth\. At the end it is 28 %/);
  });

  test("has two phases where the record has a boundary", () => {
    const story = storyOf(made({ verdict: "two-phases", marks: [BOUNDARY] }));
    assert.ok(story);
    assert.deepEqual([story.lowest.epoch, story.falls, story.rises], [1, true, true]);
    const chapters = chaptersOf(story);
    assert.deepEqual(
      chapters.map(({ name }) => name),
      ["Before training", "Collapse", "Growth"],
    );
    assert.match(chapters[1]?.words ?? "", /Down to 2 % by epoch 1: the boundary of two phases/);
    assert.deepEqual(
      [0, 1, 2, 3].map((at) => chapterAt(chapters, at)),
      [0, 1, 2, 2],
    );
  });

  test("claims no more than the record's verdict, whatever its values look like", () => {
    assert.deepEqual(names({ verdict: "only-a-rise" }), ["Before training", "No collapse", "Growth"]);
    assert.deepEqual(names({ verdict: "only-a-fall" }), ["Before training", "Collapse", "No growth"]);
    assert.deepEqual(names({ verdict: "neither" }), ["Before training", "No collapse", "No growth"]);
  });

  test("is not told of what has only begun", () => {
    assert.deepEqual(names({ verdict: "too-few" }), []);
  });
});

describe("the onset of the loss gap", () => {
  test("is drawn of a network that learnt", () => {
    const view = made({ verdict: "neither", marks: [GAP] });
    assert.equal(hasLearnt(view), true);
    assert.deepEqual(marksOf(view), [GAP]);
  });

  test("is not drawn of one whose test loss stays at that of guessing", () => {
    const view = made({ verdict: "neither", marks: [GAP], losses: [2.31, 2.3, 2.29, 2.5] });
    assert.equal(hasLearnt(view), false);
    assert.deepEqual(marksOf(view), []);
  });
});
