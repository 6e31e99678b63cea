import { describe, expect, it } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import { after as behind, type LogRecord } from '../../src/log/port.js';
import { record, until } from '../helpers/log.js';
import { collect, type Suite } from './log-suite.js';

export function appending({ name, fresh }: Suite): void {
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
      const given: LogRecord[] = [
        { key: null, value: Buffer.alloc(0), timestamp: 0 },
        { key: '', value: Buffer.from([0, 255, 128, 10]), timestamp: 1_500 },
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

    it('refuses what does not fit its size limit, where it keeps one, and says so', async () => {
      const log = await fresh({ maxBytes: 4_000, groups: ['reader'] });
      const outcome = await log.append([record('x'.repeat(5_000))]).answer;
      expect(outcome.state).toBe(log.features.bounded ? 'not_stored' : 'stored');
      expect(isStargateError(outcome.error, 'STG_LOG_FULL')).toBe(log.features.bounded);
    });
  });
}
