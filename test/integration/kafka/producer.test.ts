import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { record, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { CLEAN, connected, judge, Load, plain, readAll } from './producing.js';

describeWith('kafka', 'the producer and one broker', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ tls: true, users: { alice: 'wonder' }, proxied: true });
  });
  afterAll(() => cluster?.close());

  it('stores records byte for byte, where it says', async () => {
    await cluster.createTopic('bytes', { partitions: 3 });
    const { producer } = await connected(plain(cluster.brokers, 'bytes'));
    const given = [
      { key: null, value: Buffer.alloc(0), timestamp: 0 },
      { key: 'ключ-🔑', value: Buffer.from([0, 255, 128, 10]), timestamp: 1_700_000_000_000 },
      {
        key: '',
        value: Buffer.alloc(700_000, 7),
        timestamp: 1,
        headers: { a: 'b', traceparent: '00-1', empty: '' },
      },
    ];
    const outcome = await producer.append(given).answer;
    const all = await readAll(cluster, 'bytes');
    expect(all).toEqual(
      given.map((one, i) => ({
        headers: {},
        ...one,
        partition: outcome.partition,
        offset: outcome.first! + i,
      })),
    );
  });

  it.each(['none', 'gzip', 'snappy', 'lz4'] as const)('writes %s that others read', async (compression) => {
    const topic = `codec-${compression}`;
    // The broker unpacks what we send, by Java's codecs, and packs it again.
    await cluster.createTopic(topic, {
      config: { 'compression.type': compression === 'gzip' ? 'uncompressed' : 'gzip' },
    });
    const { producer } = await connected(plain(cluster.brokers, topic), { compression });
    const texts = Array.from({ length: 50 }, (_, i) => `${i} ${'visitor '.repeat(20)}`);
    await producer.append(texts.map((text) => record(text))).answer;
    expect((await readAll(cluster, topic)).map(({ value }) => value.toString())).toEqual(texts);
  });

  it('sends by TLS, as a user of SCRAM or PLAIN', async () => {
    await cluster.createTopic('secure');
    const secure = { ...plain(cluster.secureBrokers, 'secure'), tls: { ca: cluster.ca! } };
    const alice = { username: 'alice', password: 'wonder' };
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'] as const) {
      const { producer } = await connected({ ...secure, sasl: { mechanism, ...alice } });
      expect(await producer.append([record(mechanism)]).answer).toMatchObject({ state: 'stored' });
    }
    const wrong = { mechanism: 'SCRAM-SHA-256', ...alice, password: 'wrong' } as const;
    await expect(connected({ ...secure, sasl: wrong })).rejects.toThrow();
    const untrusted = { ...secure, tls: {}, sasl: { mechanism: 'PLAIN', ...alice } as const };
    await expect(connected(untrusted)).rejects.toThrow();
  });

  it('loses and doubles nothing when answers are lost', async () => {
    await cluster.createTopic('answers', { partitions: 3 });
    const { proxy } = cluster.node(1);
    const { producer } = await connected(plain(cluster.proxiedBrokers, 'answers'), {
      requestMs: 500,
      ackMs: 300,
    });
    const load = new Load(producer, 20);
    for (let i = 0; i < 8; i++) {
      await sleep(150);
      // Half of them by silence, half by a connection that breaks.
      proxy!.hole = 'down';
      await sleep(i % 2 === 0 ? 700 : 30);
      proxy!.reset();
      proxy!.hole = null;
    }
    await load.stop();
    expect(await judge(load, await readAll(cluster, 'answers'))).toMatchObject({
      ...CLEAN,
      unknown: 0,
      notStored: 0,
    });
    expect(producer.counters.errors.UNANSWERED).toBeGreaterThan(3);
    expect(producer.counters.identities).toBe(1);
  });

  it('works over a slow network in small pieces, and leaves no connection behind', async () => {
    await cluster.createTopic('slow', { partitions: 2 });
    const proxy = cluster.node(1).proxy!;
    Object.assign(proxy, { latency: 40, slice: 7 });
    const { producer } = await connected(plain(cluster.proxiedBrokers, 'slow'));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => producer.append([record(`${i}`)]).answer),
    );
    Object.assign(proxy, { latency: 0, slice: Number.POSITIVE_INFINITY });
    expect(outcomes.every(({ state }) => state === 'stored')).toBe(true);
    await producer.close();
    await until('no connection', () => proxy.connections === 0);
  });

  it('refuses the record that the topic does not take, and stores the ones beside it', async () => {
    await cluster.createTopic('small', { config: { 'max.message.bytes': '2000' } });
    const { producer } = await connected(plain(cluster.brokers, 'small'), { compression: 'none' });
    const texts = ['a', 'b', 'x'.repeat(3_000), 'c', ...Array.from({ length: 30 }, () => 'y'.repeat(300))];
    const outcomes = await Promise.all(texts.map((text) => producer.append([record(text)]).final));
    expect(outcomes.map(({ state }) => state)).toEqual(
      texts.map((text) => (text.length > 2_000 ? 'not_stored' : 'stored')),
    );
    expect(outcomes[2]!.error).toMatchObject({ code: 'STG_LOG_REFUSED', got: 'MESSAGE_TOO_LARGE' });
    const stored = await readAll(cluster, 'small');
    expect(stored.map(({ value }) => value.toString()).toSorted()).toEqual(
      texts.filter((t) => t.length < 2_000).toSorted(),
    );
  });

  it('goes on when the topic is deleted and made anew', async () => {
    await cluster.createTopic('remade', { partitions: 2 });
    const { producer, leaders } = await connected(plain(cluster.brokers, 'remade'));
    for (let i = 0; i < 6; i++) await producer.append([record(`old ${i}`)]).answer;
    const before = leaders.topic!.topicId;
    await cluster.admin.deleteTopics({ topics: ['remade'] });
    const during = producer.append([record('during')]);
    await until('the deletion', () => (producer.counters.errors.UNKNOWN_TOPIC_OR_PARTITION ?? 0) > 0);
    await cluster.createTopic('remade', { partitions: 2 });
    const outcomes = await Promise.all([
      during.final,
      ...[0, 1, 2, 3].map((i) => producer.append([record(`new ${i}`)]).final),
    ]);
    expect(outcomes.map(({ state }) => state)).toEqual(Array(5).fill('stored'));
    await until('the new topic', () => leaders.topic!.topicId !== before);
    const later = await Promise.all([4, 5, 6, 7].map((i) => producer.append([record(`new ${i}`)]).final));
    expect(later.map(({ state }) => state)).toEqual(Array(4).fill('stored'));
    const texts = (await readAll(cluster, 'remade')).map(({ value }) => value.toString());
    expect(texts.toSorted()).toEqual(['during', ...Array.from({ length: 8 }, (_, i) => `new ${i}`)]);
  });

  it('sends what has a key to the partition that other producers choose', async () => {
    await cluster.createTopic('keyed', { partitions: 5 });
    const { producer } = await connected(plain(cluster.brokers, 'keyed'));
    const keys = Array.from({ length: 40 }, (_, i) => `visitor.${i}`);
    await Promise.all(keys.map((key) => producer.append([record('own', { key })]).answer));
    const other = cluster.client().producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await other.connect();
    await other.send({ topic: 'keyed', messages: keys.map((key) => ({ key, value: 'other' })) });
    await other.disconnect();
    const all = await readAll(cluster, 'keyed');
    expect(all).toHaveLength(80);
    for (const key of keys) {
      expect(new Set(all.filter((one) => one.key === key).map(({ partition }) => partition)).size, key).toBe(
        1,
      );
    }
  });
});
