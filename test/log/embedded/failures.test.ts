import { execFileSync } from 'node:child_process';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EmbeddedLog, openEmbedded } from '../../../src/log/embedded/index.js';
import type { OpenLogOptions } from '../../../src/log/open.js';
import type { AppendOutcome, Position } from '../../../src/log/port.js';
import { Collector, record, tempFolder, until } from '../../helpers/log.js';
import { SickDisk } from '../../helpers/sick-disk.js';

interface Sick {
  readonly disk: SickDisk;
  readonly folder: string;
  readonly log: EmbeddedLog;
}
async function sick(more: Partial<OpenLogOptions> = {}): Promise<Sick> {
  const [disk, folder] = [new SickDisk(), await tempFolder()];
  const onWarning = (text: string) => expect.fail(text);
  const log = await openEmbedded(folder, { role: 'both', onWarning, ...more }, disk);
  onTestFinished(() => log.close());
  return { disk, folder, log };
}
const put = (log: EmbeddedLog, text: string): Promise<AppendOutcome> => log.append([record(text)]).final;
const writable = (log: EmbeddedLog) => until('writable again', () => log.writable, 5_000);

/** Texts on disk as another process would find them after this one is gone. */
async function texts({ log, folder }: Sick): Promise<string[]> {
  await log.close();
  const again = await openEmbedded(folder, { role: 'both', onWarning: (text) => expect.fail(text) });
  onTestFinished(() => again.close());
  await again.append([record('end')]).answer;
  const seen = new Collector();
  const consumer = await again.consume('texts', seen);
  await until('the end', () => seen.texts.includes('end'));
  await consumer.close();
  return seen.texts.slice(0, -1);
}

describe('a sick disk', () => {
  it('is written in as many pieces as it takes', async () => {
    const one = await sick();
    one.disk.atMost = 7;
    expect(await put(one.log, 'x'.repeat(100))).toMatchObject({ state: 'stored', first: 0 });
    expect(await texts(one)).toEqual(['x'.repeat(100)]);
  });

  it('that is full cuts the group away, refuses at once, and goes on when there is room', async () => {
    const one = await sick();
    await put(one.log, 'before');
    one.disk.faults.set('write', 'ENOSPC');
    const refused = await Promise.all([put(one.log, 'x'.repeat(500)), put(one.log, 'y')]);
    for (const { state, error } of refused) {
      expect([state, error]).toMatchObject(['not_stored', { code: 'STG_LOG_FULL' }]);
    }
    expect(one.log.writable).toBe(false);
    expect((await stat(join(one.folder, '00000/00000000000000000000.log'))).size).toBe(32 + 32 + 6);
    expect(await put(one.log, 'z')).toMatchObject({ state: 'not_stored', error: { code: 'STG_LOG_FULL' } });
    one.disk.faults.clear();
    await writable(one.log);
    expect(await put(one.log, 'after')).toMatchObject({ state: 'stored', first: 1 });
    expect(await texts(one)).toEqual(['before', 'after']);
  });

  it('that syncs nothing any more, not even a new segment, leaves the outcome unknown', async () => {
    const one = await sick();
    await put(one.log, 'before');
    one.disk.faults.set('sync', 'EIO');
    expect(await put(one.log, 'lost')).toMatchObject({ state: 'unknown', error: { code: 'STG_LOG_WRITE' } });
    expect(one.log.writable).toBe(false);
    expect(await put(one.log, 'x')).toMatchObject({ state: 'not_stored', error: { code: 'STG_LOG_WRITE' } });
    one.disk.faults.clear();
    await writable(one.log);
    expect(await put(one.log, 'after')).toMatchObject({ state: 'stored' });
    expect(await texts(one)).toEqual(['before', 'after']);
  });

  it('that fails a sync is not asked again for that file: a new segment, and certainly not stored', async () => {
    for (const first of [[], ['before']]) {
      const one = await sick();
      for (const text of first) await put(one.log, text);
      const real = one.disk.sync.bind(one.disk);
      let failures = 1;
      one.disk.sync = (fd) => (failures-- > 0 ? Promise.reject(new Error('EIO: injected')) : real(fd));
      expect(await put(one.log, 'lost')).toMatchObject({
        state: 'not_stored',
        error: { code: 'STG_LOG_WRITE', got: 'EIO: injected' },
      });
      expect(one.log.writable).toBe(true);
      expect(await put(one.log, 'after')).toMatchObject({ state: 'stored' });
      expect(await texts(one)).toEqual([...first, 'after']);
    }
  });

  it('that cannot even be cut leaves the outcome unknown, and gives its positions to nobody else', async () => {
    const one = await sick();
    await put(one.log, 'before');
    const real = one.disk.sync.bind(one.disk);
    let failures = 1;
    one.disk.faults.set('truncate', 'EIO');
    one.disk.sync = (fd) => (failures-- > 0 ? Promise.reject(new Error('EIO: injected')) : real(fd));
    expect(await put(one.log, 'perhaps')).toMatchObject({ state: 'unknown' });
    expect(await put(one.log, 'after')).toMatchObject({ state: 'stored', first: 2 });
    one.disk.faults.clear();
    expect(await texts(one)).toEqual(['before', 'perhaps', 'after']);
  });

  it('that hangs is answered by the deadline, and the outcome comes later', async () => {
    const one = await sick();
    let wake!: () => void;
    one.disk.hang = new Promise((resolve) => {
      wake = resolve;
    });
    const begin = performance.now();
    const soon = one.log.append([record('soon')], { answerBy: begin + 60 });
    const later = one.log.append([record('later')], { answerBy: begin + 120 });
    expect(await soon.answer).toMatchObject({ state: 'unknown', error: { code: 'STG_LOG_WRITE' } });
    expect(await later.answer).toMatchObject({ state: 'unknown' });
    expect(performance.now() - begin).toBeGreaterThan(115);
    expect(one.log.inflightBytes).toBe(2 * 32 + 9);
    wake();
    expect(await soon.final).toMatchObject({ state: 'stored', first: 0 });
    expect(await later.final).toMatchObject({ state: 'stored', first: 1 });
    expect(await texts(one)).toEqual(['soon', 'later']);
  });

  it('that is slower than the callers bounds the memory', async () => {
    const one = await sick({ maxPendingBytes: 10_000 });
    let wake!: () => void;
    one.disk.hang = new Promise((resolve) => {
      wake = resolve;
    });
    const calls = Array.from({ length: 20 }, () => put(one.log, 'x'.repeat(968)));
    expect(one.log.inflightBytes).toBe(10_000);
    wake();
    const states = (await Promise.all(calls)).map(({ state, error }) => error ?? state);
    expect(states.slice(0, 10)).toEqual(Array(10).fill('stored'));
    for (const error of states.slice(10)) expect(error).toMatchObject({ code: 'STG_OVERLOADED' });
  });
});

/** A file system of one mebibyte; only root can make one. */
async function tinyDisk(): Promise<string | null> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return null;
  const folder = await tempFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', [folder]));
  return folder;
}

it('a group that could not be taken is taken when the disk is well again', async () => {
  const { disk, folder, log } = await sick();
  await put(log, 'a');
  const { rename: move, syncFolder: sync } = disk;
  disk.rename = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
  await expect(log.consume('g', new Collector())).rejects.toThrow('ENOSPC');
  disk.rename = move;
  // The group is taken; then nobody can say which partitions there are.
  disk.syncFolder = async (path) => {
    await sync(path);
    if (path.endsWith('g')) await rename(folder, `${folder}.away`);
  };
  await expect(log.consume('g', new Collector())).rejects.toThrow('ENOENT');
  disk.syncFolder = sync;
  await rename(`${folder}.away`, folder);
  const seen = new Collector();
  await log.consume('g', seen);
  await until('the record', () => seen.records.length === 1);
});

it('a commit of which nobody can say any more whether it is ours may be made again', async () => {
  const { disk, folder, log } = await sick();
  await put(log, 'a');
  const seen = new Collector();
  await log.consume('g', seen);
  await until('the record', () => seen.records.length === 1);
  const [assignment] = seen.assignments;
  const home = join(folder, 'groups', 'g');
  const sync = disk.syncFolder.bind(disk);
  // The positions are written; then the folder cannot be looked at.
  disk.syncFolder = async (path) => {
    await sync(path);
    if (path === home) await rename(home, `${home}.away`);
  };
  await expect(assignment!.commit(1 as Position, 'x')).rejects.toMatchObject({ code: 'STG_LOG_WRITE' });
  disk.syncFolder = sync;
  await rename(`${home}.away`, home);
  await assignment!.commit(1 as Position, 'x');
});

it('a log on a full disk is not opened, says so, and leaves nothing behind', async (test) => {
  const folder = await tinyDisk();
  if (folder === null) return test.skip('needs root on Linux, for a tmpfs');
  const options: OpenLogOptions = { role: 'both', onWarning: (text) => expect.fail(text) };
  await (await openEmbedded(folder, options)).close();
  const ballast = join(folder, 'ballast');
  await writeFile(ballast, Buffer.alloc(2 ** 20)).catch(() => {});
  const before = await readdir(join(folder, '00000'));
  await expect(openEmbedded(folder, options)).rejects.toMatchObject({
    code: 'STG_LOG_FULL',
    got: `ENOSPC: ${folder}`,
  });
  expect(await readdir(join(folder, '00000'))).toEqual(before);
  await rm(ballast);
  await (await openEmbedded(folder, options)).close();
});

it('a really full disk: nothing acknowledged is lost, refused while full, on again within 5 s', async (test) => {
  const folder = await tinyDisk();
  if (folder === null) return test.skip('needs root on Linux, for a tmpfs');
  const log = await openEmbedded(folder, { role: 'both', onWarning: (text) => expect.fail(text) });
  onTestFinished(() => log.close());
  const ballast = join(folder, 'ballast');
  await writeFile(ballast, Buffer.alloc(600_000));
  const stored: string[] = [];
  const fill = async (life: string): Promise<AppendOutcome> => {
    for (let i = 0; ; i++) {
      const text = `${life}.${i}.${'x'.repeat(200)}`;
      const outcome = await put(log, text);
      if (outcome.state !== 'stored') return outcome;
      stored.push(text);
    }
  };
  expect(await fill('first')).toMatchObject({ state: 'not_stored', error: { code: 'STG_LOG_FULL' } });
  expect(log.writable).toBe(false);
  await rm(ballast);
  await writable(log);
  const before = stored.length;
  expect(await fill('second')).toMatchObject({ state: 'not_stored', error: { code: 'STG_LOG_FULL' } });
  expect(stored.length).toBeGreaterThan(before + 5);
  // A full log must be readable, and take commits: only they make room.
  const seen = new Collector();
  const consumer = await log.consume('g', seen);
  await until('all', () => seen.records.length === stored.length);
  await seen.assignments[0]!.commit(stored.length as Position, 'x'.repeat(4_096));
  await consumer.close();
  expect(seen.texts).toEqual(stored);
});
