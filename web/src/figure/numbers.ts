/** Numbers in words, in one format everywhere: 2.20, 905, 3.1 × 10⁻⁶, and a true minus. */

const MINUS = "−";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Formats of the browser, each made once: making one takes longer than drawing an axis. */
const formats = new Map<string, Intl.NumberFormat>();

/** Digits behind the point or significant ones, as few and as many as these. */
function digits(value: number, of: "Fraction" | "Significant", least: number, most: number): string {
  const name = `${of} ${least} ${most}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.NumberFormat("en", { [`minimum${of}Digits`]: least, [`maximum${of}Digits`]: most });
    formats.set(name, format);
  }
  return format.format(value).replace("-", MINUS);
}

/** A whole number of things, with its thousands apart. */
export function counted(of: number): string {
  return digits(of, "Fraction", 0, 0);
}

function raised(exponent: number): string {
  const power = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? "");
  return `10${exponent < 0 ? "⁻" : ""}${power}`;
}

/** A number with few digits as a multiple of a power of ten. */
function scientific(value: number, behind: number): string {
  const [factor = "", exponent = ""] = value.toExponential(behind).split("e");
  const power = raised(Number(exponent));
  return Number(factor) === 1 ? power : `${factor.replace("-", MINUS)} × ${power}`;
}

function isFar(value: number): boolean {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5);
}

/** What was measured, to three significant digits. */
export function number(value: number): string {
  if (value === 0) return "0";
  if (isFar(value)) return scientific(value, 1);
  return digits(value, "Significant", 3, 3);
}

/** Most digits by which two numbers are told apart. */
const MOST_DIGITS = 6;

/** Two numbers with as many digits as tell them apart, three at least. */
export function apart(one: number, other: number): readonly [string, string] {
  for (let count = 3; count <= MOST_DIGITS && !isFar(one) && !isFar(other); count++) {
    const [first, second] = [digits(one, "Significant", count, count), digits(other, "Significant", count, count)];
    if (first !== second) return [first, second];
  }
  return [number(one), number(other)];
}

/** What was chosen, or counted: as short as it was written. */
export function plain(value: number): string {
  if (isFar(value)) return scientific(value, 1).replace(/\.0(?= )/, "");
  return digits(value, "Significant", 1, 3);
}

/** With so many digits behind the point, as the values of an axis have them, and `more` where they need them. */
export function niceNumber(value: number, behind: number, more: number): string {
  if (value === 0) return "0";
  return behind > 3 ? scientific(value, more) : digits(value, "Fraction", behind + more, behind + more);
}

/** An epoch on an axis. */
export function epochName(epoch: number): string {
  return digits(epoch, "Fraction", 0, 2);
}

/** One of 0.01, 0.1, 1 or a multiple of them, as it stands on a logarithmic axis; with more digits where it needs them. */
export function powerOfTen(value: number, more: number): string {
  return isFar(value) ? scientific(value, more) : digits(value, "Significant", 1, 3 + more);
}

/** With its sign. */
export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

/** A text with its numbers in this page's format: captions of runs are written for terminals too. */
export function typeset(text: string): string {
  return text
    .replace(/\b(\d(?:\.\d+)?)e(-?\d+)/g, (_, factor: string, exponent: string) =>
      Number(factor) === 1 ? raised(Number(exponent)) : `${factor} × ${raised(Number(exponent))}`,
    )
    .replace(/(?<=^|[\s[(])-(?=\d)/g, MINUS);
}

/** A whole number of epochs, or two significant digits. */
export function epochs(epoch: number): string {
  return Number.isInteger(epoch) ? digits(epoch, "Fraction", 0, 0) : digits(epoch, "Significant", 1, 2);
}

/** When a checkpoint is. */
export function when(epoch: number): string {
  return epoch === 0 ? "before training" : `epoch ${epochs(epoch)}`;
}

/** When something is seen, in a sentence. */
export function atEpoch(epoch: number): string {
  return epoch === 0 ? when(epoch) : `at ${when(epoch)}`;
}

/** Seconds in words that a reader waits by. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${plain(seconds / 3600)} h`;
}

/** A share in percent. */
export function percent(share: number): string {
  return `${digits(100 * share, "Fraction", 0, 1)} %`;
}

/** A small share in percent: none is told as 0 that is not. */
export function smallPercent(share: number): string {
  return share > 0 && share < 0.001 ? "less than 0.1 %" : percent(share);
}

/** A share in whole percent. */
export function wholePercent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
