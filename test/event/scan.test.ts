import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIELDS, type Field } from '../../src/event/fields.js';
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { readRecord } from '../../src/event/record.js';
import { scanEvent } from '../../src/event/scan.js';
import { corpus, corpusPolicy, factsOf } from '../corpus/index.js';
import { json } from './support.js';

const EVENT = {
  event_id: 'e',
  schema_version: 1,
  received_at: '2026-11-23T14:32:04.655Z',
  event_timestamp: '2026-11-23T14:32:04.643Z',
  event_name: 'n',
};
const accepted = corpus
  .filter(({ expected, request }) => expected.status < 300 && request.path === '/v1/events')
  .flatMap((one) => createPreparer(corpusPolicy)(parseEnvelope(one.request.body), factsOf(one)))
  .filter(({ status }) => status === 'accepted')
  .map(({ value }) => value);

/** What the scan says yes to is an event, in JSON.stringify's text, and its data_layer stands where it says. */
function isRight(value: Buffer): boolean {
  const scan = scanEvent(value);
  if (scan === null) return false;
  const read = readRecord(value);
  if (read.kind !== 'event') throw new Error(`said yes to ${value}`);
  const layer = JSON.stringify(read.event.data_layer) ?? '';
  expect(value.toString('utf8', scan.from, scan.to)).toBe(layer);
  return true;
}
const withLayer = (text: string): Buffer =>
  Buffer.from(`${JSON.stringify(EVENT).slice(0, -1)},"data_layer":${text}}`);

describe('scanEvent', () => {
  it('says yes to every event that the collector makes of the corpus', () => {
    expect(accepted.length).toBeGreaterThan(40);
    for (const value of accepted) expect(isRight(value), value.toString()).toBe(true);
  });

  it('says yes to a value of every column, and to no wrong one', () => {
    const right: Record<Field['type'], unknown> = {
      STRING: 'é "\\\n\t 😀',
      INT64: -5,
      BOOL: false,
      TIMESTAMP: '2028-02-29T23:59:59.999Z',
      DATE: '2028-02-29',
      NUMERIC: '-12345678901234567890123456789.123456789',
      JSON: { a: [null] },
      RECORD: { price: '1.5', ad_storage: 'granted', mode: 'push' },
    };
    for (const { name, type, mode, fields } of FIELDS) {
      if (name.startsWith('kafka_') || name === 'schema_version') continue;
      const known = ([key]: [string, unknown]) => fields?.some((member) => member.name === key);
      const one = fields
        ? Object.fromEntries(Object.entries(right.RECORD as object).filter(known))
        : right[type];
      expect(isRight(json({ ...EVENT, [name]: mode === 'REPEATED' ? [one, one] : one })), name).toBe(true);
      if (mode === 'REPEATED') expect(isRight(json({ ...EVENT, [name]: [] })), name).toBe(true);
      if (type === 'JSON') continue;
      const wrong = type === 'BOOL' ? 0 : true;
      expect(scanEvent(json({ ...EVENT, [name]: mode === 'REPEATED' ? [wrong] : wrong })), name).toBeNull();
    }
  });

  it.each([
    ['{"b":1,"a":[true,false,null,"x",{}],"c":{"d":[]}}'],
    ['[0,-5,123456789012345,0.5,-0.5,249.9,1e+21,1e-7,0.1,12345678901234567000,5e-324]'],
    ['"\\"\\\\\\b\\f\\n\\r\\t\u2028é"'],
    ['[]'],
    ['null'],
    ['5'],
  ])('says yes to the data_layer %s', (text) => {
    expect(isRight(withLayer(text))).toBe(true);
  });

  it.each([
    ['an other way to write a number', '[1.0]'],
    ['', '[1e5]'],
    ['', '[-0]'],
    ['', '[0.1000000000000000055]'],
    ['', '[12345678901234567890]'],
    ['', '[1E400]'],
    ['a number that is none', '[01]'],
    ['', '[1.]'],
    ['', '[.5]'],
    ['', '[+1]'],
    ['', '[-]'],
    ['', '[NaN]'],
    ['', '[1-1]'],
    ['white space', '{"a": 1}'],
    ['', '[1 ]'],
    ['a name twice', '{"a":1,"b":2,"a":3}'],
    ['a name that JavaScript moves', '{"b":1,"0":2}'],
    ['an escape that is not needed', '["\\/"]'],
    ['', '["\\u0041"]'],
    ['one that does not exist', '["\\x"]'],
    ['a control character', '["\u0001"]'],
    ['a comma too many', '[1,]'],
    ['', '{"a":1,}'],
    ['one too few', '[1 2]'],
    ['a wrong end', '[1}'],
    ['', '{"a":1]'],
    ['half a word', '[tru]'],
    ['', '[nulx]'],
    ['a name without a value', '{"a"}'],
    ['', '{a:1}'],
    ['too many levels', `${'['.repeat(33)}${']'.repeat(33)}`],
  ])('leaves %s to the parser: %s', (_, text) => {
    expect(scanEvent(withLayer(text))).toBeNull();
  });

  it.each([
    ['', '{', '[]', 'null', '{}', `${JSON.stringify(EVENT)} `, ` ${JSON.stringify(EVENT)}`],
    [`\ufeff${JSON.stringify(EVENT)}`, `${JSON.stringify(EVENT)}}`, JSON.stringify(EVENT).slice(0, -1)],
    [JSON.stringify({ ...EVENT, rejected: {} }), JSON.stringify({ ...EVENT, kafka_offset: 1 })],
    [JSON.stringify({ ...EVENT, schema_version: 0 }), JSON.stringify({ ...EVENT, schema_version: 2 })],
    [
      `${JSON.stringify(EVENT).slice(0, -1)},"event_id":"twice"}`,
      JSON.stringify({ ...EVENT, event_id: null }),
    ],
  ])('says no to what is no event, or not in this form', (...texts) => {
    for (const text of texts) expect(scanEvent(Buffer.from(text)), text).toBeNull();
  });

  it.each(Object.keys(EVENT))('says no where %s is missing', (name) => {
    expect(scanEvent(json({ ...EVENT, [name]: undefined }))).toBeNull();
  });

  it('refuses days and times that do not exist', () => {
    for (const at of ['2026-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '0000-01-01'])
      expect(scanEvent(json({ ...EVENT, event_date: at })), at).toBeNull();
    for (const at of ['24:00:00.000', '23:60:00.000', '23:59:60.000', '2:59:00.000'])
      expect(scanEvent(json({ ...EVENT, received_at: `2026-11-23T${at}Z` })), at).toBeNull();
  });

  it('takes amounts of 29 digits and 9 decimals, and no wider ones', () => {
    const [whole, decimals] = ['1'.repeat(29), '1'.repeat(9)];
    expect(isRight(json({ ...EVENT, value: `${whole}.${decimals}` }))).toBe(true);
    for (const value of [`1${whole}`, `1.${decimals}1`, '', '-', '1.', '.1', '1,5', '+1', '1e5'])
      expect(scanEvent(json({ ...EVENT, value })), value).toBeNull();
  });

  it('refuses bytes that are no UTF-8', () => {
    const bytes = json({ ...EVENT, page_title: 'x' });
    bytes[bytes.indexOf('"x"') + 1] = 0xe9;
    expect(scanEvent(bytes)).toBeNull();
  });

  it('is right about records with any values', () => {
    let yes = 0;
    const value = fc.record({
      data_layer: fc.jsonValue({ maxDepth: 5 }),
      page_title: fc.string({ unit: 'binary' }),
    });
    fc.assert(
      fc.property(value, (more) => {
        if (isRight(json({ ...EVENT, ...more }))) yes++;
      }),
      { numRuns: 2_000 },
    );
    expect(yes).toBeGreaterThan(500);
  });

  it('is right about numbers of any form', () => {
    const digit = fc.string({ unit: fc.constantFrom(...'0123456789.-+eE'), minLength: 1, maxLength: 25 });
    const number = fc.oneof(digit, fc.double().map(String), fc.integer().map(String));
    fc.assert(
      fc.property(number, (text) => {
        isRight(withLayer(`[${text}]`));
      }),
      { numRuns: 5_000 },
    );
  });

  it('is right about records with a byte changed, added or taken away', () => {
    let yes = 0;
    const byte = fc.oneof(fc.constantFrom(...Buffer.from('"\\,:[]{}0129.-eE \nabu\u0000')), fc.nat(255));
    const change = fc.tuple(
      fc.constantFrom(...accepted),
      fc.nat(),
      byte,
      fc.constantFrom(0, 1),
      fc.boolean(),
    );
    fc.assert(
      fc.property(change, ([record, place, put, gone, adds]) => {
        const at = place % record.length;
        const middle = adds ? [put] : [];
        const changed = Buffer.concat([
          record.subarray(0, at),
          Buffer.from(middle),
          record.subarray(at + gone),
        ]);
        if (isRight(changed)) yes++;
      }),
      { numRuns: 20_000 },
    );
    expect(yes).toBeGreaterThan(500);
  });
});
