import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { readRecord } from '../../src/event/record.js';
import type { ConsumedRecord, Position } from '../../src/log/port.js';
import type { AppendRow } from '../../src/warehouse/port.js';
import { project, refuse } from '../../src/worker/project.js';
import { corpus, corpusPolicy, factsOf } from '../corpus/index.js';

const AT = { topic: 'events', partition: 3 };
const record = (value: Buffer, key: string | null = null): ConsumedRecord => ({
  ...{ key, value, position: 42 as Position, timestamp: Date.parse('2026-11-25T10:00:00.001Z') },
});
const TRANSPORT = {
  ...{ kafka_topic: 'events', kafka_partition: 3, kafka_offset: 42 },
  kafka_timestamp: '2026-11-25T10:00:00.001Z',
};
const rowOf = (value: Buffer, key: string | null = null) => {
  const projected = project(record(value, key), AT);
  if (!('row' in projected)) throw new Error(projected.rejected.reason);
  return projected.row;
};
const accepted = corpus
  .filter(({ expected, request }) => expected.status < 300 && request.path === '/v1/events')
  .flatMap((one) => createPreparer(corpusPolicy)(parseEnvelope(one.request.body), factsOf(one)))
  .filter(({ status }) => status === 'accepted')
  .map(({ value }) => value);

describe('project', () => {
  it('makes the same row whether the record was scanned or parsed', () => {
    for (const value of accepted) {
      const read = readRecord(value);
      const event = { ...(read.kind === 'event' && read.event), ...TRANSPORT };
      const scanned = rowOf(value);
      // White space is not canonical: such a record is parsed.
      const parsed = rowOf(Buffer.concat([value, Buffer.from(' ')]));
      expect([scanned.layer === null, parsed.layer]).toEqual([false, null]);
      expect(value.toString('utf8', scanned.layer!.from, scanned.layer!.to)).toBe(
        JSON.stringify(scanned.event.data_layer) ?? '',
      );
      expect(scanned.event).toEqual(event);
      expect(parsed.event).toEqual(event);
    }
  });

  it('says where the record stood', () => {
    const row = rowOf(accepted[0]!, 'visitor');
    const { topic, partition, offset, timestamp, key } = row;
    expect({ topic, partition, offset, timestamp, key }).toEqual({
      ...{ ...AT, offset: 42, key: 'visitor' },
      timestamp: Date.parse(TRANSPORT.kafka_timestamp),
    });
    expect(row.event.kafka_key).toBe('visitor');
    expect(rowOf(accepted[0]!).event).not.toHaveProperty('kafka_key');
  });

  it.each([
    ['nanoseconds', 1.795e18, '9999-12-31T23:59:59.999Z'],
    ['beyond what a Date can be, below zero', -9e15, '0001-01-01T00:00:00.000Z'],
  ])('takes a record whose timestamp is no time: %s', (_name, timestamp, kafka_timestamp) => {
    const at = (value: Buffer) => project({ ...record(value), timestamp }, AT);
    const { row } = at(accepted[0]!) as { row: AppendRow };
    expect([new Date(row.timestamp).toISOString(), row.event.kafka_timestamp]).toEqual([
      kafka_timestamp,
      kafka_timestamp,
    ]);
    // Parsed, not scanned.
    const parsed = at(Buffer.concat([accepted[0]!, Buffer.from(' ')]));
    expect(parsed).toMatchObject({ row: { event: { kafka_timestamp } } });
    expect(at(Buffer.from('no event'))).toMatchObject({ rejected: { received_at: kafka_timestamp } });
  });

  it('makes the event once', () => {
    const row = rowOf(accepted[0]!);
    expect(row.event).toBe(row.event);
  });

  it('rejects what is no event', () => {
    expect(project(record(Buffer.from('{}')), AT)).toEqual({
      rejected: {
        ...{ reason: 'record_invalid', pointer: '/event_id', raw: '{}', source_id: undefined },
        ...{
          received_at: TRANSPORT.kafka_timestamp,
          kafka_topic: 'events',
          kafka_partition: 3,
          kafka_offset: 42,
        },
      },
    });
  });

  it('makes a rejected row of what the warehouse refused', () => {
    const refused = refuse(rowOf(accepted[0]!), 'too wide');
    expect(refused).toMatchObject({ reason: 'warehouse_refused', source_id: 'loja', kafka_offset: 42 });
    expect(JSON.parse(refused.raw!)).toEqual({ message: 'too wide', event: JSON.parse(String(accepted[0])) });
  });
});
