/** What `doctor` sees of a log on this machine, which it must leave as it is. */
import { readdirSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examine } from '../../../src/doctor/examine.js';
import { embeddedChecks, spoolChecks } from '../../../src/log/embedded/checks.js';
import { openLog } from '../../../src/log/open.js';
import type { Log } from '../../../src/log/port.js';
import { Collector, record, tempFolder, until } from '../../helpers/log.js';

const commands = { setup: 'SETUP', serve: 'SERVE', worker: 'WORKER' };
const look = (folder: string) => examine(embeddedChecks(folder, { group: 'stargate', commands }));
const lookAtSpool = (folder: string, processes = 1) => examine(spoolChecks(folder, processes, commands));
const SEGMENT = '00000/00000000000000000000.log';

/** Every file with its size and time of change. */
const content = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return [name, size, mtimeMs];
    });

async function filled(folder: string, count = 3): Promise<void> {
  const log = await openLog(`embedded:${folder}`, { role: 'both', groups: ['stargate'] });
  for (let n = 0; n < count; n++) await log.append([record(`text ${n}`)]).final;
  await log.close();
}

describe('an embedded log', () => {
  it('that is not there is no fault, and is not made', async () => {
    const folder = join(await tempFolder(), 'log');
    expect((await look(folder)).map(({ state }) => state)).toEqual(['ok', 'ok']);
    expect(() => statSync(folder)).toThrow('ENOENT');
  });

  it('tells what waits, and stays as it is', async () => {
    const folder = await tempFolder();
    await filled(folder);
    const before = content(folder);
    expect(await look(folder)).toMatchObject(
      [
        { code: 'STG_LOG_FOLDER', state: 'ok', detail: 'intact, and free' },
        { code: 'STG_GROUP_LAG', state: 'warning', detail: /^3 records of/, fix: 'WORKER' },
      ].map((each) => ({
        ...each,
        detail: typeof each.detail === 'string' ? each.detail : expect.stringMatching(each.detail),
      })),
    );
    expect(content(folder)).toEqual(before);
  });

  it('names the process that has it', async () => {
    const folder = await tempFolder();
    const log = await openLog(`embedded:${folder}`, { role: 'both' });
    try {
      const [state] = await look(folder);
      expect(state).toMatchObject({ state: 'ok', detail: `intact, in use by process ${process.pid}` });
    } finally {
      await log.close();
    }
  });

  it.each<[string, (folder: string) => void, string, RegExp]>([
    [
      'has lost acknowledged bytes',
      (at) => truncateSync(join(at, SEGMENT), 40),
      'failed',
      /has 40 bytes, and \d+ were acknowledged/,
    ],
    [
      'has a damaged header',
      (at) => writeFileSync(join(at, SEGMENT), Buffer.alloc(500)),
      'failed',
      /damaged header/,
    ],
    [
      'has lost its id',
      (at) => renameSync(join(at, 'stargate-log.json'), join(at, 'x')),
      'failed',
      /stargate-log\.json/,
    ],
    [
      'has an id that cannot be read',
      (at) => writeFileSync(join(at, 'stargate-log.json'), '{'),
      'failed',
      /cannot be read/,
    ],
  ])('that %s', async (_, harm, state, detail) => {
    const folder = await tempFolder();
    await filled(folder);
    harm(folder);
    const [found] = await look(folder);
    expect(found).toMatchObject({ code: 'STG_LOG_FOLDER', state, detail: expect.stringMatching(detail) });
  });
});

describe('a spool', () => {
  const states = async (folder: string, processes?: number) =>
    (await lookAtSpool(folder, processes)).map(({ state, detail, fix }) => ({ state, detail, fix }));

  it('that is not there, or empty, is no fault', async () => {
    const spool = await tempFolder();
    const nothing = [expect.objectContaining({ state: 'ok' }), expect.objectContaining({ state: 'ok' })];
    expect(await states(join(spool, 'none'))).toEqual(nothing);
    await filled(join(spool, '00'), 0);
    expect(await states(spool)).toEqual(nothing);
  });

  it('whose process is gone fails, and one of an earlier start is abandoned', async () => {
    const spool = await tempFolder();
    await filled(join(spool, '00'), 2);
    await filled(join(spool, '03'), 4);
    writeFileSync(join(spool, 'README'), 'not a spool');
    expect(await states(spool)).toEqual([
      {
        state: 'failed',
        detail: expect.stringMatching(/^6 events of up to .* no process carries/),
        fix: 'SERVE',
      },
      {
        state: 'warning',
        detail: expect.stringMatching(/^4 events in 03, which none of 1 process/),
        fix: expect.stringContaining('SERVE'),
      },
    ]);
    expect((await states(spool, 4))[1]).toMatchObject({ state: 'ok' });
  });

  it('that a process has waits with it; what was carried over does not', async () => {
    const spool = await tempFolder();
    await filled(join(spool, '00'), 2);
    const log: Log = await openLog(`embedded:${join(spool, '00')}`, { role: 'both' });
    try {
      expect((await states(spool))[0]).toMatchObject({ state: 'warning' });
      const seen = new Collector();
      const consumer = await log.consume('replay', seen);
      await until('both', () => seen.records.length === 2);
      await seen.assignments[0]!.commit(seen.batches.at(-1)!.end, '');
      await consumer.close();
      expect((await states(spool))[0]).toMatchObject({ state: 'ok', detail: 'nothing waits' });
    } finally {
      await log.close();
    }
  });
});
