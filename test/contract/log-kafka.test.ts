import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { openLog } from '../../src/log/open.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { describeWith } from '../helpers/needs.js';
import { logContract } from './log.js';

/** The suite appends records of 3 MB, of the year 2100, and of 2023, which a broker would delete some time after its start. */
const CONFIG = {
  'max.message.bytes': '8000000',
  'message.timestamp.after.max.ms': '9223372036854775807',
  'retention.ms': '-1',
};

describeWith('kafka', 'a real broker', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  for (const kafkaDriver of ['own', 'kafkajs'] as const) {
    logContract(`kafka by ${kafkaDriver}`, async () => {
      const topic = `contract-${randomUUID()}`;
      await cluster.createTopic(topic, { config: CONFIG });
      const url = `kafka://${cluster.brokers.join()}/${topic}`;
      return { open: (options) => openLog(url, { role: 'both', kafkaDriver, ...options }) };
    });
  }
});
