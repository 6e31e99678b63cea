/**
 * What the engine of `latency` needs of the world. Real ones are in `time.ts`, `http.ts` and `query.ts`; a simulation
 * brings its own, so that the engine can be checked against known truths, fast and exactly.
 *
 * Order of calls: `ProbeQuery.look` is asked once before the first probe, so that a warehouse that cannot be asked is
 * known before anything is sent; from then on never twice at a time.
 */

import type { QueryCost } from '../../warehouse/port.js';

export interface Time {
  /** ms on a monotonic clock. Every bound is a difference of two of these. */
  now(): number;
  /** ms since 1970 by this machine's clock, only to be compared with timestamps of rows. */
  wall(): number;
  /** Resolves when `now()` has reached `at`, at once where it has, or as soon as the signal is aborted. */
  until(at: number, signal: AbortSignal): Promise<void>;
  /** By how many ms at most the event loop was late since this was last asked. */
  stall(): number;
}

export interface Sent {
  readonly accepted: boolean;
  /** HTTP status, or null where no answer came. */
  readonly status: number | null;
  /** For a person, where it was not accepted: the answer's code and message, or the failure of the connection. */
  readonly reason: string | null;
}

export interface ProbeSender {
  /** Sends one event with this id. Never rejects: what went wrong is told by the result. */
  send(probe: { readonly id: string; readonly sentAt: number }): Promise<Sent>;
}

/** Which probes a look is about: those of `run` from the id `from` on, received after `since`. */
export interface Scope {
  readonly run: string;
  readonly from: string;
  /** ms since 1970; the filter on the partition column. */
  readonly since: number;
}

export interface ProbeRow {
  readonly id: string;
  /** Rows with this id. */
  readonly rows: number;
  /** ms since 1970 by the collector's clock. */
  readonly receivedAt: number | null;
  /** ms since 1970 by the clock that stamps the log's records. */
  readonly loggedAt: number | null;
}

export interface ProbeQuery {
  /** For a person, such as `duckdb:FILE`. */
  readonly name: string;
  /** One query, answered from the table and not from a cache. Rejects with a StargateError. */
  look(scope: Scope): Promise<readonly ProbeRow[]>;
  /** What one look costs; absent where queries cost nothing. */
  cost?(scope: Scope): Promise<QueryCost>;
}
