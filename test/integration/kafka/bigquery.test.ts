/**
 * Kafka to BigQuery with workers that are killed, stopped and joined by others, while the write server fails too: no
 * row lost, none doubled. STARGATE_TEST_ROUNDS makes it longer than CI has time for (`npm run faults` does).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { Deployment, type WorkerProcess } from './bigquery-family.js';

const PARTITIONS = 6;
const ROUNDS = Number(process.env.STARGATE_TEST_ROUNDS ?? 3);
const timeout = 120_000 + ROUNDS * 60_000;

/** A worker that gets something done before it is killed, so that there is something to take over. */
async function workedOnce(deployment: Deployment): Promise<void> {
  const worker = await deployment.join();
  await deployment.progress(50);
  await worker.end('SIGKILL');
}

/** Resolves so long behind the first partition that the worker is asked for, since the other one has come back. */
async function leaving(worker: WorkerProcess, ms: number): Promise<void> {
  const before = worker.told('revoked');
  await until('a rebalance', () => worker.told('revoked') > before, 60_000);
  await sleep(ms);
}

describeWith('kafka', 'Kafka to BigQuery, exactly once', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  it(`through ${3 * ROUNDS} × kill -9 of the only worker, at work`, { timeout }, async () => {
    const deployment = await Deployment.start(cluster);
    for (let round = 0; round < 3 * ROUNDS; round++) {
      const worker = await deployment.join();
      await deployment.progress(100 + ((round * 137) % 500));
      await worker.end('SIGKILL');
    }
    await deployment.join();
    const { rows } = await deployment.judge();
    expect(rows).toBeGreaterThan(300 * ROUNDS);
    // Some died with rows stored whose position was not committed yet.
    const skipped = deployment.workers.reduce((sum, worker) => sum + worker.told('skipped'), 0);
    expect(skipped).toBeGreaterThan(0);
  });

  it(`through ${ROUNDS} × kill -9 of the only worker, while it takes over`, { timeout }, async () => {
    const deployment = await Deployment.start(cluster, { partitions: PARTITIONS });
    // One that was too quick has been killed at work, and is not counted.
    for (let [inside, round] = [0, 0]; inside < ROUNDS; round++) {
      expect(round).toBeLessThan(4 * ROUNDS + 10);
      const worker = await deployment.join();
      const taken = () => worker.told('opened') >= round % PARTITIONS && worker.told('assigned') > 0;
      await until('a take-over', taken, 120_000);
      await sleep((round * 37) % 60);
      await worker.end('SIGKILL');
      if (worker.told('opened') < PARTITIONS) inside++;
      if (round % 5 === 4) await workedOnce(deployment);
    }
    await deployment.join();
    await deployment.judge();
  });

  it(`through ${ROUNDS} × SIGSTOP past the session, beside another worker`, { timeout }, async () => {
    const deployment = await Deployment.start(cluster);
    await deployment.join();
    await deployment.join();
    for (let round = 0; round < ROUNDS; round++) {
      const zombie = deployment.workers[round % 2]!;
      if (round % 2 === 0) await deployment.progress(300);
      else await leaving(zombie, (round * 37) % 60);
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
