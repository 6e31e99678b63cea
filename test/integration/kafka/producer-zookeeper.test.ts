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

describeWith('kafka', 'the producer and three brokers of Kafka 3.9 with ZooKeeper', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    // The shortest that ZooKeeper grants: so long a dead broker keeps what it led.
    const properties = { 'zookeeper.session.timeout.ms': 6_000 };
    cluster = await startCluster({ version: '3.9.2', nodes: 3, properties });
  });
  afterAll(() => cluster?.close());

  it('kill -9 of a leader: nothing acknowledged is lost, nothing doubled', async () => {
    await cluster.createTopic('killed', { partitions: 3 });
    const { producer } = await connected(plain(cluster.brokers, 'killed'));
    const load = new Load(producer, 20);
    await expect.poll(() => load.stored, { timeout: 30_000 }).toBeGreaterThan(200);
    const dead = (await cluster.leaders('killed'))[0]!;
    await dead.kill();
    // Others lead all of it.
    await expect
      .poll(async () => (await cluster.leaders('killed')).every((leader) => leader && leader !== dead), {
        timeout: 60_000,
        interval: 250,
      })
      .toBe(true);
    const before = load.stored;
    await expect.poll(() => load.stored, { timeout: 60_000 }).toBeGreaterThan(before + 200);
    await dead.start();
    await load.stop();
    expect(await judge(load, await readAll(cluster, 'killed'))).toMatchObject(CLEAN);
  });
});
