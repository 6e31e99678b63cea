import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endTexts } from '../../src/commands/_serve-texts.js';
import type { Config } from '../../src/config/schema.js';
import { aboutPerson } from '../../src/event/person.js';
import { NOTHING } from '../../src/runtime/leaving.js';
import { eraseRefused } from '../../src/runtime/refused.js';
import { tempFolder } from '../helpers/log.js';

const about = aboutPerson({ clientId: '1234567890.1700000000', userId: null });

it('forgets a person in the files of refused records too, byte for byte nothing else', async () => {
  const spool = await tempFolder();
  const config = { spool } as Config;
  expect(await eraseRefused(config, about, false)).toEqual({ erased: 0, waiting: 0 });
  const file = join(spool, 'refused', '00-MESSAGE_TOO_LARGE.ndjson');
  await mkdir(join(spool, 'refused'));
  const [one, two] = ['{"event_name":"é"}\n', '{"event_name":"b","page":"\\ud83d"}\n'];
  await writeFile(file, `${one}{"user_pseudo_id":"1234567890.1700000000"}\n${two}`);
  expect(await eraseRefused(config, about, true)).toEqual({ erased: 1, waiting: 0 });
  expect(await readFile(file, 'utf8')).toContain('1234567890.1700000000');
  expect(await eraseRefused(config, about, false)).toEqual({ erased: 1, waiting: 0 });
  expect(await readFile(file, 'utf8')).toBe(one! + two!);
});

it('serve says at its end how many are set aside, and where', () => {
  const ended = { ...NOTHING, killed: 0, broken: 0 };
  const config = { spool: '/data/spool' } as Config;
  expect(endTexts(ended, config)).toEqual([]);
  const [text, ...others] = endTexts({ ...ended, refused: 1 }, config);
  expect([text, others]).toEqual([
    expect.stringMatching(/^1 acknowledged event is .* in \/data\/spool\/refused:/),
    [],
  ]);
});
