/** Where the worker of a stage writes, and what the checker asks of it. */
import type { Place } from './check.js';
import { openBigquerySink } from './sink-bigquery.js';
import { openDuckdbSink } from './sink-duckdb.js';

export type SinkName = 'duckdb' | 'bigquery';

/** A record by its coordinates. */
export type Spot = Omit<Place, 'id'>;

/** What a warehouse holds at one moment. */
export interface Held {
  readonly rows: number;
  /** Records that were rejected; each counts once. */
  readonly rejected: number;
  /** Records up to the positions that it knows of. */
  readonly done: number;
}

export interface Sink {
  /** Flags and environment of a worker that writes to it. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Every answer takes so many times as long. */
  slow(times: number): Promise<void>;
  /** Every call fails; what was under way may be stored all the same. */
  away(): Promise<void>;
  whole(): Promise<void>;
  rows(): Promise<Place[]>;
  /** As often as they are stored. */
  rejected(): Promise<Spot[]>;
  /** Rows of the deduplicated view that share an event id; null where no view can be asked. */
  repeatedInView(): Promise<number | null>;
  /** Null while nobody answers. */
  held(): Promise<Held | null>;
  /** Rows by partition; empty while nobody answers. */
  byPartition(): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

export interface SinkOptions {
  /** Of the stage. */
  readonly folder: string;
  /** Whether it will have to be slow, or away. */
  readonly canFail: boolean;
}

export const openSink = (name: SinkName, options: SinkOptions): Promise<Sink> =>
  name === 'duckdb' ? openDuckdbSink(options) : openBigquerySink();
