/** The loop that fetches, where the brokers refuse for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { StargateError } from '../../../src/errors.js';
import type { Brokers } from '../../../src/log/kafka/connect-brokers.js';
import { Fetcher } from '../../../src/log/kafka/consumer-fetcher.js';
import { FetchedLog } from '../../../src/log/kafka/consumer-partition.js';
import type { Position } from '../../../src/log/port.js';

it('asks no more, although handlers may take long to end', async () => {
  let asked = 0;
  const cluster = {
    ...{ topic: 't', leaders: [1] },
    refresh: async () => {},
    to: async () => {
      asked += 1;
      await new Promise(setImmediate);
      throw new StargateError('STG_LOG_DENIED');
    },
  } as unknown as Brokers;
  const failures: unknown[] = [];
  const log = new FetchedLog(0, { start: 0, end: 10 }, 1_000, () => {});
  log.reader(0 as Position);
  const failed = (error: unknown) => void failures.push(error);
  const fetcher = new Fetcher(new Map([[0, log]]), { cluster, onWarning: () => {}, failed });
  fetcher.start();
  await sleep(50);
  fetcher.stop();
  expect([asked, failures.length]).toEqual([1, 1]);
});
