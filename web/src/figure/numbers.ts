/** Numbers in words. */

/** Up to three significant digits. */
export function number(value: number): string {
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5))
    return value.toExponential(1).replace("e+", "e").replaceAll("-", "−");
  return value.toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", "−");
}

/** With its sign. */
export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
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
  return `${number(seconds / 3600)} h`;
}

/** A share in percent. */
export function percent(share: number): string {
  return `${(100 * share).toLocaleString("en", { maximumFractionDigits: 1 })} %`.replace("-", "−");
}
