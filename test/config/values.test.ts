import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConnection } from '../../src/config/connections.js';
import { nearest } from '../../src/config/nearest.js';
import { duration, size } from '../../src/config/quantities.js';
import { load, loadFrom, refusal } from './load.js';

describe('sizes and durations', () => {
  it.each([
    ['1GiB', 2 ** 30],
    ['500MB', 5e8],
    ['500mb', 5e8],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['10B', 10],
  ])('reads %s', (text, bytes) => {
    expect(load({ env: { STARGATE_DATA_MAX: text } }).config.dataMax).toBe(bytes);
  });

  it.each(['', '10', '0MB', '-1GB', '1G', '1e3MB', 'GB', '9999999999TiB', '1GBs', 10, null])(
    'refuses %j',
    (raw) => {
      expect(refusal({ file: { dataMax: raw } }).expected).toContain('500MB');
    },
  );

  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2H', 7_200_000],
    ['7d', 604_800_000],
    ['0', 0],
    [0, 0],
  ])('reads %s', (raw, ms) => {
    expect(load({ file: { drainWait: raw } }).config.drainWait).toBe(ms);
  });

  it.each(['30', 30, '-1s', '1 year', '25d', true])('refuses %j', (raw) => {
    expect(refusal({ file: { drainWait: raw } }).expected).toContain('30s');
  });

  it('shows what reads back as the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 50 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        (bytes, ms) => {
          const { dataMax, drainWait } = load({
            flags: { dataMax: size.show(bytes), drainWait: duration.show(ms) },
          }).config;
          expect([dataMax, drainWait]).toEqual([bytes, ms]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('connections', () => {
  it.each([
    [
      'kafka://a:9093,b,[::1]:9092/t.x?tls&sasl=SCRAM-SHA-256&client-id=me',
      {
        scheme: 'kafka',
        brokers: [
          { host: 'a', port: 9093 },
          { host: 'b', port: 9092 },
          { host: '::1', port: 9092 },
        ],
        topic: 't.x',
        tls: true,
        sasl: 'scram-sha-256',
        clientId: 'me',
      },
    ],
    ['kafka://a/t?tls=false', { tls: false, sasl: null, clientId: null }],
    ['embedded:.stargate/log', { scheme: 'embedded', folder: '.stargate/log' }],
    ['duckdb:/x y.duckdb', { scheme: 'duckdb', file: '/x y.duckdb' }],
    ['memory:', { scheme: 'memory', name: '' }],
    ['memory:a', { scheme: 'memory', name: 'a' }],
    ['bigquery://acme-1/d.t', { scheme: 'bigquery', project: 'acme-1', dataset: 'd', table: 't' }],
    ['bigquery://example.com:acme-1/d.t', { project: 'example.com:acme-1' }],
  ])('parses %s', (url, parts) => {
    expect(parseConnection(url)).toMatchObject(parts);
  });

  it.each([
    ['kafak://a/t', 'Did you mean kafka'],
    ['kafka://a', 'brokers or topic'],
    ['kafka://a/', 'brokers or topic'],
    ['kafka:///t', 'brokers or topic'],
    ['kafka://a:0/t', 'a broker'],
    ['kafka://a:99999/t', 'a broker'],
    ['kafka://a,,b/t', 'a broker'],
    ['kafka://a/..', 'other characters'],
    ['kafka://a/t?tsl', 'Did you mean tls'],
    ['kafka://a/t?tls=maybe', 'value of tls'],
    ['kafka://u:p@a/t', 'Credentials'],
    ['embedded:', 'nothing behind'],
    ['bigquery://acme/d', 'bigquery'],
    ['.stargate/log', 'no scheme'],
    ['', 'no scheme'],
  ])('refuses %s', (url, text) => {
    expect(() => parseConnection(url)).toThrow(
      expect.objectContaining({ code: 'STG_CONNECTION_UNSUPPORTED' }),
    );
    const { expected, got, next } = refusal({ flags: { log: url } });
    if (url !== '') expect(`${expected} ${got} ${next}`).toContain(text);
  });

  it('belong to one side', () => {
    expect(refusal({ flags: { log: 'duckdb:x' } }).got).toBe('the scheme duckdb');
    expect(refusal({ flags: { warehouse: 'kafka://a/t' } }).expected).toContain('bigquery');
  });

  it('never throws anything but its own error', () => {
    const odd = fc.tuple(fc.constantFrom('kafka://', 'bigquery://', 'embedded:', ''), fc.string());
    fc.assert(
      fc.property(odd, ([scheme, rest]) => {
        try {
          parseConnection(scheme + rest);
        } catch (error) {
          expect(error).toHaveProperty('code', 'STG_CONNECTION_UNSUPPORTED');
        }
      }),
    );
  });
});

describe('paths', () => {
  it('in a file elsewhere are meant from that file', () => {
    const files = { 'other.json': '{"data":"d","log":"embedded:l","tlsCert":"c","tlsKey":"/abs"}' };
    const here = load({ files, flags: { config: 'other.json' } }).config;
    expect(here).toMatchObject({ data: 'd', log: 'embedded:l' });
    const text = files['other.json'];
    expect(loadFrom(text)).toMatchObject({
      data: expect.stringMatching(/sub\/d$/),
      log: expect.stringMatching(/^embedded:\/.*sub\/l$/),
      warehouse: expect.stringMatching(/sub\/d\/warehouse\.duckdb$/),
      tlsKey: '/abs',
    });
  });
});

describe('trusted proxies', () => {
  it.each(['10.0.0.0/8', '::1', 'fd00::/8', 'google'])('takes %s', (text) => {
    expect(load({ flags: { trustedProxies: text } }).config.trustedProxies).toEqual([text]);
  });
  it.each(['10.0.0.0/33', '10.0.0', 'fd00::/129', 'example.com', '10.0.0.0/8/8', '10.0.0.0/'])(
    'refuses %s',
    (text) => {
      expect(refusal({ flags: { trustedProxies: text } }).code).toBe('STG_OPTION_INVALID');
    },
  );
});

describe('suggestions', () => {
  it.each([
    ['prot', ['port', 'group'], 'port'],
    ['lodtest', ['loadtest', 'latency'], 'loadtest'],
    ['xyz', ['dev', 'serve'], null],
    ['d', ['dev'], null],
    ['', ['dev'], null],
    ['sevre', ['serve', 'dev'], 'serve'],
  ])('for %s among %j: %s', (word, candidates, found) => {
    expect(nearest(word, candidates)).toBe(found);
  });
});
