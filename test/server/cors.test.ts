import { afterEach, describe, expect, it } from 'vitest';
import { compileOrigins } from '../../src/server/origins.js';
import { envelope, post, raw, SHOP, start, stopAll } from './support/collector.js';

afterEach(stopAll);

const sources = [
  {
    ...SHOP,
    origins: [
      'https://shop.example',
      'https://*.wild.example',
      'http://dev.example:8080',
      'both.example',
      '*.plain.example:8443',
    ],
  },
  { ...SHOP, id: 'frame', key: 'pk_frame', origins: ['null', 'loopback', 'https://café.example'] },
];

/** Origin header → whether it is reflected. Sent raw: a client library would tidy some of them up. */
const CASES: [origin: string, allowed: boolean][] = [
  ['https://shop.example', true],
  ['http://shop.example', false],
  ['https://shop.example:8443', false],
  ['https://shop.example.evil.example', false],
  ['https://evilshop.example', false],
  ['https://evil.example/https://shop.example', false],
  ['https://shop.example@evil.example', false],
  ['https://shop.example/', false],
  ['https://SHOP.example', false],
  ['https://shop.example.', false],
  ['https://shop.example:443', false],
  ['https://a.wild.example', true],
  ['https://a.b.wild.example', true],
  ['https://wild.example', false],
  ['https://awild.example', false],
  ['http://a.wild.example', false],
  ['https://a.wild.example:8443', false],
  ['https://A.wild.example', false],
  ['https://a.wild.example/', false],
  ['https://a.wild.example/path', false],
  ['https://user@a.wild.example', false],
  ['https://evil.example#.wild.example', false],
  ['https://evil.example?.wild.example', false],
  ['http://localhost:5173/path', false],
  ['http://dev.example:8080', true],
  ['http://dev.example', false],
  ['https://both.example', true],
  ['http://both.example', true],
  ['https://a.plain.example:8443', true],
  ['null', true],
  ['http://localhost:5173', true],
  ['https://127.0.0.1', true],
  ['http://[::1]:3000', true],
  ['http://localhost.evil.example', false],
  ['http://128.0.0.1', false],
  ['https://xn--caf-dma.example', true],
  ['*', false],
  ['https://shop.example, https://evil.example', false],
  ['file://', false],
  ['', false],
];

describe('origins', () => {
  it.each(CASES)('%s: %s', async (origin, allowed) => {
    const { listener } = await start({ sources });
    const answer = await raw(
      listener.port,
      `GET /healthz HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.text.includes(`access-control-allow-origin: ${origin}\r\n`)).toBe(allowed);
    expect(answer.text).not.toContain('access-control-allow-origin: *');
    expect(answer.text).not.toContain('access-control-allow-credentials');
    expect(answer.text.toLowerCase()).toContain('vary: origin');
  });

  it.each([
    'https://',
    'ftp://a.example',
    'https://a.example/path',
    'https://a.*.example',
    'https://u:p@a.example',
    'https://*',
    '*',
    '',
  ])('refuse the entry %j', (entry) => {
    expect(() => compileOrigins([entry])).toThrow('origin');
  });
});

describe('preflights', () => {
  const ask = (url: string, path: string, origin: string, method = 'POST') =>
    fetch(`${url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      },
    });

  it('are answered in full, and cached, for a listed origin', async () => {
    const { url } = await start();
    const answer = await ask(url, '/v1/events', 'https://shop.example');
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, content-encoding, traceparent',
      'access-control-expose-headers': 'Retry-After',
      'access-control-max-age': '7200',
      vary: 'Origin',
    });
  });

  it('grant nothing to others', async () => {
    const { url } = await start();
    const answer = await ask(url, '/v1/events', 'https://evil.example');
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers.get('vary')).toBe('Origin');
  });

  it('are answered while events are refused', async () => {
    const { url } = await start({ limits: { inflightBytes: 0 } });
    expect((await ask(url, '/v1/events', 'https://shop.example')).status).toBe(204);
    expect((await post(url, envelope())).status).toBe(503);
  });
});

describe('every answer can be read by a listed origin', () => {
  const origin = 'https://shop.example';
  it.each([
    [404, (url: string) => fetch(`${url}/nothing`, { headers: { origin } })],
    [405, (url: string) => fetch(`${url}/v1/events`, { headers: { origin } })],
    [400, (url: string) => post(url, '{', { headers: { origin } })],
    [401, (url: string) => post(url, envelope(undefined, 'x'), { headers: { origin } })],
    [403, (url: string) => post(url, envelope(undefined, 'pk_blog'), { headers: { origin } })],
    [413, (url: string) => post(url, Buffer.alloc(513 * 1024, 32), { headers: { origin } })],
    [415, (url: string) => post(url, '{}', { headers: { origin, 'content-type': 'text/html' } })],
    [202, (url: string) => post(url, envelope(), { headers: { origin } })],
  ])('%i', async (status, ask) => {
    const { url } = await start();
    const answer = await ask(url);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toBe('Retry-After');
  });

  it('408, when the body stops in the middle', async () => {
    const { listener } = await start({}, { timeouts: { headersMs: 100, requestMs: 150, checkMs: 20 } });
    const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n{`;
    const answer = await raw(listener.port, head);
    expect(answer.statuses).toEqual([408]);
    expect(answer.text).toContain(`access-control-allow-origin: ${origin}`);
    expect(answer.closed).toBe(true);
  });

  it('413, when a chunked body grows too large', async () => {
    const { listener } = await start();
    const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const answer = await raw(listener.port, [head, ...Array.from({ length: 9 }, () => chunk), '0\r\n\r\n']);
    expect(answer.statuses).toEqual([413]);
    expect(answer.text).toContain(`access-control-allow-origin: ${origin}`);
    expect(answer.closed).toBe(true);
  });
});
