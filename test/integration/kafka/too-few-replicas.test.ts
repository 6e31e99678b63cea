/** Fewer replicas in sync than min.insync.replicas: brokers refuse (code 19), and nothing that was acknowledged is lost. */
import { expect, it, onTestFinished } from 'vitest';
import type { KafkaVersion } from '../../helpers/kafka/home.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { eventually, type Running } from '../../helpers/running.js';
import { send, workingFolder } from '../commands/support.js';
import { CLEAN, connected, judge, Load, plain, readAll } from './producing.js';
import { emptied, metric, serving, servingOver } from './serving.js';

describeWith('kafka', 'under min.insync.replicas', () => {
  const { cluster, serve } = servingOver({ nodes: 3 });

  /** All three replicas of its partitions have to have each record. */
  async function strict(name: string): Promise<string> {
    await cluster().createTopic(name, { partitions: 2, config: { 'min.insync.replicas': '3' } });
    return `kafka://${cluster().brokers.join()}/${name}`;
  }

  const names = async (topic: string): Promise<string[]> =>
    (await readAll(cluster(), topic)).map(
      ({ value }) => (JSON.parse(value.toString()) as { event_name: string }).event_name,
    );
  const answered = ({ ready }: Running, name: string) => send(ready.collector!, name);

  it('one of three brokers gone: not stored, 503 or the spool; everything there when it is back', async () => {
    const { producer } = await strict('direct').then(() => connected(plain(cluster().brokers, 'direct')));
    const honest = await serve(await strict('honest'), '--ack', 'log');
    const spooling = await serve(await strict('spooling'), '--ack', 'spool');
    const load = new Load(producer, 10, 2_000);
    await until('records', () => load.stored > 100, 30_000);
    for (const one of [honest, spooling]) expect((await answered(one, 'before')).status).toBe(202);
    await cluster().node(3).kill();
    const acknowledged = ['before'];
    try {
      await until('refusals', () => (producer.counters.errors.NOT_ENOUGH_REPLICAS ?? 0) > 3, 30_000);
      // The leaders are there all the time: only the answer says that they do not take it.
      expect(producer.writable).toBe(true);
      const stored = load.stored;
      const begin = performance.now();
      const [refused, kept] = await Promise.all([
        answered(honest, 'refused'),
        Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => answered(spooling, name))),
      ]);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(performance.now() - begin).toBeLessThan(14_000);
      expect(kept.map(({ status }) => status)).toEqual(Array(5).fill(202));
      acknowledged.push('a', 'b', 'c', 'd', 'e');
      expect(await metric(spooling, 'stargate_spool_records')).toBe(5);
      expect(
        await metric(honest, 'stargate_producer_errors_total{kind="NOT_ENOUGH_REPLICAS"}'),
      ).toBeGreaterThan(0);
      // Under way when the broker went, perhaps; nothing behind.
      expect(load.stored).toBe(stored);
      const late = load.sent.filter(({ answer }) => answer.state !== 'stored');
      expect(late.length).toBeGreaterThan(0);
      expect(Math.max(...late.map(({ took }) => took))).toBeLessThan(4_000);
    } finally {
      await cluster().node(3).start();
    }
    const before = load.stored;
    await until('records again', () => load.stored > before + 100, 60_000);
    await load.stop();
    expect(await judge(load, await readAll(cluster(), 'direct'))).toMatchObject({ ...CLEAN, unknown: 0 });
    await emptied(spooling);
    await eventually(
      async () => (await answered(honest, 'after')).status === 202,
      () => `202 again; ${honest.stderr()}`,
    );
    expect(await spooling.stop()).toBe(0);
    expect(await honest.stop()).toBe(0);
    expect((await names('spooling')).toSorted()).toEqual(acknowledged.toSorted());
    const there = await names('honest');
    for (const name of ['before', 'after']) expect(there.filter((one) => one === name)).toHaveLength(1);
  });
});

describeWith('kafka', 'two of three brokers gone', () => {
  const folder = workingFolder();
  let cluster: Cluster;
  const { topic, serve } = serving(folder, () => cluster);

  /** ms of each answer, which must be a success, one after another. */
  async function times(running: Running, names: readonly string[]): Promise<number[]> {
    const all: number[] = [];
    for (const name of names) {
      const begin = performance.now();
      expect((await send(running.ready.collector!, name)).status).toBe(202);
      all.push(performance.now() - begin);
    }
    return all.toSorted((a, b) => a - b);
  }

  // ZooKeeper is left, and has the dead ones taken out of what is in sync: the leader refuses. Of three controllers one
  // alone decides nothing: the leader waits for the dead ones, each time.
  it.each<[KafkaVersion, string]>([
    ['3.9.2', 'NOT_ENOUGH_REPLICAS'],
    ['4.4.0', 'REQUEST_TIMED_OUT'],
  ])(
    '%s answers %s: the spool answers at once, and all is there when they are back',
    async (version, code) => {
      const properties: Record<string, number> =
        version === '3.9.2' ? { 'zookeeper.session.timeout.ms': 6_000 } : {};
      cluster = await startCluster({ version, nodes: 3, properties });
      onTestFinished(() => cluster.close());
      const url = await topic(3);
      const running = await serve(url);
      const sent = ['before'];
      await times(running, sent);
      const [left] = await cluster.leaders(url.split('/').at(-1)!);
      const gone = cluster.nodes.filter((node) => node !== left);
      await Promise.all(gone.map((node) => node.kill()));
      await eventually(
        async () => {
          sent.push(`first${sent.length}`);
          await times(running, sent.slice(-1));
          return (await metric(running, `stargate_producer_errors_total{kind="${code}"}`)) > 0;
        },
        () => `${code}; ${running.stderr()}`,
      );
      const names = Array.from({ length: 20 }, (_, n) => `then${n}`);
      const took = await times(running, names);
      sent.push(...names);
      const [median, most] = [took[10]!, took.at(-1)!];
      process.stderr.write(
        `${version}: 2xx of the spool, ms: median ${median.toFixed(0)}, most ${most.toFixed(0)}\n`,
      );
      // With a try of Kafka before each it would be a second.
      expect(median).toBeLessThan(500);
      // Killed, a broker of 3.9 keeps its place in ZooKeeper for a while, and refuses the new process.
      for (const node of gone)
        await eventually(
          () =>
            node.start().then(
              () => true,
              () => false,
            ),
          () => 'a broker',
        );
      await emptied(running);
      const after = ['after'];
      await times(running, after);
      sent.push(...after);
      expect(await running.stop()).toBe(0);
      const there = (await readAll(cluster, url.split('/').at(-1)!)).map(
        ({ value }) => (JSON.parse(value.toString()) as { event_name: string }).event_name,
      );
      expect([...new Set(there)].toSorted()).toEqual(sent.toSorted());
    },
  );
});
