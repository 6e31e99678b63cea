/** Three brokers: leaders and the coordinator go away under workers whose write server fails too. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { describeWith } from '../../helpers/needs.js';
import { Deployment } from './bigquery-family.js';

const ROUNDS = Number(process.env.STARGATE_TEST_ROUNDS ?? 1);

describeWith('kafka', 'Kafka to BigQuery, and brokers that die', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3 });
  });
  afterAll(() => cluster?.close());

  it('loses and doubles nothing while each broker is killed in turn', {
    timeout: 240_000 * ROUNDS,
  }, async () => {
    const deployment = await Deployment.start(cluster, { replicas: 3 });
    await deployment.join();
    await deployment.join();
    await deployment.progress(500);
    for (let round = 0; round < ROUNDS; round++) {
      // One of them leads partitions and one coordinates the group: each is hit once.
      for (const node of cluster.nodes) {
        await node.kill();
        await sleep(4_000);
        await node.start();
        await deployment.progress(500);
      }
    }
    const { rows } = await deployment.judge();
    expect(rows).toBeGreaterThan(1_500);
  });
});
