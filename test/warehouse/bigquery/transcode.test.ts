/** A record's bytes and the event made of them must become the same row, byte for byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIELDS, type Field } from '../../../src/event/fields.js';
import { parseEnvelope } from '../../../src/event/parse.js';
import { createPreparer } from '../../../src/event/prepare.js';
import type { ConsumedRecord, Position } from '../../../src/log/port.js';
import { encoder, recordEncoder, Unfit } from '../../../src/warehouse/bigquery/encode.js';
import type { AppendRow } from '../../../src/warehouse/port.js';
import { project } from '../../../src/worker/project.js';
import { corpus, corpusPolicy, factsOf } from '../../corpus/index.js';

const MOST = 9 * 2 ** 20;
const ofEvent = encoder(FIELDS, MOST);
const ofRecord = recordEncoder(FIELDS, MOST);

const accepted = corpus
  .filter(({ expected, request }) => expected.status < 300 && request.path === '/v1/events')
  .flatMap((one) => createPreparer(corpusPolicy)(parseEnvelope(one.request.body), factsOf(one)))
  .filter(({ status }) => status === 'accepted')
  .map(({ value }) => value);

/** The row of a record as the worker makes it; null where the record is none, or was not scanned. */
function rowOf(value: Buffer, more: Partial<ConsumedRecord> = {}): AppendRow | null {
  const record = { key: null, value, timestamp: 1_795_444_324_655, position: 70_000_000_000 as Position };
  const projected = project({ ...record, ...more }, { topic: 'realtime', partition: 3 });
  return 'row' in projected && projected.row.layer !== null ? projected.row : null;
}

function same(value: Buffer, more: Partial<ConsumedRecord> = {}): void {
  const row = rowOf(value, more);
  if (row === null) throw new Error(`not scanned: ${value}`);
  expect(ofRecord(row), value.toString()).toEqual(ofEvent(row.event, value.length));
}

const EVENT = {
  event_id: 'e',
  schema_version: 1,
  received_at: '2026-11-23T14:32:04.655Z',
  event_timestamp: '2026-11-23T14:32:04.643Z',
  event_name: 'n',
};
const recordOf = (more: object): Buffer => Buffer.from(JSON.stringify({ ...EVENT, ...more }));

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ maxLength: 400 }),
);
const time = fc
  .date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const SINGLE: Record<string, fc.Arbitrary<unknown>> = {
  STRING: text.map((one) => one.toWellFormed()),
  INT64: fc.integer({ min: -(10 ** 15) + 1, max: 10 ** 15 - 1 }),
  BOOL: fc.boolean(),
  TIMESTAMP: time,
  DATE: time.map((iso) => iso.slice(0, 10)),
  NUMERIC: fc.constantFrom('0', '-1.5', '99999999999999999999999999999.999999999'),
  JSON: fc.constantFrom(null, [], {}, 'x', { a: [1, { b: 'é "' }], c: 0.5 }),
};
const anyOf = (field: Field): fc.Arbitrary<unknown> => {
  const single = field.type === 'RECORD' ? rowsOf(field.fields ?? []) : SINGLE[field.type]!;
  return field.mode === 'REPEATED' ? fc.array(single, { maxLength: 4 }) : single;
};
const rowsOf = (fields: readonly Field[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(fields.map((field) => [field.name, anyOf(field)])), { requiredKeys: [] });
const columns = FIELDS.filter(({ name }) => !/^kafka_|^schema_version$/.test(name));

describe('a record that was scanned', () => {
  it('becomes the row that its event becomes, whatever the collector makes of the corpus', () => {
    expect(accepted.length).toBeGreaterThan(40);
    for (const value of accepted) same(value);
    same(accepted[0]!, { key: 'visitor é', timestamp: -1 });
  });

  it('does so with any value in any column', () => {
    let scanned = 0;
    fc.assert(
      fc.property(rowsOf(columns), (more) => {
        const value = recordOf(more);
        // What the scan leaves to the parser, such as an empty record, is not copied.
        if (rowOf(value) === null) return;
        scanned++;
        same(value);
      }),
      { numRuns: 500 },
    );
    expect(scanned).toBeGreaterThan(50);
  });

  it.each([
    '0001-01-01',
    '0004-02-29',
    '1600-02-29',
    '1969-12-31',
    '1970-01-01',
    '2000-02-29',
    '2100-03-01',
    '9999-12-31',
  ])('has the day %s and its last ms', (day) => {
    same(recordOf({ event_date: day, event_timestamp: `${day}T23:59:59.999Z` }));
  });

  it('is refused when it is larger than a request may be, and leaves nothing behind', () => {
    const encode = recordEncoder(FIELDS, 2_000);
    const large = rowOf(recordOf({ page_title: 'x'.repeat(2_000) }))!;
    const small = rowOf(recordOf({ page_title: 'é' }))!;
    expect(encode(large)).toBeInstanceOf(Unfit);
    expect(encode(small)).toEqual(ofEvent(small.event, 300));
  });
});
