/** The spool above two logs: who answers when, what is carried over, in which order, and how often. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLog } from '../../../src/log/open.js';
import type { AppendOutcome, Log } from '../../../src/log/port.js';
import {
  LateLog,
  openSpooled,
  type SpooledLog,
  type SpooledOptions,
} from '../../../src/log/spooled/index.js';
import { Collector, record, tempFolder, textOf, until } from '../../helpers/log.js';
import { FickleLog, type Mood } from './fickle.js';

const QUICK: SpooledOptions = { patienceMs: 20, backoff: { firstMs: 1, mostMs: 5 } };

interface Stage {
  readonly fickle: FickleLog;
  readonly log: SpooledLog;
  readonly spoolFolder: string;
  /** What the log holds, in order. */
  stored(): Promise<string[]>;
}

async function stage(options: SpooledOptions = {}, spoolBytes?: number): Promise<Stage> {
  const fickle = await FickleLog.make();
  const spoolFolder = await tempFolder();
  const log = await over(fickle, spoolFolder, options, spoolBytes);
  return { fickle, log, spoolFolder, stored: () => contents(fickle.port) };
}

async function over(fickle: FickleLog, folder: string, options: SpooledOptions = {}, maxBytes?: number) {
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

  it('one that the log refuses for good holds up those behind it, and doubles nothing without end', async () => {
    const { fickle, log, stored } = await stage();
    fickle.writable = false;
    const texts = ['a', 'b', 'c', 'bad', 'd', 'e', 'f'];
    for (const text of texts) await send(log, text);
    fickle.mood = () => 'partly';
    fickle.writable = true;
    const tries = (one: string) => fickle.calls.filter((call) => call.join() === one).length;
    await until('tries of the one', () => tries('bad') > 5);
    expect((await stored()).filter((text) => text === 'a').length).toBeLessThan(4);
    const before = (await stored()).length;
    await until('more tries', () => tries('bad') > 10);
    expect(await stored()).toHaveLength(before);
    fickle.mood = () => 'well';
    await nothingWaits(log);
    expect(new Set(await stored())).toEqual(new Set(texts));
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
