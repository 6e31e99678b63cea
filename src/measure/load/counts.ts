/**
 * Latencies as counts by bucket: the bucket layout of HdrHistogram with 3 significant digits and a unit of 1 µs
 * (hdrhistogram.org), so that counts of seconds, processes and machines add up without loss. Pure.
 */

/** µs; what took longer counts as this long. */
export const LONGEST = 3_600_000_000;
export const BUCKETS = 23_552;

const HALF = 1024;
const HALF_BITS = 10;

export type Counts = Uint32Array;

export const newCounts = (): Counts => new Uint32Array(BUCKETS);

/** Bucket of a latency in µs. Below 2,048 µs each has a bucket of its own; above, 1,024 share each octave. */
export function bucketOf(micros: number): number {
  if (micros < 2 * HALF) return micros > 0 ? micros | 0 : 0;
  const value = micros < LONGEST ? micros : LONGEST;
  const shift = 31 - Math.clz32(value) - HALF_BITS;
  return shift * HALF + (value >>> shift);
}

const shiftOf = (bucket: number): number => (bucket < 2 * HALF ? 0 : (bucket >> HALF_BITS) - 1);

/** Smallest and largest latency of a bucket, µs. */
export function boundsOf(bucket: number): readonly [lowest: number, highest: number] {
  const shift = shiftOf(bucket);
  const lowest = (bucket - shift * HALF) * 2 ** shift;
  return [lowest, lowest + 2 ** shift - 1];
}

/** Counts that are not zero, as bucket, count, bucket, count, …: what processes tell each other. */
export function packed(counts: Counts): Uint32Array {
  const pairs: number[] = [];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = counts[bucket]!;
    if (count > 0) pairs.push(bucket, count);
  }
  return Uint32Array.from(pairs);
}

export function addPacked(to: Counts, pairs: Uint32Array): void {
  for (let i = 0; i < pairs.length; i += 2) to[pairs[i]!]! += pairs[i + 1]!;
}

/** The sum of two packed lists, itself packed. */
export function joined(one: Uint32Array, other: Uint32Array): Uint32Array {
  if (one.length === 0) return other;
  const sum = new Uint32Array(one.length + other.length);
  let length = 0;
  for (let i = 0, j = 0; i < one.length || j < other.length; length += 2) {
    const a = one[i] ?? BUCKETS;
    const b = other[j] ?? BUCKETS;
    sum[length] = Math.min(a, b);
    if (a <= b) sum[length + 1]! += one[i + 1]!;
    if (b <= a) sum[length + 1]! += other[j + 1]!;
    if (a <= b) i += 2;
    if (b <= a) j += 2;
  }
  return sum.slice(0, length);
}

export function countOf(pairs: Uint32Array): number {
  let count = 0;
  for (let i = 1; i < pairs.length; i += 2) count += pairs[i]!;
  return count;
}

/**
 * The percentile by nearest rank, as HdrHistogram reads it: the largest latency of the bucket that holds the
 * ⌈p/100 · n⌉-th value. µs; null without values.
 */
export function percentile(pairs: Uint32Array, percent: number): number | null {
  const count = countOf(pairs);
  if (count === 0) return null;
  const share = (percent / 100) * count;
  // A product just above a whole number is rounding, not a rank of its own.
  const rank = Math.max(1, Math.ceil(share - share * Number.EPSILON));
  let seen = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    seen += pairs[i + 1]!;
    if (seen >= rank) return boundsOf(pairs[i]!)[1];
  }
  return null;
}

/** How many values lie above `micros`, to the bucket. */
export function countAbove(pairs: Uint32Array, micros: number): number {
  const limit = bucketOf(micros);
  let count = 0;
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i]! > limit) count += pairs[i + 1]!;
  return count;
}
