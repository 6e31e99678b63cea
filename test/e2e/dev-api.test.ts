import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Dev, startDev } from '../helpers/dev.js';
import { endAll } from '../helpers/running.js';
import { readStream } from '../helpers/stream.js';
import { until } from '../tracker/site.js';

const BAD = { id: 'b', name: 'purchase', ts: 'yesterday' };

describe('the dev API, as a tester uses it', () => {
  let dev: Dev;
  beforeAll(async () => {
    dev = await startDev();
  });
  afterAll(endAll);
  beforeEach(() => dev.reset());

  const ask = (condition: string) => fetch(`${dev.url}/dev/wait?${condition}`);

  it('answers a wait as soon as it holds, and 408 with the counts and a closed connection when it does not', async () => {
    const waiting = ask('good=2&bad=1&timeout=15000');
    await dev.send([{ name: 'a' }, { name: 'b' }, BAD]);
    const met = await waiting;
    expect([met.status, await met.json()]).toEqual([200, { met: true, good: 2, bad: 1, in_flight: 0 }]);
    const late = await ask('good=9&timeout=50');
    expect([late.status, late.headers.get('connection')]).toEqual([408, 'close']);
    expect(await late.json()).toEqual({ met: false, good: 2, bad: 1, in_flight: 0 });
  });

  it('takes bad=0 as none so far and nothing in flight, and does not wait for what cannot become true', async () => {
    expect((await ask('bad=0')).status).toBe(200);
    await dev.send([{ name: 'a' }]);
    expect(await (await ask('good=1&bad=0')).json()).toMatchObject({ good: 1, bad: 0, in_flight: 0 });
    await dev.send([BAD]);
    await dev.wait('bad=1');
    const began = performance.now();
    expect((await ask('good=1&bad=0&timeout=30000')).status).toBe(408);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('counts a name by what a query finds', async () => {
    await dev.send([{ name: 'purchase' }, { name: 'page_view' }]);
    await dev.wait('good=1&event_name=purchase');
    expect(await dev.good('event_name=purchase')).toHaveLength(1);
    expect((await ask('good=2&event_name=purchase&timeout=50')).status).toBe(408);
  });

  it('resets while events are in flight: what is counted afterwards is what is in the tables', async () => {
    const wave = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => dev.send([{ name: `n${n}` }, { ...BAD, id: `b${n}` }])),
      );
    const all = wave(60);
    await Promise.all([dev.reset(), dev.reset()]);
    await all;
    const more = wave(20);
    await dev.reset();
    const answers = await more;
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await dev.send([{ name: 'last' }]);
    await dev.wait('good=1&event_name=last');
    await until(async () => {
      const { total, good, bad } = await dev.counts();
      return total === good + bad;
    });
    const counts = await dev.counts();
    expect(await dev.query('SELECT count(*) AS n FROM events')).toEqual([{ n: counts.good }]);
    expect(await dev.query('SELECT count(*) AS n FROM events_rejected')).toEqual([{ n: counts.bad }]);
    await dev.reset();
    expect(await dev.counts()).toEqual({ total: 0, good: 0, bad: 0 });
  });

  it('streams hello, events as they change, counts that add up, and a reset', async () => {
    const stream = await readStream(dev.url);
    try {
      await until(() => stream.messages.some(({ name }) => name === 'hello'));
      expect(stream.messages[0]!.data).toMatchObject({ collector: dev.url, writeKey: 'dev' });
      await dev.send([{ id: 'one', name: 'a' }, BAD]);
      const states = () =>
        stream.messages.flatMap(({ name, data }) =>
          name === 'events' ? data.map(({ event_id, state }) => `${event_id} ${state}`) : [],
        );
      await until(() => states().includes('one good') && states().includes('b bad'));
      await dev.reset();
      await until(() => stream.messages.some(({ name }) => name === 'reset'));
      for (const { name, data } of stream.messages) {
        if (name === 'counts') expect(data.received).toBe(data.good + data.bad + data.in_flight);
      }
    } finally {
      stream.close();
    }
  });

  it('says per event what would happen with validate=1 and stores nothing; with debug=1 it stores too', async () => {
    const events = [{ id: 'one', name: 'a' }, BAD];
    const fates = [
      { index: 0, id: 'one', status: 'accepted' },
      { index: 1, id: 'b', status: 'rejected', reason: 'field_type', pointer: '/events/1/ts' },
    ];
    const tried = await dev.send(events, '?validate=1');
    expect(tried.status).toBe(200);
    expect((await tried.json()) as object).toMatchObject({ accepted: 1, rejected: 1, events: fates });
    expect(await dev.counts()).toEqual({ total: 0, good: 0, bad: 0 });
    const stored = await dev.send(events, '?debug=1');
    expect(stored.status).toBe(202);
    expect((await stored.json()) as object).toMatchObject({ accepted: 1, rejected: 1, events: fates });
    await dev.wait('good=1&bad=1');
    // In the row the pointer is relative to the event: that is what `raw` beside it holds.
    expect(await dev.bad('event_id=b')).toMatchObject([{ reason: 'field_type', pointer: '/ts' }]);
  });

  it('keeps neither content nor ids of an event whose visitor said no', async () => {
    const answer = await fetch(`${dev.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({
        v: 1,
        k: 'dev',
        ctx: { ids: { client_id: 'visitor-4711' }, consent: { analytics_storage: 'denied' } },
        events: [{ id: 'secret-id', name: 'a', data_layer: { plan: 'secret-plan' } }],
      }),
    });
    expect(await answer.json()).toEqual({ accepted: 0, rejected: 1 });
    await dev.wait('bad=1');
    const rows = await dev.bad();
    expect(rows).toMatchObject([{ reason: 'consent_denied' }]);
    expect(JSON.stringify(rows)).not.toMatch(/4711|secret/);
  });

  it('refuses pages of others, by Host and by Origin', async () => {
    const elsewhere = await fetch(`${dev.url}/dev/all`, { headers: { origin: 'https://evil.example' } });
    expect(elsewhere.status).toBe(403);
    const reset = await fetch(`${dev.url}/dev/reset`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    });
    expect(reset.status).toBe(403);
  });
});
