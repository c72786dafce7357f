/** Numbers in words, in one format everywhere: 2.20, 905, 3.1 × 10⁻⁶, and a true minus. */

const MINUS = "−";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function raised(exponent: number): string {
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? "");
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** A number with few digits as a multiple of a power of ten. */
function scientific(value: number, digits: number): string {
  const [factor = "", exponent = ""] = value.toExponential(digits).split("e");
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
  return value.toLocaleString("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 }).replace("-", MINUS);
}

/** What was chosen, or counted: as short as it was written. */
export function plain(value: number): string {
  if (isFar(value)) return scientific(value, 1).replace(/\.0(?= )/, "");
  return value.toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", MINUS);
}

/** With so many digits behind the point, as the values of an axis have them. */
export function niceNumber(value: number, digits: number): string {
  if (value === 0) return "0";
  if (digits > 3) return scientific(value, 0);
  return value
    .toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replace("-", MINUS);
}

/** One of 0.01, 0.1, 1 or a multiple of them, as it stands on a logarithmic axis. */
export function powerOfTen(value: number): string {
  return Math.abs(value) < 1e-3 ? scientific(value, 0) : plain(value);
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
  return Number.isInteger(epoch)
    ? epoch.toLocaleString("en")
    : epoch.toLocaleString("en", { maximumSignificantDigits: 2 });
}

/** When a checkpoint is. */
export function when(epoch: number): string {
  return epoch === 0 ? "before training" : `epoch ${epochs(epoch)}`;
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
  return `${(100 * share).toLocaleString("en", { maximumFractionDigits: 1 })} %`.replace("-", MINUS);
}

/** A share in whole percent. */
export function wholePercent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
