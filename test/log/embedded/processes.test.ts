import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { acquire, type Lock } from '../../../src/log/embedded/lock.js';
import { isAlive, self } from '../../../src/log/identity.js';
import { openLog } from '../../../src/log/open.js';
import type { Log } from '../../../src/log/port.js';
import { ensureBuilt } from '../../helpers/cli.js';
import { Collector, record, tempFolder, until } from '../../helpers/log.js';

const CHILD = fileURLToPath(new URL('../../helpers/log-child.mjs', import.meta.url));

/** Another process that has the slot open. */
async function holder(folder: string, slot = 0): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CHILD, 'hold', folder, '0', String(slot)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout! })) if (line === 'open') break;
  return child;
}
const open = async (folder: string, slot = 0, role: 'both' | 'read' = 'both'): Promise<Log> => {
  const log = await openLog(`embedded:${folder}`, { role, slot });
  onTestFinished(() => log.close());
  return log;
};

beforeAll(ensureBuilt, 150_000);

describe('a slot', () => {
  it('has one process, and is free again after it is closed or killed', async () => {
    const folder = await tempFolder();
    const child = await holder(folder);
    const locked = { code: 'STG_LOG_LOCKED', got: `process ${child.pid}` };
    await expect(open(folder)).rejects.toMatchObject(locked);
    child.stdin!.end();
    await once(child, 'exit');
    await (await open(folder)).close();
    const killed = await holder(folder);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await open(folder);
    await expect(open(folder)).rejects.toMatchObject({ got: `process ${process.pid}` });
  });

  it('can be read while another process writes it', async () => {
    const folder = await tempFolder();
    const child = await holder(folder);
    const log = await open(folder, 0, 'read');
    expect(await log.lag('g')).toMatchObject([{ partition: 0, records: 0 }]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const writer = await open(folder);
    const seen = new Collector();
    await log.consume('g', seen);
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      await writer.append([record(String(i))]).answer;
      const begin = performance.now();
      await until('the record', () => seen.records.length === i + 1);
      waits.push(performance.now() - begin);
    }
    // The median, for the machine may be busy; an idle reader needs 25 ms, a busy one 5.
    expect(waits.sort((a, b) => a - b)[5]).toBeLessThan(40);
  });

  it('that appears later is followed from its first record, and stays when the number shrinks', async () => {
    const folder = await tempFolder();
    const zero = await open(folder, 0);
    const seen = new Collector();
    const consumer = await zero.consume('g', seen, { from: 'latest' });
    await until('slot 0', () => seen.assignments.length === 1);
    const one = await open(folder, 1);
    await one.append([record('first of 1')]).answer;
    await until('slot 1', () => seen.texts.includes('first of 1'));
    await one.close();
    await consumer.close();
    expect(seen.revoked.sort()).toEqual([0, 1]);
    const again = new Collector();
    await zero.consume('h', again);
    await until('slot 1 still', () => again.texts.includes('first of 1'));
    expect((await zero.lag('h')).map(({ partition, records }) => [partition, records])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('a folder of slots that cannot be read for a while', () => {
  it('ends nobody who follows it, and is read again when it can be', async () => {
    const [place, away] = [await tempFolder(), await tempFolder()];
    const folder = join(place, 'log');
    const zero = await open(folder, 0);
    const reader = await open(folder, 0, 'read');
    const seen = new Collector();
    await reader.consume('g', seen);
    await until('slot 0', () => seen.assignments.length === 1);
    await rename(folder, join(away, 'log'));
    // More than one look for new slots.
    await sleep(1_200);
    await rename(join(away, 'log'), folder);
    await zero.append([record('behind it')]).answer;
    const one = await open(folder, 1);
    await one.append([record('a new slot')]).answer;
    await until('both', () => seen.texts.includes('behind it') && seen.texts.includes('a new slot'));
  });
});

describe('a lock', () => {
  const take = (folder: string): Promise<Lock> => acquire(folder, 'STG_LOG_LOCKED');

  it('is stale when pid, boot or start time differ', async () => {
    expect(isAlive(self())).toBe(true);
    expect(isAlive({ ...self(), started: '1' })).toBe(false);
    expect(isAlive({ ...self(), boot: 'another' })).toBe(false);
    expect(isAlive({ ...self(), pid: 2 ** 22 + 1 })).toBe(false);
    const folder = await tempFolder();
    await writeFile(join(folder, 'owner.7'), JSON.stringify({ ...self(), started: '1' }));
    expect((await take(folder)).generation).toBe(8);
    expect(await readdir(folder)).toEqual(['owner.8']);
  });

  it('is let go where that cannot be written, and is free for this process', async () => {
    const folder = await tempFolder();
    const first = await take(folder);
    const file = join(folder, `owner.${first.generation}`);
    const owner = await readFile(file);
    // As a disk does that has no room, or a process without a free descriptor.
    await unlink(file);
    await mkdir(file);
    await first.release();
    await rmdir(file);
    await writeFile(file, owner);
    const second = await take(folder);
    expect(second.generation).toBe(first.generation + 1);
    await expect(take(folder)).rejects.toMatchObject({ code: 'STG_LOG_LOCKED' });
  });

  it('is won by one of many that find it stale at once, in every round', async () => {
    const folder = await tempFolder();
    let highest = 0;
    for (let round = 0; round < 30; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => take(folder)));
      const won = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(won.length).toBe(1);
      expect(won[0]!.generation).toBeGreaterThan(highest);
      highest = won[0]!.generation;
      await won[0]!.release();
    }
  });
});

describe('a group', () => {
  it('is fenced when somebody else has taken it, though this process believes to own it', async () => {
    const folder = await tempFolder();
    const log = await open(folder);
    await log.append([record('a')]).answer;
    const seen = new Collector();
    await log.consume('g', seen);
    await until('a', () => seen.records.length === 1);
    const { commit, end } = seen.assignments[0]!;
    await commit(end, 'mine');
    const home = join(folder, 'groups/g');
    const [owner] = (await readdir(home)).filter((name) => name.startsWith('owner.'));
    const generation = Number(owner!.split('.')[1]);
    await writeFile(join(home, owner!), JSON.stringify({ ...self(), started: '1' }));
    const other = await open(folder, 1);
    const theirs = new Collector();
    await other.consume('g', theirs);
    await until('the other', () => theirs.assignments.length > 0);
    await expect(commit(end, 'late')).rejects.toMatchObject({ code: 'STG_LOG_FENCED' });
    expect(theirs.assignments[0]!.saved).toBe('mine');
    const positions = JSON.parse(await readFile(join(home, `positions.${generation + 1}`), 'utf8'));
    expect(positions.positions[0].saved).toBe('mine');
  });

  it('is made once by two that register it at the same time', async () => {
    const folder = await tempFolder();
    await mkdir(folder, { recursive: true });
    const logs = await Promise.all(
      Array.from({ length: 6 }, (_, slot) =>
        openLog(`embedded:${folder}`, { role: 'both', slot, groups: ['g'] }),
      ),
    );
    onTestFinished(async () => void (await Promise.all(logs.map((log) => log.close()))));
    expect(new Set(logs.map(({ id }) => id)).size).toBe(1);
    expect(await readdir(join(folder, 'groups/g'))).toEqual(['positions.0']);
  });
});
