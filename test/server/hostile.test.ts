/** What no browser sends: raw bytes on the socket. Refused or closed, never 5xx, never a socket kept. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envelope, eventually, post, type Running, raw, start, stopAll } from './support/collector.js';

let server: Running;
const before = Object.getOwnPropertyNames(Object.prototype).sort().join();
beforeAll(async () => {
  server = await start(
    {},
    { timeouts: { headersMs: 250, requestMs: 400, checkMs: 20, stalledMs: 1_000, keepAliveMs: 300 } },
  );
});
afterAll(stopAll);

const BODY = envelope();
const TYPE = 'Content-Type: application/json';
const head = (...lines: string[]) =>
  `POST /v1/events HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const sized = (body: string | Buffer, ...lines: string[]) => [
  head(TYPE, `Content-Length: ${body.length}`, ...lines),
  body,
];
const get = (target: string, ...lines: string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const gzip = (body: string | Buffer) => sized(gzipSync(body), 'Content-Encoding: gzip');
const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));

/** Name, bytes, and the statuses that may come back; an empty list: the connection is closed without a word. */
const CASES: [name: string, parts: string | readonly (string | Buffer)[], statuses: number[]][] = [
  // Framing
  [
    'content-length and chunked',
    [head(TYPE, 'Content-Length: 5', 'Transfer-Encoding: chunked'), '0\r\n\r\n'],
    [400],
  ],
  [
    'chunked and content-length',
    [head(TYPE, 'Transfer-Encoding: chunked', 'Content-Length: 5'), '0\r\n\r\n'],
    [400],
  ],
  ['two content-lengths', [head(TYPE, 'Content-Length: 5', 'Content-Length: 6'), BODY], [400]],
  ['a list of content-lengths', [head(TYPE, 'Content-Length: 5, 5'), BODY], [400]],
  ['a negative content-length', [head(TYPE, 'Content-Length: -5'), BODY], [400]],
  ['a hexadecimal content-length', [head(TYPE, 'Content-Length: 0x10'), BODY], [400]],
  ['a content-length with a plus', [head(TYPE, 'Content-Length: +5'), BODY], [400]],
  ['a content-length past 2^64', [head(TYPE, 'Content-Length: 99999999999999999999999'), BODY], [400]],
  ['an empty content-length', [head(TYPE, 'Content-Length: '), BODY], [400]],
  [
    'transfer-encoding identity, chunked',
    [head(TYPE, 'Transfer-Encoding: chunked, identity'), '0\r\n\r\n'],
    [400],
  ],
  ['transfer-encoding xchunked', [head(TYPE, 'Transfer-Encoding: xchunked'), '0\r\n\r\n'], [400]],
  [
    'transfer-encoding with a vertical tab',
    [head(TYPE, 'Transfer-Encoding: \x0bchunked'), '0\r\n\r\n'],
    [400],
  ],
  [
    'transfer-encoding twice',
    [head(TYPE, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'), '0\r\n\r\n'],
    [400],
  ],
  ['a space before the colon', [head(TYPE, 'Transfer-Encoding : chunked'), '0\r\n\r\n'], [400]],
  ['a chunk size that is no number', [head(TYPE, 'Transfer-Encoding: chunked'), 'zz\r\n'], [400]],
  ['a negative chunk size', [head(TYPE, 'Transfer-Encoding: chunked'), '-1\r\n'], [400]],
  ['a chunk size past 2^64', [head(TYPE, 'Transfer-Encoding: chunked'), 'fffffffffffffffff\r\n'], [400]],
  [
    'a chunk longer than it says',
    [head(TYPE, 'Transfer-Encoding: chunked'), '3\r\nabcdef\r\n0\r\n\r\n'],
    [400],
  ],
  [
    'chunk extensions without end',
    [head(TYPE, 'Transfer-Encoding: chunked'), `5;a=${'b'.repeat(20_000)}\r\nabcde\r\n0\r\n\r\n`],
    [413],
  ],
  [
    'a bare line feed after a chunk size',
    [head(TYPE, 'Transfer-Encoding: chunked'), '5\nabcde\n0\n\n'],
    [400],
  ],
  // Head
  [
    'a duplicate Host',
    [`POST /v1/events HTTP/1.1\r\nHost: a\r\nHost: b\r\n${TYPE}\r\nContent-Length: 2\r\n\r\n{}`],
    [400],
  ],
  [
    'the same Host twice',
    [`GET /healthz HTTP/1.1\r\nHost: a\r\nhOsT: a\r\nConnection: close\r\n\r\n`],
    [400],
  ],
  ['no Host', ['GET /healthz HTTP/1.1\r\n\r\n'], [400]],
  ['bare line feeds', ['GET /healthz HTTP/1.1\nHost: x\n\n'], [400]],
  ['a folded header', [get('/healthz', 'A: b', ' folded')], [400]],
  ['a header without a colon', [get('/healthz', 'nonsense')], [400]],
  ['a header without a name', [get('/healthz', ': value')], [400]],
  ['a NUL in a header', [get('/healthz', 'A: b\0c')], [400]],
  ['a carriage return in a header', [get('/healthz', 'A: b\rc')], [400]],
  ['a space in a header name', [get('/healthz', 'A b: c')], [400]],
  ['headers of 9 KiB', [get('/healthz', `A: ${'b'.repeat(9_000)}`)], [431]],
  ['a target of 9 KiB', [get(`/${'a'.repeat(9_000)}`)], [431]],
  ['many small headers', [get('/healthz', ...Array.from({ length: 3_000 }, (_, n) => `A${n}: b`))], [431]],
  ['HTTP/0.9', ['GET /\r\n\r\n'], [400]],
  ['HTTP/2.0 in the line', ['GET / HTTP/2.0\r\nHost: x\r\n\r\n'], [400]],
  ['HTTP/1.2', ['GET / HTTP/1.2\r\nHost: x\r\n\r\n'], [400]],
  ['the preface of HTTP/2', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], [400]],
  ['a TLS hello', [Buffer.from('16030100f1010000ed0303', 'hex')], [400]],
  ['noise', [Buffer.from(Array.from({ length: 500 }, (_, n) => (n * 37) % 256))], [400]],
  ['SMTP', ['EHLO x\r\n'], [400]],
  ['an unknown method', ['BREW /v1/events HTTP/1.1\r\nHost: x\r\n\r\n'], [400]],
  ['a method in lower case', ['post /v1/events HTTP/1.1\r\nHost: x\r\n\r\n'], [400]],
  ['TRACE', ['TRACE /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'], [405]],
  ['CONNECT', ['CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'], []],
  ['a target without slash', ['GET healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'], [400, 404]],
  ['an asterisk as target', ['GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'], [400, 404]],
  ['a NUL in the target', ['GET /health\0z HTTP/1.1\r\nHost: x\r\n\r\n'], [400]],
  ['dot segments', [get('/../../etc/passwd', 'Connection: close')], [404]],
  ['encoded dot segments', [get('/assets/%2e%2e/%2e%2e/etc/passwd', 'Connection: close')], [404]],
  ['an absolute URL to elsewhere', [get('http://evil.example/etc/passwd', 'Connection: close')], [404]],
  [
    'a Expect that is unknown',
    [head(TYPE, 'Expect: 200-maybe', 'Content-Length: 2', 'Connection: close'), '{}'],
    [417],
  ],
  // Bodies
  ['bad gzip', sized('nonsense', 'Content-Encoding: gzip', 'Connection: close'), [400]],
  [
    'a gzip cut short',
    sized(gzipSync(BODY).subarray(0, 20), 'Content-Encoding: gzip', 'Connection: close'),
    [400],
  ],
  ['gzip of nothing', sized('', 'Content-Encoding: gzip', 'Connection: close'), [400]],
  ['a gzip bomb', sized(bomb, 'Content-Encoding: gzip', 'Connection: close'), [413]],
  [
    'gzip in gzip',
    sized(gzipSync(gzipSync(BODY)), 'Content-Encoding: gzip, gzip', 'Connection: close'),
    [415],
  ],
  ['gzip in gzip, said once', [...gzip(gzipSync(BODY)).slice(0, 1), gzipSync(gzipSync(BODY))], [400]],
  [
    'two content-encodings',
    sized(BODY, 'Content-Encoding: gzip', 'Content-Encoding: br', 'Connection: close'),
    [415],
  ],
  ['deflate', sized(BODY, 'Content-Encoding: deflate', 'Connection: close'), [415]],
  ['an announced length that is too large', [head(TYPE, 'Content-Length: 600000')], [413]],
  ['a length that never comes', [head(TYPE, 'Content-Length: 100'), '{'], [408]],
  ['100-continue for too much', [head(TYPE, 'Content-Length: 600000', 'Expect: 100-continue')], [413]],
  [
    'a body of the wrong type',
    [head('Content-Type: text/html', 'Content-Length: 2', 'Connection: close'), '{}'],
    [415],
  ],
  [
    'a type with a trap',
    [head('Content-Type: text/html;text/plain', 'Content-Length: 2', 'Connection: close'), '{}'],
    [415],
  ],
  ['no JSON', sized('{"v":1,', 'Connection: close'), [400]],
  ['a byte order mark alone', sized(Buffer.from([0xef, 0xbb, 0xbf]), 'Connection: close'), [400]],
  ['null', sized('null', 'Connection: close'), [400]],
  ['a proto key', sized('{"__proto__":{"v":1},"events":[]}', 'Connection: close'), [400]],
  // Time
  ['silence', [], [408]],
  ['a head that never ends', ['GET /healthz HTTP/1.1\r\nHost: x\r\nA: '], [408]],
  // Pipelines
  ['nonsense behind a good request', [`${get('/healthz')}nonsense\r\n\r\n`], [200, 400]],
  [
    'a smuggled request behind a chunked end',
    [
      head(TYPE, 'Transfer-Encoding: chunked'),
      '0\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ],
    [400, 404],
  ],
];

describe('hostile requests', () => {
  it(`are at least sixty (${CASES.length})`, () => expect(CASES.length).toBeGreaterThanOrEqual(60));

  it.concurrent.each(CASES)('%s', async (_, parts, statuses) => {
    const answer = await raw(server.listener.port, parts, 6_000);
    expect(answer.closed, answer.text).toBe(true);
    if (statuses.length === 0) expect(answer.statuses).toEqual([]);
    for (const status of answer.statuses) {
      expect(status).toBeLessThan(500);
      expect(statuses, answer.text.slice(0, 300)).toContain(status);
    }
    if (statuses.length > 0) expect(answer.statuses.length, answer.text).toBeGreaterThan(0);
  });
});

describe('afterwards', () => {
  it('no socket is kept, nothing was stored by them, and the server still serves', async () => {
    await eventually(async () => (await server.listener.connections()) === 0, 'no connection');
    expect(server.log.appended).toEqual([]);
    expect(server.collector.app.inflight.bytes).toBe(0);
    expect(server.logged.filter(({ event }) => event === 'bug')).toEqual([]);
    expect((await post(server.url, envelope())).status).toBe(202);
    expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(before);
  });

  it('an absolute URL is routed by its path, whatever host it names', async () => {
    const answer = await raw(
      server.listener.port,
      get('http://evil.example:99/healthz?x', 'Connection: close'),
    );
    expect(answer.statuses).toEqual([200]);
  });

  it('answers never echo the request', async () => {
    const mark = 'zqxzqx';
    const answer = await raw(server.listener.port, [
      head(
        `Content-Type: ${mark}`,
        `Origin: https://${mark}.example`,
        `User-Agent: ${mark}`,
        'Content-Length: 6',
        'Connection: close',
      ),
      mark,
    ]);
    expect(answer.text).not.toContain(mark);
    expect(
      (await raw(server.listener.port, get(`/${mark}?${mark}`, 'Connection: close'))).text,
    ).not.toContain(mark);
    expect(JSON.stringify(server.logged)).not.toContain(mark);
    expect(await server.metrics.registry.metrics()).not.toContain(mark);
  });
});
