import { setTimeout as sleep } from 'node:timers/promises';
import type { Brokers } from './connect-brokers.js';
import { lasting } from './connect-errors.js';
import { byLeader, type Committed, type Range, rangesOf } from './consumer-offsets.js';

const BACKOFF_MS = { first: 100, most: 2_000 };
/**
 * How long a log that ends before a position is asked again. A broker that was stopped and goes on takes itself for
 * the leader that it was, and tells of the end that it knew, until the cluster lets it know better.
 */
export const DOUBT_MS = 10_000;

export interface Beginning {
  readonly cluster: Brokers;
  readonly committed: ReadonlyMap<number, Committed>;
  /** Aborted when nothing is to begin any more. */
  readonly over: AbortSignal;
  readonly begin: (partition: number, range: Range) => void;
}

/**
 * Begins each partition as soon as its leader has told how far it reaches: one that nobody leads holds up no other.
 * Rejects with what no later try mends.
 */
export async function beginAll(partitions: readonly number[], beginning: Beginning): Promise<void> {
  const { cluster, over } = beginning;
  const sure = performance.now() + DOUBT_MS;
  const some = async (wanted: readonly number[], failures: number): Promise<void> => {
    const left = await beginSome(wanted, performance.now() > sure, beginning);
    if (left.length === 0 || over.aborted) return;
    await cluster.refresh().catch(() => {});
    const ms = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(failures, 10));
    await sleep(ms, undefined, { signal: over }).catch(() => {});
    // Each alone from here on: which of them is the trouble, the answer to all does not say.
    if (!over.aborted) await Promise.all(left.map((one) => some([one], failures + 1)));
  };
  await Promise.all([...byLeader(cluster, partitions).values()].map((led) => some(led, 0)));
}

/** One try; the partitions that could not begin. */
async function beginSome(
  wanted: readonly number[],
  isSure: boolean,
  { cluster, committed, over, begin }: Beginning,
): Promise<readonly number[]> {
  try {
    const ranges = await rangesOf(cluster, wanted);
    const doubted = wanted.filter((one) => !isSure && (committed.get(one)?.at ?? 0) > ranges.get(one)!.end);
    if (over.aborted) return [];
    for (const one of wanted) if (!doubted.includes(one)) begin(one, ranges.get(one)!);
    return doubted;
  } catch (error) {
    const final = lasting(error, `read topic ${cluster.topic}`);
    if (final) throw final;
    return wanted;
  }
}
