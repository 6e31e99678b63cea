import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRow, RejectedRow } from '../../src/event/fields.js';
import type { PreparedEvent } from '../../src/event/source.js';
import { Feed } from '../../src/server/dev/feed.js';
import { Percentiles } from '../../src/server/dev/percentiles.js';
import { Positions } from '../../src/server/dev/positions.js';
import { Timeline } from '../../src/server/dev/timeline.js';

const EMPTY = { good: 0, bad: 0, scrubbed: { values: 0, events: 0 }, floors: new Map(), events: [] };
const AT = '2026-01-01T00:00:00.000Z';
const row = (kafka_offset: number, more: Partial<EventRow> = {}): EventRow => ({
  event_id: `e${kafka_offset}`,
  schema_version: 1,
  received_at: AT,
  event_timestamp: AT,
  event_name: 'x',
  kafka_partition: 0,
  kafka_offset,
  ...more,
});
const rejected = (kafka_offset: number): RejectedRow => ({
  received_at: AT,
  reason: 'field_type',
  raw: '{}',
  kafka_topic: 't',
  kafka_partition: 0,
  kafka_offset,
});
const prepared = (count: number): PreparedEvent[] =>
  Array.from({ length: count }, (_, n) => ({
    status: 'accepted',
    id: `${n}`,
    value: Buffer.from('{}'),
    visitor: null,
  }));

describe('Positions', () => {
  it('counts each position once, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }))), (ranges) => {
        const positions = new Positions();
        const model = new Set<number>();
        for (const [first, count] of ranges) {
          const before = model.size;
          for (let at = first; at < first + count; at++) model.add(at);
          expect(positions.add(first, count)).toBe(model.size - before);
        }
        for (let at = 0; at < 80; at++) expect(positions.has(at)).toBe(model.has(at));
      }),
    );
  });

  it('stays small when they come in order', () => {
    const positions = new Positions();
    for (let at = 0; at < 100_000; at += 10) positions.add(at, 10);
    expect(positions.pieces).toBe(1);
  });
});

describe('the feed', () => {
  it('keeps received = good + bad + in_flight, whoever speaks first', () => {
    const step = fc.record({
      kind: fc.constantFrom('ack', 'read', 'store'),
      size: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.func(fc.boolean()), (steps, isBad) => {
        const feed = new Feed(EMPTY);
        const place = { ack: 0, read: 0, store: 0 };
        for (const { kind, size } of steps) {
          const first = place[kind as 'ack'];
          const last = kind === 'store' ? Math.min(first + size, place.read) : first + size;
          const positions = Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n);
          const bad = positions.filter((at) => isBad(at)).map(rejected);
          const good = positions.filter((at) => !isBad(at)).map((at) => row(at));
          if (kind === 'ack') feed.acknowledged(0, first, prepared(size), 0, 0);
          else if (kind === 'read') feed.read(good, bad, 0);
          else {
            feed.rejected(bad, 0);
            feed.stored(good, 0);
          }
          place[kind as 'ack'] = Math.max(first, last);
          const counts = feed.counts;
          expect(counts.received).toBe(counts.good + counts.bad + counts.in_flight);
          expect(counts.in_flight).toBeGreaterThanOrEqual(0);
          expect(counts.received).toBe(Math.max(place.ack, place.read));
          expect(counts.good + counts.bad).toBe(place.store);
        }
      }),
    );
  });

  it('counts a report that comes twice once', () => {
    const feed = new Feed(EMPTY);
    feed.stored([row(0)], 0);
    feed.stored([row(0)], 0);
    feed.acknowledged(0, 0, prepared(1), 0, 0);
    expect(feed.counts).toMatchObject({ received: 1, good: 1, in_flight: 0 });
  });

  it('passes over what the warehouse held at the start', () => {
    const floors = new Map([[0, { events: 5, rejected: 3 }]]);
    const feed = new Feed({ ...EMPTY, good: 4, bad: 1, floors });
    feed.read([row(4), row(5)], [rejected(2), rejected(3)], 0);
    expect(feed.counts).toMatchObject({ received: 7, good: 4, bad: 1, in_flight: 2 });
    feed.stored([row(4), row(5)], 0);
    feed.rejected([rejected(2), rejected(3)], 0);
    expect(feed.counts).toMatchObject({ received: 7, good: 5, bad: 2, in_flight: 0 });
  });

  it('does not count a row that a reset removed before we heard of it', async () => {
    const feed = new Feed(EMPTY);
    feed.read([row(0), row(1), row(2)], [], 0);
    feed.stored([row(0)], 0);
    const look = async () => {
      feed.stored([row(1)], 0);
      return { last: new Map([[0, 1]]), keys: new Set<string>() };
    };
    await feed.reset(async () => {}, look);
    expect(feed.counts).toMatchObject({ received: 1, good: 0, in_flight: 1 });
    feed.stored([row(2)], 0);
    expect(feed.counts).toMatchObject({ received: 1, good: 1, in_flight: 0 });
  });

  it('counts again what was stored behind the clearing', async () => {
    const feed = new Feed(EMPTY);
    feed.read([row(0), row(1)], [], 0);
    await feed.reset(
      async () => {},
      async () => ({ last: new Map([[0, 1]]), keys: new Set(['0:1']) }),
    );
    feed.stored([row(0), row(1)], 0);
    expect(feed.counts).toMatchObject({ received: 1, good: 1, in_flight: 0 });
  });

  it('adds up what was scrubbed, and how long it took', () => {
    const feed = new Feed(EMPTY);
    feed.stored([row(0, { pii_redactions: 3 }), row(1)], Date.parse(AT) + 40);
    expect(feed.counts).toMatchObject({
      scrubbed: { values: 3, events: 1 },
      queryable: { p50: 40, p99: 40 },
    });
  });

  it('remembers a bounded number of events', () => {
    const feed = new Feed(EMPTY);
    feed.stored(
      Array.from({ length: 3_000 }, (_, n) => row(n)),
      0,
    );
    expect(feed.newest(10_000)).toHaveLength(1_000);
    feed.stored(
      Array.from({ length: 1_000 }, (_, n) => row(3_000 + n, { payload_bytes: 65_536 })),
      0,
    );
    expect(feed.newest(10_000).length).toBeLessThan(300);
  });
});

describe('helpers', () => {
  it('a timeline knows when a position passed, and when it does not know', () => {
    const timeline = new Timeline();
    timeline.add(0, 10, 100);
    timeline.add(20, 5, 200);
    expect([0, 9, 10, 20, 24, 25].map((at) => timeline.at(at))).toEqual([100, 100, null, 200, 200, null]);
    for (let at = 30; at < 20_000; at++) timeline.add(at, 1, at);
    expect([timeline.at(0), timeline.at(19_999)]).toEqual([null, 19_999]);
  });

  it('percentiles are of the last thousand', () => {
    const percentiles = new Percentiles();
    expect(percentiles.read()).toBeNull();
    for (let value = 0; value < 1_000; value++) percentiles.add(9_999);
    for (let value = 1; value <= 1_000; value++) percentiles.add(value);
    expect(percentiles.read()).toEqual({ p50: 500, p99: 990 });
  });
});
