/** What was refused, in files: durable line by line, counted as it is on disk, bounded. */
import { appendFile, mkdir, readdir, readFile, rm, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Aside } from '../../../src/log/spooled/index.js';
import { record, tempFolder } from '../../helpers/log.js';

const MAX = 1_000;
const event = (n: number) => record(JSON.stringify({ event_name: `e${n}` }));

async function stage(writer = '00') {
  const folder = join(await tempFolder(), 'refused');
  const aside = new Aside(folder, writer, MAX);
  const lines = async (name: string) => (await readFile(join(folder, name), 'utf8')).split('\n');
  return { folder, aside, lines };
}

it('keeps a line for each record, in a file for each reason; others open it and count the same', async () => {
  const { folder, aside, lines } = await stage();
  expect(await aside.figures()).toEqual({ records: 0, bytes: 0 });
  await Promise.all([1, 2, 3].map((n) => aside.put(event(n), 'MESSAGE_TOO_LARGE')));
  const file = await aside.put(event(4), 'INVALID RECORD/../x');
  expect(file).toBe(join(folder, '00-INVALID_RECORD_x.ndjson'));
  const [one, two, three] = [1, 2, 3].map((n) => `{"event_name":"e${n}"}`);
  expect(await lines('00-MESSAGE_TOO_LARGE.ndjson')).toEqual([one, two, three, '']);
  for (const each of [aside, new Aside(folder, '00', MAX)]) expect((await each.figures()).records).toBe(4);
  expect((await new Aside(folder, '01', MAX).figures()).records).toBe(0);
  expect((await new Aside(folder, '01', MAX, () => true).figures()).records).toBe(4);
});

it('makes one line of a value with line breaks, which means the same', async () => {
  const { aside, lines } = await stage();
  await aside.put(record('{\n"a":\n1}\n'), 'X');
  const [line, ...rest] = await lines('00-X.ndjson');
  expect([JSON.parse(line!), rest]).toEqual([{ a: 1 }, ['']]);
});

it('sees that somebody took the file away, or a part of it', async () => {
  const { folder, aside } = await stage();
  for (const n of [1, 2, 3]) await aside.put(event(n), 'X');
  await truncate(join(folder, '00-X.ndjson'), 2 * '{"event_name":"e1"}\n'.length);
  expect((await aside.figures()).records).toBe(2);
  await rm(join(folder, '00-X.ndjson'));
  expect((await aside.figures()).records).toBe(0);
  await aside.put(event(4), 'X');
  expect((await aside.figures()).records).toBe(1);
});

it('cuts off what a crash left of a line', async () => {
  const { folder, aside, lines } = await stage();
  await aside.put(event(1), 'X');
  await appendFile(join(folder, '00-X.ndjson'), '{"event_na');
  const next = new Aside(folder, '00', MAX);
  expect((await next.figures()).records).toBe(1);
  await next.put(event(2), 'X');
  expect(await lines('00-X.ndjson')).toEqual(['{"event_name":"e1"}', '{"event_name":"e2"}', '']);
  expect((await next.figures()).records).toBe(2);
});

it('takes no more than its bound, and more when there is room again', async () => {
  const { folder, aside } = await stage();
  await aside.put(record('x'.repeat(900)), 'X');
  await expect(aside.put(record('x'.repeat(200)), 'Y')).rejects.toMatchObject({ code: 'STG_LOG_FULL' });
  expect(await readdir(folder)).toEqual(['00-X.ndjson']);
  await rm(join(folder, '00-X.ndjson'));
  await aside.put(record('x'.repeat(200)), 'Y');
  expect((await aside.figures()).records).toBe(1);
});

it('says so when the disk is full, counts nothing, and goes on when it is not', async () => {
  const { folder, aside } = await stage();
  await mkdir(folder);
  // A device whose every write finds no room.
  await symlink('/dev/full', join(folder, '00-X.ndjson'));
  await expect(aside.put(event(1), 'X')).rejects.toMatchObject({
    ...{ code: 'STG_LOG_WRITE', got: expect.stringContaining('ENOSPC') },
  });
  expect((await aside.figures()).records).toBe(0);
  await rm(join(folder, '00-X.ndjson'));
  await aside.put(event(1), 'X');
  expect((await aside.figures()).records).toBe(1);
});
