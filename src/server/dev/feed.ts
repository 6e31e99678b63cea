/**
 * What `dev` knows of its events: counts since the last reset, and the newest events.
 *
 * Three voices tell of one event, in any order: the collector (acknowledged), the worker (read) and the worker
 * again (stored or rejected). Each position is counted once as received and once as done, whoever speaks
 * first; in flight is the difference. So received = good + bad + in_flight holds at every moment.
 */
import type { EventRow, RejectedRow } from '../../event/fields.js';
import type { LiveCounts, LiveEvent } from '../../event/live.js';
import type { PreparedEvent } from '../../event/source.js';
import type { CollectorObserver } from '../ingest.js';
import { badEvent, goodEvent, inFlightEvent, keyOf, type Passed } from './live-event.js';
import { Percentiles } from './percentiles.js';
import { Positions } from './positions.js';
import { Recent } from './recent.js';
import { Timeline } from './timeline.js';

/** What the warehouse held before this process began. */
export interface Baseline {
  readonly good: number;
  readonly bad: number;
  readonly scrubbed: { readonly values: number; readonly events: number };
  /** By partition: behind the newest row of each table. Rows before it are counted above. */
  readonly floors: ReadonlyMap<number, { readonly events: number; readonly rejected: number }>;
  /** The newest events, oldest first. */
  readonly events: readonly LiveEvent[];
}

/** What stood in the event table behind a clearing. */
export interface Survivors {
  /** PARTITION:OFFSET. */
  readonly keys: ReadonlySet<string>;
  /** By partition: the last position that was stored when `keys` was read, or just before. */
  readonly last: ReadonlyMap<number, number>;
}

export interface FeedListener {
  /** Something was counted. */
  changed(): void;
  /** Shows the event; false where there is too much to show. A `known` one, shown before, is always shown. */
  show(event: LiveEvent, known: boolean): boolean;
  /** Whether an event in flight would be shown: parsing it costs more than counting it. */
  readonly hasRoom: boolean;
  reset(): void;
}

interface Partition {
  readonly received: Positions;
  readonly done: Positions;
  readonly durable: Timeline;
  readonly read: Timeline;
}

type Coordinates = { readonly partition: number; readonly position: number };
const coordinatesOf = (row: EventRow | RejectedRow): Coordinates => ({
  partition: row.kafka_partition ?? 0,
  position: row.kafka_offset ?? 0,
});

export class Feed implements CollectorObserver {
  readonly #baseline: Baseline;
  readonly #partitions = new Map<number, Partition>();
  readonly #recent = new Recent();
  readonly #latency = new Percentiles();
  #received: number;
  #good: number;
  #bad: number;
  #scrubbed: { values: number; events: number };
  #skipped = 0;
  #listener: FeedListener | null = null;
  readonly #waiting = new Set<() => void>();
  #survivors: Survivors | null = null;
  /** While a reset looks what is there: reports that wait for the result. */
  #held: { rows: readonly EventRow[]; at: number }[] | null = null;

  constructor(baseline: Baseline) {
    this.#baseline = baseline;
    this.#good = baseline.good;
    this.#bad = baseline.bad;
    this.#received = baseline.good + baseline.bad;
    this.#scrubbed = { ...baseline.scrubbed };
    for (const event of baseline.events) this.#recent.set(event, sizeOf(event));
  }

  listen(listener: FeedListener): void {
    this.#listener = listener;
  }

  get counts(): LiveCounts {
    return {
      received: this.#received,
      good: this.#good,
      bad: this.#bad,
      in_flight: this.#received - this.#good - this.#bad,
      scrubbed: { ...this.#scrubbed },
      queryable: this.#latency.read(),
      skipped: this.#skipped,
    };
  }

  newest(limit: number): LiveEvent[] {
    return this.#recent.newest(limit);
  }

  /** Resolves at the next change, or after `ms`. */
  changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  acknowledged(
    partition: number,
    first: number,
    prepared: readonly PreparedEvent[],
    receivedAt: number,
    at: number,
  ): void {
    const { received, durable, done } = this.#partition(partition);
    durable.add(first, prepared.length, at);
    this.#received += received.add(first, prepared.length);
    for (let index = 0; index < prepared.length && this.#listener?.hasRoom; index++) {
      const key = keyOf(partition, first + index);
      if (done.has(first + index) || this.#recent.has(key)) continue;
      this.#show(inFlightEvent(key, prepared[index]!, receivedAt), 1_000);
    }
    this.#tell();
  }

  /** The worker has fetched these records: one batch of one partition. */
  read(rows: readonly EventRow[], rejected: readonly RejectedRow[], at: number): void {
    const uncounted = [
      ...rows.map(coordinatesOf).filter((one) => !this.#counted(one, 'events')),
      ...rejected.map(coordinatesOf).filter((one) => !this.#counted(one, 'rejected')),
    ].sort((a, b) => a.position - b.position);
    const [oldest] = uncounted;
    if (!oldest) return;
    const { received, read } = this.#partition(oldest.partition);
    for (const { position } of uncounted) this.#received += received.add(position);
    read.add(oldest.position, uncounted.at(-1)!.position - oldest.position + 1, at);
    this.#tell();
  }

  /** These rows are queryable. */
  stored(rows: readonly EventRow[], at: number): void {
    if (this.#held) {
      this.#held.push({ rows, at });
      return;
    }
    for (const row of rows) {
      const passed = this.#settle(row, 'events', at);
      if (!passed || this.#vanished(row)) continue;
      this.#good++;
      if (row.pii_redactions) {
        this.#scrubbed.values += row.pii_redactions;
        this.#scrubbed.events++;
      }
      this.#latency.add(at - Date.parse(row.received_at));
      const key = this.#keyOf(row);
      this.#showFinal(goodEvent(key, row, passed));
    }
    this.#tell();
  }

  /** These rows of the rejected table are queryable. */
  rejected(rows: readonly RejectedRow[], at: number): void {
    for (const row of rows) {
      const passed = this.#settle(row, 'rejected', at);
      if (!passed) continue;
      this.#bad++;
      const key = this.#keyOf(row);
      this.#showFinal(badEvent(key, row, passed));
    }
    this.#tell();
  }

  /**
   * Empties the counts beside `clear`, which empties the tables; what is in flight stays so. The worker tells of
   * a row some time after it was stored, so a row can be gone when we hear of it. `look` reads, after the
   * clearing, up to where rows were stored and which of them are there: only these count from then on.
   */
  async reset(
    clear: () => Promise<void>,
    look: (partitions: readonly number[]) => Promise<Survivors>,
  ): Promise<void> {
    await clear();
    this.#startAgain();
    const held: { rows: readonly EventRow[]; at: number }[] = [];
    this.#held = held;
    try {
      this.#survivors = await look([...this.#partitions.keys()]);
    } finally {
      this.#held = null;
      for (const { rows, at } of held) this.stored(rows, at);
    }
    this.#tell();
  }

  #startAgain(): void {
    this.#received -= this.#good + this.#bad;
    this.#good = 0;
    this.#bad = 0;
    this.#scrubbed = { values: 0, events: 0 };
    this.#skipped = 0;
    this.#latency.clear();
    this.#recent.keepInFlight();
    this.#listener?.reset();
  }

  /** Stored, but emptied before we were told. */
  #vanished(row: EventRow): boolean {
    const { partition, position } = coordinatesOf(row);
    const last = this.#survivors?.last.get(partition) ?? -1;
    if (position > last || this.#survivors?.keys.has(this.#keyOf(row))) return false;
    this.#received--;
    this.#recent.delete(this.#keyOf(row));
    return true;
  }

  /** Counts the position as done; null when it was before. */
  #settle(row: EventRow | RejectedRow, floor: 'events' | 'rejected', at: number): Passed | null {
    const coordinates = coordinatesOf(row);
    if (this.#counted(coordinates, floor)) return null;
    const { partition, position } = coordinates;
    const { received, done, durable, read } = this.#partition(partition);
    if (done.add(position) === 0) return null;
    this.#received += received.add(position);
    return { durable: durable.at(position), read: read.at(position), queryable: at };
  }

  /** Whether the warehouse held it when we began. */
  #counted({ partition, position }: Coordinates, floor: 'events' | 'rejected'): boolean {
    return position < (this.#baseline.floors.get(partition)?.[floor] ?? 0);
  }

  #keyOf(row: EventRow | RejectedRow): string {
    const { partition, position } = coordinatesOf(row);
    return keyOf(partition, position);
  }

  #showFinal(event: LiveEvent): void {
    if (!this.#show(event, sizeOf(event))) this.#skipped++;
  }

  #show(event: LiveEvent, bytes: number): boolean {
    const known = this.#recent.has(event.key);
    this.#recent.set(event, bytes);
    return this.#listener?.show(event, known) ?? true;
  }

  #partition(partition: number): Partition {
    const known = this.#partitions.get(partition);
    if (known) return known;
    const made = {
      received: new Positions(),
      done: new Positions(),
      durable: new Timeline(),
      read: new Timeline(),
    };
    this.#partitions.set(partition, made);
    return made;
  }

  #tell(): void {
    this.#listener?.changed();
    for (const wake of [...this.#waiting]) wake();
  }
}

/** About the bytes of an event with its row, without writing it down. */
function sizeOf({ row }: LiveEvent): number {
  if (!row) return 500;
  return 1_000 + ('raw' in row ? (row.raw?.length ?? 0) : ((row as EventRow).payload_bytes ?? 0));
}
