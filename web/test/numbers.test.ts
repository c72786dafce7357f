// Numbers and scales: one format everywhere, and an axis that always has values.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inPageWords } from "../src/article/wording";
import { apart, counted, number, plain, signed, smallPercent, typeset } from "../src/figure/numbers";
import { epochScale, linear, logarithmic } from "../src/figure/scale";
import type { RunView } from "../src/generated/RunView";

describe("numbers", () => {
  test("have three digits, powers of ten and a true minus", () => {
    assert.equal(number(2.2), "2.20");
    assert.equal(number(905.4), "905");
    assert.equal(number(-0.0123), "−0.0123");
    assert.equal(number(0), "0");
    assert.equal(number(3.14e-6), "3.1 × 10⁻⁶");
    assert.equal(plain(1e-6), "10⁻⁶");
    assert.equal(plain(0.01), "0.01");
    assert.equal(signed(1.5), "+1.50");
  });

  test("that count have their thousands apart", () => {
    assert.equal(counted(16384), "16,384");
    assert.equal(counted(0), "0");
  });

  test("have as many digits as tell two of them apart", () => {
    assert.deepEqual(apart(11.31, 11.3), ["11.31", "11.30"]);
    assert.deepEqual(apart(2.9912, 2.9911), ["2.9912", "2.9911"]);
    assert.deepEqual(apart(2.5, 1), ["2.50", "1.00"]);
    assert.deepEqual(apart(2.5, 2.5), ["2.50", "2.50"]);
  });

  test("of small shares are not told as none", () => {
    assert.equal(smallPercent(0.0004), "less than 0.1 %");
    assert.equal(smallPercent(0.0009999), "less than 0.1 %");
    assert.equal(smallPercent(0.007), "0.7 %");
    assert.equal(smallPercent(0), "0 %");
  });

  test("of steps in warnings are told as epochs, where a checkpoint is there", () => {
    const checkpoints = [
      { losses: { step: 0, epoch: 0 } },
      { losses: { step: 18, epoch: 0.25 } },
    ] as RunView["checkpoints"];
    const inWords = (warning: string): string => inPageWords(warning, { checkpoints });
    assert.equal(inWords("at step 18 the noise bound is low"), "at epoch 0.25 the noise bound is low");
    assert.equal(inWords("sample 3 at step 0: gap 0.1"), "sample 3 before training: gap 0.1");
    assert.equal(inWords("at step 19 all is well"), "at step 19 all is well");
  });

  test("of captions that were written for terminals are set in the same format", () => {
    assert.equal(
      typeset("rate 1.0e-5, threshold is 8.7e-5: -0.008 [-0.069, +0.053], 2405.10262, top-5"),
      "rate 10⁻⁵, threshold is 8.7 × 10⁻⁵: −0.008 [−0.069, +0.053], 2405.10262, top-5",
    );
  });
});

describe("scales", () => {
  test("reach to whole steps around what is drawn", () => {
    const { ticks, format, at, invert } = linear([-0.0023, 0.0031], [100, 0], 5);
    assert.deepEqual(ticks.map(format), ["−0.003", "−0.002", "−0.001", "0", "0.001", "0.002", "0.003", "0.004"]);
    assert.ok(Math.abs(invert(at(0.002)) - 0.002) < 1e-12);
  });

  test("name as many values as have room", () => {
    for (const room of [200, 60, 49, 30]) {
      const { ticks, at } = linear([-3.1, 7.3], [room, 0], 5);
      const [first = 0, second = 0] = ticks.map(at);
      assert.ok(first - second >= 13, `${ticks} in ${room} pixels`);
    }
  });

  test("of losses have two values at least, however narrow they are", () => {
    for (const domain of [
      [2.2, 2.4],
      [0.62, 0.63],
      [0.3, 0.7],
      [1e-6, 3],
      [0.04, 2.3],
      [1, 1],
    ] as const) {
      const { ticks, at } = logarithmic(domain, [100, 0], 5);
      assert.ok(ticks.length >= 2 && ticks.length <= 6, `${domain}: ${ticks}`);
      for (const tick of ticks) assert.ok(at(tick) >= -0.001 && at(tick) <= 100.001, `${tick} is outside ${domain}`);
    }
  });

  test("name no two values the same, however near they are", () => {
    for (const domain of [
      [0.00012, 0.000125],
      [-3e-5, 2e-5],
      [0.69301, 0.69309],
      [120_000, 125_000],
      [0.1, 0.7],
    ] as const)
      for (const scale of [linear, logarithmic]) {
        if (domain[0] < 0 && scale === logarithmic) continue;
        const { ticks, format } = scale(domain, [100, 0], 5);
        const names = ticks.map(format);
        assert.equal(new Set(names).size, names.length, `${scale.name} ${domain}: ${names}`);
      }
  });

  test("of epochs begin at 0, end at the last, and leave room between their names", () => {
    for (const [last, width] of [
      [256, 120],
      [256, 400],
      [0.5, 200],
      [64, 60],
      [4000, 300],
    ] as const) {
      const { ticks, at, format } = epochScale(last, [0, width], 7);
      assert.equal(ticks[0], 0);
      assert.equal(ticks.at(-1), last);
      ticks.slice(1).forEach((tick, index) => {
        const before = ticks[index] ?? 0;
        const needed = ((format(tick).length + format(before).length) / 2) * 7;
        assert.ok(at(tick) - at(before) >= needed, `${before} and ${tick} in ${width} pixels`);
      });
    }
  });
});
