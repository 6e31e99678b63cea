import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { openLog } from '../../src/log/open.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { describeWith } from '../helpers/needs.js';
import { logContract } from './log.js';

/** The suite appends records of 3 MB and of the year 2100. */
const CONFIG = { 'max.message.bytes': '8000000', 'message.timestamp.after.max.ms': '9223372036854775807' };

describeWith('kafka', 'a real broker', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  logContract('kafka', async () => {
    const topic = `contract-${randomUUID()}`;
    await cluster.createTopic(topic, { config: CONFIG });
    return {
      open: (options) => openLog(`kafka://${cluster.brokers.join()}/${topic}`, { role: 'both', ...options }),
    };
  });
});
