/** Rows against another implementation of the wire format, by the descriptor that we send. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protoMessage } from '../../../src/event/derive/protobuf.js';
import { FIELDS, type Field } from '../../../src/event/fields.js';
import { encoder, Unfit } from '../../../src/warehouse/bigquery/encode.js';
import { decodeRow, rowType } from '../../helpers/bigquery/protos.js';

const type = rowType(protoMessage('Event', FIELDS));
const encode = encoder(FIELDS, 9 * 2 ** 20);

function bytesOf(row: object): Buffer {
  const bytes = encode(row, JSON.stringify(row).length);
  if (bytes instanceof Unfit) throw bytes;
  return bytes;
}

/** What the decoder should find for a value. */
function expected(fields: readonly Field[], row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const of = (field: Field, value: unknown): unknown => {
    if (field.type === 'RECORD') return expected(field.fields ?? [], value as Record<string, unknown>);
    if (field.type === 'TIMESTAMP') return Date.parse(value as string) * 1_000;
    if (field.type === 'DATE') return Math.floor(Date.parse(value as string) / 86_400_000);
    if (field.type === 'JSON') return JSON.stringify(value);
    if (field.type === 'STRING') return (value as string).toWellFormed();
    return value;
  };
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = row[field.name];
      if (value === undefined || value === null) return [];
      if (field.mode !== 'REPEATED') return [[field.name, of(field, value)]];
      return (value as unknown[]).length
        ? [[field.name, (value as unknown[]).map((one) => of(field, one))]]
        : [];
    }),
  );
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 40, maxLength: 400 }),
  fc.constant('\ud800 x'),
);
const time = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const SINGLE: Record<string, fc.Arbitrary<unknown>> = {
  STRING: text,
  INT64: fc.maxSafeInteger(),
  BOOL: fc.boolean(),
  TIMESTAMP: time,
  DATE: time.map((iso) => iso.slice(0, 10)),
  NUMERIC: fc.constantFrom('0', '-1.5', '99999999999999999999999999999.999999999'),
  JSON: fc.jsonValue(),
};
const anyOf = (field: Field): fc.Arbitrary<unknown> => {
  const single = field.type === 'RECORD' ? rowOf(field.fields ?? []) : SINGLE[field.type]!;
  return field.mode === 'REPEATED' ? fc.array(single, { maxLength: 4 }) : single;
};
const rowOf = (fields: readonly Field[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(fields.map((field) => [field.name, anyOf(field)])), { requiredKeys: [] });
const required = { event_id: 'e', schema_version: 1, event_name: 'n' };
const times = { received_at: '2026-01-01T00:00:00.000Z', event_timestamp: '2026-01-01T00:00:00.000Z' };

describe('rows on the wire', () => {
  it('are what another implementation reads, for any values of any columns', () => {
    fc.assert(
      fc.property(rowOf(FIELDS), (given) => {
        const row = { ...required, ...times, ...given };
        expect(decodeRow(type, bytesOf(row))).toEqual(expected(FIELDS, row));
      }),
      { numRuns: 300 },
    );
  });

  it('hold texts that JSON tells shorter than they are', () => {
    const row = { ...required, ...times, data_layer: { wide: Array(50_000).fill(1e20) } };
    const bytes = encode(row, 5 * 50_000);
    expect(decodeRow(type, bytes as Buffer)).toEqual(expected(FIELDS, row));
  });

  it('stay as they are when later ones are written', () => {
    const many = Array.from({ length: 3_000 }, (_, i) => ({
      ...required,
      ...times,
      page_title: `${i}`.repeat(60),
    }));
    const all = many.map(bytesOf);
    for (const [i, bytes] of all.entries()) expect(decodeRow(type, bytes).page_title).toBe(`${i}`.repeat(60));
  });

  it.each([
    [{ value: '9'.repeat(40) }, /NUMERIC/],
    [{ received_at: 'soon' }, /TIMESTAMP/],
    [{ page_title: 'x'.repeat(10 * 2 ** 20) }, /bytes, more than/],
    // No check lets it through; that it ends the append, and each try after it, must not depend on that.
    [{ session_id: -1.5 }, /BigInt/],
  ])('are refused alone, with the reason', (wrong, reason) => {
    const row = { ...required, ...times, ...wrong };
    const result = encode(row, JSON.stringify(row).length);
    expect(result).toBeInstanceOf(Unfit);
    expect((result as Unfit).message).toMatch(reason);
    expect(decodeRow(type, bytesOf({ ...required, ...times }))).toMatchObject(required);
  });
});
