/** What happens where retention has deleted what kafkajs was to fetch next, while brokers do not answer. */
import { expect, it, onTestFinished } from 'vitest';
import { StargateError } from '../../../src/errors.js';
import type { Range } from '../../../src/log/kafka/consumer-offsets.js';
import { Serving, type ServingParts } from '../../../src/log/kafka/kafkajs-serving.js';
import type { Position } from '../../../src/log/port.js';
import { Collector, record, until } from '../../helpers/log.js';

type Ranges = () => Promise<Map<number, Range>>;

/** A partition of which 3 to 10 are there, read up to 2; `ranges` answers one after another, the last one for ever. */
async function expired(...ranges: Ranges[]) {
  const [seen, warnings, asked, commits] = [new Collector(), [] as string[], [] as number[], [] as string[]];
  const flow = { from: (at: number) => void asked.push(at), pause() {}, resume() {} };
  let turn = 0;
  const parts = {
    member: {
      flow: () => flow,
      commit: async () => void commits.push('again'),
    },
    positions: {
      committed: async () => new Map(),
      ranges: () => ranges[Math.min(turn++, ranges.length - 1)]!(),
    },
    ...{ membership: { member: 'm', generation: 1, partitions: [0] }, handlers: seen, known: 1 },
    ...{ group: 'g', topic: 't' },
    options: { sessionMs: 1_000, onWarning: (text: string) => void warnings.push(text) },
  } as unknown as ServingParts;
  const committed = new Map([[0, { at: 0 as Position, saved: 'kept' }]]);
  const serving = new Serving(parts, committed, new Map([[0, { start: 0, end: 10 }]]));
  serving.done.catch(() => {});
  onTestFinished(() => serving.close());
  await until('reading', () => asked.length === 1);
  serving.take(0, { at: 0, records: [{ ...record('0'), position: 0 as Position }], behind: 1, end: 10 });
  await until('the first', () => seen.records.length === 1);
  return { serving, warnings, asked, commits };
}

const away = () => Promise.reject(new Error('connect ECONNREFUSED'));
const there = async () => new Map([[0, { start: 3, end: 10 }]]);

it('goes on at the start of the log when brokers answer again', async () => {
  const { serving, warnings, asked, commits } = await expired(away, async () => new Map(), there);
  await serving.expire(0);
  expect(asked).toEqual([0, 3]);
  expect(warnings).toEqual([expect.stringContaining('retention deleted 2 records')]);
  expect(commits).toHaveLength(3);
});

it('tries no more when others have the partition', async () => {
  const { serving, asked } = await expired(() =>
    Promise.reject(new StargateError('STG_LOG_FENCED', { got: 'a commit' })),
  );
  await serving.expire(0);
  expect(asked).toEqual([0]);
  await serving.close();
  await expect(serving.done).resolves.toBeUndefined();
});

it('ends with an alarm where the log has lost what was read', async () => {
  const { serving } = await expired(async () => new Map([[0, { start: 0, end: 0 }]]));
  await serving.expire(0);
  await expect(serving.done).rejects.toMatchObject({ code: 'STG_LOG_POSITION' });
});
