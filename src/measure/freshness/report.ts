/**
 * What `latency` has measured, as one JSON document: what `--json` prints, `report` reads and `--html` shows.
 *
 * Each found probe has two bounds, because a query sees the table as it was at about the query's start: it became
 * visible after the start of the last query that missed it (`lower`) and before the arrival of the answer that
 * found it (`upper`). Times in ms from the probe's send, on one monotonic clock, unless a name says otherwise.
 */

/**
 * `lost`: accepted, and not seen in twice the timeout. `late`: seen after the timeout while still looking. `open`: the
 * run was interrupted while the probe was looked for; it was not visible before `lower`.
 */
export type ProbeOutcome = 'found' | 'refused' | 'lost' | 'late' | 'open';

export interface ProbeResult {
  /** event_id of its row. */
  readonly id: string;
  /** ms from the run's start. */
  readonly sentAt: number;
  readonly outcome: ProbeOutcome;
  /** ms until the 2xx answer; null where none came. */
  readonly answered: number | null;
  /** Null: unbounded (lost), or not applicable (refused). */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Rows seen with its id; more than one is a duplicate. */
  readonly rows: number;
}

/** A percentile as an interval: `null` as an upper bound means beyond the timeout. */
export interface PercentileBounds {
  /** 0 … 1. */
  readonly p: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly midpoint: number | null;
  /** The same, widened by the order-statistic interval of 95 %: where the population's value lies. */
  readonly population: { readonly lower: number | null; readonly upper: number | null } | null;
  /** False where there are too few probes for a bound: "n too small". */
  readonly enough: boolean;
}

/** Share of probes within a limit, by upper bounds (`least`) and by lower ones (`most`). */
export interface ShareWithin {
  readonly limitMs: number;
  readonly least: number;
  readonly most: number;
}

export type HopName =
  | 'client-collector'
  | 'collector-log'
  | 'log-worker'
  | 'worker-row'
  | 'collector-row'
  | 'log-row';

export interface Hop {
  readonly hop: HopName;
  /** For a person: "collector → log". */
  readonly title: string;
  readonly p50: number;
  readonly p99: number;
  /** By how much the clocks of its two ends may differ; 0 on one machine. */
  readonly clockOffsetMs: number;
  /** Values below zero, kept and counted. */
  readonly negative: number;
  /** The smallest value, ms; below zero where `negative` is not 0. */
  readonly least: number;
}

export interface FreshnessObjective {
  /** As given: "within 10s >= 99%" or "p99<2s". */
  readonly objective: string;
  /** By the upper bound: share 0 … 1, or ms (null: beyond the timeout). */
  readonly value: number | null;
  readonly state: 'met' | 'missed' | 'not-judged';
}

export interface FreshnessReport {
  readonly kind: 'stargate.latency';
  readonly version: 1;
  readonly run: string;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly target: string;
  readonly warehouse: string;
  readonly command: string | null;
  readonly plan: {
    readonly probes: number;
    readonly ratePerSecond: number;
    readonly pollMs: number;
    readonly timeoutMs: number;
  };
  readonly client: {
    readonly node: string;
    readonly platform: string;
    readonly cpu: string;
    readonly cores: number;
  };
  readonly verdict: 'met' | 'missed' | 'measured' | 'inconclusive';
  readonly headline: string;
  readonly explanation: string;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly counts: {
    readonly sent: number;
    readonly found: number;
    readonly refused: number;
    readonly lost: number;
    readonly late: number;
    readonly duplicated: number;
    /** Still looked for when the run was interrupted. */
    readonly open: number;
  };
  readonly percentiles: readonly PercentileBounds[];
  readonly within: readonly ShareWithin[];
  /** Interval-censored estimate (Turnbull): steps of the distribution function, ms → share. */
  readonly turnbull: readonly { readonly ms: number; readonly share: number }[] | null;
  /** The coarsest and the usual difference between the bounds. */
  readonly resolution: { readonly medianMs: number; readonly maxMs: number };
  /** Interval at which rows become visible together, where the shape shows one. */
  readonly microBatchMs: number | null;
  readonly hops: readonly Hop[];
  readonly queries: {
    readonly count: number;
    readonly p50Ms: number;
    readonly maxMs: number;
    readonly failed: number;
    /** Null where queries cost nothing. */
    readonly cost: { readonly bytes: number; readonly usd: number } | null;
  };
  /** At most 5,000: beyond, an even sample, said in `notes`. */
  readonly probes: readonly ProbeResult[];
  readonly objectives: readonly FreshnessObjective[];
  readonly notes: readonly { readonly code: string; readonly text: string }[];
}
