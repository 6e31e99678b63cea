/** What the primary of `serve` and its processes say to each other. */
import cluster from 'node:cluster';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Config } from '../config/schema.js';
import { type ErrorCode, isStargateError, StargateError } from '../errors.js';
import type { Ended } from './leaving.js';

export type Metrics = readonly MetricObjectWithValues<MetricValue<string>>[];

/** A configuration, the first of which starts the collector; or a question for the metrics. */
export type ToChild = { readonly config: Config } | { readonly scrape: number };

export type FromChild =
  /** The first word: it listens now. What is said before may be lost. */
  | { readonly listening: true }
  | { readonly ready: string }
  /** Whether it can store, whenever that changes: neither its log nor a spool can where it is false. */
  | { readonly storing: boolean }
  | { readonly failed: Failure }
  | { readonly scrape: number; readonly metrics: Metrics }
  /** The last word. */
  | { readonly ended: Ended };

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  readonly next?: string | undefined;
}

/** An error on its way to another process. The cause stays behind. */
export function packed(error: unknown): Failure {
  if (!isStargateError(error)) return { code: 'STG_BUG', message: String(error) };
  const { code, message, expected, got, next } = error;
  return { code, message, expected, got, next };
}

export function unpacked({ code, message, expected, got, next }: Failure): StargateError {
  return new StargateError(code, {
    message,
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
    ...(next !== undefined && { next }),
  });
}

/** Says it to the primary, and resolves when it is said or nobody is there to hear it. */
export const tell = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    if (cluster.worker?.isConnected()) cluster.worker.send(message, () => resolve());
    else resolve();
  });
