/** How a run is made: how many probes, how often, and how often somebody looks. */

export interface Plan {
  /** `Infinity` to go on until the signal. */
  readonly probes: number;
  /** Probes a second, on average. */
  readonly ratePerSecond: number;
  /** ms between the starts of two looks; a slow one delays the next. */
  readonly pollMs: number;
  /** ms until a probe counts as late; as long again it is looked for. */
  readonly timeoutMs: number;
}

export const DEFAULT_PLAN: Plan = { probes: 400, ratePerSecond: 10, pollMs: 200, timeoutMs: 60_000 };

/** A name for a run that sorts by time and that no other run has. */
export function runName(now: number, random: () => number): string {
  const text = (value: number, digits: number) => Math.floor(value).toString(36).padStart(digits, '0');
  return text(now / 1000, 6) + text(random() * 36 ** 6, 6);
}

/** Ids of a run sort as its probes do, so that one comparison selects those from a probe on. */
export const probeId = (run: string, sequence: number): string =>
  `probe-${run}-${String(sequence).padStart(9, '0')}`;

/**
 * The time until the next probe, ms: exponential, so that probes are a Poisson process and meet a periodic
 * pipeline at every phase alike (PASTA; Wolff, Operations Research 30:223, 1982).
 */
export const poissonGap = (ratePerSecond: number, random: () => number): number =>
  (-Math.log(1 - random()) / ratePerSecond) * 1000;
