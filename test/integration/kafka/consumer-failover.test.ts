/** Three brokers: leaders and the coordinator go away under a group of workers. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { Collector, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { eventValue } from '../../worker/scripted.js';
import { Family } from './consumer-family.js';
import { consume, DRIVER_NAMES, newTopic, produce, producing, texts } from './consumer-support.js';

const PARTITIONS = 6;
const PATIENCE_MS = 90_000;

describeWith('kafka', 'Kafka consumers, and brokers that die', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3 });
  });
  afterAll(() => cluster?.close());

  it.each(DRIVER_NAMES)(
    'go on after each broker was killed in turn, by %s: no row lost, none doubled',
    async (driver) => {
      const topic = await newTopic(cluster, { partitions: PARTITIONS, replicas: 3 });
      const load = await producing(cluster, topic, PARTITIONS, (i) => eventValue(`e-${i}`));
      const family = new Family({ brokers: cluster.brokers, topic, group: `failover-${driver}`, driver });
      onTestFinished(() => family.end());
      family.join();
      family.join();
      await until('rows', () => family.stored.length > 500, PATIENCE_MS);
      // One of them leads partitions and one coordinates the group: each is hit once.
      for (const node of cluster.nodes) {
        await node.kill();
        await sleep(4_000);
        await node.start();
        const before = family.stored.length;
        await until(`rows after node ${node.id}`, () => family.stored.length > before + 500, PATIENCE_MS);
      }
      const known = await load.stop();
      const stored = () => new Set(family.stored);
      const complete = () => {
        const all = stored();
        return known.every((one) => all.has(one));
      };
      await until('all rows', complete, PATIENCE_MS);
      await Promise.all(family.members.map((member) => member.close()));
      // A producer that was not answered may have written without knowing where; no offset is stored twice.
      expect(family.stored.length).toBe(stored().size);
      expect(family.members.flatMap(({ news }) => news.filter((one) => one.startsWith('failed')))).toEqual(
        [],
      );
    },
  );

  /** Two partitions without a second replica, on the nodes named. */
  const placed = async (...nodes: readonly number[]): Promise<string> => {
    const topic = `t-${randomUUID()}`;
    const replicaAssignment = nodes.map((node, partition) => ({ partition, replicas: [node] }));
    const configEntries = [{ name: 'min.insync.replicas', value: '1' }];
    await cluster.admin.createTopics({ topics: [{ topic, replicaAssignment, configEntries }] });
    return topic;
  };

  it.each(DRIVER_NAMES)(
    'follow a partition to a broker that led none of theirs, while others stay, by %s',
    async (driver) => {
      const topic = await placed(1, 1);
      const seen = new Collector();
      await consume(cluster, topic, seen, { driver });
      await produce(cluster, topic, [...texts(1, 0), ...texts(1, 1)]);
      await until('both', () => seen.records.length === 2, PATIENCE_MS);
      await cluster.admin.alterPartitionReassignments({
        topics: [{ topic, partitionAssignment: [{ partition: 1, replicas: [2] }] }],
      });
      await until('the move', async () => (await cluster.leaders(topic))[1]!.id === 2, PATIENCE_MS);
      await produce(cluster, topic, [...texts(3, 0), ...texts(3, 1)]);
      // kafkajs joins anew, and nothing was committed: some come twice.
      const places = () =>
        seen.batches.flatMap(({ partition, records }) =>
          records.map(({ position }) => `${partition}/${position}`),
        );
      await until('all', () => new Set(places()).size === 8, PATIENCE_MS);
    },
  );

  it('begin what is led, though nobody leads another partition', async () => {
    const topic = await placed(1, 2);
    await produce(cluster, topic, [...texts(2, 0), ...texts(3, 1)]);
    const [, away] = cluster.nodes;
    await away!.kill();
    const seen = new Collector();
    await consume(cluster, topic, seen);
    await until('the one that is led', () => seen.records.length === 2, PATIENCE_MS);
    expect(seen.assignments.map(({ partition }) => partition)).toEqual([0]);
    await away!.start();
    await until('the other', () => seen.records.length === 5, PATIENCE_MS);
  });
});
