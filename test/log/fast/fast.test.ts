/** Answers before storing: what is answered, what is bounded, and that nothing which is dropped goes uncounted. */
import { afterEach, describe, expect, it } from 'vitest';
import { StargateError } from '../../../src/errors.js';
import { FastLog, type FastOptions } from '../../../src/log/fast/index.js';
import { openLog } from '../../../src/log/open.js';
import type { Log } from '../../../src/log/port.js';
import { Collector, record, tempFolder, until } from '../../helpers/log.js';
import { FickleLog } from '../spooled/fickle.js';

const open: Log[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((log) => log.close()));
});

async function stage(options: FastOptions = {}) {
  const fickle = await FickleLog.make();
  const log = new FastLog(fickle.port, { flushMs: 300, ...options });
  open.push(log);
  return { fickle, log };
}

const send = async (log: Log, text: string) => (await log.append([record(text)]).answer).state;

let groups = 0;
async function contents(log: Log, count: number): Promise<string[]> {
  const seen = new Collector();
  const consumer = await log.consume(`look ${groups++}`, seen);
  await until('the records', () => seen.records.length >= count);
  await consumer.close();
  return seen.texts;
}

describe('an append', () => {
  it('is answered at once, and stored afterwards', async () => {
    const { fickle, log } = await stage();
    fickle.mood = () => 'late';
    expect(await send(log, 'a')).toBe('stored');
    expect(log).toMatchObject({ pending: 1, features: { durable: false } });
    expect(log.inflightBytes).toBeGreaterThan(0);
    await fickle.settle();
    await until('all stored', () => log.pending === 0);
    expect(await contents(fickle.port, 1)).toEqual(['a']);
    expect(log).toMatchObject({ inflightBytes: 0, lost: { not_stored: 0, unknown: 0 } });
  });

  it('waits in memory for a log that is away, and is stored once when it is back', async () => {
    const { fickle, log } = await stage();
    fickle.writable = false;
    for (const text of ['a', 'b', 'c']) expect(await send(log, text)).toBe('stored');
    const tries = fickle.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    // A log that says that it takes nothing is not asked.
    expect(fickle.calls.length).toBe(tries);
    fickle.writable = true;
    await until('all stored', () => log.pending === 0);
    expect((await contents(fickle.port, 3)).toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('is refused when memory is full, and taken again when there is room', async () => {
    const { fickle, log } = await stage({ maxPendingBytes: 10_000 });
    fickle.writable = false;
    const states: string[] = [];
    for (let i = 0; i < 12; i++) states.push(await send(log, 'x'.repeat(1_000)));
    expect(states.slice(0, 7)).toEqual(Array(7).fill('stored'));
    expect(states.slice(7)).toEqual(Array(5).fill('not_stored'));
    expect(await log.append([record('x'.repeat(9_999))]).final).toMatchObject({
      error: { code: 'STG_OVERLOADED' },
    });
    expect(log.writable).toBe(false);
    fickle.writable = true;
    await until('all stored', () => log.pending === 0);
    expect(log.writable).toBe(true);
    expect(await contents(fickle.port, 7)).toHaveLength(7);
    expect(log.lost).toEqual({ not_stored: 0, unknown: 0 });
  });
});

describe('what is dropped is counted', () => {
  it('when the log refuses it for good, or nobody can tell', async () => {
    const told: [number, unknown][] = [];
    const { fickle, log } = await stage({ onLost: (...what) => told.push(what) });
    const refusal = { state: 'not_stored', error: new StargateError('STG_LOG_REFUSED') } as const;
    const doubt = { state: 'unknown', error: new StargateError('STG_LOG_WRITE') } as const;
    const answers = [refusal, doubt];
    const { port } = fickle;
    const odd: Log = Object.assign(Object.create(port), {
      append: () => {
        const answer = Promise.resolve(answers.shift()!);
        return { answer, final: answer };
      },
    });
    const over = new FastLog(odd, { onLost: (...what) => told.push(what) });
    expect(await over.append([record('a'), record('b')]).answer).toMatchObject({ state: 'stored' });
    expect(await send(over, 'c')).toBe('stored');
    await until('both settled', () => over.pending === 0);
    expect(over.lost).toEqual({ not_stored: 2, unknown: 1 });
    expect(told).toEqual([
      [2, refusal.error],
      [1, doubt.error],
    ]);
    expect(log.lost).toEqual({ not_stored: 0, unknown: 0 });
  });

  it('when closing takes too long: a log that is away, or one that never says', async () => {
    const ends = { refusing: { not_stored: 2, unknown: 0 }, late: { not_stored: 0, unknown: 2 } } as const;
    for (const mood of ['refusing', 'late'] as const) {
      const { fickle, log } = await stage({ flushMs: 50 });
      fickle.mood = () => mood;
      expect(await send(log, 'a')).toBe('stored');
      expect(await send(log, 'b')).toBe('stored');
      await log.close();
      expect(log).toMatchObject({ pending: 0, lost: ends[mood] });
    }
  });
});

it('closing stores what is in memory, and takes nothing new', async () => {
  const folder = await tempFolder();
  const log = new FastLog(await openLog(`embedded:${folder}`, { role: 'both' }));
  for (let i = 0; i < 100; i++) expect(await send(log, `e${i}`)).toBe('stored');
  const closing = log.close();
  expect(await send(log, 'late')).toBe('not_stored');
  await closing;
  expect(log).toMatchObject({ pending: 0, lost: { not_stored: 0, unknown: 0 } });
  const after = await openLog(`embedded:${folder}`, { role: 'read' });
  open.push(after);
  expect(await contents(after, 100)).toHaveLength(100);
});
