/** Counts against two references: sorted lists of the values themselves, and HdrHistogram. */
import fc from 'fast-check';
import hdr from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import {
  addPacked,
  boundsOf,
  bucketOf,
  countAbove,
  countOf,
  joined,
  LONGEST,
  newCounts,
  packed,
  percentile,
} from '../../../src/measure/load/counts.js';
import { encoded, figuresOf } from '../../../src/measure/load/figures.js';

/** µs over all octaves, not mostly large ones. */
const micros = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.double({ min: 0, max: Math.log(LONGEST), noNaN: true }).map((x) => Math.floor(Math.exp(x))),
);
const values = fc.array(micros, { minLength: 1, maxLength: 300 });

function countsOf(list: readonly number[]) {
  const counts = newCounts();
  for (const value of list) counts[bucketOf(value)]!++;
  return counts;
}
const pairsOf = (list: readonly number[]) => packed(countsOf(list));

describe('counts of latencies', () => {
  it('hold each value to within a thousandth', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const [lowest, highest] = boundsOf(bucketOf(value));
        expect(lowest).toBeLessThanOrEqual(value);
        expect(highest).toBeGreaterThanOrEqual(value);
        expect(highest - lowest).toBeLessThanOrEqual(value / 1000);
      }),
    );
    expect(bucketOf(-1)).toBe(0);
    expect(bucketOf(0.7)).toBe(0);
    expect(bucketOf(LONGEST * 5)).toBe(bucketOf(LONGEST));
  });

  it('give the percentile by nearest rank of the sorted values', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(1, 50, 90, 99, 99.9, 100), (list, percent) => {
        const sorted = [...list].sort((a, b) => a - b);
        const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100 - 1e-9));
        expect(percentile(pairsOf(list), percent)).toBe(boundsOf(bucketOf(sorted[rank - 1]!))[1]);
      }),
    );
    expect(percentile(packed(newCounts()), 50)).toBeNull();
  });

  it('are the same buckets as those of HdrHistogram, and survive its encoding', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(50, 90, 99, 99.9, 100), (list, percent) => {
        const theirs = hdr.build({ highestTrackableValue: LONGEST, numberOfSignificantValueDigits: 3 });
        for (const value of list) theirs.recordValue(value);
        const again = hdr.decodeFromCompressedBase64(encoded(pairsOf(list)), 32);
        expect(percentile(pairsOf(list), percent)).toBe(theirs.getValueAtPercentile(percent));
        expect(again.getValueAtPercentile(percent)).toBe(theirs.getValueAtPercentile(percent));
        expect(again.totalCount).toBe(list.length);
      }),
      { numRuns: 60 },
    );
  });

  it('merged are those of the whole, in any order', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const whole = pairsOf([...a, ...b, ...c]);
        const [x, y, z] = [pairsOf(a), pairsOf(b), pairsOf(c)];
        expect(joined(joined(x, y), z)).toEqual(whole);
        expect(joined(z, joined(y, x))).toEqual(whole);
        const added = newCounts();
        for (const part of [z, x, y]) addPacked(added, part);
        expect(packed(added)).toEqual(whole);
        expect(countOf(whole)).toBe(a.length + b.length + c.length);
      }),
    );
    const nothing = pairsOf([]);
    expect(joined(nothing, pairsOf([5]))).toEqual(pairsOf([5]));
  });

  it('rise with the percentile, and bound the mean', () => {
    fc.assert(
      fc.property(values, (list) => {
        const { p50, p90, p99, p999, max, mean, count } = figuresOf(countsOf(list));
        expect([p50, p90, p99, p999, max]).toEqual([p50, p90, p99, p999, max].sort((a, b) => a - b));
        const exact = list.reduce((sum, value) => sum + value, 0) / list.length / 1000;
        expect(Math.abs(mean - exact)).toBeLessThanOrEqual(exact / 1000 + 1e-9);
        expect(count).toBe(list.length);
      }),
    );
  });

  it('tell how many lie above a limit', () => {
    const pairs = pairsOf([1000, 5000, 5000, 6000, 900_000]);
    expect([0, 1000, 5000, 6000, 1_000_000].map((limit) => countAbove(pairs, limit))).toEqual([
      5, 4, 2, 1, 0,
    ]);
  });
});
