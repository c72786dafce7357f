// Colours of figures: each is seen on the page, and told from those beside it by every eye.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import palette from "../src/generated/palette.json";

const css = readFileSync("src/style/page.css", "utf8");
const dark = css.indexOf("@media (prefers-color-scheme: dark)");
const PAGES = { light: css.slice(0, dark), dark: css.slice(dark, css.indexOf("@media (forced-colors")) };

type Rgb = [number, number, number];

/** A colour of the style sheet, as light from 0 to 1. */
function light(page: keyof typeof PAGES, name: string): Rgb {
  const hex = new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(PAGES[page])?.[1];
  assert.ok(hex, `--${name} has no colour on ${page} pages`);
  return lightOf(hex);
}

function lightOf(hex: string): Rgb {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
}

/** Colours of an order, from its first place. */
function orders(page: keyof typeof PAGES): Rgb[] {
  return palette.ordered.map((ink) => lightOf(ink[page === "light" ? 0 : 1] ?? ""));
}

function contrast(a: Rgb, b: Rgb): number {
  const luminance = ([red, green, blue]: Rgb): number => 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function times(matrix: number[][], [a, b, c]: Rgb): Rgb {
  return matrix.map(([x = 0, y = 0, z = 0]) => x * a + y * b + z * c) as Rgb;
}

/** How readers without one kind of cones see (Machado, Oliveira, Fernandes 2009, severity 1). */
const EYES: Record<string, number[][]> = {
  "all cones": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "no red cones": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  "no green cones": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  "no blue cones": [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** OKLab, in which distances are about what is seen. */
function seen(rgb: Rgb): Rgb {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  ).map((value) => Math.cbrt(Math.max(0, value))) as Rgb;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

function distance(a: Rgb, b: Rgb): number {
  const [x, y] = [seen(a), seen(b)];
  return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

/** What stands in one drawing. */
const TOGETHER = [
  ["positive", "negative"],
  ["certified", "published"],
  ["train", "test"],
  ["first", "second"],
] as const;
const ALL = ["positive", "negative", "certified", "published", "train", "test", "accent", "first", "second"];
/** Least distance of what stands in one drawing: twice what is just told apart side by side, in OKLab. */
const APART = 0.08;

for (const page of ["light", "dark"] as const)
  describe(`on ${page} pages`, () => {
    test("every colour is seen on paper, and read where it is a word's", () => {
      for (const name of ALL) {
        const found = contrast(light(page, name), light(page, "paper"));
        const least = ["train", "test", "accent"].includes(name) ? 4.5 : 3;
        assert.ok(found >= least, `--${name} has a contrast of ${found.toFixed(2)}`);
      }
    });

    test("every colour stands for one thing", () => {
      const values = ALL.map((name) => light(page, name).join());
      assert.equal(new Set(values).size, ALL.length);
    });

    test("colours of orders are seen on paper, are no signs, and go on with less contrast", () => {
      const paper = light(page, "paper");
      const [grey, ...inOrder] = orders(page).reverse();
      for (const colour of [...inOrder, grey ?? paper]) {
        assert.ok(contrast(colour, paper) >= 3);
        for (const sign of ["positive", "negative"]) assert.ok(distance(colour, light(page, sign)) >= APART, sign);
      }
      const contrasts = inOrder.map((colour) => contrast(colour, paper));
      assert.deepEqual(
        contrasts,
        contrasts.toSorted((a, b) => a - b),
      );
    });

    for (const [eye, matrix] of Object.entries(EYES)) {
      test(`orders that follow each other are told apart with ${eye}`, () => {
        const seen = orders(page).map((colour) => times(matrix, colour));
        seen.slice(1).forEach((colour, place) => {
          const found = distance(colour, seen[place] ?? colour);
          assert.ok(found >= APART, `places ${place} and ${place + 1} are ${found.toFixed(3)} apart`);
        });
      });

      test(`what stands in one drawing is told apart with ${eye}`, () => {
        for (const [a, b] of TOGETHER) {
          const found = distance(times(matrix, light(page, a)), times(matrix, light(page, b)));
          assert.ok(found >= APART, `--${a} and --${b} are ${found.toFixed(3)} apart`);
        }
      });
    }
  });
