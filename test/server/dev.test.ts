import { afterEach, describe, expect, it } from 'vitest';
import { openLog } from '../../src/log/open.js';
import { openWarehouse } from '../../src/warehouse/open.js';
import { envelope, eventually, post, raw } from './support/collector.js';
import { type Pipeline, pipeline, stopPipelines } from './support/dev.js';

afterEach(stopPipelines);

const send = async (url: string, ...events: object[]) => {
  const answer = await post(url, envelope(events, 'dev'));
  expect(answer.status).toBe(202);
};
const get = async <T = Record<string, unknown>>(url: string) => (await (await fetch(url)).json()) as T;
const BAD = { id: 'b1', name: 'broken', ts: 'yesterday' };

describe('counts', () => {
  it('are good when queryable, bad when rejected', async () => {
    const { url } = await pipeline();
    expect(await get(`${url}/dev/all`)).toEqual({ total: 0, good: 0, bad: 0 });
    await send(url, { id: 'a', name: 'page_view' }, { id: 'b', name: 'purchase' }, BAD);
    expect((await fetch(`${url}/dev/wait?good=2&bad=1`)).status).toBe(200);
    expect(await get(`${url}/dev/all`)).toEqual({ total: 3, good: 2, bad: 1 });
  });

  it('are in flight while the worker has not stored them', async () => {
    const { url, dev, work } = await pipeline({ worker: false });
    await send(url, { name: 'a' }, { name: 'b' });
    expect(dev.feed.counts).toMatchObject({ received: 2, good: 0, bad: 0, in_flight: 2 });
    await work();
    await eventually(() => dev.feed.counts.good === 2);
    expect(dev.feed.counts).toMatchObject({ received: 2, in_flight: 0 });
  });

  it('begin with what the warehouse holds, and count nothing of it twice', async () => {
    const log = await openLog('memory:', { role: 'both' });
    const warehouse = await openWarehouse('memory:', { mode: 'own' });
    const first = await pipeline({ log, warehouse });
    await send(first.url, { id: 'a', name: 'x' }, BAD);
    await fetch(`${first.url}/dev/wait?good=1&bad=1`);
    await stopPipelines();
    const second = await pipeline({ log, warehouse, worker: false });
    expect(second.dev.feed.counts).toMatchObject({ received: 2, good: 1, bad: 1, in_flight: 0 });
    await send(second.url, { id: 'c', name: 'x' });
    await second.work();
    await eventually(() => second.dev.feed.counts.good === 2);
    expect(second.dev.feed.counts).toMatchObject({ received: 3, bad: 1, in_flight: 0 });
    expect(second.dev.feed.newest(10).map(({ event_id }) => event_id)).toEqual(['a', 'b1', 'c']);
    await stopPipelines();
    await log.close();
    await warehouse.close();
  });
});

describe('GET /dev/good and /dev/bad', () => {
  const filled = async (): Promise<Pipeline> => {
    const one = await pipeline();
    await send(one.url, { id: 'a', name: 'view', data_layer: { n: 1 } }, { id: "b'--", name: "it's" }, BAD);
    await send(one.url, { id: 'c', name: 'checkpoint' }, { id: 'b2', name: 'other', ts: [] });
    expect((await fetch(`${one.url}/dev/wait?good=3&bad=2`)).status).toBe(200);
    return one;
  };
  const ids = async (url: string) => (await get<{ event_id: string }[]>(url)).map(({ event_id }) => event_id);

  it('give rows, newest first, and filter', async () => {
    const { url } = await filled();
    expect((await ids(`${url}/dev/good`))[0]).toBe('c');
    expect(await ids(`${url}/dev/good?limit=1`)).toEqual(['c']);
    expect(await ids(`${url}/dev/good?event_name=view`)).toEqual(['a']);
    expect(await ids(`${url}/dev/good?event_id=c`)).toEqual(['c']);
    expect(await ids(`${url}/dev/good?since=2999-01-01`)).toEqual([]);
    expect(await ids(`${url}/dev/good?since=2000-01-01T00:00:00Z`)).toHaveLength(3);
    const [row] = await get<Record<string, unknown>[]>(`${url}/dev/good?event_id=a`);
    expect(row).toMatchObject({ event_name: 'view', data_layer: { n: 1 }, kafka_offset: 0 });
  });

  it.each(["it's", 'checkpoint'])('take %s as a text', async (name) => {
    const { url } = await filled();
    const found = await get<{ event_name: string }[]>(
      `${url}/dev/good?event_name=${encodeURIComponent(name)}`,
    );
    expect(found.map(({ event_name }) => event_name)).toEqual([name]);
  });

  it.each(["' OR true --", "x'); DROP TABLE events; --", '\u0000', '%', "b'--\\"])(
    'find nothing by %j',
    async (name) => {
      const { url } = await filled();
      const answer = await fetch(`${url}/dev/good?event_name=${encodeURIComponent(name)}`);
      expect([answer.status, await answer.json()]).toEqual([200, []]);
    },
  );

  it('show why an event is bad', async () => {
    const { url } = await filled();
    const [row] = await get<Record<string, unknown>[]>(`${url}/dev/bad?event_id=b1`);
    expect(row).toMatchObject({ reason: 'field_type', pointer: '/ts', raw: JSON.stringify(BAD) });
    expect(await get(`${url}/dev/bad?event_name=other`)).toHaveLength(1);
    expect(await get(`${url}/dev/bad?event_name=nobody`)).toEqual([]);
    expect(await get(`${url}/dev/bad?limit=1`)).toHaveLength(1);
  });

  it.each(['limit=-1', 'limit=1.5', 'limit=x', 'since=yesterday'])(
    'refuse %s with what was expected',
    async (query) => {
      const { url } = await pipeline();
      const answer = await fetch(`${url}/dev/good?${query}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        error: { code: 'STG_REQUEST_MALFORMED', expected: expect.any(String) },
      });
    },
  );
});

describe('GET /dev/wait', () => {
  it('answers when it comes true', async () => {
    const { url } = await pipeline();
    const waiting = fetch(`${url}/dev/wait?good=2&event_name=purchase&timeout=5000`);
    await send(url, { name: 'page_view' }, { name: 'purchase' });
    await send(url, { name: 'purchase' });
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ met: true, good: 2, bad: 0 });
  });

  it('answers 408 with the counts, and ends the connection', async () => {
    const { url, listener } = await pipeline();
    await send(url, { name: 'page_view' });
    await fetch(`${url}/dev/wait?good=1`);
    const answer = await raw(
      listener.port,
      'GET /dev/wait?good=2&timeout=50 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    );
    expect(answer.statuses).toEqual([408]);
    expect(answer.closed).toBe(true);
    expect(answer.text.toLowerCase()).toContain('connection: close');
    expect(JSON.parse(answer.text.split('\r\n\r\n')[1]!)).toEqual({
      met: false,
      good: 1,
      bad: 0,
      in_flight: 0,
    });
  });

  it('with bad=0 waits until nothing is in flight, and gives up at once when there is a bad one', async () => {
    const { url, work } = await pipeline({ worker: false });
    await send(url, { name: 'a' });
    expect((await fetch(`${url}/dev/wait?bad=0&timeout=20`)).status).toBe(408);
    await work();
    expect((await fetch(`${url}/dev/wait?bad=0`)).status).toBe(200);
    await send(url, BAD);
    expect((await fetch(`${url}/dev/wait?bad=1`)).status).toBe(200);
    const began = performance.now();
    expect((await fetch(`${url}/dev/wait?good=9&bad=0&timeout=60000`)).status).toBe(408);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('POST /dev/reset', () => {
  it('stores what was acknowledged, then empties rows and counts', async () => {
    const { url, warehouse } = await pipeline();
    await send(url, { name: 'a' }, BAD);
    expect((await fetch(`${url}/dev/reset`, { method: 'POST' })).status).toBe(200);
    expect(await get(`${url}/dev/all`)).toEqual({ total: 0, good: 0, bad: 0 });
    expect((await warehouse.query('SELECT count(*) AS n FROM events')).rows).toEqual([{ n: 0 }]);
    await send(url, { name: 'b' });
    expect((await fetch(`${url}/dev/wait?good=1`)).status).toBe(200);
    expect(await get(`${url}/dev/all`)).toEqual({ total: 1, good: 1, bad: 0 });
  });

  it('keeps counts and rows the same, also when events come all the time', async () => {
    const { url, dev, warehouse } = await pipeline();
    let going = true;
    const load = Array.from({ length: 2 }, async () => {
      while (going) {
        await send(url, { name: 'a' }, BAD);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    });
    for (let round = 0; round < 3; round++) {
      expect((await fetch(`${url}/dev/reset`, { method: 'POST' })).status).toBe(200);
      const { received, good, bad, in_flight } = dev.feed.counts;
      expect(received).toBe(good + bad + in_flight);
      expect(in_flight).toBeGreaterThanOrEqual(0);
    }
    going = false;
    await Promise.all(load);
    await eventually(() => dev.feed.counts.in_flight === 0, 'quiet', 60_000);
    const { good, bad } = dev.feed.counts;
    expect((await warehouse.query('SELECT count(*) AS n FROM events')).rows).toEqual([{ n: good }]);
    expect((await warehouse.query('SELECT count(*) AS n FROM events_rejected')).rows).toEqual([{ n: bad }]);
  }, 90_000);
});

describe('POST /dev/query and GET /dev/schema', () => {
  const query = (url: string, body: unknown, headers: Record<string, string> = {}) =>
    post(url, JSON.stringify(body), { path: '/dev/query', headers });

  it('answers columns and rows', async () => {
    const { url } = await pipeline();
    const answer = await query(url, { sql: "SELECT 1 AS one, 'ç' AS text" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      columns: [{ name: 'one' }, { name: 'text' }],
      rows: [{ one: 1, text: 'ç' }],
    });
  });

  it.each([
    [{ sql: 'DELETE FROM events' }, 400, 'STG_QUERY_REFUSED'],
    [{ sql: 'SELECT nonsense FROM nowhere' }, 400, 'STG_QUERY_FAILED'],
    [{ sql: '' }, 400, 'STG_QUERY_REFUSED'],
    [{ sql: 'SELECT 1', maxRows: -1 }, 400, 'STG_QUERY_REFUSED'],
    [[], 400, 'STG_QUERY_REFUSED'],
    [
      { sql: 'SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 3', timeoutMs: 50 },
      408,
      'STG_QUERY_TIMEOUT',
    ],
  ])('refuses %j', async (body, status, code) => {
    const { url } = await pipeline();
    const answer = await query(url, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });

  it('describes the tables', async () => {
    const { url } = await pipeline();
    const { tables } = await get<{
      tables: { events: { columns: { name: string }[] }; rejected: { columns: unknown[] } };
    }>(`${url}/dev/schema`);
    expect(tables.events.columns.map(({ name }) => name)).toContain('event_id');
    expect(tables.rejected.columns.length).toBeGreaterThan(5);
  });
});

describe('pages', () => {
  it('are the live page, its files and the shop', async () => {
    const { url } = await pipeline();
    const page = await fetch(`${url}/`);
    expect(await page.text()).toContain('<title>Stargate</title>');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/=]+'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect((await fetch(`${url}/assets/a.js`)).headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${url}/assets/../index.html`)).status).toBe(404);
    expect((await fetch(`${url}/assets/none.js`)).status).toBe(404);
    for (const path of ['/demo', '/demo/', '/demo/p/chaleira-gota']) {
      expect(await (await fetch(`${url}${path}`)).text(), path).toContain('Casa Ipê');
    }
  });
});

describe('who may ask', () => {
  const ask = (port: number, host: string, path = '/dev/all', more = '') =>
    raw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);

  it.each([
    ['localhost', 200],
    ['127.0.0.1:8000', 200],
    ['127.9.9.9', 200],
    ['[::1]:8000', 200],
    ['LOCALHOST', 200],
    ['shop.localhost', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
    ['evil-localhost', 403],
    ['192.168.0.1', 403],
    ['', 403],
  ])('a Host of %j: %i', async (host, status) => {
    const { listener } = await pipeline();
    for (const path of ['/dev/all', '/', '/demo/']) {
      expect((await ask(listener.port, host, path)).statuses, path).toEqual([status]);
    }
  });

  it.each([
    ['http://localhost:3000', 200],
    ['https://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['null', 403],
  ])('an Origin of %s: %i', async (origin, status) => {
    const { listener } = await pipeline();
    const answer = await ask(listener.port, 'localhost', '/dev/all', `Origin: ${origin}\r\n`);
    expect(answer.statuses).toEqual([status]);
    expect(answer.text.includes(`access-control-allow-origin: ${origin}`)).toBe(status === 200);
  });

  it('with a token, only who has it, under any name', async () => {
    const { listener, url } = await pipeline({ token: 'secret-token' });
    const port = listener.port;
    expect((await ask(port, 'dev.example')).statuses).toEqual([401]);
    expect((await ask(port, 'dev.example', '/dev/all?token=wrong')).statuses).toEqual([401]);
    expect((await ask(port, 'dev.example', '/dev/all?token=secret-token')).statuses).toEqual([200]);
    expect(
      (await ask(port, 'dev.example', '/dev/all', 'Authorization: Bearer secret-token\r\n')).statuses,
    ).toEqual([200]);
    expect(
      (await ask(port, 'dev.example', '/dev/all', 'Cookie: a=b; stargate_token=secret-token\r\n')).statuses,
    ).toEqual([200]);
    const withOrigin = 'Authorization: Bearer secret-token\r\nOrigin: https://evil.example\r\n';
    expect((await ask(port, 'dev.example', '/dev/all', withOrigin)).statuses).toEqual([403]);
    const page = await fetch(`${url}/?token=secret-token`, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([303, '/']);
    expect(page.headers.get('set-cookie')).toMatch(
      /^stargate_token=secret-token;.*HttpOnly; SameSite=Strict$/,
    );
  });

  it('POST /query takes the token of the warehouse, and nothing else', async () => {
    const { url } = await pipeline({ queryToken: () => 'file-token' });
    const query = (headers: Record<string, string>) =>
      post(url, '{"sql":"SELECT 1 AS n"}', { path: '/query', headers });
    expect((await query({})).status).toBe(401);
    expect((await query({ authorization: 'Bearer other' })).status).toBe(401);
    const answer = await query({ authorization: 'Bearer file-token' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ rows: [{ n: 1 }] });
  });
});
