/** `doctor` and real brokers: sound, badly set, too few, and away. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Finding } from '../../../src/doctor/port.js';
import { stargate } from '../../helpers/cli.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { describeWith } from '../../helpers/needs.js';
import { produce, texts } from './consumer-support.js';

async function doctor(log: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = await stargate(['doctor', 'kafka', '--log', log, ...more, '--json'], {
    env,
  });
  const found = JSON.parse(stdout) as Finding[];
  const of = (code: string) => found.find((finding) => finding.code === code);
  return { status, found, of, said: stdout + stderr };
}
const urlOf = (brokers: readonly string[], topic: string) => `kafka://${brokers.join()}/${topic}`;
const SOUND = { 'retention.ms': '86400000', 'min.insync.replicas': '1' };

describeWith('kafka', 'doctor and one broker', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());
  const log = (topic: string) => urlOf(cluster.brokers, topic);

  it('finds a missing topic, and what makes it, without making it', async () => {
    const { status, of } = await doctor(log('nowhere'));
    expect(status).toBe(3);
    expect(of('STG_KAFKA')).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining(cluster.brokers[0]!),
    });
    expect(of('STG_TOPIC')).toMatchObject({
      ...{ state: 'failed', detail: expect.stringContaining('1 of the 3 brokers that its replicas need') },
      fix: `stargate setup --log ${log('nowhere')} --replicas 1`,
    });
    expect(of('STG_TOPIC_RETENTION')).toMatchObject({ state: 'unknown' });
    expect(await cluster.admin.listTopics()).toEqual([]);
  });

  it('finds a sound topic sound, but for its one replica', async () => {
    await cluster.createTopic('sound', { partitions: 2, config: SOUND });
    const { status, found } = await doctor(log('sound'));
    expect(status).toBe(0);
    expect(found.filter(({ state }) => state !== 'ok').map(({ code }) => code)).toEqual([
      'STG_TOPIC_REPLICAS',
    ]);
    expect(found).toHaveLength(12);
  });

  it('finds settings by which events are lost or read twice, as setup does', async () => {
    const config = {
      ...{ 'retention.ms': '-1', 'cleanup.policy': 'compact', 'unclean.leader.election.enable': 'true' },
      ...{ 'max.message.bytes': '50000', 'compression.type': 'lz4' },
    };
    await cluster.createTopic('theirs', { partitions: 2, config });
    const { status, of, found } = await doctor(log('theirs'), ['--partitions', '5', '--replicas', '1']);
    expect(status).toBe(3);
    const states = Object.fromEntries(found.map(({ code, state }) => [code, state]));
    expect(states).toMatchObject({
      ...{ STG_TOPIC_RETENTION: 'warning', STG_TOPIC_CLEANUP: 'failed', STG_TOPIC_COMPRESSION: 'warning' },
      ...{ STG_TOPIC_UNCLEAN: 'failed', STG_TOPIC_MESSAGE_SIZE: 'failed', STG_TOPIC_PARTITIONS: 'warning' },
      ...{ STG_TOPIC_REPLICAS: 'ok' },
    });
    const { fix } = of('STG_TOPIC_CLEANUP')!;
    expect(fix).toBe(`stargate setup --log ${log('theirs')} --replicas 1 --partitions 5`);
    // The fix mends what it claims to.
    const mended = await stargate([...fix!.split(' ').slice(1), '--yes']);
    expect(mended.status, mended.stderr).toBe(0);
    const after = await doctor(log('theirs'), ['--partitions', '5', '--replicas', '1']);
    expect(after.found.filter(({ state }) => state === 'failed').map(({ code }) => code)).toEqual([
      ...['STG_TOPIC_UNCLEAN', 'STG_TOPIC_MESSAGE_SIZE'],
    ]);
  });

  it('tells how far a group is behind', async () => {
    await cluster.createTopic('behind', { config: SOUND });
    await produce(cluster, 'behind', texts(5));
    const { of } = await doctor(log('behind'));
    expect(of('STG_GROUP_LAG')).toMatchObject({
      ...{
        state: 'warning',
        detail: expect.stringMatching(/^5 records .* group stargate, which has never committed/),
      },
      fix: `stargate worker --log ${log('behind')}`,
    });
    // To ask for a group's positions where there are none would make a topic.
    expect(await cluster.admin.listTopics()).not.toContain('__consumer_offsets');
  });

  it('finds a broker that is away, and does not take the rest for sound', async () => {
    await cluster.node(1).kill();
    try {
      const { status, of, found } = await doctor(log('sound'));
      expect(status).toBe(3);
      expect(of('STG_KAFKA')).toMatchObject({
        state: 'failed',
        detail: expect.stringContaining('ECONNREFUSED'),
      });
      expect(new Set(found.filter(({ code }) => code !== 'STG_KAFKA').map(({ state }) => state))).toEqual(
        new Set(['unknown']),
      );
    } finally {
      await cluster.node(1).start();
    }
  });
});

describeWith('kafka', 'doctor and brokers elsewhere', () => {
  it('one of three away: addresses, replicas, and what is behind', async () => {
    const cluster = await startCluster({ nodes: 3 });
    try {
      await cluster.createTopic('events', {
        ...{ partitions: 3, replicas: 3, config: { 'min.insync.replicas': '1', 'retention.ms': '86400000' } },
      });
      const log = urlOf(cluster.brokers, 'events');
      const before = await doctor(log);
      expect(before.status).toBe(3);
      expect(before.of('STG_TOPIC_MIN_INSYNC')).toMatchObject({
        state: 'failed',
        fix: `stargate setup --log ${log}`,
      });
      expect(before.of('STG_TOPIC_IN_SYNC')).toMatchObject({ state: 'ok' });
      await cluster.node(3).kill();
      const deadline = Date.now() + 60_000;
      let after = await doctor(log);
      while (after.of('STG_TOPIC_IN_SYNC')?.state !== 'warning' && Date.now() < deadline)
        after = await doctor(log);
      expect(after.of('STG_TOPIC_IN_SYNC')).toMatchObject({
        state: 'warning',
        fix: expect.stringContaining('node 3'),
      });
      expect(after.of('STG_KAFKA')).toMatchObject({
        ...{ state: 'warning', detail: expect.stringContaining(`${cluster.brokers[2]} does not answer`) },
      });
    } finally {
      await cluster.close();
    }
  });

  it('TLS and SASL: a wrong password and an unknown authority, without a word of the password', async () => {
    const cluster = await startCluster({ tls: true, users: { alice: 'wonder' } });
    const folder = mkdtempSync(join(tmpdir(), 'stargate-doctor-'));
    try {
      await cluster.createTopic('events', { config: SOUND });
      const ca = join(folder, 'ca.pem');
      writeFileSync(ca, cluster.ca!);
      const log = `${urlOf(cluster.secureBrokers, 'events')}?tls&sasl=scram-sha-256`;
      const env = { STARGATE_KAFKA_CA: ca, STARGATE_KAFKA_USERNAME: 'alice' };
      const right = await doctor(log, [], { ...env, STARGATE_KAFKA_PASSWORD: 'wonder' });
      expect(right.of('STG_KAFKA')).toMatchObject({
        state: 'ok',
        detail: expect.stringContaining('TLS, SCRAM-SHA-256'),
      });
      expect(right.of('STG_TOPIC')).toMatchObject({ state: 'ok' });
      expect(right.said).not.toContain('wonder');
      const wrong = await doctor(log, [], { ...env, STARGATE_KAFKA_PASSWORD: 'wonderful' });
      expect(wrong.of('STG_KAFKA')).toMatchObject({
        ...{ state: 'failed', fix: expect.stringContaining('STARGATE_KAFKA_PASSWORD') },
      });
      expect(wrong.said).not.toContain('wonderful');
      const { STARGATE_KAFKA_CA: _, ...blind } = { ...env, STARGATE_KAFKA_PASSWORD: 'wonder' };
      expect((await doctor(log, [], blind)).of('STG_KAFKA')).toMatchObject({
        ...{ state: 'failed', fix: expect.stringContaining('STARGATE_KAFKA_CA') },
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await cluster.close();
    }
  });
});
