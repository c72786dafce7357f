// What a record says of its phases, found again in its sentences; and predictions beside it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Mark } from "../src/generated/Mark";
import type { RunView } from "../src/generated/RunView";
import { verdictOf } from "../src/state/phases";
import { outcomes } from "../src/state/prediction";

const NUMBERS =
  "The share of orders of 3 and more is 0.45 [0.42, 0.48] (0.43 to 0.53) before training, 0.02 at epoch 0.25.";
const READING = "In brackets: 95 % over the test samples.";
const BOUNDARY: Mark = { kind: "boundary", label: "boundary", short: "boundary", epoch: 0.25, low: 0.12, high: 0.5 };
const GAP: Mark = { kind: "gap_onset", label: "onset", short: "gap opens", epoch: 9, low: 2, high: 12 };

function view(sentence: string, marks: Mark[] = []): RunView {
  const kind = { type: "course", decides: true, statistic: "share-of-high-orders", marks };
  return {
    figures: [{ name: "share", title: "", caption: `${NUMBERS} ${sentence} ${READING}`, kind }],
  } as unknown as RunView;
}

const TWO =
  "Two phases, with the boundary at epoch 0.25 [0.12, 0.5] (the checkpoints beside it: 0.12 and 0.5): the share of orders of 3 and more falls by 0.43 [0.39, 0.47] and rises by 0.25 [0.21, 0.30]; ranges over other decompositions were not computed.";
const NO_RISE =
  "Phases are not distinguishable: no rise beyond its interval (the share of orders of 3 and more falls by 0.54 [0.43, 0.64] and rises by 0.08 [-0.02, 0.21]).";
const NO_FALL =
  "Phases are not distinguishable: no fall beyond its interval (the mean order falls by 0.06 [-0.34, 0.49] and rises by 0.68 [0.30, 1.05]).";
const TOO_FEW = "Too little to tell phases from: 2 checkpoints of 5 test samples, where 3 of 10 are needed.";

describe("the phase of a run", () => {
  for (const [sentence, marks, standing] of [
    [TWO, [BOUNDARY], "phase 2"],
    [NO_RISE, [], "phase 1"],
    [NO_FALL, [], "not distinguishable"],
    [TOO_FEW, [], "too little"],
  ] as const)
    test(`${standing}, by the record's own sentence, whole`, () => {
      const verdict = verdictOf(view(sentence, [...marks]));
      assert.equal(verdict?.standing, standing);
      assert.equal(verdict?.says, sentence);
    });

  test("is not told before anything is measured", () => {
    assert.equal(verdictOf({ figures: [] } as unknown as RunView), undefined);
  });
});

describe("predictions", () => {
  test("are right or wrong by the record", () => {
    const [rise, gap] = outcomes({ rises: true, gapOpens: 5 }, view(TWO, [BOUNDARY, GAP]));
    assert.deepEqual([rise?.isRight, gap?.isRight], [true, true]);
    assert.match(gap?.found ?? "", /epoch 9 \[2, 12\]/);
    assert.equal(outcomes({ rises: true, gapOpens: undefined }, view(NO_RISE))[0]?.isRight, false);
    assert.equal(outcomes({ rises: undefined, gapOpens: 20 }, view(TWO, [GAP]))[0]?.isRight, false);
    assert.equal(outcomes({ rises: undefined, gapOpens: null }, view(TWO))[0]?.isRight, true);
  });

  test("are neither where the record does not tell", () => {
    assert.equal(outcomes({ rises: false, gapOpens: undefined }, view(TOO_FEW))[0]?.isRight, undefined);
    assert.deepEqual(outcomes({ rises: undefined, gapOpens: undefined }, view(TWO)), []);
  });
});
