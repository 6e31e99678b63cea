/**
 * Whether rows become visible together, at a steady interval: the mark of a micro-batch. A look sees a batch as
 * several probes, sent at different times, found by one answer, with looks that found nothing before and behind.
 */
import { median } from './bounds.js';
import type { Probe } from './ledger.js';

interface Batch {
  /** Monotonic ms: the latest missing look, and the answer, around the first probe that was seen. */
  readonly after: number;
  readonly before: number;
  /** When the last of its probes was seen. */
  until: number;
  size: number;
}

const FEWEST_BATCHES = 6;
/** Probes a batch, on average: below, chance alone looks like a batch. */
const FEWEST_PROBES = 2;
/** An interval below so many looks cannot be told from the looks' own. */
const FEWEST_LOOKS = 2.5;
/** Share of an interval in which its batch may be spread, and of intervals that must fit. */
const SPREAD = 0.35;
const FIT = 0.8;
const TOLERANCE = 0.2;

/** The interval between batches, ms, or null where the shape shows none. `pollMs`: usual ms between two looks. */
export function microBatch(probes: readonly Probe[], pollMs: number): number | null {
  const batches = batchesOf(probes, pollMs);
  const gaps = batches.slice(1).map((batch, index) => batch.before - batches[index]!.before);
  if (gaps.length < FEWEST_BATCHES - 1) return null;
  const size = batches.reduce((sum, batch) => sum + batch.size, 0) / batches.length;
  const usual = median(gaps);
  if (size < FEWEST_PROBES || usual < FEWEST_LOOKS * pollMs) return null;
  if (median(batches.map(({ before, until }) => until - before)) > SPREAD * usual) return null;
  return steady(gaps, usual, pollMs);
}

/** The mean interval, where nearly all gaps are one (or, where a batch held no probe, several) of it. */
function steady(gaps: readonly number[], usual: number, pollMs: number): number | null {
  const counts = gaps.map((gap) => Math.max(1, Math.round(gap / usual)));
  const periods = counts.reduce((sum, count) => sum + count, 0);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / periods;
  const slack = TOLERANCE * mean + Math.min(pollMs, 0.2 * mean);
  const fitting = gaps.filter((gap, index) => Math.abs(gap - counts[index]! * mean) <= slack).length;
  return fitting >= FIT * gaps.length ? mean : null;
}

/** Probes seen by one answer, or by two in a row: a commit can fall between the reads of a slow query. */
function batchesOf(probes: readonly Probe[], pollMs: number): Batch[] {
  const seen = probes.filter(({ foundAt }) => foundAt !== null).sort((a, b) => a.foundAt! - b.foundAt!);
  const batches: Batch[] = [];
  for (const { foundAt, missedAt } of seen) {
    const last = batches.at(-1);
    if (last && foundAt! - last.until <= 1.5 * pollMs) {
      last.until = foundAt!;
      last.size++;
    } else batches.push({ after: missedAt, before: foundAt!, until: foundAt!, size: 1 });
  }
  return batches;
}
