/** A spool whose own disk is slow or sick: what an append comes to when neither the log nor the spool says so in time. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Append, AppendOutcome } from '../../../src/log/port.js';
import { openSpooled } from '../../../src/log/spooled/index.js';
import { Collector, record, until } from '../../helpers/log.js';
import { FickleLog, type Mood, nothingAside } from './fickle.js';

const ANSWER_MS = 20;

async function stage() {
  const [fickle, spool] = [await FickleLog.make(), await FickleLog.make()];
  const backoff = { firstMs: 1, mostMs: 5 };
  const log = await openSpooled(fickle.port, spool.port, { patienceMs: 2, backoff, setAside: nothingAside });
  onTestFinished(() => log.close());
  const send = (text: string): Append =>
    log.append([record(text)], { answerBy: performance.now() + ANSWER_MS });
  return { fickle, spool, log, send };
}

let groups = 0;
async function contents({ port }: FickleLog): Promise<string[]> {
  const seen = new Collector();
  const group = `check ${groups++}`;
  const consumer = await port.consume(group, seen);
  await until('all records', async () => (await port.lag(group))[0]!.end <= seen.records.length);
  await consumer.close();
  return seen.texts;
}

const settled = (final: Promise<AppendOutcome>): Promise<boolean> =>
  Promise.race([final.then(() => true), new Promise<boolean>((done) => setTimeout(done, 20, false))]);

describe('an append that the spool has not confirmed in time', () => {
  it.each([
    ['late', 'stored', ['a']],
    ['lost', 'not_stored', []],
  ] as const)('refused by the log, %s in the spool: ends as %s', async (mood, state, there) => {
    const { fickle, spool, log, send } = await stage();
    fickle.mood = () => 'refusing';
    spool.mood = () => mood;
    const { answer, final } = send('a');
    expect((await answer).state).toBe('unknown');
    expect(await settled(final)).toBe(false);
    await spool.settle();
    expect((await final).state).toBe(state);
    fickle.mood = () => 'well';
    await until('an empty spool', async () => (await log.waiting()).records === 0);
    expect(await contents(fickle)).toEqual(there);
  });

  it('while the log is away: ends as the spool says', async () => {
    const { fickle, spool, send } = await stage();
    fickle.writable = false;
    spool.mood = () => 'late';
    const { answer, final } = send('a');
    expect((await answer).state).toBe('unknown');
    expect(await settled(final)).toBe(false);
    await spool.settle();
    expect(await final).toEqual({ state: 'stored' });
  });

  it.each([
    ['late', 'lost', 'stored'],
    ['lost', 'late', 'stored'],
    ['lost', 'lost', 'not_stored'],
  ] as const)('%s in the log, %s in the spool: ends as %s', async (own, copied, state) => {
    const { fickle, spool, send } = await stage();
    fickle.mood = () => own;
    spool.mood = () => copied;
    const { answer, final } = send('a');
    expect((await answer).state).toBe('unknown');
    // What is stored in one of them is certain, whatever becomes of the other.
    await (own === 'late' ? fickle : spool).settle();
    expect(await settled(final)).toBe(state === 'stored');
    await fickle.settle();
    expect((await final).state).toBe(state);
  });
});

describe('the final outcome, by model', () => {
  it('stored is in the log once, not_stored is not, whatever log and spool do', async () => {
    const moods: Mood[] = ['well', 'refusing', 'late', 'lost'];
    const script = fc.array(fc.constantFrom(...moods), { minLength: 1, maxLength: 20 });
    const steps = fc.array(fc.constantFrom('send', 'send', 'send', 'away', 'back', 'settle'), {
      minLength: 1,
      maxLength: 12,
    });
    let certain = 0;
    await fc.assert(
      fc.asyncProperty(steps, script, script, async (todo, ofLog, ofSpool) => {
        const { fickle, spool, log, send } = await stage();
        const [calls, copies] = [ofLog.values(), ofSpool.values()];
        fickle.mood = () => calls.next().value ?? 'well';
        spool.mood = () => copies.next().value ?? 'well';
        const sent = new Map<string, Append>();
        for (const [index, step] of todo.entries()) {
          if (step === 'send') sent.set(`e${index}`, send(`e${index}`));
          else if (step === 'settle') await Promise.all([fickle.settle(), spool.settle()]);
          else fickle.writable = step === 'back';
        }
        await Promise.all([...sent.values()].map(({ answer }) => answer));
        fickle.writable = true;
        fickle.mood = spool.mood = () => 'well';
        const timer = setInterval(() => void Promise.all([fickle.settle(), spool.settle()]), 1);
        const finals = await Promise.all([...sent.values()].map(({ final }) => final));
        await until('an empty spool', async () => (await log.waiting()).records === 0).finally(() =>
          clearInterval(timer),
        );
        const expected = [...sent.keys()].filter((_, index) => finals[index]!.state === 'stored');
        expect(finals.filter(({ state }) => state === 'unknown')).toEqual([]);
        expect((await contents(fickle)).toSorted()).toEqual(expected.toSorted());
        certain += finals.filter(({ state }) => state === 'not_stored').length;
        for (const [index, { answer }] of [...sent.values()].entries()) {
          const { state } = await answer;
          if (state !== 'unknown') expect(finals[index]!.state).toBe(state);
        }
        await log.close();
      }),
      { numRuns: 150 },
    );
    // The script did lead to refusals.
    expect(certain).toBeGreaterThan(0);
  }, 60_000);
});
