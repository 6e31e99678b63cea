import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { expect, it } from 'vitest';
import { type Cluster, type ClusterOptions, startCluster } from '../../helpers/kafka/index.js';
import { describeWith } from '../../helpers/needs.js';

async function withCluster(options: ClusterOptions, use: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await startCluster(options);
  try {
    await use(cluster);
  } finally {
    await cluster.close();
  }
}

const topicsBy = async (more: ConstructorParameters<typeof Kafka>[0]): Promise<string[]> => {
  const retry = { retries: 0 };
  const admin = new Kafka({ logLevel: logLevel.NOTHING, retry, ...more }).admin();
  await admin.connect();
  return admin.listTopics().finally(() => admin.disconnect());
};

describeWith('kafka', 'the rig', () => {
  it('starts one node with TLS, users and a proxy', () =>
    withCluster({ tls: true, users: { alice: 'wonder' }, proxied: true }, async (cluster) => {
      await cluster.createTopic('a', { partitions: 3, config: { 'max.message.bytes': '20000' } });
      expect((await cluster.leaders('a')).map(({ id }) => id)).toEqual([1, 1, 1]);
      const secure = { brokers: cluster.secureBrokers, ssl: { ca: cluster.ca! } };
      // A new object each time: kafkajs keeps the mechanism's state in it.
      const as = (mechanism: 'plain' | 'scram-sha-256', password = 'wonder') =>
        topicsBy({ ...secure, sasl: { mechanism, username: 'alice', password } as SASLOptions });
      expect(await as('scram-sha-256')).toContain('a');
      expect(await as('plain')).toContain('a');
      await expect(as('scram-sha-256', 'wrong')).rejects.toThrow(/authentication failed/);
      const before = cluster.node(1).proxy!.passed.down;
      expect(await topicsBy({ brokers: () => cluster.proxiedBrokers })).toContain('a');
      expect(cluster.node(1).proxy!.passed.down).toBeGreaterThan(before);
    }));

  it('starts three nodes, and the leader that is killed is replaced', () =>
    withCluster({ nodes: 3 }, async (cluster) => {
      await cluster.createTopic('a', { partitions: 3 });
      const [leader] = await cluster.leaders('a');
      await leader!.kill();
      await expect
        .poll(async () => (await cluster.leaders('a'))[0]?.id, { timeout: 30_000 })
        .not.toBe(leader!.id);
      await leader!.start();
    }));

  it('starts 3.9 with ZooKeeper', () =>
    withCluster({ version: '3.9.2' }, async (cluster) => {
      await cluster.createTopic('a', { partitions: 2 });
      expect(await cluster.leaders('a')).toHaveLength(2);
    }));
});
