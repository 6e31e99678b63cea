/**
 * An acknowledgement at an offset that is too low: by a topic that was made anew it counts, by a log that an unclean
 * election cut back it does not. The producer hears of neither before the answer comes.
 */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Producer } from '../../../src/log/kafka/producer.js';
import type { KafkaVersion } from '../../helpers/kafka/home.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { record, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { DRIVER_NAMES, DRIVERS } from './consumer-support.js';
import { connected, plain, readAll } from './producing.js';

const textsOf = async (cluster: Cluster, topic: string): Promise<string[]> =>
  (await readAll(cluster, topic)).map(({ value }) => value.toString());
const PATIENCE_MS = 60_000;

/** Final outcomes of appends, one after another. */
async function statesOf(producer: Producer, texts: readonly string[]): Promise<string[]> {
  const states: string[] = [];
  for (const text of texts) states.push((await producer.append([record(text)]).final).state);
  return states;
}

describeWith('kafka', 'a topic of the same name', () => {
  it.each<KafkaVersion>(['4.4.0', '3.9.2'])(
    'deleted and made anew: what it stored is stored, and nothing is sent twice (%s)',
    async (version) => {
      const cluster = await startCluster({ version });
      onTestFinished(() => cluster.close());
      for (const name of DRIVER_NAMES) {
        const topic = `remade-${name}`;
        await cluster.createTopic(topic, { partitions: 2 });
        const { producer } = await DRIVERS[name].appending(plain(cluster.brokers, topic), {}, () => {});
        onTestFinished(() => producer.close());
        const old = Array.from({ length: 12 }, (_, i) => `old ${i}`);
        expect(await statesOf(producer, old), name).toEqual(old.map(() => 'stored'));
        // Nothing is sent meanwhile: no answer tells the producer that anything has happened.
        await cluster.admin.deleteTopics({ topics: [topic] });
        // As long as ZooKeeper is about to delete it, it is there already, to whoever would make it.
        const make = () => cluster.admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
        await until('the new topic', () => make().catch(() => false), PATIENCE_MS);
        await cluster.createTopic(topic, { partitions: 2 });
        const fresh = Array.from({ length: 12 }, (_, i) => `new ${i}`);
        expect(await statesOf(producer, fresh), name).toEqual(fresh.map(() => 'stored'));
        expect((await textsOf(cluster, topic)).toSorted(), name).toEqual(fresh.toSorted());
      }
    },
  );

  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3 });
  });
  afterAll(() => cluster?.close());

  it('cut back by an unclean election: nobody can tell, and what comes behind is stored', async () => {
    const config = { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1' };
    await cluster.createTopic('cut', { replicas: 2, config });
    const { producer, leaders } = await connected(plain(cluster.brokers, 'cut'));
    const { topicId } = leaders.topic!;
    expect(await statesOf(producer, ['a', 'b'])).toEqual(['stored', 'stored']);
    const replicasIn = async (what: 'replicas' | 'isr'): Promise<number[]> => {
      const { topics } = await cluster.admin.fetchTopicMetadata({ topics: ['cut'] });
      return topics[0]!.partitions[0]![what];
    };
    const [leader] = await cluster.leaders('cut');
    const lagging = (await replicasIn('replicas')).find((id) => id !== leader!.id)!;
    await cluster.node(lagging).kill();
    await until('one in sync', async () => (await replicasIn('isr')).length === 1, PATIENCE_MS);
    expect(await statesOf(producer, ['c', 'd', 'e'])).toEqual(['stored', 'stored', 'stored']);
    await leader!.kill();
    await cluster.node(lagging).start();
    await until(
      'the other leader',
      async () => (await cluster.leaders('cut').catch(() => []))[0]?.id === lagging && producer.reachable,
      PATIENCE_MS,
    );
    // It stands at the offset of what is gone. The same bytes in a new topic would be stored.
    const doubted = producer.append([record('f')], { answerBy: performance.now() + PATIENCE_MS });
    expect(await doubted.final).toMatchObject({
      state: 'unknown',
      error: { got: expect.stringContaining('offset 2') },
    });
    expect(leaders.topic!.topicId).toBe(topicId);
    expect(await statesOf(producer, ['g'])).toEqual(['stored']);
    expect(await textsOf(cluster, 'cut')).toEqual(['a', 'b', 'f', 'g']);
    await leader!.start();
  });
});
