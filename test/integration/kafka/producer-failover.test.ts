import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConnectOptions } from '../../../src/log/kafka/options.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { CLEAN, connected, judge, Load, plain, readAll } from './producing.js';

describeWith('kafka', 'the producer and three brokers that fail', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3, tls: true, users: { alice: 'wonder' } });
  });
  afterAll(() => cluster?.close());

  const alice = { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'wonder' } as const;
  /** How the producer reaches the brokers; they reach each other in plain text. */
  const ways = {
    plain: (topic: string): ConnectOptions => plain(cluster.brokers, topic),
    'TLS and SCRAM': (topic: string): ConnectOptions => ({
      ...plain(cluster.secureBrokers, topic),
      tls: { ca: cluster.ca! },
      sasl: alice,
    }),
  };

  async function loaded(topic: string, answerMs?: number, way: keyof typeof ways = 'plain') {
    await cluster.createTopic(topic, { partitions: 6 });
    const opened = await connected(ways[way](topic));
    const load = new Load(opened.producer, 30, answerMs);
    await until('records', () => load.stored > 300, 30_000);
    return { ...opened, load };
  }
  /** All partitions have leaders again, and records flow. */
  async function flowing(load: Load): Promise<void> {
    const before = load.stored;
    await until('records after the fault', () => load.stored > before + 300, 40_000);
  }

  it.each([
    ['plain', 'killed'],
    ['TLS and SCRAM', 'killed-secure'],
  ] as const)(
    'kill -9 of a leader, %s: nothing acknowledged is lost, nothing doubled',
    async (way, topic) => {
      const { load, producer } = await loaded(topic, undefined, way);
      const before = producer.counters.errors.UNREACHABLE!;
      const [leader] = await cluster.leaders(topic);
      await leader!.kill();
      await sleep(4_000);
      await flowing(load);
      // Two of three are there: what is alerted on must show the one that is not.
      expect(producer.counters.errors.UNREACHABLE).toBeGreaterThan(before);
      await leader!.start();
      await load.stop();
      const judged = await judge(load, await readAll(cluster, topic));
      expect(judged).toMatchObject(CLEAN);
      expect(judged.stored).toBeGreaterThan(600);
    },
  );

  it('SIGSTOP of a leader for 5 s: what waits for it comes through, the others go on', async () => {
    const { load, producer } = await loaded('stopped');
    const [leader] = await cluster.leaders('stopped');
    leader!.stop();
    const before = load.stored;
    await sleep(5_000);
    expect(load.stored).toBeGreaterThan(before);
    leader!.cont();
    await flowing(load);
    await load.stop();
    expect(await judge(load, await readAll(cluster, 'stopped'))).toMatchObject(CLEAN);
    expect(producer.counters.resends).toBeGreaterThan(0);
  });

  it('all brokers away: answers come by the deadline, then refusals at once; outcomes when they are back', async () => {
    const { load, producer } = await loaded('away', 2_000);
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await until('refusals', () => !producer.writable, 15_000);
    const { answer } = producer.append([{ key: null, value: Buffer.from('refused x'), timestamp: 1 }]);
    const begin = performance.now();
    expect(await answer).toMatchObject({ state: 'not_stored', error: { code: 'STG_LOG_UNREACHABLE' } });
    expect(performance.now() - begin).toBeLessThan(100);
    await sleep(3_000);
    const slowest = Math.max(...load.sent.map(({ took }) => took));
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await flowing(load);
    await load.stop();
    const judged = await judge(load, await readAll(cluster, 'away'));
    expect(judged).toMatchObject(CLEAN);
    // Answered within the 2 s given, and what a busy machine adds.
    expect(slowest).toBeLessThan(4_000);
    expect(judged.notStored).toBeGreaterThan(0);
    // What was under way is kept until its outcome is known.
    const unsure = load.sent.filter(({ answer: { state } }) => state === 'unknown');
    expect(unsure.length).toBeGreaterThan(0);
    expect(judged.unknown).toBe(0);
  });
});
