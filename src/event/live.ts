/**
 * What the dev API streams to the live page and to tests: `GET /dev/stream` (Server-Sent Events).
 *
 * Messages, each `event: NAME` with one JSON document as data:
 * - `hello` {@link LiveHello}, once per connection;
 * - `events`: an array of {@link LiveEvent}; an event comes again with the same `key` when its state changes;
 * - `counts` {@link LiveCounts}, at most five times a second, only when something changed;
 * - `reset`, `{}`: everything shown so far is gone.
 * A page that reconnects gets `hello` and the newest events again; `key` makes that idempotent. Under load the
 * server leaves events out of the stream (never out of the counts) and says how many in `counts.skipped`.
 */
import type { EventRow, RejectedRow } from './fields.js';

export interface LiveHello {
  readonly version: string;
  /** http://127.0.0.1:8000 */
  readonly collector: string;
  readonly writeKey: string;
  /** As `--log` and `--warehouse` name them. */
  readonly log: string;
  readonly warehouse: string;
  /** Columns of the event table by group, in order, for the Row tab. */
  readonly groups: readonly {
    readonly group: string;
    readonly columns: readonly { readonly name: string; readonly type: string }[];
  }[];
}

export interface LiveHops {
  /** ms from the client's send to the collector; carries the offset between the two clocks, may be negative. */
  readonly client: number | null;
  /** ms from received_at to durable in the log. */
  readonly log: number | null;
  /** ms from durable to read by the worker. */
  readonly worker: number | null;
  /** ms from read to queryable. */
  readonly row: number | null;
}

export interface LiveEvent {
  /** PARTITION:OFFSET, unique for this log. */
  readonly key: string;
  /** `in_flight`: acknowledged, not yet queryable. */
  readonly state: 'in_flight' | 'good' | 'bad';
  readonly received_at: string;
  readonly event_id: string | null;
  /** Null for a bad event whose name is not known. */
  readonly event_name: string | null;
  readonly page_path: string | null;
  readonly user_pseudo_id: string | null;
  readonly pii_redactions: number;
  readonly issues: number;
  /** ms from received_at to queryable; null while in flight. */
  readonly queryable_ms: number | null;
  readonly hops: LiveHops | null;
  readonly reason: string | null;
  readonly pointer: string | null;
  /** The row of `events`, or of `events_rejected`. */
  readonly row: EventRow | RejectedRow | null;
}

export interface LiveCounts {
  /** Since the last reset. received = good + bad + in_flight, always. */
  readonly received: number;
  readonly good: number;
  readonly bad: number;
  readonly in_flight: number;
  /** Values scrubbed, and in how many events. */
  readonly scrubbed: { readonly values: number; readonly events: number };
  /** ms from received_at to queryable, over the last 1,000 good events; null without any. */
  readonly queryable: { readonly p50: number; readonly p99: number } | null;
  /** Events left out of the stream. */
  readonly skipped: number;
}
