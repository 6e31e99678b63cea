import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveCounts, LiveEvent, LiveHello } from '../../src/event/live.js';
import { Feed } from '../../src/server/dev/feed.js';
import { Stream } from '../../src/server/dev/stream.js';
import type { Sink } from '../../src/server/http.js';
import { envelope, eventually, post } from './support/collector.js';
import { pipeline, stopPipelines } from './support/dev.js';

afterEach(stopPipelines);

interface Message {
  readonly event: string;
  readonly data: unknown;
}

/** Parses as the page's EventSource does. */
function parse(text: string): Message[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((block) => !block.startsWith(':'))
    .map((block) => {
      const [event, data] = block.split('\n');
      return { event: event!.slice('event: '.length), data: JSON.parse(data!.slice('data: '.length)) };
    });
}

/** Reads the stream until `stop`. */
async function reader(url: string) {
  const ending = new AbortController();
  const answer = await fetch(`${url}/dev/stream`, { signal: ending.signal });
  let text = '';
  const decoder = new TextDecoder();
  const done = (async () => {
    for await (const chunk of answer.body!) text += decoder.decode(chunk as Uint8Array, { stream: true });
  })().catch(() => {});
  const all = () => parse(text);
  return {
    answer,
    all,
    events: () =>
      all()
        .filter(({ event }) => event === 'events')
        .flatMap(({ data }) => data as LiveEvent[]),
    counts: () =>
      all()
        .filter(({ event }) => event === 'counts')
        .at(-1)?.data as LiveCounts,
    stop: async () => {
      ending.abort();
      await done;
    },
    done,
  };
}

const send = (url: string, ...events: object[]) => post(url, envelope(events, 'dev'));

describe('GET /dev/stream', () => {
  it('says hello, then shows events in flight, good and bad, and the counts', async () => {
    const { url, work } = await pipeline({ worker: false });
    const one = await reader(url);
    expect(one.answer.headers.get('content-type')).toContain('text/event-stream');
    await send(url, { id: 'a', name: 'page_view' }, { id: 'b', name: 'x', ts: [] });
    await eventually(() => one.events().length === 2, 'two in flight');
    const hello = one.all()[0]!.data as LiveHello;
    expect(hello).toMatchObject({ collector: url, writeKey: 'dev', log: 'memory:' });
    expect(hello.groups.flatMap(({ columns }) => columns.map(({ name }) => name))).toContain('event_name');
    expect(one.events().map(({ state, event_id, event_name }) => [state, event_id, event_name])).toEqual([
      ['in_flight', 'a', 'page_view'],
      ['in_flight', 'b', 'x'],
    ]);
    await work();
    await eventually(() => one.counts()?.in_flight === 0 && one.counts().good === 1, 'the end');
    const final = new Map(one.events().map((event) => [event.key, event]));
    expect([...final.values()].map(({ state }) => state)).toEqual(['good', 'bad']);
    const [good, bad] = [...final.values()];
    expect(good).toMatchObject({ row: { event_id: 'a', kafka_offset: 0 }, reason: null });
    expect(good!.queryable_ms).toBeGreaterThanOrEqual(0);
    expect(good!.hops).toMatchObject({
      log: expect.any(Number),
      worker: expect.any(Number),
      row: expect.any(Number),
    });
    expect(bad).toMatchObject({ reason: 'field_type', pointer: '/ts' });
    expect(one.counts()).toMatchObject({ received: 2, good: 1, bad: 1 });
    await one.stop();
  });

  it('tells a reader that comes later what is newest, and everybody of a reset', async () => {
    const { url } = await pipeline();
    await send(url, { id: 'a', name: 'x' });
    await fetch(`${url}/dev/wait?good=1`);
    const one = await reader(url);
    await eventually(() => one.events().length === 1, 'the event');
    expect(one.events()[0]).toMatchObject({ state: 'good', event_id: 'a' });
    await fetch(`${url}/dev/reset`, { method: 'POST' });
    await eventually(() => one.all().some(({ event }) => event === 'reset'), 'the reset');
    await eventually(() => one.counts().received === 0, 'counts of zero');
    await one.stop();
  });

  it('ends when the server drains', async () => {
    const { url, dev, listener } = await pipeline();
    const one = await reader(url);
    dev.close();
    await one.done;
    expect((await fetch(`${url}/dev/stream`)).status).toBe(503);
    expect(await listener.drain({ deadlineMs: 2_000 })).toBe(0);
  });

  it('a reader that never reads costs a bounded number of bytes, and others get everything', async () => {
    const { url, listener } = await pipeline();
    const lazy = connect(listener.port, '127.0.0.1');
    lazy.pause();
    lazy.write('GET /dev/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const one = await reader(url);
    const big = { text: 'x'.repeat(7_000) };
    for (let round = 0; round < 10; round++) {
      await send(
        url,
        ...Array.from({ length: 40 }, (_, n) => ({ id: `${round}-${n}`, name: 'big', data_layer: big })),
      );
    }
    await eventually(() => one.counts()?.good === 400, 'all of them');
    lazy.destroy();
    await one.stop();
  });
});

describe('a slow reader', () => {
  const EMPTY = { good: 0, bad: 0, scrubbed: { values: 0, events: 0 }, floors: new Map(), events: [] };
  const row = (position: number) => ({
    event_id: `e${position}`,
    schema_version: 1,
    received_at: new Date().toISOString(),
    event_timestamp: new Date().toISOString(),
    event_name: 'x',
    kafka_partition: 0,
    kafka_offset: position,
  });

  it('is left out while it has a backlog, told what it missed, and brought up to date', async () => {
    const feed = new Feed(EMPTY);
    const stream = new Stream(feed, () => ({}) as LiveHello);
    const written: string[] = [];
    const sink = { backlog: 0, write: (text: string) => void written.push(text), end() {}, onClose() {} };
    const answer = await stream.handler({} as never);
    answer.stream!(sink as Sink);
    sink.backlog = 2 * 1024 * 1024;
    const before = written.length;
    feed.stored([row(0), row(1)], Date.now());
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written.length).toBe(before);
    sink.backlog = 0;
    await eventually(() => written.length > before, 'the rest');
    const messages = parse(written.slice(before).join(''));
    expect((messages[0]!.data as LiveEvent[]).map(({ event_id }) => event_id)).toEqual(['e0', 'e1']);
    expect(messages[1]!.data).toMatchObject({ good: 2, skipped: 2 });
    stream.close();
  });

  it('nobody gets more than a number of events at once; the counts are whole', async () => {
    const feed = new Feed(EMPTY);
    const stream = new Stream(feed, () => ({}) as LiveHello);
    const written: string[] = [];
    const sink = { backlog: 0, write: (text: string) => void written.push(text), end() {}, onClose() {} };
    (await stream.handler({} as never)).stream!(sink as Sink);
    feed.stored(
      Array.from({ length: 5_000 }, (_, position) => row(position)),
      Date.now(),
    );
    await eventually(() => parse(written.join('')).some(({ event }) => event === 'events'), 'events');
    const shown = parse(written.join(''))
      .filter(({ event }) => event === 'events')
      .flatMap(({ data }) => data as LiveEvent[]);
    expect(shown.length).toBeLessThanOrEqual(200);
    expect(feed.counts).toMatchObject({
      received: 5_000,
      good: 5_000,
      in_flight: 0,
      skipped: 5_000 - shown.length,
    });
    stream.close();
  });
});
