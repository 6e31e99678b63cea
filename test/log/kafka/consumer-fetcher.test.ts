/** Who is asked for which partition, when leaders move, when they are wrong, and when they refuse for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Fetcher } from '../../../src/log/kafka/consumer-fetcher.js';
import { FetchedLog } from '../../../src/log/kafka/consumer-partition.js';
import { until } from '../../helpers/log.js';
import { Leaders } from './leaders.js';

function fetching(leaders: Leaders, from: readonly number[], doubtMs = 10_000) {
  const failures: unknown[] = [];
  const fetcher = new Fetcher({
    ...{ cluster: leaders.brokers(), onWarning: () => {}, doubtMs },
    failed: (error) => failures.push(error),
  });
  onTestFinished(() => fetcher.stop());
  const logs = from.map((at, partition) => {
    const log = new FetchedLog(partition, { start: 0, end: at }, 2 ** 20, () => fetcher.wake());
    fetcher.add(log);
    log.seek(at);
    return log;
  });
  return { logs, failures, fetcher };
}

it('follows one of several partitions to a node that led none before', async () => {
  const leaders = new Leaders([1, 1], [3, 3]);
  const { logs } = fetching(leaders, [0, 0]);
  await until('both', () => logs.every(({ wanted }) => wanted === 3));
  // As when the cluster gives a broker that has come back its partitions again: the others stay where they are.
  leaders.led[1] = 2;
  leaders.ends[0] = leaders.ends[1] = 4;
  await until('the one that moved', () => logs[1]!.wanted === 4);
  await until('the other', () => logs[0]!.wanted === 4);
  expect(leaders.asked).toContainEqual({ node: 2, partition: 1 });
});

it('follows a partition that nobody led for a while, beside another', async () => {
  const leaders = new Leaders([1, 1], [3, 3]);
  const { logs } = fetching(leaders, [0, 0]);
  await until('both', () => logs.every(({ wanted }) => wanted === 3));
  leaders.led[1] = -1;
  leaders.ends[0] = leaders.ends[1] = 4;
  await until('the other', () => logs[0]!.wanted === 4);
  leaders.led[1] = 3;
  await until('the one without a leader', () => logs[1]!.wanted === 4);
});

it('asks again where a log is said to end before what was read of it', async () => {
  const leaders = new Leaders([1], [3]);
  const { logs, failures } = fetching(leaders, [5]);
  await until('some tries', () => leaders.asked.length > 2);
  leaders.ends[0] = 7;
  await until('the rest', () => logs[0]!.wanted === 7);
  expect(failures).toEqual([]);
});

it('gives the alarm where it is said for longer', async () => {
  const { failures } = fetching(new Leaders([1], [3]), [5], 50);
  await until('the alarm', () => failures.length > 0);
  expect(failures[0]).toMatchObject({ code: 'STG_LOG_POSITION', got: expect.stringContaining('5:') });
});

it('asks no more once it is refused for good, although handlers may take long to end', async () => {
  const leaders = new Leaders([1], [3]);
  leaders.denies = true;
  const { failures } = fetching(leaders, [0]);
  await until('the refusal', () => failures.length > 0);
  const { length } = leaders.asked;
  await sleep(50);
  expect([leaders.asked.length, failures.length]).toEqual([length, 1]);
});
