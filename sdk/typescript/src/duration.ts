/** Milliseconds, or text such as `"24h"`, `"10 seconds"`, `"1.5 days"`. What is less than nothing is nothing. */
export type Duration = number | string;

const UNITS: [RegExp, number][] = [
  [/^(ms|msecs?|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|mins?|minutes?)$/, 60_000],
  [/^(h|hrs?|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
  [/^(w|weeks?)$/, 604_800_000],
  [/^(y|yrs?|years?)$/, 31_557_600_000],
];

/** Programs give the same few texts again and again, and reading one takes time. */
const known = new Map<string, number>();
const KNOWN_MAX = 100;

export function toMs(duration: Duration): number {
  if (typeof duration === "number") return Math.max(0, Math.ceil(duration));
  let ms = known.get(duration);
  if (ms === undefined) {
    ms = parsed(duration);
    if (known.size < KNOWN_MAX) known.set(duration, ms);
  }
  return ms;
}

function parsed(duration: string): number {
  const match = /^(-?[0-9.]+)\s*([a-z]*)$/i.exec(String(duration).trim());
  const amount = Number(match?.[1]);
  const unit = match?.[2]?.toLowerCase() || "ms";
  const factor = UNITS.find(([name]) => name.test(unit))?.[1];
  if (!factor || Number.isNaN(amount)) throw new TypeError(`\`${duration}\` is no duration: give milliseconds, or text such as "30s"`);
  return Math.max(0, Math.ceil(amount * factor));
}

export function optionalMs(duration: Duration | undefined): number | null {
  return duration === undefined ? null : toMs(duration);
}
