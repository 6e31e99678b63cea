import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenLogOptions, openLog } from '../../../src/log/open.js';
import type { Log, Position } from '../../../src/log/port.js';
import { Collector, record, tempFolder, until } from '../../helpers/log.js';

const SEGMENT = '00000/00000000000000000000.log';
const warnings: string[] = [];
const open = async (folder: string, more: Partial<OpenLogOptions> = {}): Promise<Log> => {
  warnings.length = 0;
  const onWarning = (message: string) => void warnings.push(message);
  const log = await openLog(`embedded:${folder}`, { role: 'both', onWarning, ...more });
  onTestFinished(() => log.close());
  return log;
};
const readAll = async (log: Log, last: string, group = 'all'): Promise<Collector> => {
  const seen = new Collector();
  const consumer = await log.consume(group, seen);
  await until(last, () => seen.texts.includes(last));
  await consumer.close();
  return seen;
};
/** A log with three records of 100 bytes, closed. */
async function three(): Promise<{ folder: string; size: number; path: string }> {
  const folder = await tempFolder();
  const log = await open(folder);
  for (const text of ['a', 'b', 'c']) await log.append([record(text.repeat(68))]).answer;
  await log.close();
  const path = join(folder, SEGMENT);
  return { folder, path, size: (await readFile(path)).length };
}
const [A, B, C] = ['a', 'b', 'c'].map((text) => text.repeat(68)) as [string, string, string];

describe('opening after a crash', () => {
  it('cuts a torn tail wherever it was torn', async () => {
    const { folder, path, size } = await three();
    const whole = await readFile(path);
    for (const kept of [1, 7, 8, 31, 32, 60, 99]) {
      await writeFile(path, whole.subarray(0, size - 100 + kept));
      await rm(join(folder, '00000/end'));
      const log = await open(folder);
      expect((await readFile(path)).length).toBe(size - 100);
      expect(await log.append([record('next')]).answer).toMatchObject({ state: 'stored', first: 2 });
      expect((await readAll(log, 'next', `kept ${kept}`)).texts).toEqual([A, B, 'next']);
      await log.close();
    }
    expect(warnings).toEqual([]);
  });

  it('takes zeros and garbage behind the last record for a torn tail', async () => {
    const { folder, path, size } = await three();
    for (const tail of [Buffer.alloc(5_000), Buffer.alloc(3_000, 0xff), Buffer.from('garbage')]) {
      await appendFile(path, tail);
      await (await open(folder)).close();
      expect((await readFile(path)).length).toBe(size);
    }
    expect(warnings).toEqual([]);
  });

  it.each([
    ['the value', 50],
    ['the length', 0],
    ['the CRC', 5],
    ['the offset', 9],
  ])('skips a record with damage in %s, tells of it, and keeps its bytes', async (_, at) => {
    for (const lostEnd of [true, false]) {
      const { folder, path, size } = await three();
      const bytes = await readFile(path);
      const damaged = size - 200 + at;
      bytes[damaged]! ^= 0x10;
      await writeFile(path, bytes);
      if (lostEnd) await rm(join(folder, '00000/end'));
      const log = await open(folder);
      const seen = await readAll(log, C);
      expect(seen.texts).toEqual([A, C]);
      expect(seen.records.map(({ position }) => position)).toEqual([0, 2]);
      expect(warnings.every((text) => /^1 record of the log cannot be read/.test(text))).toBe(true);
      expect(warnings.length).toBe(lostEnd ? 2 : 1);
      const [kept, ...others] = await readdir(join(folder, '00000/corrupt'));
      expect(others).toEqual([]);
      const aside = await readFile(join(folder, '00000/corrupt', kept!));
      expect(aside.equals(bytes.subarray(size - 200, size - 100))).toBe(true);
      await log.close();
    }
  });

  it('never uses the position of a lost record again', async () => {
    const { folder, path, size } = await three();
    await truncate(path, size - 150);
    const log = await open(folder);
    expect(warnings).toEqual([expect.stringMatching(/^2 records/)]);
    expect(await log.append([record('next')]).answer).toMatchObject({ first: 3 });
    expect((await readAll(log, 'next')).texts).toEqual([A, 'next']);
  });

  it('goes on at the published end when all segments are gone', async () => {
    const { folder, path } = await three();
    await rm(path);
    const log = await open(folder);
    expect(warnings).toEqual([expect.stringMatching(/gone; positions go on at 3/)]);
    expect(await log.append([record('next')]).answer).toMatchObject({ first: 3 });
    expect((await readAll(log, 'next')).texts).toEqual(['next']);
  });

  it('raises the alarm for a commit behind the end, and hands out nothing', async () => {
    const { folder, path } = await three();
    const log = await open(folder);
    const seen = new Collector();
    const consumer = await log.consume('g', seen);
    await until('all', () => seen.records.length === 3);
    await seen.assignments[0]!.commit(3 as Position, '');
    await consumer.close();
    await log.close();
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 100));
    await rm(join(folder, '00000/end'));
    const again = new Collector();
    const alarmed = await (await open(folder)).consume('g', again);
    await expect(alarmed.done).rejects.toMatchObject({
      code: 'STG_LOG_POSITION',
      got: expect.stringMatching('^3'),
    });
    expect([again.assignments, again.batches, again.revoked]).toEqual([[], [], []]);
  });

  it('refuses what a newer Stargate wrote, and damaged headers', async () => {
    const { folder, path } = await three();
    const bytes = await readFile(path);
    const newer = Buffer.from(bytes);
    newer.writeUInt16LE(2, 6);
    await writeFile(path, newer);
    await expect(open(folder)).rejects.toMatchObject({ code: 'STG_LOG_VERSION' });
    await writeFile(path, bytes.fill(9, 8, 12));
    await expect(open(folder)).rejects.toMatchObject({ code: 'STG_LOG_CORRUPT' });
    await writeFile(join(folder, 'stargate-log.json'), '{"format":2,"id":"x"}');
    await expect(open(folder)).rejects.toMatchObject({ code: 'STG_LOG_VERSION' });
    await writeFile(join(folder, 'stargate-log.json'), '{"form');
    await expect(open(folder)).rejects.toMatchObject({ code: 'STG_LOG_CORRUPT' });
  });

  it('does not begin a group anew when its positions cannot be read', async () => {
    const { folder } = await three();
    const log = await open(folder, { groups: ['g'] });
    await writeFile(join(folder, 'groups/g/positions.0'), '{"format":1,"posi');
    await expect(log.consume('g', new Collector())).rejects.toMatchObject({ code: 'STG_LOG_CORRUPT' });
    await expect(log.lag('g')).rejects.toMatchObject({ code: 'STG_LOG_CORRUPT' });
  });

  it('reads over damage in an older segment, and finds positions by the index', async () => {
    const folder = await tempFolder();
    const segmentBytes = 800_000;
    const log = await open(folder, { segmentBytes });
    for (let i = 0; i < 30; i++) await log.append([record(`${i}:${'x'.repeat(99_000)}`)]).answer;
    await log.append([record('last')]).answer;
    const bases = (await readdir(join(folder, '00000'))).filter((name) => name.endsWith('.index'));
    expect(bases.length).toBeGreaterThan(2);
    const path = join(folder, SEGMENT);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, 150_000, 250_000));
    const seen = new Collector();
    const consumer = await log.consume('g', seen);
    await until('last', () => seen.texts.includes('last'));
    await consumer.close();
    expect(seen.texts.map((text) => text.split(':')[0])).toEqual([
      '0',
      ...Array.from({ length: 27 }, (_, i) => String(i + 3)),
      'last',
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^2 records/)]);
    for (let at = 3; at < 31; at++) {
      const from = new Collector();
      from.onAssigned = async ({ seek }) => seek(at as Position);
      const reader = await log.consume(`seek ${at}`, from, { maxRecords: 1 });
      await until('a record', () => from.records.length > 0);
      await reader.close();
      expect(from.records[0]!.position).toBe(at);
    }
  });
});
