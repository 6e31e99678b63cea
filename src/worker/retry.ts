/** What is tried again, and when. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isStargateError } from '../errors.js';

/** ms before the first try again, and the most that doubling leads to. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Failures that no later try can mend: the partition has another owner, a person has to say yes, or log, warehouse and this version do not fit. */
export const isFinal = (error: unknown): boolean =>
  isStargateError(error, 'STG_LOG_FENCED') ||
  isStargateError(error, 'STG_CONFIRMATION_NEEDED') ||
  isStargateError(error, 'STG_LOG_POSITION') ||
  isStargateError(error, 'STG_WAREHOUSE_SCHEMA') ||
  isStargateError(error, 'STG_WAREHOUSE_MISMATCH');

/** Waits after the failure number `failures` (0 is the first); returns at once on abort. */
export async function pause(backoff: Backoff, failures: number, signal: AbortSignal): Promise<void> {
  await sleep(delay(backoff, failures), undefined, { signal }).catch(() => {});
}

/** ms: between half and the whole of a doubling delay, so that partitions that failed together do not return together. */
export function delay({ firstMs, mostMs }: Backoff, failures: number): number {
  const whole = Math.min(mostMs, firstMs * 2 ** failures);
  return whole / 2 + (Math.random() * whole) / 2;
}
