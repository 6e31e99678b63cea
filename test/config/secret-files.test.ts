import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { secretFiles } from '../../src/config/secret-files.js';
import { folder } from '../helpers/cli.js';

/** What is found, by paths from the working directory. */
function found(file: unknown, env: Record<string, string> = {}): [string, string][] {
  const { path: cwd, remove } = folder({ key: 'abc', keys: 'backend=abc' });
  writeFileSync(join(cwd, 'stargate.json'), JSON.stringify(file).replaceAll('HERE', cwd));
  try {
    const loaded = loadConfig({ env, cwd });
    return secretFiles(loaded, { flag: undefined, env, cwd }).map(({ path, setting }) => [
      path.replace(`${cwd}/`, ''),
      setting,
    ]);
  } finally {
    remove();
  }
}
const server = (key: unknown) => ({ sources: [{ id: 'backend', kind: 'server', key }] });

describe('files with secrets', () => {
  it.each<[string, unknown, [string, string][]]>([
    ['none', { port: 1 }, []],
    [
      'keys of browsers, which are public',
      {
        sources: [{ id: 'shop', kind: 'browser', key: 'pk', origins: ['https://a.example'] }],
      },
      [],
    ],
    ['a key of a server as it is', server('abc'), [['stargate.json', 'key of source backend']]],
    ['one in a file', server({ file: 'HERE/key' }), [['key', 'key of source backend']]],
    ['one in the environment', server({ env: 'KEY' }), []],
    [
      'a secret setting',
      { apiKey: 'a', apiSecret: { file: 'HERE/key' } },
      [
        ['stargate.json', 'apiKey'],
        ['key', 'apiSecret'],
      ],
    ],
    [
      'named files',
      { writeKeysFile: 'HERE/keys', kafkaTokenFile: 'HERE/key' },
      [
        ['keys', 'writeKeysFile'],
        ['key', 'kafkaTokenFile'],
      ],
    ],
  ])('%s', (_, file, files) => expect(found(file, { KEY: 'abc' })).toEqual(files));

  it("Google's own", () =>
    expect(found({}, { GOOGLE_APPLICATION_CREDENTIALS: join('/', 'k.json') })).toEqual([
      ['/k.json', 'GOOGLE_APPLICATION_CREDENTIALS'],
    ]));
});
