/** What a sending process is told, and what it tells: plain data that crosses a process boundary. */
import type { PayloadSpec } from './payload.js';
import type { ErrorLayer } from './report.js';

export interface Target {
  readonly url: string;
  /** Sent with every request, name and value in turn. */
  readonly headers: readonly string[];
}

export type CurveSpec =
  | { readonly kind: 'constant'; readonly rate: number; readonly durationMs: number }
  | {
      readonly kind: 'stages';
      readonly stages: readonly { readonly durationMs: number; readonly to: number }[];
    }
  | {
      readonly kind: 'sine';
      readonly mean: number;
      readonly durationMs: number;
      readonly periodMs: number;
      readonly swing: number;
    };

export interface SendPlan {
  readonly run: string;
  /** ms since 1970, when the visitors' sessions began: one moment for all processes, so that they send as the same visitors. */
  readonly startedAt: number;
  readonly target: Target;
  /** Null: closed model, each connection sends again when it has its answer. */
  readonly curve: CurveSpec | null;
  readonly poisson: boolean;
  readonly seed: number;
  readonly durationMs: number;
  readonly drainMs: number;
  readonly timeoutMs: number;
  /** Of this process. */
  readonly connections: number;
  /** Requests that may wait for a connection. */
  readonly backlog: number;
  readonly precise: boolean;
  readonly stepMs: number;
  readonly worker: number;
  readonly workers: number;
  readonly payload: PayloadSpec;
  /** Keep which requests were answered 2xx, for --verify. */
  readonly remember: boolean;
}

/** What was added to one interval of the run since the last time. Latencies are packed counts of µs. */
export interface RowDelta {
  readonly row: number;
  /** By planned start. */
  readonly planned: number;
  readonly failed: number;
  readonly response: Uint32Array;
  readonly lag: Uint32Array;
  /** By answer. */
  readonly answered: number;
  readonly service: Uint32Array;
  /** Service times of requests that had waited for a connection: their sum in ms, and how many. */
  readonly waitedMs: number;
  readonly waited: number;
}

export interface Delta {
  readonly worker: number;
  /** ms from the start. */
  readonly atMs: number;
  readonly rows: readonly RowDelta[];
  readonly sent: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly errors: Readonly<Partial<Record<ErrorLayer, number>>>;
  /** Events; null while no answer has told. */
  readonly accepted: number | null;
  readonly rejected: number | null;
  /** Answers 429 and 503 that name a time to wait. */
  readonly shed: number;
  /** Busy and whole time of the event loop, ms. */
  readonly busyMs: number;
  readonly elapsedMs: number;
  readonly backlog: number;
  readonly inFlight: number;
  /** Service times while most connections were free: sum in ms, and how many. */
  readonly freeMs: number;
  readonly free: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface SenderEnd {
  /** ms from the start when planning ended: the duration, or earlier. */
  readonly endedMs: number;
  readonly bodyBytes: number;
  /** Bit n is set where request n of this process was answered 2xx. */
  readonly acknowledged: Uint8Array | null;
}
