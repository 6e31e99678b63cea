/**
 * Whether rows become visible together, at a steady interval: the mark of a micro-batch. A look sees a batch as
 * several probes, sent at different times, found by one answer, with looks that found nothing before and behind.
 */
import { median } from './bounds.js';
import type { Probe } from './ledger.js';

interface Batch {
  /** Monotonic ms: when the first of its probes was seen. */
  readonly since: number;
  /** When the last of its probes was seen. */
  until: number;
  size: number;
}

const FEWEST_BATCHES = 6;
/** Probes in the usual batch: below, chance alone looks like one. */
const FEWEST_PROBES = 2;
/** Share of all probes in one batch, at most: more is a stream, with stragglers behind it. */
const LARGEST = 1 / 3;
/** An interval below so many looks cannot be told from the looks' own. */
const FEWEST_LOOKS = 2.5;
/** Share of an interval in which its batch may be spread, and of intervals that must fit. */
const SPREAD = 0.35;
const FIT = 0.8;
/** Variance by mean of the probes seen by each look, at least. */
const DISPERSION = 2;
const TOLERANCE = 0.2;
const MOST_PERIODS = 3.5;

/** The interval between batches, ms, or null where the shape shows none. `pollMs`: usual ms between two looks. */
export function microBatch(probes: readonly Probe[], pollMs: number): number | null {
  const seen = probes.filter(({ foundAt }) => foundAt !== null).sort((a, b) => a.foundAt! - b.foundAt!);
  if (dispersion(seen, pollMs) < DISPERSION) return null;
  const batches = batchesOf(seen, pollMs);
  const gaps = batches.slice(1).map((batch, index) => batch.since - batches[index]!.since);
  if (gaps.length < FEWEST_BATCHES - 1) return null;
  const size = median(batches.map((batch) => batch.size));
  const usual = median(gaps);
  if (batches.some((batch) => batch.size > LARGEST * seen.length)) return null;
  if (size < FEWEST_PROBES || usual < FEWEST_LOOKS * pollMs) return null;
  if (median(batches.map(({ since, until }) => until - since)) > SPREAD * usual) return null;
  return steady(gaps, usual, pollMs);
}

/**
 * Variance by mean of the probes that each look found. Where delays do not depend on each other, what leaves as a
 * Poisson process arrives as one, whatever the delays are (Kingman, Poisson Processes, §5.1), and this is about 1.
 */
function dispersion(seen: readonly Probe[], pollMs: number): number {
  const counts = new Map<number, number>();
  for (const { foundAt } of seen) counts.set(foundAt!, (counts.get(foundAt!) ?? 0) + 1);
  const span = (seen.at(-1)?.foundAt ?? 0) - (seen[0]?.foundAt ?? 0);
  const looks = Math.max(counts.size, Math.round(span / pollMs) + 1);
  const mean = seen.length / looks;
  const squares = [...counts.values()].reduce((sum, found) => sum + found * found, 0);
  return looks < 2 ? 0 : (squares / looks - mean * mean) / mean;
}

/** The mean interval, where nearly all gaps are one (or, where a batch held no probe, several) of it. */
function steady(gaps: readonly number[], usual: number, pollMs: number): number | null {
  const periods = (gap: number, interval: number) => Math.max(1, Math.round(gap / interval));
  const fitting = (interval: number) => {
    const slack = TOLERANCE * interval + Math.min(pollMs, 0.2 * interval);
    return gaps.filter((gap) => Math.abs(gap - periods(gap, interval) * interval) <= slack);
  };
  // A straggler cuts a gap in two, and what comes long after all others says nothing of the interval.
  const near = fitting(usual).filter((gap) => gap < MOST_PERIODS * usual);
  const sum = near.reduce((total, gap) => total + gap, 0);
  const mean = sum / near.reduce((total, gap) => total + periods(gap, usual), 0);
  return near.length > 0 && fitting(mean).length >= FIT * gaps.length ? mean : null;
}

/** Probes seen by one answer, or by two in a row: a commit can fall between the reads of a slow query. */
function batchesOf(seen: readonly Probe[], pollMs: number): Batch[] {
  const batches: Batch[] = [];
  for (const { foundAt } of seen) {
    const last = batches.at(-1);
    if (last && foundAt! - last.until <= 1.5 * pollMs) {
      last.until = foundAt!;
      last.size++;
    } else batches.push({ since: foundAt!, until: foundAt!, size: 1 });
  }
  return batches;
}
