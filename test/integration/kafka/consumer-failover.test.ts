/** Three brokers: leaders and the coordinator go away under a group of workers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { eventValue } from '../../worker/scripted.js';
import { Family } from './consumer-family.js';
import { DRIVER_NAMES, newTopic, producing } from './consumer-support.js';

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
});
