import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Reloaded, reloadSources, watchSources } from '../../src/config/reload.js';
import { folder } from '../helpers/cli.js';
import { load, refusal } from './load.js';

describe('stargate.json', () => {
  it.each([
    ['{\n  "port": 1,\n}', 'line 3, column 1'],
    ['{"port": 1', 'a syntax error'],
    ['', 'a syntax error'],
    ['[]', 'another JSON value'],
    ['null', 'another JSON value'],
  ])('that is no JSON object is refused: %j', (file, got) => {
    const error = refusal({ file });
    expect(error.code).toBe('STG_CONFIG_INVALID');
    expect(error.got).toContain(got);
    expect(error.expected).toContain('stargate.json');
  });

  it('may begin with a byte order mark, and may be missing', () => {
    expect(load({ file: '\uFEFF{"port":5}' })).toMatchObject({ config: { port: 5 }, file: 'stargate.json' });
    expect(load().file).toBeNull();
  });

  it('must exist when it was named', () => {
    expect(refusal({ flags: { config: 'other.json' } }).code).toBe('STG_CONFIG_UNREADABLE');
    expect(refusal({ env: { STARGATE_CONFIG: 'other.json' } }).got).toBe('other.json: ENOENT');
    expect(refusal({ flags: { config: '.' } }).got).toContain('EISDIR');
  });

  it.each(['__proto__', 'constructor', 'toString'])('takes no key %s', (key) => {
    expect(refusal({ file: `{"${key}": {"port": 1}}` }).got).toBe('an unknown key');
  });

  it('takes no null for a value, and no text for a number', () => {
    expect(refusal({ file: { port: null } }).got).toBe('null');
    expect(refusal({ file: { port: '8000' } }).message).toContain('stargate.json /port');
  });
});

describe('reloading', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });
  const sources = (key: string) => JSON.stringify({ sources: [{ id: 'a', kind: 'server', key }] });

  function setUp() {
    const { path, remove } = folder({ 'stargate.json': sources('one') });
    stops.push(remove);
    const file = join(path, 'stargate.json');
    return { file, input: { env: {}, cwd: path } };
  }

  it('gives the new sources, or the fault', () => {
    const { file, input } = setUp();
    writeFileSync(file, sources('two'));
    expect(reloadSources(input).sources![0]!.key).toBe('two');
    writeFileSync(file, '{"sources": [');
    expect(reloadSources(input)).toMatchObject({ sources: null, error: { code: 'STG_CONFIG_INVALID' } });
  });

  it('follows the file, replaced by a rename too', async () => {
    const { file, input } = setUp();
    const seen: Reloaded[] = [];
    stops.push(watchSources(input, (each) => seen.push(each), { every: 20 }));
    const until = async (met: () => boolean) => {
      const deadline = Date.now() + 10_000;
      while (!met() && Date.now() < deadline) await sleep(10);
      expect(met()).toBe(true);
    };
    const last = () => seen.at(-1);
    writeFileSync(file, sources('second'));
    await until(() => last()?.sources?.[0]?.key === 'second');
    // Of the same size, so that only its identity and times tell.
    writeFileSync(`${file}.new`, sources('thirds'));
    renameSync(`${file}.new`, file);
    await until(() => last()?.sources?.[0]?.key === 'thirds');
    writeFileSync(file, '{');
    await until(() => last()?.error?.message !== undefined);
  });
});
