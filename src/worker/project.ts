/** From a log record to what the warehouse takes: a row, or a rejected row. Pure. */
import type { EventRecord, EventRow, RejectedRow } from '../event/fields.js';
import { readRecord } from '../event/record.js';
import { type Scan, scanEvent } from '../event/scan.js';
import type { ConsumedRecord } from '../log/port.js';
import type { AppendRow } from '../warehouse/port.js';

export interface Coordinates {
  readonly topic: string;
  readonly partition: number;
}

export type Projected = { readonly row: AppendRow } | { readonly rejected: RejectedRow };

/**
 * Reads one record. Whether the result is a row is decided by the record's bytes alone, so that a worker
 * that comes back after a crash counts storable records exactly as the one before it did.
 */
export function project(record: ConsumedRecord, at: Coordinates): Projected {
  const scan = scanEvent(record.value);
  if (scan !== null) return { row: new Row(record, at, scan, null) };
  const read = readRecord(record.value);
  if (read.kind === 'event') return { row: new Row(record, at, null, withTransport(read.event, record, at)) };
  const rejection =
    read.kind === 'rejected'
      ? { ...read.record.rejected, raw: read.record.raw, source_id: read.record.source_id }
      : { reason: read.reason, pointer: read.pointer ?? undefined, raw: read.raw, source_id: undefined };
  const receivedAt = read.kind === 'rejected' ? read.record.received_at : isoTime(record.timestamp);
  return { rejected: { received_at: receivedAt, ...rejection, ...coordinates(record, at) } };
}

/** Many wait at a time: the row holds numbers and the record, and makes all else when asked. */
class Row implements AppendRow {
  readonly #record: ConsumedRecord;
  readonly #at: Coordinates;
  /** Of `layer`; -1 where that is null. */
  readonly #from: number;
  readonly #to: number;
  #event: EventRow | null;

  constructor(record: ConsumedRecord, at: Coordinates, layer: Scan | null, event: EventRow | null) {
    this.#record = record;
    this.#at = at;
    this.#from = layer?.from ?? -1;
    this.#to = layer?.to ?? -1;
    this.#event = event;
  }

  get layer(): Scan | null {
    return this.#from < 0 ? null : { from: this.#from, to: this.#to };
  }
  get topic(): string {
    return this.#at.topic;
  }
  get partition(): number {
    return this.#at.partition;
  }
  get offset(): number {
    return this.#record.position;
  }
  get timestamp(): number {
    return within(this.#record.timestamp);
  }
  get key(): string | null {
    return this.#record.key;
  }
  get value(): Buffer {
    return this.#record.value;
  }
  get event(): EventRow {
    this.#event ??= withTransport(JSON.parse(this.value.toString()), this.#record, this.#at);
    return this.#event;
  }
}

/** The rejected row of an event that the warehouse itself refused. */
export function refuse(row: AppendRow, message: string): RejectedRow {
  const { event } = row;
  return {
    received_at: event.received_at,
    reason: 'warehouse_refused',
    source_id: event.source_id,
    // The event is scrubbed already; the warehouse's own words say which column it could not take.
    raw: JSON.stringify({ message, event: JSON.parse(row.value.toString()) }).slice(0, 65_536),
    kafka_topic: row.topic,
    kafka_partition: row.partition,
    kafka_offset: row.offset,
  };
}

function withTransport(event: EventRecord, record: ConsumedRecord, at: Coordinates): EventRow {
  // The object came from JSON.parse a moment ago and belongs to nobody else: copying it would double its cost.
  const row = event as EventRow;
  row.kafka_topic = at.topic;
  row.kafka_partition = at.partition;
  row.kafka_offset = record.position;
  row.kafka_timestamp = isoTime(record.timestamp);
  if (record.key !== null) row.kafka_key = record.key;
  return row;
}

const coordinates = (record: ConsumedRecord, at: Coordinates) => ({
  kafka_topic: at.topic,
  kafka_partition: at.partition,
  kafka_offset: record.position as number,
});

/** The first and the last ms that a TIMESTAMP can be: years 1 to 9999. */
const [FIRST_MS, LAST_MS] = [-62_135_596_800_000, 253_402_300_799_999];

/** Anybody may write a record with any number there, such as nanoseconds: no reason not to take it. */
const within = (ms: number): number => Math.min(Math.max(ms, FIRST_MS), LAST_MS);

let lastMs = Number.NaN;
let lastIso = '';

/** ISO text of ms since 1970; records of one request share their timestamp, so the last one is kept. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastIso = new Date(within(ms)).toISOString();
    lastMs = ms;
  }
  return lastIso;
}
