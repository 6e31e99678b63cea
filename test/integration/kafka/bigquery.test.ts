/**
 * Kafka to BigQuery with workers that are killed, stopped and joined by others, while the write server fails too: no
 * row lost, none doubled. STARGATE_TEST_ROUNDS makes it longer than CI has time for (`npm run faults` does).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { describeWith } from '../../helpers/needs.js';
import { Deployment } from './bigquery-family.js';

const ROUNDS = Number(process.env.STARGATE_TEST_ROUNDS ?? 3);
const timeout = 120_000 + ROUNDS * 30_000;

describeWith('kafka', 'Kafka to BigQuery, exactly once', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  it(`through ${ROUNDS} × kill -9 of the only worker, at any moment`, { timeout }, async () => {
    const deployment = await Deployment.start(cluster);
    for (let round = 0; round < ROUNDS; round++) {
      const worker = await deployment.join();
      // Some die while they take over, some with rows under way.
      if (round % 2 === 0) await deployment.progress(500);
      else await sleep(6_200 + ((round * 137) % 900));
      await worker.end('SIGKILL');
    }
    await deployment.join();
    const { rows } = await deployment.judge();
    expect(rows).toBeGreaterThan(500);
  });

  it(`through ${ROUNDS} × SIGSTOP past the session, beside another worker`, { timeout }, async () => {
    const deployment = await Deployment.start(cluster);
    await deployment.join();
    await deployment.join();
    for (let round = 0; round < ROUNDS; round++) {
      const zombie = deployment.workers[round % 2]!;
      await deployment.progress(300);
      zombie.process.kill('SIGSTOP');
      await sleep(8_500 + ((round * 431) % 2_500));
      zombie.process.kill('SIGCONT');
    }
    await deployment.judge();
  });

  it(`through ${2 * ROUNDS} changes of the group`, { timeout }, async () => {
    const deployment = await Deployment.start(cluster);
    await deployment.join();
    await deployment.join();
    for (let round = 0; round < 2 * ROUNDS; round++) {
      await deployment.join();
      await deployment.progress(200);
      const leaver = deployment.workers.find(
        ({ process }) => process.exitCode === null && process.signalCode === null,
      )!;
      await leaver.end(round % 3 === 2 ? 'SIGKILL' : 'SIGTERM');
    }
    await deployment.judge();
  });
});
