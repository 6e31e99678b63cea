/** The spool above two logs: who answers when, what is carried over, in which order, and how often. */
import { mkdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { partitionFolder } from '../../../src/log/embedded/ends.js';
import { listSegments, segmentName } from '../../../src/log/embedded/segment.js';
import { openLog } from '../../../src/log/open.js';
import type { AppendOutcome, Log } from '../../../src/log/port.js';
import {
  LateLog,
  openSpooled,
  type SpooledLog,
  type SpooledOptions,
} from '../../../src/log/spooled/index.js';
import { Collector, record, tempFolder, textOf, until } from '../../helpers/log.js';
import { FickleLog, type Mood, nothingAside } from './fickle.js';

const QUICK: SpooledOptions = {
  ...{ patienceMs: 20, backoff: { firstMs: 1, mostMs: 5 } },
  setAside: nothingAside,
};

interface Stage {
  readonly fickle: FickleLog;
  readonly log: SpooledLog;
  readonly spoolFolder: string;
  /** What the log holds, in order. */
  stored(): Promise<string[]>;
}

async function stage(options: Partial<SpooledOptions> = {}, spoolBytes?: number): Promise<Stage> {
  const fickle = await FickleLog.make();
  const spoolFolder = await tempFolder();
  const log = await over(fickle, spoolFolder, options, spoolBytes);
  return { fickle, log, spoolFolder, stored: () => contents(fickle.port) };
}

async function over(
  fickle: FickleLog,
  folder: string,
  options: Partial<SpooledOptions> = {},
  maxBytes?: number,
) {
  const spool = await openLog(`embedded:${folder}`, { role: 'both', ...(maxBytes && { maxBytes }) });
  const log = await openSpooled(fickle.port, spool, { ...QUICK, ...options });
  onTestFinished(() => log.close());
  return log;
}

let groups = 0;
async function contents(log: Log): Promise<string[]> {
  const seen = new Collector();
  const group = `check ${groups++}`;
  const consumer = await log.consume(group, seen);
  await until('all records', async () => (await log.lag(group))[0]!.end <= seen.records.length);
  await consumer.close();
  return seen.texts;
}

const nothingWaits = (log: SpooledLog) =>
  until('an empty spool', async () => (await log.waiting()).records === 0);
const send = (log: SpooledLog, ...texts: string[]): Promise<AppendOutcome> =>
  log.append(texts.map((text) => record(text))).answer;

describe('while the log is well', () => {
  it('the spool has no part in it', async () => {
    const { log, stored } = await stage();
    expect(await send(log, 'a', 'b')).toMatchObject({ state: 'stored', partition: 0, first: 0 });
    expect(log.spooled).toBe(0);
    expect(await stored()).toEqual(['a', 'b']);
  });
});

describe('while the log is away', () => {
  it('answers from the spool without asking the log, and carries over in order when it is back', async () => {
    const { fickle, log, stored } = await stage();
    fickle.writable = false;
    for (const text of ['a', 'b', 'c']) expect((await send(log, text)).state).toBe('stored');
    expect((await log.waiting()).records).toBe(3);
    expect(log.writable).toBe(true);
    fickle.writable = true;
    await nothingWaits(log);
    expect(await stored()).toEqual(['a', 'b', 'c']);
    expect(log.spooled).toBe(3);
  });

  it('new events pass those that wait, and those that wait keep their order', async () => {
    const { fickle, log, stored } = await stage({ bytesPerSecond: 100, chunkBytes: 1 });
    fickle.writable = false;
    const waiting = Array.from({ length: 8 }, (_, index) => `waiting ${index}`);
    for (const text of waiting) await send(log, text);
    fickle.writable = true;
    await send(log, 'new');
    await nothingWaits(log);
    const all = await stored();
    expect(all.filter((text) => text !== 'new')).toEqual(waiting);
    expect(all.indexOf('new')).toBeLessThan(all.length - 1);
  });

  it('refuses when the spool is full, and is not writable', async () => {
    const { fickle, log } = await stage({}, 400_000);
    fickle.writable = false;
    const large = 'x'.repeat(100_000);
    const states = [];
    for (let count = 0; count < 8; count++) states.push((await send(log, large)).state);
    expect(states[0]).toBe('stored');
    expect(states.at(-1)).toBe('not_stored');
    expect(log.writable).toBe(false);
    const accepted = states.filter((state) => state === 'stored').length;
    expect((await log.waiting()).records).toBe(accepted);
    fickle.writable = true;
    await nothingWaits(log);
    expect((await send(log, 'again')).state).toBe('stored');
  });

  it('has its room back when it is carried over, however small it is', async () => {
    const { fickle, log } = await stage({}, 400_000);
    const large = 'x'.repeat(20_000);
    for (let outage = 0; outage < 4; outage++) {
      fickle.writable = false;
      let accepted = 0;
      while ((await send(log, large)).state === 'stored') accepted++;
      expect(accepted, `outage ${outage}`).toBeGreaterThan(12);
      fickle.writable = true;
      await nothingWaits(log);
      await until('room again', async () => {
        fickle.writable = false;
        const { writable } = log;
        fickle.writable = true;
        return writable;
      });
    }
  });

  it('reads on when the spool could not be read for a while, and says that it could not', async () => {
    const told: unknown[] = [];
    const { fickle, log, spoolFolder, stored } = await stage(
      { onUnreadable: (error) => told.push(error) },
      400_000,
    );
    fickle.writable = false;
    const waiting = Array.from({ length: 12 }, (_, n) => `${n} ${'x'.repeat(20_000)}`);
    for (const text of waiting) expect((await send(log, text)).state).toBe('stored');
    const partition = partitionFolder(spoolFolder, 0);
    const [, second] = await listSegments(partition);
    const path = join(partition, segmentName(second!));
    // Something that cannot be read stands in its place.
    await rename(path, `${path}.away`);
    await mkdir(path);
    fickle.writable = true;
    await until('that it is told', () => told.length > 2);
    expect((await log.waiting().catch(() => null))?.records ?? 12).toBeGreaterThan(8);
    await rmdir(path);
    await rename(`${path}.away`, path);
    await nothingWaits(log);
    expect(await stored()).toEqual(waiting);
  });

  it('keeps the rest of the spool for the next process', async () => {
    const { fickle, log, spoolFolder } = await stage();
    fickle.writable = false;
    await send(log, 'a', 'b');
    await log.close();
    const next = await fickle.again();
    await nothingWaits(await over(next, spoolFolder));
    expect(await contents(next.port)).toEqual(['a', 'b']);
  });
});

describe('while the log is there, and says that it takes nothing', () => {
  it('answers from the spool without waiting, and what is carried over finds out when it takes them again', async () => {
    const { fickle, log, stored } = await stage({ patienceMs: 60_000 });
    fickle.accepts = false;
    fickle.mood = () => 'refusing';
    const began = performance.now();
    for (const text of ['a', 'b', 'c']) expect((await send(log, text)).state).toBe('stored');
    expect(performance.now() - began).toBeLessThan(10_000);
    await until('tries', () => fickle.calls.length > 3);
    // Each began with the oldest: no new event went there.
    expect(fickle.calls.every(([first]) => first === 'a')).toBe(true);
    fickle.mood = () => 'well';
    await nothingWaits(log);
    fickle.accepts = true;
    expect(await send(log, 'd')).toMatchObject({ partition: 0 });
    expect([await stored(), log.spooled]).toEqual([['a', 'b', 'c', 'd'], 3]);
  });

  it('goes to the log all the same when the spool is full', async () => {
    const { fickle, log, stored } = await stage({}, 400_000);
    fickle.accepts = false;
    fickle.mood = () => 'refusing';
    while ((await send(log, 'x'.repeat(100_000))).state === 'stored');
    fickle.mood = ([text = '']) => (text === 'new' ? 'well' : 'refusing');
    expect((await send(log, 'new')).state).toBe('stored');
    expect(await stored()).toEqual(['new']);
  });
});

describe('what the log refuses for good', () => {
  const textsAside = () => {
    const aside: string[] = [];
    const why: string[] = [];
    const setAside: SpooledOptions['setAside'] = async ({ value }, reason) => {
      aside.push(value.toString());
      why.push(reason);
    };
    return { aside, why, setAside };
  };
  const times = (all: readonly string[], text: string) => all.filter((one) => one === text).length;

  it('is set aside, and the others go on; none of them is sent a third time because of it', async () => {
    const { aside, why, setAside } = textsAside();
    const { fickle, log, stored } = await stage({ setAside });
    fickle.mood = () => 'partly';
    fickle.writable = false;
    const good = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const text of [...good.slice(0, 3), 'bad 1', 'bad 2', ...good.slice(3), 'bad 3'])
      await send(log, text);
    fickle.writable = true;
    await nothingWaits(log);
    expect([aside, why]).toEqual([['bad 1', 'bad 2', 'bad 3'], Array(3).fill('MESSAGE_TOO_LARGE')]);
    const all = await stored();
    expect(new Set(all)).toEqual(new Set(good));
    for (const text of good) expect(times(all, text), text).toBeLessThanOrEqual(2);
    expect((await send(log, 'h')).state).toBe('stored');
  });

  it('waits, with those behind it, while it cannot be set aside; nothing is lost and it may be there twice', async () => {
    const { aside, setAside } = textsAside();
    const heard: unknown[] = [];
    let works = false;
    const { fickle, log, stored } = await stage({
      onRetry: (error) => heard.push(error),
      async setAside(record, why) {
        // The disk has taken it, and says no: as a process that ends before the position is committed.
        await setAside(record, why);
        if (!works) throw new Error('no room');
      },
    });
    fickle.mood = () => 'partly';
    fickle.writable = false;
    for (const text of ['bad', 'behind']) await send(log, text);
    fickle.writable = true;
    await until('several tries', () => heard.length > 4);
    expect((await log.waiting()).records).toBe(2);
    works = true;
    await nothingWaits(log);
    expect(new Set(aside)).toEqual(new Set(['bad']));
    expect(new Set(await stored())).toEqual(new Set(['behind']));
    expect(heard).toContainEqual(expect.objectContaining({ message: 'no room' }));
  });

  it('is not what a right that was taken away refuses: all of that waits', async () => {
    const { fickle, log, stored } = await stage();
    fickle.mood = () => 'denied';
    for (const text of ['a', 'b']) expect((await send(log, text)).state).toBe('stored');
    await until('tries', () => fickle.calls.length > 8);
    expect((await log.waiting()).records).toBe(2);
    fickle.mood = () => 'well';
    await nothingWaits(log);
    expect(await stored()).toEqual(['a', 'b']);
  });

  it('by model: every answered event is in the log or aside, whatever fails', async () => {
    const step = fc.constantFrom('send', 'send', 'bad', 'bad', 'away', 'back', 'disk full');
    let [seenAside, failed] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 16 }), async (steps) => {
        const { aside, setAside } = textsAside();
        let full = false;
        const { fickle, log, stored } = await stage({
          async setAside(record, why) {
            if (full) {
              failed++;
              throw new Error('no room');
            }
            await setAside(record, why);
          },
        });
        fickle.mood = () => 'partly';
        const answered: string[] = [];
        for (const [index, todo] of steps.entries()) {
          if (todo === 'away' || todo === 'back') fickle.writable = todo === 'back';
          else if (todo === 'disk full') full = true;
          else {
            const text = `${todo === 'bad' ? 'bad' : 'e'} ${index}`;
            if ((await send(log, text)).state === 'stored') answered.push(text);
          }
        }
        fickle.writable = true;
        // Long enough that one that is refused meets the full disk.
        await new Promise((resolve) => setTimeout(resolve, 5));
        full = false;
        await nothingWaits(log);
        const all = await stored();
        expect(all.filter((text) => text.startsWith('bad'))).toEqual([]);
        expect(aside.filter((text) => !text.startsWith('bad'))).toEqual([]);
        expect(new Set([...all, ...aside])).toEqual(new Set(answered));
        for (const text of all) expect(times(all, text), text).toBeLessThanOrEqual(2);
        seenAside += aside.length;
        await log.close();
      }),
      { numRuns: 100 },
    );
    expect(seenAside).toBeGreaterThan(20);
    expect(failed).toBeGreaterThan(0);
  }, 60_000);
});

describe('an append of unknown outcome', () => {
  it('is answered from the spool, and not carried over when the log has it after all', async () => {
    const { fickle, log, stored } = await stage();
    fickle.mood = () => 'late';
    const { answer, final } = log.append([record('a')]);
    expect((await answer).state).toBe('stored');
    expect((await final).state).toBe('stored');
    fickle.mood = () => 'well';
    expect((await log.waiting()).records).toBe(1);
    await fickle.settle();
    await nothingWaits(log);
    expect(await stored()).toEqual(['a']);
    expect(fickle.calls).toEqual([['a']]);
  });

  it('is carried over, as it was, when the log has not stored it', async () => {
    const { fickle, log } = await stage();
    fickle.mood = () => 'lost';
    const headers = { schema_version: '1' };
    await log.append([record('a', { key: 'k', headers }), record('b')]).answer;
    fickle.mood = () => 'well';
    await fickle.settle();
    await nothingWaits(log);
    const seen = new Collector();
    const consumer = await log.consume('look', seen);
    await until('both', () => seen.records.length === 2);
    await consumer.close();
    expect(textOf(seen.records)).toEqual(['a', 'b']);
    expect(seen.records[0]).toMatchObject({ key: 'k', headers, timestamp: record('').timestamp });
    expect(seen.records[1]!.headers ?? {}).toEqual({});
  });

  it('holds up what waits behind it, and nothing before it', async () => {
    const { fickle, log, stored } = await stage();
    const seen = new Set<string>();
    // Each is refused, or late, when it is sent for the first time.
    fickle.mood = ([text = '']) => {
      if (seen.has(text)) return 'well';
      seen.add(text);
      return text === 'open' ? 'late' : 'refusing';
    };
    for (const text of ['before', 'open', 'behind']) await send(log, text);
    await until('what is before', async () => (await stored()).length === 1);
    expect(await stored()).toEqual(['before']);
    await fickle.settle();
    await nothingWaits(log);
    expect(await stored()).toEqual(['before', 'open', 'behind']);
  });

  it('does not keep the process from closing', async () => {
    const { fickle, log } = await stage();
    fickle.mood = () => 'late';
    await send(log, 'open');
    await log.close();
    expect(fickle.open).toHaveLength(1);
  });
});

it('does not wait, to close, for a log that is still being opened; it is closed when it comes', async () => {
  const { port } = await FickleLog.make();
  let come!: (log: Log) => void;
  const late = new LateLog(
    't',
    () => new Promise((resolve) => (come = resolve)),
    () => {},
  );
  const spool = await openLog(`embedded:${await tempFolder()}`, { role: 'both' });
  const log = await openSpooled(late, spool, QUICK);
  expect((await send(log, 'a')).state).toBe('stored');
  await log.close();
  expect((await log.waiting()).records).toBe(1);
  const closed = new Promise<void>((resolve) => {
    come({ ...port, close: async () => resolve() });
  });
  await closed;
});

describe('the spool, by model', () => {
  it('stores every answered event exactly once, whatever the log does', async () => {
    const moods: Mood[] = ['well', 'well', 'refusing', 'late', 'lost'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('send', 'send', 'send', 'away', 'back', 'settle'), {
          minLength: 1,
          maxLength: 14,
        }),
        fc.array(fc.nat({ max: moods.length - 1 }), { minLength: 1, maxLength: 20 }),
        async (steps, script) => {
          const { fickle, log, stored } = await stage({ patienceMs: 2 });
          let calls = 0;
          fickle.mood = () => moods[script[calls++ % script.length]!]!;
          const answered: string[] = [];
          const sending: Promise<void>[] = [];
          for (const [index, step] of steps.entries()) {
            if (step === 'away') fickle.writable = false;
            else if (step === 'back') fickle.writable = true;
            else if (step === 'settle') await fickle.settle();
            else {
              const text = `e${index}`;
              sending.push(
                send(log, text).then(({ state }) => {
                  if (state === 'stored') answered.push(text);
                }),
              );
            }
          }
          await Promise.all(sending);
          fickle.writable = true;
          fickle.mood = () => 'well';
          const drained = nothingWaits(log);
          const timer = setInterval(() => void fickle.settle(), 1);
          await drained.finally(() => clearInterval(timer));
          await fickle.settle();
          expect((await stored()).sort()).toEqual(answered.sort());
          await log.close();
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
