/** What a load test is asked for, and the plan that comes of it. Pure. */
import { availableParallelism } from 'node:os';
import { StargateError } from '../../errors.js';
import type { Objective } from '../objectives.js';
import { targetOf } from '../target.js';
import type { PayloadSpec } from './payload.js';
import { curveOf } from './sending.js';
import type { VerifyOptions } from './verify.js';
import type { CurveSpec } from './wire.js';

export interface LoadtestOptions {
  /** The collector's base, or with a path the endpoint itself. */
  readonly url: string;
  /** Null: closed model, as fast as answers come. */
  readonly curve: CurveSpec | null;
  /** Random arrivals instead of evenly spaced ones. */
  readonly poisson?: boolean;
  readonly seed?: number;
  /** Closed model only: the curve has its own duration. ms. */
  readonly durationMs?: number;
  /** Left out of figures, rounded up to whole intervals. Default 10 s from a minute on, else 0. */
  readonly warmupMs?: number;
  readonly connections?: number;
  readonly timeoutMs?: number;
  readonly workers?: number | 'auto';
  readonly precise?: boolean;
  readonly payload: PayloadSpec;
  /** What the payload is, for a person: "mix ga4". */
  readonly payloadText: string;
  readonly headers?: readonly string[];
  readonly objectives?: readonly Objective[];
  /** End the run as soon as it can pass no more: an objective is missed, or this machine is the limit. */
  readonly abortOnFail?: boolean;
  /** As typed, without secrets. */
  readonly command?: string | null;
  readonly maxRequests?: number;
  /** Afterwards: is every accepted event stored, once? Only for events. */
  readonly verify?: VerifyOptions;
}

/** Everything decided. */
export interface Planned {
  readonly url: URL;
  readonly model: 'open' | 'closed';
  readonly pace: string;
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly drainMs: number;
  readonly timeoutMs: number;
  readonly connections: number;
  readonly workers: number;
  readonly stepMs: number;
  /** Requests of the whole plan; null in the closed model. */
  readonly requests: number | null;
  readonly peak: number | null;
}

export const DEFAULTS = { connections: 64, timeoutMs: 10_000, durationMs: 30_000 } as const;
/** Requests of a run at most, unless told. */
export const MOST_REQUESTS = 50_000_000;
const MOST_ROWS = 3_600;
/** One process sends about this many a second without becoming the limit. */
const RATE_A_WORKER = 15_000;
const MOST_CONNECTIONS = 20_000;

function workersOf(asked: number | 'auto', peak: number | null): number {
  if (asked !== 'auto') return asked;
  const most = Math.max(1, availableParallelism() - 1);
  return Math.min(most, peak === null ? most : Math.max(1, Math.ceil(peak / RATE_A_WORKER)));
}

function refuse(message: string, expected: string, got: string, next?: string): never {
  throw new StargateError('STG_OPTION_INVALID', { message, expected, got, ...(next && { next }) });
}

/** The plan. Errors: STG_OPTION_INVALID. */
export function planOf(options: LoadtestOptions): Planned {
  const url = targetOf(options.url);
  const curve = options.curve && curveOf(options.curve);
  const durationMs = curve?.durationMs ?? options.durationMs ?? DEFAULTS.durationMs;
  const requests = curve && Math.ceil(curve.total);
  const most = options.maxRequests ?? MOST_REQUESTS;
  if (durationMs < 100) refuse('The run is too short.', 'at least 100ms', `${durationMs} ms`);
  if (requests !== null && requests < 1)
    refuse('The plan holds no request.', 'a rate above zero', curve!.text);
  if (requests !== null && requests > most)
    refuse(
      'The plan holds more requests than a run may.',
      `at most ${most.toLocaleString('en-US')}`,
      requests.toLocaleString('en-US'),
      'Lower --rate or --duration, or raise --max-requests on purpose.',
    );
  const connections = options.connections ?? DEFAULTS.connections;
  if (connections > MOST_CONNECTIONS)
    refuse('There are too many connections.', `at most ${MOST_CONNECTIONS}`, String(connections));
  const workers = Math.min(connections, workersOf(options.workers ?? 'auto', curve?.peak ?? null));
  const timeoutMs = options.timeoutMs ?? DEFAULTS.timeoutMs;
  // Room for the intervals of the drain.
  const stepMs = 1000 * Math.max(1, Math.ceil((durationMs + timeoutMs) / 1000 / MOST_ROWS));
  const asked = options.warmupMs ?? (durationMs >= 60_000 ? 10_000 : 0);
  const warmupMs = Math.ceil(asked / stepMs) * stepMs;
  if (warmupMs >= durationMs)
    refuse('The warm-up leaves nothing to measure.', `less than ${durationMs} ms`, `${warmupMs} ms`);
  return {
    url,
    model: curve ? 'open' : 'closed',
    pace: curve
      ? `${options.poisson ? 'Poisson, ' : ''}${curve.text}`
      : `closed, ${connections} connections for ${durationMs / 1000} s`,
    durationMs,
    warmupMs,
    drainMs: timeoutMs,
    timeoutMs,
    connections,
    workers,
    stepMs,
    requests,
    peak: curve?.peak ?? null,
  };
}
