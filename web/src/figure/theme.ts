/**
 * Colours of figures, told apart by colour-blind readers (blue and vermilion of Okabe and Ito), for
 * light and dark pages.
 */

import { signal } from "@preact/signals";

export interface Theme {
  dark: boolean;
  ink: string;
  faint: string;
  grid: string;
  paper: string;
  positive: string;
  negative: string;
  accent: string;
  /** The second of two runs; the first one has the accent. */
  second: string;
}

const LIGHT: Theme = {
  dark: false,
  ink: "#22252a",
  faint: "#6a6f78",
  grid: "#e3e0d8",
  paper: "#fdfcf9",
  positive: "#0b6bb5",
  negative: "#cf5a0e",
  accent: "#7a3e9d",
  second: "#1f7a6d",
};
const DARK: Theme = {
  dark: true,
  ink: "#e8e6e1",
  faint: "#a3a6ad",
  grid: "#33373e",
  paper: "#16181c",
  positive: "#5cb3f2",
  negative: "#f28b3c",
  accent: "#c79be6",
  second: "#62c9b8",
};

const dark = matchMedia("(prefers-color-scheme: dark)");

/** The colours in force. */
export const theme = signal<Theme>(dark.matches ? DARK : LIGHT);
dark.addEventListener("change", () => (theme.value = dark.matches ? DARK : LIGHT));
