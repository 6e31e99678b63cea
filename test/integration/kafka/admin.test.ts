import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigResourceTypes, ConfigResourceTypes as Types } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KafkaConnection, parseConnection } from '../../../src/config/connections.js';
import { kafkaSettings } from '../../../src/log/kafka/connect.js';
import { consumeKafka } from '../../../src/log/kafka/consumer.js';
import { stargate } from '../../helpers/cli.js';
import { type Cluster, type ClusterOptions, startCluster } from '../../helpers/kafka/index.js';
import { Collector, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { consume, produce, texts } from './consumer-support.js';

const CONFIGS = ['retention.ms', 'min.insync.replicas', 'compression.type', 'cleanup.policy'];
const DAY_MS = 86_400_000;

/** Topic, partitions, fewest replicas and settings, as another client sees them. */
async function described({ admin }: Cluster, topic: string) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const type = Types.TOPIC as ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({
    resources: [{ type, name: topic, configNames: CONFIGS }],
    includeSynonyms: false,
  });
  const { partitions } = topics[0]!;
  return {
    partitions: partitions.length,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    ...Object.fromEntries(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    ),
  };
}

async function setup(
  brokers: readonly string[],
  topic: string,
  args: string[],
  env: Record<string, string> = {},
) {
  const url = `kafka://${brokers.join(',')}/${topic}`;
  const { status, stdout } = await stargate(['setup', '--log', url, '--json', ...args], { env });
  const read = (text: string) => (text.trim() === '' ? null : JSON.parse(text));
  return { status, document: read(stdout) };
}

describeWith('kafka', 'stargate setup on one broker', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());
  const run = (topic: string, ...args: string[]) => setup(cluster.brokers, topic, args);

  it('refuses three replicas, changes nothing, and says what to set', async () => {
    const { status, document } = await run('refused', '--yes');
    expect([status, document.error.code]).toEqual([1, 'STG_KAFKA_REPLICAS']);
    expect(document.error.next).toContain('--replicas (STARGATE_KAFKA_REPLICAS)');
    expect(await cluster.admin.listTopics()).not.toContain('refused');
  });

  it('plans, waits for a yes, makes the topic, and has nothing to do the second time', async () => {
    const args = ['--replicas', '1', '--partitions', '4', '--topic-retention', '2d'];
    const dry = await run('made', ...args, '--dry-run');
    expect([dry.status, dry.document.applied, dry.document.steps.length]).toEqual([0, false, 1]);
    const unasked = await run('made', ...args, '--no-input');
    expect([unasked.status, unasked.document.error.code]).toEqual([4, 'STG_CONFIRMATION_NEEDED']);
    expect(await cluster.admin.listTopics()).not.toContain('made');
    const made = await run('made', ...args, '--yes');
    expect([made.status, made.document.applied]).toEqual([0, true]);
    expect(await described(cluster, 'made')).toEqual({
      ...{ partitions: 4, replicas: 1, 'retention.ms': String(2 * DAY_MS) },
      ...{ 'min.insync.replicas': '1', 'compression.type': 'producer', 'cleanup.policy': 'delete' },
    });
    const again = await run('made', ...args, '--yes');
    expect([again.status, again.document.applied, again.document.steps]).toEqual([0, false, []]);
  });

  it('corrects the settings of a topic that somebody else made, and leaves its other ones alone', async () => {
    const config = { 'retention.ms': '-1', 'cleanup.policy': 'compact', 'max.message.bytes': '123456' };
    await cluster.createTopic('theirs', { partitions: 2, config });
    const { document } = await run('theirs', '--partitions', '3', '--yes');
    expect(document.steps.map(({ do: what }: { do: string }) => what)).toEqual([
      'grow',
      'configure',
      'configure',
    ]);
    expect(await described(cluster, 'theirs')).toMatchObject({
      ...{ partitions: 3, 'retention.ms': String(7 * DAY_MS), 'cleanup.policy': 'delete' },
    });
    const { resources } = await cluster.admin.describeConfigs({
      resources: [
        {
          type: Types.TOPIC as ConfigResourceTypes.TOPIC,
          name: 'theirs',
          configNames: ['max.message.bytes'],
        },
      ],
      includeSynonyms: false,
    });
    expect(resources[0]!.configEntries[0]!.configValue).toBe('123456');
    expect((await run('theirs', '--yes')).document.steps).toEqual([]);
  });

  it('says so where there is nothing to set up, and where nobody answers', async () => {
    const embedded = await stargate(['setup', '--json', '--log', 'embedded:somewhere']);
    expect(JSON.parse(embedded.stdout)).toMatchObject({ applied: false, steps: [] });
    expect(embedded.stdout).toContain('Nothing to set up for embedded');
    const away = await setup(['127.0.0.1:1'], 't', ['--yes']);
    expect([away.status, away.document.error.code]).toEqual([1, 'STG_LOG_UNREACHABLE']);
    expect(away.document.error.expected).toContain('127.0.0.1:1');
  });
});

async function withCluster(options: ClusterOptions, use: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await startCluster(options);
  try {
    await use(cluster);
  } finally {
    await cluster.close();
  }
}

async function readBack(cluster: Cluster, topic: string): Promise<void> {
  await produce(cluster, topic, texts(5));
  const seen = new Collector();
  const consumer = await consume(cluster, topic, seen);
  await until('the records', () => seen.records.length === 5, 30_000);
  await seen.assignments.find(({ partition }) => partition === 0)!.commit(seen.assignments[0]!.end, 'x');
  await consumer.close();
}

/** Reads by TLS and each mechanism what was written without. */
async function readSecurely(cluster: Cluster, ca: string): Promise<void> {
  await produce(cluster, 'events', texts(5));
  for (const sasl of ['scram-sha-256', 'scram-sha-512', 'plain']) {
    const url = `kafka://${cluster.secureBrokers.join(',')}/events?tls&sasl=${sasl}`;
    const credentials = { ca, username: 'alice', password: 'wonder' };
    const settings = kafkaSettings(parseConnection(url) as KafkaConnection, credentials);
    const seen = new Collector();
    const consumer = await consumeKafka(settings, sasl, seen, { onWarning: () => {} });
    await until('the records', () => seen.records.length === 5, 30_000);
    await consumer.close();
  }
}

describeWith('kafka', 'stargate setup elsewhere', () => {
  it('makes a topic of three replicas on three brokers by default', () =>
    withCluster({ nodes: 3 }, async (cluster) => {
      const { status, document } = await setup(cluster.brokers, 'events', ['--yes']);
      expect([status, document.applied]).toEqual([0, true]);
      expect(await described(cluster, 'events')).toMatchObject({
        ...{ partitions: 6, replicas: 3, 'min.insync.replicas': '2', 'retention.ms': String(7 * DAY_MS) },
      });
      expect((await setup(cluster.brokers, 'events', ['--yes'])).document.steps).toEqual([]);
    }));

  it('works with Kafka 3.9 and its ZooKeeper, and so does the consumer', () =>
    withCluster({ version: '3.9.2' }, async (cluster) => {
      const { status, document } = await setup(cluster.brokers, 'events', ['--yes'], {
        STARGATE_KAFKA_REPLICAS: '1',
      });
      expect([status, document.applied]).toEqual([0, true]);
      const grown = await setup(cluster.brokers, 'events', [
        '--yes',
        '--partitions',
        '8',
        '--topic-retention',
        '1d',
      ]);
      expect(grown.document.steps).toHaveLength(2);
      expect(await described(cluster, 'events')).toMatchObject({
        partitions: 8,
        'retention.ms': String(DAY_MS),
      });
      await readBack(cluster, 'events');
    }));

  it('reaches brokers by TLS and SCRAM, and says what is wrong with a password or a certificate', () =>
    withCluster({ tls: true, users: { alice: 'wonder' } }, async (cluster) => {
      const folder = mkdtempSync(join(tmpdir(), 'stargate-secure-'));
      try {
        const ca = join(folder, 'ca.pem');
        writeFileSync(ca, cluster.ca!);
        const env = {
          STARGATE_KAFKA_CA: ca,
          STARGATE_KAFKA_USERNAME: 'alice',
          STARGATE_KAFKA_PASSWORD: 'wonder',
        };
        const args = ['--replicas', '1', '--yes'];
        const topic = 'events?tls&sasl=scram-sha-256';
        const made = await setup(cluster.secureBrokers, topic, args, env);
        expect([made.status, made.document?.applied]).toEqual([0, true]);
        await readSecurely(cluster, ca);
        const wrong = await setup(cluster.secureBrokers, topic, args, {
          ...env,
          STARGATE_KAFKA_PASSWORD: 'no',
        });
        expect([wrong.status, wrong.document.error.code]).toEqual([1, 'STG_LOG_DENIED']);
        expect(wrong.document.error.next).toContain('STARGATE_KAFKA_PASSWORD');
        const { STARGATE_KAFKA_CA: _, ...blind } = env;
        const unknown = await setup(cluster.secureBrokers, topic, args, blind);
        expect([unknown.status, unknown.document.error.code]).toEqual([1, 'STG_LOG_DENIED']);
        expect(unknown.document.error.next).toContain('STARGATE_KAFKA_CA');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }));
});
