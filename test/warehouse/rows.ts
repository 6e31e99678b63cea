import type { EventRecord, RejectedRow } from '../../src/event/fields.js';
import type { AppendRow, PartitionKey } from '../../src/warehouse/port.js';

export const KEY: PartitionKey = { log: 'log-1', topic: 'realtime', partition: 0 };
const RECEIVED = '2026-03-01T12:00:00.000Z';

/** A row as the worker makes it: `value` is the record alone, `event` has its place in the log too. */
export function row(offset: number, record: Partial<EventRecord> = {}, key: PartitionKey = KEY): AppendRow {
  const event: EventRecord = {
    event_id: `e${key.partition}-${offset}`,
    schema_version: 1,
    received_at: RECEIVED,
    event_timestamp: RECEIVED,
    event_name: 'page_view',
    ...record,
  };
  return {
    ...{ topic: key.topic, partition: key.partition, offset },
    ...{ timestamp: Date.parse(RECEIVED), key: null, layer: null },
    value: Buffer.from(JSON.stringify(event)),
    event: {
      ...event,
      kafka_topic: key.topic,
      kafka_partition: key.partition,
      kafka_offset: offset,
      kafka_timestamp: RECEIVED,
    },
  };
}

export const rows = (first: number, count: number, key: PartitionKey = KEY): AppendRow[] =>
  Array.from({ length: count }, (_, index) => row(first + index, {}, key));

/** A row that passes the event's validator in shape and that no NUMERIC column can hold. */
export const badRow = (offset: number): AppendRow => row(offset, { value: '9'.repeat(40) });

export const rejected = (offset: number, reason = 'field_type', key: PartitionKey = KEY): RejectedRow => ({
  received_at: RECEIVED,
  reason,
  raw: `{"offset":${offset}}`,
  kafka_topic: key.topic,
  kafka_partition: key.partition,
  kafka_offset: offset,
});
