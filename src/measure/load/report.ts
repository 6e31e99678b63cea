/**
 * What a load test has measured, as one JSON document: what `--json` prints, `report` merges and `--html` shows.
 *
 * Times in ms unless a name says otherwise. Histograms are HdrHistograms of µs (V2, compressed, base64), so that
 * reports of several processes and machines can be merged without loss; figures are read from them.
 */

export type LoadVerdict = 'ok' | 'target-limited' | 'client-limited' | 'inconclusive';

/** What the latency of a request counts from: its planned start, its way out of the queue; and how late it was handed over. */
export type LatencyKind = 'response' | 'service' | 'lag';

export interface LatencyFigures {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** HdrHistogram V2, compressed, base64; µs. */
  readonly histogram: string;
}

export type Latencies = Readonly<Record<LatencyKind, LatencyFigures>>;

/** Where a request failed that got no answer. `unfinished`: the drain limit came first. `dropped`: the backlog was full. */
export type ErrorLayer =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'protocol'
  | 'unfinished'
  | 'dropped';

export interface LoadPlan {
  readonly model: 'open' | 'closed';
  /** For a person: "ramp 500 to 9,000/s in 100 s, hold 20 s". */
  readonly pace: string;
  readonly durationMs: number;
  /** Left out of latencies and objectives. */
  readonly warmupMs: number;
  /** How long unfinished requests are awaited at the end. */
  readonly drainMs: number;
  readonly timeoutMs: number;
  readonly connections: number;
  /** Processes of this machine that sent. */
  readonly workers: number;
  /** Events a request; null for a raw body. */
  readonly batch: number | null;
  /** What the requests carried: "mix ga4", "events.ndjson", "raw body". */
  readonly payload: string;
  /** Bytes of a request's body, on average. */
  readonly bodyBytes: number;
  readonly precise: boolean;
}

export interface LoadClient {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Smallest step of the timer that paces, as measured. */
  readonly timerMs: number;
}

/** Columns of equal length, one entry an interval of `stepMs`; a long run has longer intervals, never more than 3,600. */
export interface LoadSeries {
  readonly stepMs: number;
  /** Requests per second: planned, and answered inside the interval. */
  readonly offered: readonly number[];
  readonly achieved: readonly number[];
  /** By planned start (response) and by answer (service); null where nothing was answered. */
  readonly responseP50: readonly (number | null)[];
  readonly responseP99: readonly (number | null)[];
  readonly serviceP50: readonly (number | null)[];
  readonly serviceP99: readonly (number | null)[];
  readonly lagP99: readonly (number | null)[];
  /** Event-loop utilisation of the busiest sending process, 0 … 1. */
  readonly utilisation: readonly number[];
  /** Requests due and not yet sent, and sent and not yet answered, at the interval's end. */
  readonly backlog: readonly number[];
  readonly inFlight: readonly number[];
  /** Failed requests (no answer, or none of 2xx) per second. */
  readonly failed: readonly number[];
}

export interface LoadTotals {
  readonly planned: number;
  readonly sent: number;
  /** Answers of any status. */
  readonly answered: number;
  /** Answers by status. */
  readonly codes: Readonly<Record<string, number>>;
  readonly errors: Readonly<Partial<Record<ErrorLayer, number>>>;
  /** Requests without a 2xx answer. */
  readonly failed: number;
  /** What the target says it accepted and rejected (`accepted`, `rejected` of its answers), in events; null for a foreign endpoint. */
  readonly accepted: number | null;
  readonly rejected: number | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Highest of any second, requests/s. */
  readonly offeredMax: number;
  readonly achievedMax: number;
  /** Answers inside the measured window / its length, requests/s; and what was planned for it. */
  readonly achieved: number;
  readonly offered: number;
}

/** A part of the run, ms from its start. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export type ObjectiveState = 'met' | 'missed' | 'not-judged';

export interface ObjectiveResult {
  /** As given: "p99<200ms". */
  readonly objective: string;
  /** ms for latencies, 0 … 1 for shares; null where there is none. */
  readonly whole: number | null;
  /** Of the judged part. */
  readonly judged: number | null;
  readonly state: ObjectiveState;
}

export interface Verification {
  /** Events that were answered 2xx, by their ids. */
  readonly accepted: number;
  /** Of those, how many are stored at least once, and how many rows are more than one of an event. */
  readonly stored: number;
  readonly missing: number;
  readonly duplicates: number;
  /** Stored although no 2xx came: allowed, the answer may have been lost. */
  readonly unacknowledged: number;
  /** Seconds from the request's arrival until its row was queryable; null where the rows do not tell. */
  readonly freshness: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly state: ObjectiveState;
}

/** One step of `--find-max`. */
export interface SearchStep {
  readonly rate: number;
  readonly state: ObjectiveState;
  readonly verdict: LoadVerdict;
  readonly achieved: number;
  readonly responseP99: number | null;
}

export interface Note {
  readonly code:
    | 'client-busy'
    | 'client-limited'
    | 'backlog'
    | 'stall'
    | 'shed'
    | 'unfinished'
    | 'stopped'
    | 'interrupted'
    | 'merged'
    | 'short'
    | 'other-place';
  /** A sentence or two in English. */
  readonly text: string;
  /** When it began, ms from the start. */
  readonly atMs?: number;
}

export interface LoadReport {
  readonly kind: 'stargate.loadtest';
  readonly version: 1;
  /** Run id, part of every event's id: "lt-7f3a91". */
  readonly run: string;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly target: string;
  /** As typed, without secrets; null from a library call. */
  readonly command: string | null;
  readonly plan: LoadPlan;
  readonly client: LoadClient;
  readonly verdict: LoadVerdict;
  /** One sentence, and what follows from it in one or two more. */
  readonly headline: string;
  readonly explanation: string;
  /** 0, 1, 3, 5 or 130. */
  readonly exitCode: number;
  /** The measured window without warm-up; and the part of it on which objectives are judged (the client kept up). */
  readonly window: Span;
  readonly judged: Span | null;
  readonly totals: LoadTotals;
  readonly latency: { readonly whole: Latencies; readonly judged: Latencies | null };
  readonly series: LoadSeries;
  readonly objectives: readonly ObjectiveResult[];
  readonly verification: Verification | null;
  readonly search: readonly SearchStep[] | null;
  readonly notes: readonly Note[];
}
