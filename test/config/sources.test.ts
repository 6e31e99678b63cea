import { afterEach, describe, expect, it } from 'vitest';
import type { SourcePolicy } from '../../src/event/source.js';
import { folder } from '../helpers/cli.js';
import { load, refusal, textOf } from './load.js';

const browser = { id: 'shop', kind: 'browser', key: 'pk_shop', origins: ['https://www.example.com.br'] };
const server = { id: 'backend', kind: 'server', key: 'sk_backend' };
const PLANTED = 'planted-secret-4711';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

describe('sources', () => {
  it('have defaults, and fit what the event model needs', () => {
    const [first, second] = load({ file: { sources: [browser, server] } }).config.sources;
    const policy: SourcePolicy = first!;
    expect(policy).toEqual({
      ...browser,
      timeZone: 'UTC',
      consent: 'gtm',
      anonymous: false,
      scrub: { keys: [], allow: [] },
    });
    expect(second).toMatchObject({ origins: [], kind: 'server' });
  });

  it('take the example of the design', () => {
    const { sources, retentionDays } = load({
      env: { STARGATE_KEY_BACKEND: 'sk' },
      file: {
        $schema: 'x',
        log: 'kafka://10.0.0.5:9092/stargate_v2.realtime',
        warehouse: 'bigquery://acme-1/stargate_v2.realtime',
        sources: [
          {
            ...browser,
            timeZone: 'America/Sao_Paulo',
            consent: 'gtm',
            anonymous: false,
            scrub: { keys: ['matricula'], allow: ['zip_code'] },
          },
          { ...server, key: { env: 'STARGATE_KEY_BACKEND' }, timeZone: 'America/Sao_Paulo' },
        ],
        retentionDays: 395,
      },
    }).config;
    expect(retentionDays).toBe(395);
    expect(sources.map(({ key }) => key)).toEqual(['pk_shop', 'sk']);
    expect(sources[0]!.scrub).toEqual({ keys: ['matricula'], allow: ['zip_code'] });
  });

  it.each([
    [{ ...browser, id: 'a b' }, '/sources/0/id', 'letters'],
    [{ ...browser, kind: 'app' }, '/sources/0/kind', 'browser or server'],
    [{ ...browser, origins: [] }, '/sources/0/origins', 'list of origins'],
    [{ ...server, origins: ['https://a.example'] }, '/sources/0/origins', 'no origins'],
    [{ ...browser, timeZone: 'Brazil/Nowhere' }, '/sources/0/timeZone', 'IANA'],
    [{ ...browser, timeZone: '+03:00' }, '/sources/0/timeZone', 'IANA'],
    [{ ...browser, consent: 'yes' }, '/sources/0/consent', 'gtm or strict'],
    [{ ...browser, anonymous: 'false' }, '/sources/0/anonymous', 'false or true'],
    [{ ...browser, scrub: { keys: 'cpf' } }, '/sources/0/scrub/keys', 'list of names'],
    [{ ...browser, scrub: { key: [] } }, '/sources/0/scrub/key', 'keys, allow'],
    [{ ...browser, orgins: [] }, '/sources/0/orgins', 'one of'],
    [{ ...browser, 'a/b~c': 1 }, '/sources/0/a~1b~0c', 'one of'],
    [{ ...server, key: { env: 'NOT_SET' } }, '/sources/0/key/env', 'that is set'],
    [{ ...server, key: { file: 'missing.key' } }, '/sources/0/key/file', 'can be read'],
    [{ ...server, key: 'two words' }, '/sources/0/key', 'visible ASCII'],
    ['text', '/sources/0', 'an object'],
    [{ id: 'x', kind: 'server' }, 'source x', 'a key'],
  ])('refuse %j', (source, pointer, text) => {
    const error = refusal({ file: { sources: [source] } });
    expect(error.message).toContain(pointer);
    expect(error.expected).toContain(text);
  });

  it('must be told apart', () => {
    expect(textOf(refusal({ file: { sources: [server, { ...server, key: 'other' }] } }))).toContain(
      'another source',
    );
    expect(textOf(refusal({ file: { sources: [server, { ...browser, key: server.key }] } }))).toContain(
      'own',
    );
  });
});

describe('secrets', () => {
  it('come from a file beside the configuration', () => {
    const { path, remove } = folder({
      'stargate.json': JSON.stringify({ sources: [{ ...server, key: { file: 'backend.key' } }] }),
      'backend.key': `${PLANTED}\n`,
    });
    cleanups.push(remove);
    const { config } = load({ flags: { config: `${path}/stargate.json` } });
    expect(config.sources[0]!.key).toBe(PLANTED);
  });

  it('come from the write keys file, which may add server sources', () => {
    const { config } = load({
      file: { sources: [{ ...browser, key: undefined }] },
      flags: { writeKeysFile: keysFile(`# rotated in May\n\nshop=pk_new\r\nbatch = a=b== \n`) },
    });
    expect(config.sources.map(({ id, kind, key }) => [id, kind, key])).toEqual([
      ['shop', 'browser', 'pk_new'],
      ['batch', 'server', 'a=b=='],
    ]);
  });

  it.each([
    `sources`,
    `${PLANTED}\n`,
    `backend=${PLANTED} ${PLANTED}\n`,
    `backend=${PLANTED}\nbackend=${PLANTED}2\n`,
    `one=${PLANTED}\ntwo=${PLANTED}\n`,
    `=${PLANTED}\n`,
  ])('are not repeated when the write keys file is wrong: %j', (text) => {
    const error = refusal({ flags: { writeKeysFile: keysFile(text) } });
    expect(textOf(error)).not.toContain(PLANTED);
  });

  it.each([
    { file: { sources: [{ ...server, key: `${PLANTED} with space` }] } },
    { file: { sources: [{ ...server, key: { env: `${PLANTED}-not-a-name` } }] } },
    { file: { sources: [{ ...server, key: { secret: PLANTED } }] } },
    { file: { sources: [{ ...server, key: { env: 'A', file: PLANTED } }] } },
    { file: { sources: [server, { ...server, key: PLANTED }] } },
    { file: { apiKey: [PLANTED] } },
    { file: `{ "apiKey": "${PLANTED}", }` },
    { file: `{ "apiKey": "${PLANTED}` },
    { file: `"${PLANTED}"` },
    { env: { API_KEY: `${PLANTED} x`, API_SECRET: `${PLANTED} y` } },
    { env: { STARGATE_LOG: `kafka://user:${PLANTED}@h:9092/t` } },
    { env: { STARGATE_LOG: `kafka://h:9092/t?sasl=${PLANTED}` } },
    { env: { STARGATE_LOG: `kafka://h:${PLANTED}/t` } },
  ])('are not repeated in an error: %j', (setup) => {
    expect(textOf(refusal(setup))).not.toContain(PLANTED);
  });
});

function keysFile(text: string): string {
  const { path, remove } = folder({ keys: text });
  cleanups.push(remove);
  return `${path}/keys`;
}
