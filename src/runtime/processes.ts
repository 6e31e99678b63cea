import { availableParallelism } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { Config } from '../config/schema.js';

/** How many processes `--workers` means. */
export const processesOf = ({ workers }: Pick<Config, 'workers'>): number =>
  workers === 'auto' ? availableParallelism() : workers;

/**
 * MiB of each half of V8's young generation, where it would take 16. What requests hold until Kafka answers is copied
 * whenever a half is full: half as often is 4 % of a request's CPU at 17,000 a second. It costs up to 48 MiB.
 */
const SEMI_SPACE_MIB = 32;
/** A heap with less room than this was limited on purpose. */
const AMPLE_BYTES = 2 ** 30;

/**
 * What node is started with for a process that serves, beside the arguments `given` to it, by NODE_OPTIONS too; nothing
 * where they choose already.
 */
export function servingFlags(
  given: readonly string[],
  heapBytes = getHeapStatistics().heap_size_limit,
): readonly string[] {
  const chosen = given.some((text) => /semi[-_]space/.test(text));
  return chosen || heapBytes < AMPLE_BYTES ? [] : [`--max-semi-space-size=${SEMI_SPACE_MIB}`];
}
