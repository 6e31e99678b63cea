import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { describeWith } from '../../helpers/needs.js';
import { CLEAN, connected, judge, Load, plain, readAll } from './producing.js';

describeWith('kafka', 'the producer and Kafka 3.9 with ZooKeeper', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ version: '3.9.2' });
  });
  afterAll(() => cluster?.close());

  it('stores, and loses nothing when the broker is stopped and started again', async () => {
    await cluster.createTopic('old', { partitions: 3 });
    const { producer, leaders } = await connected(plain(cluster.brokers, 'old'));
    expect(leaders.topic).toMatchObject({ partitions: 3, clusterId: expect.stringMatching(/./) });
    const load = new Load(producer, 10);
    await expect.poll(() => load.stored, { timeout: 20_000 }).toBeGreaterThan(100);
    // Not killed: ZooKeeper would keep its place for 18 s, and refuse the new process.
    await cluster.node(1).term();
    await cluster.node(1).start();
    const before = load.stored;
    await expect.poll(() => load.stored, { timeout: 30_000 }).toBeGreaterThan(before + 100);
    await load.stop();
    expect(await judge(load, await readAll(cluster, 'old'))).toMatchObject(CLEAN);
  });
});
