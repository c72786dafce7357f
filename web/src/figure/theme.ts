/**
 * Colours of figures by what they stand for; each stands for one thing. What they look like, on light
 * and dark pages and where a reader forces colours, is in style/page.css.
 */

import { signal } from "@preact/signals";

export const COLOURS = {
  ink: "var(--ink)",
  faint: "var(--faint)",
  grid: "var(--grid)",
  paper: "var(--paper)",
  /** Effects for the label, and against it. */
  positive: "var(--positive)",
  negative: "var(--negative)",
  /** What the certified solver found, and where the published SGD stopped. */
  certified: "var(--certified)",
  published: "var(--published)",
  /** Losses on training and on test samples. */
  train: "var(--train)",
  test: "var(--test)",
  /** The boundary of the phases, and what is chosen. */
  accent: "var(--accent)",
  /** The first of two runs and the second. */
  first: "var(--first)",
  second: "var(--second)",
} as const;

export interface Theme extends Record<keyof typeof COLOURS, string> {
  dark: boolean;
}

/** There is none where pages are written beforehand. */
const dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : undefined;

function inForce(): Theme {
  return { dark: dark?.matches ?? false, ...COLOURS };
}

/** The colours in force. */
export const theme = signal<Theme>(inForce());
dark?.addEventListener("change", () => (theme.value = inForce()));

/** A colour as it is where no style sheet is: on a canvas, in a file. */
export function resolved(colour: string): string {
  const name = /^var\((--[a-z]+)\)$/.exec(colour)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : colour;
}

/** Puts colours into a drawing that leaves the page, in place of their names. */
export function resolveAll(svg: SVGSVGElement): SVGSVGElement {
  for (const element of svg.querySelectorAll("*"))
    for (const { name, value } of element.attributes)
      if (value.startsWith("var(")) element.setAttribute(name, resolved(value));
  return svg;
}
