import { describe, expect, it } from 'vitest';
import { type Batch, after as behind, type Position } from '../../src/log/port.js';
import { Collector, record, textOf, until } from '../helpers/log.js';
import { collect, type Suite } from './log-suite.js';

export function consuming({ name, fresh }: Suite): void {
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

    it('has one consumer a group, unless groups can be shared', async () => {
      const log = await fresh();
      const first = await log.consume('g', new Collector());
      const second = log.consume('g', new Collector());
      if (log.features.sharedGroups) await (await second).close();
      else await expect(second).rejects.toMatchObject({ code: 'STG_GROUP_LOCKED' });
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
}
