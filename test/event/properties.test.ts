import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import { parseEnvelope, parseLegacy, parseMp } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { readRecord } from '../../src/event/record.js';
import type { SourcePolicy } from '../../src/event/source.js';
import { facts, json, policy } from './support.js';

const NAMES = [
  ...[
    'id',
    'name',
    'ts',
    'page',
    'consent',
    'data_layer',
    'legacy',
    'truncated',
    'session_id',
    'ecommerce',
    'items',
  ],
  ...[
    'purchase',
    'actionField',
    'products',
    'impressions',
    'price',
    'quantity',
    'location',
    'title',
    'ids',
    'device',
  ],
  ...[
    'gtm',
    'trusted',
    'client_id',
    'user_id',
    'hitType',
    'clientId',
    'event',
    'params',
    'timestamp_micros',
    'value',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'length',
    'ctx',
    'mode',
    'analytics_storage',
  ],
];
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'granted',
    'denied',
    'https://x.example/?a=%zz&gclid=1',
    '19,90',
    'R$ 1.234,56',
    'a@b.co',
    '\ud800',
    '\0',
  ),
);
/** Any JSON value, with the names that the pipeline looks at. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    text,
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, true, false, 1e308, 2 ** 60),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string()), tie('value')), { maxLength: 6 })
      .map((pairs) => {
        const bag = Object.create(null) as Record<string, unknown>;
        for (const [name, inner] of pairs) bag[name] = inner;
        return bag;
      }),
  ),
}));

const policies: readonly SourcePolicy[] = [
  policy,
  { ...policy, kind: 'server' },
  { ...policy, consent: 'strict', anonymous: true },
  { ...policy, consent: 'strict' },
];
const preparers = policies.map((one) => createPreparer(one));
const prototype = Object.getOwnPropertyNames(Object.prototype).join();

/** Whether every text in a value is what a warehouse takes: well-formed, without NUL. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && Buffer.from(value).toString() === value;
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorable(inner));
}

/** Every prepared event has a record that reads back as what it says it is. */
function check(
  envelope: ReturnType<typeof parseEnvelope>,
  path: 'v1' | 'legacy' | 'mp',
  which: number,
): void {
  const prepared = preparers[which]!(envelope, { ...facts, ingestPath: path });
  expect(prepared).toHaveLength(envelope.events.length);
  for (const event of prepared) {
    const record = readRecord(event.value);
    expect(record, event.value.toString()).toMatchObject({
      kind: event.status === 'accepted' ? 'event' : 'rejected',
    });
    expect(isStorable(record), event.value.toString()).toBe(true);
    if (record.kind === 'event') expect(record.event.event_id).toBe(event.id);
  }
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(prototype);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
}

const which = fc.integer({ min: 0, max: policies.length - 1 });

describe('any JSON value', () => {
  it('as event and as context is accepted or rejected, never an exception', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), value, value, which, (events, ctx, sentAt, at) => {
        check(parseEnvelope(json({ v: 1, k: 'k', sent_at: sentAt, ctx, events })), 'v1', at);
      }),
      { numRuns: 2000 },
    );
  });

  it('within an event of the right shape too', () => {
    const event = fc.record({
      name: fc.string(),
      ts: fc.double(),
      data_layer: value,
      legacy: value,
      page: value,
      consent: value,
    });
    fc.assert(
      fc.property(event, which, (one, at) => {
        check(parseEnvelope(json({ v: 1, events: [one] })), 'v1', at);
      }),
      { numRuns: 2000 },
    );
  });

  it('through the other doors', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...NAMES), value),
        fc.array(value, { maxLength: 3 }),
        which,
        (body, events, at) => {
          check(parseLegacy(json(body)), 'legacy', at);
          check(parseMp(json({ ...body, events }), new URLSearchParams()), 'mp', at);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('any bytes', () => {
  const bytes = fc
    .oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    )
    .map((found) => Buffer.from(found));

  it('as a body are an envelope or a known error below 500', () => {
    fc.assert(
      fc.property(bytes, (body) => {
        for (const parse of [
          parseEnvelope,
          parseLegacy,
          (given: Buffer) => parseMp(given, new URLSearchParams()),
        ]) {
          try {
            parse(body);
          } catch (error) {
            expect(isStargateError(error) && (error.definition.http ?? 500) < 500, String(error)).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('as a record give the same result twice, and never throw', () => {
    fc.assert(
      fc.property(bytes, (body) => {
        expect(readRecord(body)).toEqual(readRecord(Buffer.from(body)));
      }),
      { numRuns: 200 },
    );
  });

  it('a record with any one byte changed is read or refused, never thrown at', () => {
    const [good] = preparers[0]!(
      parseEnvelope(json({ v: 1, events: [{ name: 'n', data_layer: { a: [1, 'é'] } }] })),
      facts,
    );
    fc.assert(
      fc.property(fc.nat(good!.value.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(good!.value);
        changed[at] = byte;
        const read = readRecord(changed);
        if (read.kind === 'unreadable') expect(read.reason).toMatch(/^record_/);
      }),
      { numRuns: 2000 },
    );
  });
});
