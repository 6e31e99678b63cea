/** Fewer replicas in sync than min.insync.replicas: brokers refuse (code 19), and nothing that was acknowledged is lost. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { eventually, type Running } from '../../helpers/running.js';
import { send, workingFolder } from '../commands/support.js';
import { CLEAN, connected, judge, Load, plain, readAll } from './producing.js';
import { emptied, metric, serving } from './serving.js';

describeWith('kafka', 'under min.insync.replicas', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3 });
  });
  afterAll(() => cluster?.close());
  const folder = workingFolder();
  const { serve } = serving(folder, () => cluster);

  /** All three replicas of its partitions have to have each record. */
  async function strict(name: string): Promise<string> {
    await cluster.createTopic(name, { partitions: 2, config: { 'min.insync.replicas': '3' } });
    return `kafka://${cluster.brokers.join()}/${name}`;
  }

  const names = async (topic: string): Promise<string[]> =>
    (await readAll(cluster, topic)).map(
      ({ value }) => (JSON.parse(value.toString()) as { event_name: string }).event_name,
    );
  const answered = ({ ready }: Running, name: string) => send(ready.collector!, name);

  it('one of three brokers gone: not stored, 503 or the spool; everything there when it is back', async () => {
    const { producer } = await strict('direct').then(() => connected(plain(cluster.brokers, 'direct')));
    const honest = await serve(await strict('honest'), '--ack', 'log');
    const spooling = await serve(await strict('spooling'), '--ack', 'spool');
    const load = new Load(producer, 10, 2_000);
    await until('records', () => load.stored > 100, 30_000);
    for (const one of [honest, spooling]) expect((await answered(one, 'before')).status).toBe(202);
    await cluster.node(3).kill();
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
      await cluster.node(3).start();
    }
    const before = load.stored;
    await until('records again', () => load.stored > before + 100, 60_000);
    await load.stop();
    expect(await judge(load, await readAll(cluster, 'direct'))).toMatchObject({ ...CLEAN, unknown: 0 });
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
