import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BACKEND,
  BLOG,
  envelope,
  eventually,
  post,
  SHOP,
  start,
  stopAll,
  TRACKER,
} from './support/collector.js';

afterEach(stopAll);

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe('POST /v1/events', () => {
  it('answers 202 with the counts, and the record carries the schema version', async () => {
    const { url, log } = await start();
    const answer = await post(url, envelope([{ name: 'a' }, { name: 'b', ts: 'x' }]));
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ accepted: 1, rejected: 1 });
    expect(log.appended).toHaveLength(1);
    expect(log.appended[0]!.map(({ headers, key }) => ({ headers, key }))).toEqual([
      { headers: { schema_version: '1' }, key: null },
      { headers: { schema_version: '1' }, key: null },
    ]);
  });

  it('waits for the log before it answers', async () => {
    const { url, log } = await start();
    log.outcome = null;
    let answered = false;
    const answer = post(url, envelope()).then((got) => {
      answered = true;
      return got;
    });
    await eventually(() => log.waiting === 1, 'the append');
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    log.release();
    expect((await answer).status).toBe(202);
  });

  it.each(['not_stored', 'unknown'] as const)(
    'answers 503 with Retry-After when the outcome is %s',
    async (state) => {
      const { url, log, metric } = await start();
      log.outcome = state;
      const answer = await post(url, envelope(), { headers: { origin: 'https://shop.example' } });
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
      expect(await codeOf(answer)).toBe('STG_NOT_STORED');
      expect(await metric('stargate_producer_errors_total', { kind: state })).toBe(1);
      expect(await metric('stargate_events_acknowledged_total')).toBe(0);
    },
  );

  it('gives the log ten seconds', async () => {
    const { url, log } = await start();
    const before = performance.now();
    await post(url, envelope());
    expect(log.answerBy[0]! - before).toBeGreaterThan(9_000);
    expect(log.answerBy[0]! - performance.now()).toBeLessThan(10_001);
  });

  it('takes gzip', async () => {
    const { url, metric } = await start();
    const answer = await post(url, gzipSync(envelope()), { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(202);
    expect(await metric('stargate_inflate_ratio', {})).toBeGreaterThan(0);
  });

  it('validate=1 answers 200 per event and stores nothing', async () => {
    const { url, log } = await start();
    const answer = await post(
      url,
      envelope([
        { id: 'a', name: 'x' },
        { id: 'b', ts: 'x' },
      ]),
      {
        path: '/v1/events?validate=1',
      },
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      accepted: 1,
      rejected: 1,
      events: [
        { index: 0, id: 'a', status: 'accepted' },
        { index: 1, id: 'b', status: 'rejected', reason: 'field_type', pointer: '/events/1/ts' },
      ],
    });
    expect(log.appended).toEqual([]);
  });

  it('debug=1 stores and answers per event', async () => {
    const { url, log } = await start();
    const answer = await post(url, envelope(), { path: '/v1/events?debug=1' });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({
      accepted: 1,
      rejected: 0,
      events: [{ index: 0, id: 'e1', status: 'accepted' }],
    });
    expect(log.appended).toHaveLength(1);
  });

  it('passes a valid traceparent on, and only a valid one', async () => {
    const { url, log } = await start();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await post(url, envelope(), { headers: { traceparent } });
    await post(url, envelope(), { headers: { traceparent: traceparent.replace('4bf9', 'zzzz') } });
    expect(log.appended.map(([record]) => record!.headers?.traceparent)).toEqual([traceparent, undefined]);
  });

  it.each([
    ['no JSON', 'nonsense', 400, 'STG_BODY_NOT_JSON'],
    ['an empty body', '', 400, 'STG_BODY_NOT_JSON'],
    ['an array', '[]', 400, 'STG_BODY_NOT_ENVELOPE'],
    ['no key', envelope([{ name: 'x' }], null), 401, 'STG_KEY_MISSING'],
    ['an unknown key', envelope([{ name: 'x' }], 'pk_shoq'), 401, 'STG_KEY_UNKNOWN'],
    ['51 events', envelope(Array.from({ length: 51 }, () => ({ name: 'x' }))), 400, 'STG_TOO_MANY_EVENTS'],
  ])('refuses %s', async (_, body, status, code) => {
    const { url, log, metric } = await start();
    const answer = await post(url, body);
    expect(answer.status).toBe(status);
    expect(await codeOf(answer)).toBe(code);
    expect(log.appended).toEqual([]);
    expect(await metric('stargate_http_requests_total', { code: String(status) })).toBe(1);
  });

  it('knows a key after the sources were replaced, and keeps the old ones when the new are wrong', async () => {
    const { url, collector } = await start();
    collector.replaceSources([{ ...SHOP, key: 'pk_new', origins: ['https://new.example'] }]);
    expect((await post(url, envelope())).status).toBe(401);
    const answer = await post(url, envelope(undefined, 'pk_new'), {
      headers: { origin: 'https://new.example' },
    });
    expect(answer.status).toBe(202);
    expect(() => collector.replaceSources([{ ...SHOP, origins: ['https://a/b'] }])).toThrow('origin');
    expect((await post(url, envelope(undefined, 'pk_new'))).status).toBe(202);
  });
});

describe('keys', () => {
  it('of a server count as a bearer, not in a body', async () => {
    const { url, log } = await start();
    const bearer = { authorization: 'Bearer sk_backend' };
    expect((await post(url, envelope(undefined, null), { headers: bearer })).status).toBe(202);
    expect(log.records[0]).toMatchObject({ source_id: 'backend' });
    expect((await post(url, envelope(undefined, 'sk_backend'))).status).toBe(401);
    expect(
      (await post(url, envelope(undefined, 'pk_shop'), { headers: { authorization: 'Bearer x' } })).status,
    ).toBe(401);
  });

  it('of another source are no use with an origin that is not theirs', async () => {
    const { url } = await start();
    const headers = { origin: 'https://blog.example' };
    const answer = await post(url, envelope(undefined, SHOP.key), { headers });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://blog.example');
    expect((await post(url, envelope(undefined, BLOG.key), { headers })).status).toBe(202);
    expect(
      (
        await post(url, envelope(undefined, null), {
          headers: { ...headers, authorization: `Bearer ${BACKEND.key}` },
        })
      ).status,
    ).toBe(403);
  });
});

describe('GET /v1/p.gif', () => {
  const encoded = (text: string) => Buffer.from(text).toString('base64url');

  it('stores and answers with a pixel that is not cached', async () => {
    const { url, log } = await start();
    const answer = await fetch(`${url}/v1/p.gif?d=${encoded(envelope())}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/gif');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 6).toString()).toBe('GIF89a');
    expect(log.records[0]).toMatchObject({ ingest_path: 'gif' });
  });

  it.each([
    ['too long', `d=${'A'.repeat(2_049)}`, 413],
    ['not base64url', 'd=%21%21', 400],
    ['absent', '', 400],
  ])('refuses a parameter that is %s', async (_, query, status) => {
    const { url } = await start();
    expect((await fetch(`${url}/v1/p.gif?${query}`)).status).toBe(status);
  });

  it('says 503 when nothing was stored', async () => {
    const { url, log } = await start();
    log.outcome = 'not_stored';
    expect((await fetch(`${url}/v1/p.gif?d=${encoded(envelope())}`)).status).toBe(503);
  });

  it('is not triggered by HEAD', async () => {
    const { url, log } = await start();
    expect((await fetch(`${url}/v1/p.gif?d=${encoded(envelope())}`, { method: 'HEAD' })).status).toBe(405);
    expect(log.appended).toEqual([]);
  });
});

describe('POST /api/producer/ga-datalayer', () => {
  const path = '/api/producer/ga-datalayer';
  const bearer = createHash('sha256')
    .update('key' + 'secret')
    .digest('hex');
  const body = JSON.stringify({ hitType: 'pageview', page: '/' });

  it('lets in an allowed origin', async () => {
    const { url, log } = await start({ legacyBearer: bearer });
    const answer = await post(url, body, { path, headers: { origin: 'https://blog.example' } });
    expect(answer.status).toBe(201);
    expect(log.records[0]).toMatchObject({ source_id: 'blog', ingest_path: 'legacy' });
  });

  it('lets in the bearer, without or with a foreign origin', async () => {
    const { url } = await start({ legacyBearer: bearer });
    const authorization = `Bearer ${bearer}`;
    expect((await post(url, body, { path, headers: { authorization } })).status).toBe(201);
    expect(
      (await post(url, body, { path, headers: { authorization, origin: 'https://x.example' } })).status,
    ).toBe(201);
  });

  it.each([
    {},
    { origin: 'https://x.example' },
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer null' },
  ])('refuses %j with 401', async (headers) => {
    const { url } = await start({ legacyBearer: bearer });
    const answer = await post(url, body, { path, headers: headers as Record<string, string> });
    expect(answer.status).toBe(401);
    expect(await codeOf(answer)).toBe('STG_ORIGIN_UNKNOWN');
  });

  it('has no bearer where none is configured', async () => {
    const { url } = await start({ sources: [] });
    expect((await post(url, body, { path, headers: { authorization: `Bearer ${bearer}` } })).status).toBe(
      401,
    );
  });
});

describe('POST /v1/mp', () => {
  const body = JSON.stringify({ client_id: '1.2', events: [{ name: 'purchase', params: {} }] });

  it('takes the key from the query', async () => {
    const { url, log } = await start();
    const answer = await post(url, body, { path: '/v1/mp?measurement_id=G-1&api_secret=sk_backend' });
    expect(answer.status).toBe(202);
    expect(log.records[0]).toMatchObject({ source_id: 'backend', ingest_path: 'mp' });
    expect((await post(url, body, { path: '/v1/mp' })).status).toBe(401);
  });
});

describe('the tracker', () => {
  it('is cached shortly under one name and for ever under the other', async () => {
    const { url } = await start();
    const short = await fetch(`${url}/stargate.js`);
    const long = await fetch(`${url}/stargate.v1.js`);
    expect(short.headers.get('cache-control')).toBe('public, max-age=300');
    expect(long.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await short.text()).toBe(TRACKER.bytes.toString());
    expect(short.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('answers 304 to who has it, and compresses for who takes it', async () => {
    const { url, listener } = await start();
    const again = await fetch(`${url}/stargate.js`, { headers: { 'if-none-match': TRACKER.etag } });
    expect(again.status).toBe(304);
    const { raw } = await import('./support/collector.js');
    const plain = await raw(
      listener.port,
      'GET /stargate.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip;q=0\r\nConnection: close\r\n\r\n',
    );
    expect(plain.text).not.toContain('content-encoding');
    const zipped = await raw(
      listener.port,
      'GET /stargate.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip\r\nConnection: close\r\n\r\n',
    );
    const [head, body] = zipped.text.split('\r\n\r\n');
    expect(head).toContain('content-encoding: gzip');
    expect(gunzipSync(Buffer.from(body!, 'latin1')).toString()).toBe(TRACKER.bytes.toString());
  });

  it('is 404 where it has not been built', async () => {
    const { url } = await start({ assets: { tracker: null, ui: new Map() } });
    expect((await fetch(`${url}/stargate.js`)).status).toBe(404);
  });
});

describe('the rest', () => {
  it('is alive, ready, and at home', async () => {
    const { url } = await start();
    for (const path of ['/healthz', '/readyz', '/', '/docs', '/openapi.json']) {
      expect((await fetch(`${url}${path}`)).status, path).toBe(200);
      const head = await fetch(`${url}${path}`, { method: 'HEAD' });
      expect(head.status, path).toBe(200);
      expect(await head.text()).toBe('');
    }
  });

  it('is not ready while draining or while nothing can be stored, but alive', async () => {
    const { url, collector, log } = await start();
    log.writable = false;
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    log.writable = true;
    collector.startDraining();
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ status: 'draining' });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await post(url, envelope())).status).toBe(202);
  });

  it.each([
    ['GET', '/nothing', 404, 'STG_ROUTE_UNKNOWN'],
    ['GET', '/v1/events', 405, 'STG_METHOD_UNKNOWN'],
    ['PUT', '/v1/events', 405, 'STG_METHOD_UNKNOWN'],
    ['POST', '/healthz', 405, 'STG_METHOD_UNKNOWN'],
    ['POST', '/V1/EVENTS', 404, 'STG_ROUTE_UNKNOWN'],
    ['POST', '/v1/%65vents', 404, 'STG_ROUTE_UNKNOWN'],
    ['POST', '/v1/events/', 404, 'STG_ROUTE_UNKNOWN'],
    ['GET', '/__proto__', 404, 'STG_ROUTE_UNKNOWN'],
  ])('answers %s %s with %i', async (method, path, status, code) => {
    const { url } = await start();
    const answer = await fetch(`${url}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(await codeOf(answer)).toBe(code);
  });

  it.each([
    ['application/x-www-form-urlencoded', undefined, 415],
    ['multipart/form-data', undefined, 415],
    ['text/plainish', undefined, 415],
    ['application/json', 'br', 415],
    ['application/json', 'gzip, gzip', 415],
    ['application/json', 'identity', 202],
    ['Text/Plain; charset=UTF-8', undefined, 202],
    ['application/json; charset=utf-8', undefined, 202],
  ])('content type %s, encoding %s: %i', async (type, encoding, status) => {
    const { url } = await start();
    const headers = { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) };
    expect((await post(url, envelope(), { headers })).status).toBe(status);
  });

  it('says which content types it takes', async () => {
    const { url } = await start();
    const answer = await post(url, envelope(), { headers: { 'content-type': 'application/xml' } });
    expect(((await answer.json()) as { error: { message: string } }).error.message).toMatch(
      /text\/plain.*application\/json/,
    );
  });

  it('sends its pages with a policy that allows nothing from elsewhere', async () => {
    const { url } = await start();
    const policy = (await fetch(`${url}/docs`)).headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('describes every route of its own in the OpenAPI document', async () => {
    const { url } = await start();
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const answer = await fetch(`${url}${path}`, { method: method.toUpperCase() });
        expect([404, 405], `${method} ${path}`).not.toContain(answer.status);
        expect(Object.keys(methods[method]!.responses), `${method} ${path}`).toContain(String(answer.status));
      }
    }
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(text).toContain(`"${name}":{`);
  });
});
