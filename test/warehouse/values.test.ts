import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventRow, FIELDS, type Field } from '../../src/event/fields.js';
import type { AppendRow, Warehouse } from '../../src/warehouse/port.js';
import { inMemory } from './folder.js';
import { KEY, row } from './rows.js';

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await inMemory();
});
afterAll(() => warehouse.close());

const HARD = 'é "\\\n\t\u0000\u2028 😀 x';
/** A producer may have set any. */
const HARD_KEY = 'visitor "1" \\ \u001e \u001f \n é 😀';
const SAMPLES: Readonly<Record<Field['type'], unknown>> = {
  STRING: HARD,
  INT64: -9_007_199_254_740_991,
  BOOL: true,
  TIMESTAMP: '2026-03-01T12:34:56.789Z',
  DATE: '2026-03-01',
  NUMERIC: '-12345678.123456789',
  JSON: { b: [1e21, 1e-7, -0.5, 123456789012345680000, null, HARD], a: {}, '': 0 },
  RECORD: null,
};

/** A value for every field, all the way down. */
function sample(field: Field): unknown {
  const one = field.fields
    ? Object.fromEntries(field.fields.map((member) => [member.name, sample(member)]))
    : SAMPLES[field.type];
  return field.mode === 'REPEATED' ? [one, one] : one;
}

/** What a query shows of a stored value: missing is null, lists are never null, NUMERIC has nine decimals. */
function shown(field: Field, value: unknown): unknown {
  if (field.mode === 'REPEATED') {
    return ((value ?? []) as unknown[]).map((item) => shown({ ...field, mode: 'REQUIRED' }, item));
  }
  if (value === undefined || value === null) return null;
  if (field.fields) {
    const record = value as Record<string, unknown>;
    return Object.fromEntries(
      field.fields.map((member) => [member.name, shown(member, record[member.name])]),
    );
  }
  if (field.type === 'JSON') return JSON.stringify(value);
  if (field.type !== 'NUMERIC') return value;
  const [whole, decimals = ''] = String(value).split('.');
  return `${whole}.${decimals.padEnd(9, '0')}`;
}

const expected = (event: EventRow): Record<string, unknown> =>
  Object.fromEntries(FIELDS.map((field) => [field.name, shown(field, event[field.name as keyof EventRow])]));

function full(offset: number, record: object = {}): AppendRow {
  const values = Object.fromEntries(
    FIELDS.filter(({ name }) => !name.startsWith('kafka_')).map((field) => [field.name, sample(field)]),
  );
  const made = row(offset, { ...values, ...record });
  return { ...made, key: HARD_KEY, event: { ...made.event, kafka_key: HARD_KEY } };
}

async function stored(batch: readonly AppendRow[], log: string): Promise<readonly unknown[]> {
  await warehouse.clear();
  const writer = await warehouse.openPartition({ ...KEY, log }, null);
  await writer.append(batch);
  return (await warehouse.query('SELECT * FROM events ORDER BY kafka_offset')).rows;
}

describe('values in the event table', () => {
  it('keeps every field of a full event and every gap of a bare one, in any order of the two', async () => {
    const batch = [row(0), full(1), row(2), full(3), row(4)];
    expect(await stored(batch, 'full')).toEqual(batch.map(({ event }) => expected(event)));
    // Statements were planned over other data by now.
    const again = [full(0), row(1)];
    expect(await stored(again, 'again')).toEqual(again.map(({ event }) => expected(event)));
  });

  it.each([
    '0',
    '-0.000000001',
    '999999999.999999999',
    '1000000000',
    '-99999999999999999999999999999.999999999',
  ])('keeps the amount %s exactly', async (amount) => {
    const items = [{ item_id: 'a', price: amount }, { item_id: 'b' }];
    const batch = [row(0, { value: amount, items }), row(1, { value: '1.5' })];
    expect(await stored(batch, `amount ${amount}`)).toEqual(batch.map(({ event }) => expected(event)));
  });

  it.each([
    ['an amount too wide', { value: '1'.repeat(30) }],
    ['an amount too wide in an item', { items: [{ price: '1'.repeat(30) }] }],
    ['a day that is none', { event_date: '2026-02-30' }],
    ['a time that is none', { sent_at: '2026-02-30T00:00:00.000Z' }],
    ['an integer out of range', { session_id: 1e19 }],
    ['half a surrogate pair', { page_title: 'a\ud800' }],
    ['a record where text was expected to be a number', { payload_bytes: 'many' as unknown as number }],
  ])('refuses %s, and stores what stood before it', async (title, record) => {
    await warehouse.clear();
    const writer = await warehouse.openPartition({ ...KEY, log: title }, null);
    const receipt = await writer.append([row(0), row(1), row(2, record), row(3)]);
    expect(receipt).toMatchObject({
      stored: 2,
      refused: { index: 2, message: expect.stringMatching(/Error/) },
    });
    expect(receipt.refused?.message).not.toContain('\n');
    expect((await warehouse.query('SELECT kafka_offset AS o FROM events')).rows).toEqual([
      { o: 0 },
      { o: 1 },
    ]);
  });

  it.each(['\u001e', '\u001f', '\0'])(
    'refuses a record with the raw character %j, and no other row',
    async (raw) => {
      await warehouse.clear();
      const writer = await warehouse.openPartition({ ...KEY, log: `raw ${raw}` }, null);
      const made = row(1);
      const value = Buffer.from(made.value.toString().replace('page_view', `page${raw}view`));
      expect(await writer.append([row(0), { ...made, value }, row(2)])).toMatchObject({
        stored: 1,
        refused: { index: 1 },
      });
    },
  );

  it.each(['1970-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '+012026-03-01T12:34:56.789Z'])(
    'keeps the time %s that a producer has set',
    async (kafka_timestamp) => {
      const made = row(0);
      const [found] = await stored([{ ...made, timestamp: Date.parse(kafka_timestamp) }], kafka_timestamp);
      expect(found).toMatchObject({ kafka_timestamp });
    },
  );

  it('takes the text of data_layer from the record, where that is said to hold it', async () => {
    const made = row(0, { data_layer: { a: ['é', 1.5], b: null }, is_bot: false });
    const from = made.value.indexOf('{"a"');
    const layer = { from, to: made.value.indexOf(',"is_bot"') };
    const bare = { ...row(1), layer: { from: 0, to: 0 } };
    const batch = [{ ...made, layer }, bare];
    expect(await stored(batch, 'layer')).toEqual(batch.map(({ event }) => expected(event)));
    // Its own text, not one written anew.
    const spaced = { ...made, value: Buffer.from(made.value.toString().replace('1.5', '1.50')) };
    const [found] = await stored([{ ...spaced, layer: { ...layer, to: layer.to + 1 } }], 'spaced');
    expect(found).toMatchObject({ data_layer: '{"a":["é",1.50],"b":null}' });
  });

  it('reads a record with space around its tokens', async () => {
    const made = row(0, { data_layer: { a: [1, { b: 2 }] } });
    const value = Buffer.from(`\n\t ${JSON.stringify(JSON.parse(made.value.toString()), null, 2)} \r\n`);
    expect(await stored([{ ...made, value }, row(1)], 'spaced')).toEqual(
      [made, row(1)].map(({ event }) => expected(event)),
    );
  });

  it('stores text of any content among rejected records', async () => {
    await warehouse.clear();
    const place = {
      received_at: '2026-03-01T12:00:00.000Z',
      reason: 'x',
      kafka_topic: 'topic-name',
      kafka_partition: 3,
    };
    const raws = [HARD, '', "'; DROP TABLE events; --", 'a\ud800b', 'x'.repeat(65_536)];
    await warehouse.reject(
      raws.map((raw, kafka_offset) => ({ ...place, raw, pointer: '/ts', kafka_offset })),
    );
    const { rows } = await warehouse.query('SELECT * FROM events_rejected ORDER BY kafka_offset');
    const source_id = null;
    expect(rows).toEqual(
      raws.map((raw, kafka_offset) => ({
        ...place,
        raw: raw.toWellFormed(),
        pointer: '/ts',
        source_id,
        kafka_offset,
      })),
    );
  });

  it('takes more rows in one call than a vector or a transaction holds', async () => {
    const count = 5_000;
    const batch = Array.from({ length: count }, (_, offset) => row(offset));
    expect(await stored(batch, 'many')).toHaveLength(count);
    const { rows } = await warehouse.query('SELECT count(DISTINCT kafka_offset) AS n FROM events');
    expect(rows).toEqual([{ n: count }]);
  });
});
