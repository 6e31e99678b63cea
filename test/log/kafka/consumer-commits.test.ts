import { expect, it } from 'vitest';
import { GenerationCommits } from '../../../src/log/kafka/consumer-commits.js';
import type { Committed } from '../../../src/log/kafka/consumer-offsets.js';
import type { Position } from '../../../src/log/port.js';

const at = (position: number) => position as Position;

/** Writes that end when the test says so. */
function slow() {
  const writes: { positions: Record<number, string>; end(error?: Error): void }[] = [];
  const write = (positions: ReadonlyMap<number, Committed>): Promise<void> =>
    new Promise((resolve, reject) => {
      writes.push({
        positions: Object.fromEntries([...positions].map(([p, { at: to, saved }]) => [p, `${to} ${saved}`])),
        end: (error) => (error ? reject(error) : resolve()),
      });
    });
  return { writes, write };
}
const soon = () => new Promise(setImmediate);

it('has one write under way, and puts what was committed meanwhile into the next', async () => {
  const { writes, write } = slow();
  const commits = new GenerationCommits(new Map(), write);
  const first = commits.commit(0, at(1), 'a');
  await soon();
  const rest = [commits.commit(0, at(2), 'b'), commits.commit(1, at(9), 'c'), commits.commit(0, at(3), 'd')];
  await soon();
  expect(writes.map(({ positions }) => positions)).toEqual([{ 0: '1 a' }]);
  writes[0]!.end();
  await first;
  await soon();
  expect(writes[1]!.positions).toEqual({ 0: '3 d', 1: '9 c' });
  writes[1]!.end();
  await Promise.all(rest);
  expect(writes).toHaveLength(2);
});

it('rejects every commit of a write that failed, and goes on with the next', async () => {
  const { writes, write } = slow();
  const commits = new GenerationCommits(new Map(), write);
  const failed = [commits.commit(0, at(1), ''), commits.commit(1, at(1), '')];
  const outcomes = Promise.allSettled(failed);
  await soon();
  const later = commits.commit(0, at(2), '');
  writes[0]!.end(new Error('no'));
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await soon();
  writes[1]!.end();
  await later;
  expect(writes[1]!.positions).toEqual({ 0: '2 ' });
});

it('is released when all writes have ended', async () => {
  const { writes, write } = slow();
  const commits = new GenerationCommits(new Map([[4, { at: at(7), saved: 's' }]]), write);
  expect([commits.committed(4), commits.committed(5)]).toEqual([{ at: 7, saved: 's' }, null]);
  void commits.commit(0, at(1), '');
  let released = false;
  const done = commits.release().then(() => {
    released = true;
  });
  await soon();
  expect(released).toBe(false);
  writes[0]!.end();
  await done;
});
