import { describe, expect, it } from 'vitest';
import { FIELDS, type Field } from '../../src/event/fields.js';
import { encode, readRecord } from '../../src/event/record.js';
import { json } from './support.js';

const EVENT = {
  event_id: 'e',
  schema_version: 1,
  received_at: '2026-11-23T14:32:04.655Z',
  event_timestamp: '2026-11-23T14:32:04.643Z',
  event_name: 'n',
};
const REJECTED = {
  schema_version: 1,
  received_at: '2026-11-23T14:32:04.655Z',
  source_id: 's',
  rejected: { reason: 'field_type', pointer: '/ts' },
  raw: '{}',
};

describe('readRecord', () => {
  it('reads what encode wrote', () => {
    expect(readRecord(encode(EVENT))).toEqual({ kind: 'event', event: EVENT });
    expect(readRecord(encode(REJECTED))).toEqual({ kind: 'rejected', record: REJECTED });
  });

  it.each([
    ['', 'record_not_json'],
    ['{', 'record_not_json'],
    ['[]', 'record_not_json'],
    ['null', 'record_not_json'],
    ['"x"', 'record_not_json'],
    [`${JSON.stringify(EVENT)} x`, 'record_not_json'],
    [`\ufeff${JSON.stringify(EVENT)}`, 'record_not_json'],
    ['{"event_id":NaN}', 'record_not_json'],
    ['{}', 'record_invalid'],
  ])('%.30s is unreadable', (text, reason) => {
    expect(readRecord(Buffer.from(text))).toMatchObject({ kind: 'unreadable', reason });
  });

  it('refuses bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([
      json(EVENT).subarray(0, -1),
      Buffer.from(',"page_title":"\xe9"}', 'latin1'),
    ]);
    expect(readRecord(bytes)).toMatchObject({ kind: 'unreadable', reason: 'record_not_json' });
  });

  it.each([
    [{ schema_version: 2 }, 'record_version', '/schema_version'],
    [{ schema_version: 0 }, 'record_version', '/schema_version'],
    [{ schema_version: '1' }, 'record_invalid', '/schema_version'],
    [{ schema_version: undefined }, 'record_invalid', '/schema_version'],
    [{ event_id: undefined }, 'record_invalid', '/event_id'],
    [{ event_id: null }, 'record_invalid', '/event_id'],
    [{ event_name: 5 }, 'record_invalid', '/event_name'],
    [{ received_at: '2026-11-23T14:32:04Z' }, 'record_invalid', '/received_at'],
    [{ received_at: '2026-02-30T14:32:04.655Z' }, 'record_invalid', '/received_at'],
    [{ received_at: '2026-11-23T24:00:00.000Z' }, 'record_invalid', '/received_at'],
    [{ event_date: '2025-02-29' }, 'record_invalid', '/event_date'],
    [{ event_date: '0000-01-01' }, 'record_invalid', '/event_date'],
    [{ session_id: 2 ** 53 }, 'record_invalid', '/session_id'],
    [{ session_id: 1.5 }, 'record_invalid', '/session_id'],
    [{ value: 5 }, 'record_invalid', '/value'],
    [{ value: '1e5' }, 'record_invalid', '/value'],
    [{ value: '1.0000000001' }, 'record_invalid', '/value'],
    [{ value: '5\n' }, 'record_invalid', '/value'],
    [{ is_bot: 'true' }, 'record_invalid', '/is_bot'],
    [{ issues: 'x' }, 'record_invalid', '/issues'],
    [{ issues: ['a', 5] }, 'record_invalid', '/issues/1'],
    [{ items: [{}, { price: 'x' }] }, 'record_invalid', '/items/1/price'],
    [{ items: [null] }, 'record_invalid', '/items/0'],
    [{ consent: [] }, 'record_invalid', '/consent'],
    [{ consent: { ad_storage: 1 } }, 'record_invalid', '/consent/ad_storage'],
    [{ kafka_offset: 5 }, 'record_invalid', '/kafka_offset'],
    [{ 'a/b~c': 5 }, 'record_invalid', '/a~1b~0c'],
    [{ toString: 5 }, 'record_invalid', '/toString'],
    [{ rejected: {} }, 'record_invalid', '/event_id'],
    [{ data_layer: JSON.parse(`${'['.repeat(66)}${']'.repeat(66)}`) }, 'record_invalid', '/data_layer'],
  ])('%j is %s at %s', (different, reason, pointer) => {
    expect(readRecord(json({ ...EVENT, ...different }))).toMatchObject({
      kind: 'unreadable',
      reason,
      pointer,
    });
  });

  it.each([
    [{ rejected: { reason: 5 } }, '/rejected/reason'],
    [{ rejected: [] }, '/rejected'],
    [{ raw: undefined }, '/raw'],
    [{ more: 1 }, '/more'],
  ])('a rejected event with %j is wrong at %s', (different, pointer) => {
    expect(readRecord(json({ ...REJECTED, ...different }))).toMatchObject({
      reason: 'record_invalid',
      pointer,
    });
  });

  it('takes an own __proto__ for a column that does not exist', () => {
    const text = JSON.stringify(EVENT).replace('{', '{"__proto__":{"x":1},');
    expect(readRecord(Buffer.from(text))).toMatchObject({ reason: 'record_invalid', pointer: '/__proto__' });
  });

  it('takes a value of every column, and refuses a wrong one', () => {
    const right: Record<Field['type'], unknown> = {
      STRING: '',
      INT64: -5,
      BOOL: false,
      TIMESTAMP: '2028-02-29T23:59:59.999Z',
      DATE: '2028-02-29',
      NUMERIC: '-12345678901234567890123456789.123456789',
      JSON: { a: [null] },
      RECORD: {},
    };
    for (const field of FIELDS.filter(
      ({ name }) => !name.startsWith('kafka_') && name !== 'schema_version',
    )) {
      const value = field.mode === 'REPEATED' ? [right[field.type]] : right[field.type];
      expect(readRecord(json({ ...EVENT, [field.name]: value })).kind, field.name).toBe('event');
      if (field.type === 'JSON') continue;
      const wrong = field.type === 'BOOL' ? 0 : true;
      expect(readRecord(json({ ...EVENT, [field.name]: wrong })).kind, field.name).toBe('unreadable');
    }
  });

  it('shows what it could not read, scrubbed and at most 64 KiB of it', () => {
    const record = readRecord(json({ email: 'ana@exemplo.com.br', text: 'CPF 529.982.247-25' }));
    expect(record).toMatchObject({ kind: 'unreadable', raw: '{"email":"[email]","text":"CPF [cpf]"}' });
    expect(readRecord(Buffer.from('no JSON: ana@exemplo.com.br'))).toMatchObject({ raw: 'no JSON: [email]' });
    for (const bytes of [
      Buffer.alloc(3_000_000, 'é'),
      Buffer.alloc(3_000_000, 0xff),
      json(['"'.repeat(3_000_000)]),
    ]) {
      const read = readRecord(bytes);
      expect(read.kind === 'unreadable' && Buffer.byteLength(read.raw)).toBeLessThanOrEqual(65_536);
    }
  });

  it('survives any depth', () => {
    for (const depth of [100, 5_000, 500_000])
      for (const text of [
        '['.repeat(depth) + ']'.repeat(depth),
        '{"a":'.repeat(depth),
        `{"data_layer":${'['.repeat(depth)}${']'.repeat(depth)}}`,
      ])
        expect(readRecord(Buffer.from(text)).kind).toBe('unreadable');
  });
});
