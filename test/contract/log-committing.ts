import { describe, expect, it, onTestFinished } from 'vitest';
import { after as behind, type Consumer, type Log, type Position } from '../../src/log/port.js';
import { Collector, record, until } from '../helpers/log.js';
import { collect, type Suite } from './log-suite.js';

export function committing({ name, fresh }: Suite): void {
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
}

export function closing({ name, make, fresh }: Suite): void {
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
