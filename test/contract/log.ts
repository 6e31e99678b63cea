import { describe, expect, it, onTestFinished } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import type { OpenLogOptions } from '../../src/log/open.js';
import { type Batch, after as behind, type Consumer, type Log, type Position } from '../../src/log/port.js';
import { Collector, record, textOf, until } from '../helpers/log.js';

/** What a suite needs of an adapter: a new empty log, opened as often as a test likes. */
export interface LogUnderTest {
  open(options?: Partial<OpenLogOptions>): Promise<Log>;
}

/** The port's contract. Tests are skipped by `features`, never by the adapter's name. */
export function logContract(name: string, make: () => Promise<LogUnderTest>): void {
  const fresh = async (options?: Partial<OpenLogOptions>): Promise<Log> => {
    const log = await (await make()).open(options);
    onTestFinished(() => log.close());
    return log;
  };
  const collect = async (log: Log, count: number, group = 'check'): Promise<Collector> => {
    const seen = new Collector();
    const consumer = await log.consume(group, seen);
    await until(`${count} records`, () => seen.records.length >= count);
    await consumer.close();
    return seen;
  };

  describe(`${name}: appending`, () => {
    it('stores the records of a call in order, one behind the other', async () => {
      const log = await fresh();
      const outcome = await log.append([record('a'), record('b'), record('c')]).answer;
      expect(outcome.state).toBe('stored');
      const seen = await collect(log, 3);
      expect(seen.texts).toEqual(['a', 'b', 'c']);
      expect(seen.records[0]!.position).toBe(outcome.first);
      expect(seen.records[1]!.position).toBe(behind(outcome.first!));
      expect(seen.batches[0]!.partition).toBe(outcome.partition);
    });

    it('keeps key, value, headers and timestamp byte for byte', async () => {
      const log = await fresh();
      const given = [
        { key: null, value: Buffer.alloc(0), timestamp: 0 },
        { key: '', value: Buffer.from([0, 255, 128, 10]), timestamp: 1.5 },
        {
          key: 'ключ-🔑',
          value: Buffer.from('x'),
          timestamp: 4_102_444_800_000,
          headers: { a: 'b', traceparent: '00-1' },
        },
        { key: 'k', value: Buffer.alloc(3_000_000, 7), timestamp: 1, headers: { empty: '' } },
      ];
      await log.append(given).answer;
      const seen = (await collect(log, 4)).records;
      for (const [i, { key, value, timestamp, headers }] of seen.entries()) {
        expect([key, timestamp, headers ?? {}]).toEqual([
          given[i]!.key,
          given[i]!.timestamp,
          given[i]!.headers ?? {},
        ]);
        expect(value.equals(given[i]!.value)).toBe(true);
      }
    });

    it('has taken the bytes when append returns', async () => {
      const log = await fresh();
      const value = Buffer.from('before');
      const { answer } = log.append([record('', { value })]);
      value.fill('x');
      await answer;
      expect((await collect(log, 1)).texts).toEqual(['before']);
    });

    it('keeps 1,000 concurrent calls apart and whole', async () => {
      const log = await fresh();
      const calls = Array.from(
        { length: 1_000 },
        (_, i) => log.append([record(`${i}.0`), record(`${i}.1`)]).answer,
      );
      const outcomes = await Promise.all(calls);
      const byPosition = new Map(
        (await collect(log, 2_000)).records.map((r) => [r.position, r.value.toString()]),
      );
      expect(byPosition.size).toBe(2_000);
      for (const [i, { first }] of outcomes.entries()) {
        expect(byPosition.get(first!)).toBe(`${i}.0`);
        expect(byPosition.get(behind(first!))).toBe(`${i}.1`);
      }
    });

    it('gives the same final outcome as the answer', async () => {
      const log = await fresh();
      const { answer, final } = log.append([record('a')]);
      expect(await final).toEqual(await answer);
      const late = log.append([record('b')]);
      await late.answer;
      expect((await late.final).state).toBe('stored');
    });

    it('answers calls under way when it closes, and refuses later ones', async () => {
      const log = await fresh();
      const calls = Array.from({ length: 50 }, (_, i) => log.append([record(String(i))]).answer);
      const closed = log.close();
      const states = (await Promise.all(calls)).map(({ state }) => state);
      expect(new Set(states)).toEqual(new Set(['stored']));
      await closed;
      const { state, error } = await log.append([record('late')]).answer;
      expect([state, isStargateError(error, 'STG_LOG_CLOSED'), log.writable]).toEqual([
        'not_stored',
        true,
        false,
      ]);
    });

    it('has nothing in flight when all is answered', async () => {
      const log = await fresh();
      expect(log.writable).toBe(true);
      await log.append([record('a')]).final;
      await until('nothing in flight', () => log.inflightBytes === 0);
    });

    it('refuses what does not fit its size limit, and says so', async () => {
      const log = await fresh({ maxBytes: 4_000, groups: ['reader'] });
      const outcome = await log.append([record('x'.repeat(5_000))]).answer;
      expect(outcome.state).toBe('not_stored');
      expect(isStargateError(outcome.error, 'STG_LOG_FULL')).toBe(true);
    });
  });

  describe(`${name}: consuming`, () => {
    it('tells the assignment first, then batches in order, one at a time', async () => {
      const log = await fresh();
      const events: string[] = [];
      let running = 0;
      const consumer = await log.consume(
        'g',
        {
          onAssigned: async ({ partition, committed, saved, start, end, signal }) => {
            events.push('assigned');
            expect([partition, committed, saved, signal.aborted]).toEqual([0, null, null, false]);
            expect(start).toBeLessThanOrEqual(end);
          },
          onBatch: async ({ records }) => {
            expect(running++).toBe(0);
            await new Promise(setImmediate);
            events.push(...textOf(records));
            running--;
          },
          onRevoked: async () => void events.push('revoked'),
        },
        { maxRecords: 3 },
      );
      const texts = Array.from({ length: 100 }, (_, i) => String(i));
      for (const text of texts) void log.append([record(text)]);
      await until('all records', () => events.length === 101);
      await consumer.close();
      expect(events).toEqual(['assigned', ...texts, 'revoked']);
    });

    it('bounds batches by records and by bytes, but gives at least one record', async () => {
      const log = await fresh();
      await log.append(Array.from({ length: 20 }, () => record('x'.repeat(100)))).answer;
      const byCount = new Collector();
      const byBytes = new Collector();
      const consumers = [
        await log.consume('count', byCount, { maxRecords: 7 }),
        await log.consume('bytes', byBytes, { maxBytes: 250 }),
        await log.consume('tiny', new Collector(), { maxBytes: 1 }),
      ];
      await until('all', () => byCount.records.length === 20 && byBytes.records.length === 20);
      await Promise.all(consumers.map((consumer) => consumer.close()));
      expect(Math.max(...byCount.batches.map(({ records }) => records.length))).toBe(7);
      expect(Math.max(...byBytes.batches.map(({ records }) => records.length))).toBe(2);
      expect((await collect(log, 20, 'all')).batches[0]!.end).toBe(20);
    });

    it('waits with the next batch of a partition until the handler is done', async () => {
      const log = await fresh();
      let open!: () => void;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const batches: Batch[] = [];
      const consumer = await log.consume('g', {
        ...new Collector(),
        onAssigned: async () => {},
        onRevoked: async () => {},
        onBatch: (batch) => {
          batches.push(batch);
          return gate;
        },
      });
      await log.append([record('a')]).answer;
      await until('the first batch', () => batches.length === 1);
      for (let i = 0; i < 20; i++) await log.append([record('b')]).answer;
      expect(batches.length).toBe(1);
      open();
      await until('the rest', () => batches.flatMap(({ records }) => records).length === 21);
      await consumer.close();
    });

    it('begins a group without a commit at the end when told so', async () => {
      const log = await fresh();
      await log.append([record('old')]).answer;
      const seen = new Collector();
      const consumer = await log.consume('g', seen, { from: 'latest' });
      await until('the assignment', () => seen.assignments.length === 1);
      await log.append([record('new')]).answer;
      await until('a record', () => seen.records.length === 1);
      await consumer.close();
      expect(seen.texts).toEqual(['new']);
    });

    it('seeks inside onAssigned, and only there', async () => {
      const log = await fresh();
      await log.append(['a', 'b', 'c'].map((text) => record(text))).answer;
      const seen = new Collector();
      seen.onAssigned = async (assignment) => {
        seen.assignments.push(assignment);
        assignment.seek(behind(behind(assignment.start)));
      };
      const consumer = await log.consume('g', seen);
      await until('a record', () => seen.records.length > 0);
      expect(() => seen.assignments[0]!.seek(0 as Position)).toThrow();
      await consumer.close();
      expect(seen.texts).toEqual(['c']);
    });

    it('has one consumer a group', async () => {
      const log = await fresh();
      const first = await log.consume('g', new Collector());
      await expect(log.consume('g', new Collector())).rejects.toMatchObject({ code: 'STG_GROUP_LOCKED' });
      await first.close();
      await (await log.consume('g', new Collector())).close();
    });

    it('keeps groups apart', async () => {
      const log = await fresh();
      await log.append([record('a')]).answer;
      for (const group of ['one', 'two', '../three', '..', 'a b/c']) {
        expect((await collect(log, 1, group)).texts).toEqual(['a']);
      }
    });

    for (const handler of ['onAssigned', 'onBatch', 'onRevoked'] as const) {
      it(`ends when ${handler} fails, tells why, and lets the group go`, async () => {
        const log = await fresh();
        await log.append([record('a')]).answer;
        const seen = new Collector();
        const boom = new Error('boom');
        seen[handler] = () => Promise.reject(boom);
        const consumer = await log.consume('g', seen);
        if (handler === 'onRevoked') {
          await until('the batch', () => seen.batches.length === 1);
          await consumer.close();
        }
        await expect(consumer.done).rejects.toBe(boom);
        await consumer.close();
        expect((await collect(log, 1, 'g')).texts).toEqual(['a']);
      });
    }
  });

  describe(`${name}: committing`, () => {
    const commitAt = async (log: Log, text: string, saved: string): Promise<Collector> => {
      const seen = new Collector();
      seen.onBatch = async (batch) => {
        seen.batches.push(batch);
        const found = batch.records.find(({ value }) => value.toString() === text);
        if (found) await seen.assignments[0]!.commit(behind(found.position), saved);
      };
      const consumer = await log.consume('g', seen, { maxRecords: 1 });
      await until(text, () => seen.texts.includes(text));
      await consumer.close();
      return seen;
    };

    it('goes on behind the commit and gives the saved text back', async () => {
      const log = await fresh();
      await log.append(['a', 'b', 'c'].map((text) => record(text))).answer;
      await commitAt(log, 'b', 'état ✓');
      const again = await collect(log, 1, 'g');
      expect(again.texts).toEqual(['c']);
      expect(again.assignments[0]!.saved).toBe('état ✓');
      expect(again.assignments[0]!.committed).toBe(again.records[0]!.position);
    });

    it('refuses a commit when the assignment has ended, also after it came back', async () => {
      const log = await fresh();
      await log.append(['a', 'b'].map((text) => record(text))).answer;
      const old = await commitAt(log, 'a', 'first');
      expect(old.assignments[0]!.signal.aborted).toBe(true);
      const fenced = { code: 'STG_LOG_FENCED' };
      await expect(old.assignments[0]!.commit(2 as Position, 'late')).rejects.toMatchObject(fenced);
      const seen = new Collector();
      const consumer = await log.consume('g', seen);
      await until('b', () => seen.texts.includes('b'));
      await expect(old.assignments[0]!.commit(2 as Position, 'later')).rejects.toMatchObject(fenced);
      await consumer.close();
      expect((await collect(log, 1, 'g')).assignments[0]!.saved).toBe('first');
    });

    it('takes commits in the order of their calls, the last one counts', async () => {
      const log = await fresh();
      await log.append(Array.from({ length: 200 }, (_, i) => record(String(i)))).answer;
      const seen = new Collector();
      const consumer = await log.consume('g', seen);
      await until('all', () => seen.records.length === 200);
      const commits = seen.records.map(({ position }) =>
        seen.assignments[0]!.commit(behind(position), `at ${position}`),
      );
      await Promise.all(commits);
      await consumer.close();
      const again = new Collector();
      const second = await log.consume('g', again);
      await until('the assignment', () => again.assignments.length === 1);
      await second.close();
      expect(again.assignments[0]).toMatchObject({
        committed: seen.records[0]!.position + 200,
        saved: 'at 199',
      });
    });

    it('refuses a position behind the end, and a saved text over 4,096 bytes', async () => {
      const log = await fresh();
      await log.append([record('a')]).answer;
      const seen = new Collector();
      const consumer = await log.consume('g', seen);
      await until('a', () => seen.records.length === 1);
      const { commit, end } = seen.assignments[0]!;
      await expect(commit(behind(end), '')).rejects.toMatchObject({ code: 'STG_LOG_POSITION' });
      await expect(commit(end, 'é'.repeat(2_049))).rejects.toMatchObject({ code: 'STG_BUG' });
      await commit(end, 'x'.repeat(4_096));
      await consumer.close();
    });

    it('tells the lag in records and seconds', async () => {
      const log = await fresh();
      expect(await log.lag('g')).toMatchObject([{ committed: null, records: 0, seconds: 0 }]);
      const now = Date.now();
      await log.append([record('a', { timestamp: now - 60_000 })]).answer;
      await log.append([record('b', { timestamp: now - 30_000 }), record('c', { timestamp: now })]).answer;
      const lag = async () => (await log.lag('g'))[0]!;
      expect(await lag()).toMatchObject({ committed: null, records: 3 });
      expect((await lag()).seconds).toBeCloseTo(60, -1);
      const seen = await commitAt(log, 'a', '');
      expect(await lag()).toMatchObject({ committed: behind(seen.records[0]!.position), records: 2 });
      expect((await lag()).seconds).toBeCloseTo(30, -1);
      await commitAt(log, 'c', '');
      expect(await lag()).toMatchObject({ records: 0, seconds: 0 });
    });
  });

  describe(`${name}: closing`, () => {
    it('waits for the running handler, then revokes, then done resolves', async () => {
      const log = await fresh();
      await log.append([record('a')]).answer;
      const events: string[] = [];
      let open!: () => void;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const consumer: Consumer = await log.consume('g', {
        onAssigned: async () => {},
        onBatch: async () => {
          events.push('batch');
          await gate;
          events.push('batch done');
        },
        onRevoked: async () => void events.push('revoked'),
      });
      await until('the batch', () => events.length === 1);
      const closed = Promise.all([consumer.close(), consumer.close()]).then(() => events.push('closed'));
      open();
      await Promise.all([closed, consumer.done]);
      expect(events).toEqual(['batch', 'batch done', 'revoked', 'closed']);
    });

    it('closes its consumers, and refuses new ones', async () => {
      const log = await fresh();
      const seen = new Collector();
      const consumer = await log.consume('g', seen);
      await until('the assignment', () => seen.assignments.length === 1);
      await Promise.all([log.close(), log.close()]);
      await consumer.done;
      expect(seen.revoked).toEqual([0]);
      await expect(log.consume('g', new Collector())).rejects.toMatchObject({ code: 'STG_LOG_CLOSED' });
    });

    it('keeps its id, records and commits for the next one that opens it', async () => {
      const place = await make();
      const first = await place.open();
      await first.append([record('a'), record('b')]).answer;
      const seen = new Collector();
      const consumer = await first.consume('g', seen);
      await until('both', () => seen.records.length === 2);
      await seen.assignments[0]!.commit(behind(seen.records[0]!.position), 'kept');
      await consumer.close();
      await first.close();
      const second = await place.open();
      onTestFinished(() => second.close());
      expect(second.id).toBe(first.id);
      await second.append([record('c')]).answer;
      const again = await collect(second, 2, 'g');
      expect(again.texts).toEqual(['b', 'c']);
      expect(again.assignments[0]!.saved).toBe('kept');
      expect((await fresh()).id).not.toBe(first.id);
    });
  });
}
