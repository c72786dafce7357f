// What a record says of its phases, and predictions beside it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Mark } from "../src/generated/Mark";
import type { RunView } from "../src/generated/RunView";
import type { Verdict } from "../src/generated/Verdict";
import { verdictOf } from "../src/state/phases";
import { outcomes } from "../src/state/prediction";

const BOUNDARY: Mark = { kind: "boundary", label: "boundary", short: "boundary", epoch: 0.25, low: 0.12, high: 0.5 };
const GAP: Mark = { kind: "gap_onset", label: "onset", short: "gap opens", epoch: 9, low: 2, high: 12 };

function view(verdict: Verdict, marks: Mark[] = []): RunView {
  const kind = { type: "course", decides: true, statistic: "share-of-high-orders", marks };
  return {
    figures: [{ name: "share", title: "", caption: "", kind }],
    phases: { verdict, says: `${verdict}.` },
  } as unknown as RunView;
}

describe("the phase of a run", () => {
  for (const [found, standing, certain] of [
    ["two-phases", "phase 2", [true, true]],
    ["in-our-answer-only", "not distinguishable", [true, true]],
    ["only-a-fall", "phase 1", [true, false]],
    ["only-a-rise", "not distinguishable", [false, true]],
    ["neither", "not distinguishable", [false, false]],
    ["too-few", "too little", undefined],
  ] as const)
    test(`${standing}, where the record says ${found}`, () => {
      const verdict = verdictOf(view(found));
      assert.equal(verdict?.standing, standing);
      assert.deepEqual(verdict?.certain && Object.values(verdict.certain), certain);
      assert.equal(verdict?.says, `${found}.`);
    });

  test("has its boundary with it", () => {
    assert.deepEqual(verdictOf(view("two-phases", [GAP, BOUNDARY]))?.boundary, BOUNDARY);
  });

  test("is not told before anything is measured", () => {
    assert.equal(verdictOf({ figures: [], phases: null } as unknown as RunView), undefined);
  });
});

describe("predictions", () => {
  test("are right or wrong by the record", () => {
    const [rise, gap] = outcomes({ rises: true, gapOpens: 5 }, view("two-phases", [BOUNDARY, GAP]));
    assert.deepEqual([rise?.isRight, gap?.isRight], [true, true]);
    assert.match(gap?.found ?? "", /epoch 9 \[2, 12\]/);
    assert.equal(outcomes({ rises: true, gapOpens: undefined }, view("only-a-fall"))[0]?.isRight, false);
    assert.equal(outcomes({ rises: undefined, gapOpens: 20 }, view("two-phases", [GAP]))[0]?.isRight, false);
    assert.equal(outcomes({ rises: undefined, gapOpens: null }, view("two-phases"))[0]?.isRight, true);
  });

  test("are neither where the record does not tell", () => {
    assert.equal(outcomes({ rises: false, gapOpens: undefined }, view("too-few"))[0]?.isRight, undefined);
    assert.deepEqual(outcomes({ rises: undefined, gapOpens: undefined }, view("two-phases")), []);
  });
});
