/**
 * Four ways in which clients for Node lose what they acknowledged, or hang, against three real brokers; for every driver
 * that is offered. Each fault happens once, to all drivers at the same time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { ProduceOptions } from '../../../src/log/kafka/options.js';
import { partitionOf } from '../../../src/log/kafka/partitioning.js';
import type { Producer } from '../../../src/log/kafka/producer.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { readAll, type Stored } from '../../helpers/kafka/read.js';
import { record, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { DRIVER_NAMES, DRIVERS } from './consumer-support.js';
import { CLEAN, judge, Load, plain } from './producing.js';

const PARTITIONS = 6;
/** Some records of the tests are older than what brokers keep. */
const FOR_EVER = { 'retention.ms': '-1' };
const PATIENCE_MS = 60_000;

describeWith('kafka', 'the four losses', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3, proxied: true });
  });
  afterAll(() => cluster?.close());

  interface Contender {
    readonly name: string;
    readonly topic: string;
    readonly producer: Producer;
  }

  /** A topic and a producer for each driver. */
  async function contenders(what: string, more: Partial<ProduceOptions> = {}): Promise<Contender[]> {
    for (const name of DRIVER_NAMES)
      await cluster.createTopic(`${what}-${name}`, { partitions: PARTITIONS, config: FOR_EVER });
    const opening = DRIVER_NAMES.map(async (name) => {
      const topic = `${what}-${name}`;
      const { producer } = await DRIVERS[name].appending(
        plain(cluster.proxiedBrokers, topic),
        more,
        () => {},
      );
      onTestFinished(() => producer.close());
      return { name, topic, producer };
    });
    return Promise.all(opening);
  }

  const textsOf = (stored: readonly Stored[]): string[] => stored.map(({ value }) => value.toString());
  /** A key of each partition. */
  const keys = Array.from({ length: PARTITIONS }, (_, partition) => {
    for (let i = 0; ; i++) if (partitionOf(`visitor.${i}`, PARTITIONS) === partition) return `visitor.${i}`;
  });

  it('the leader of some partitions is killed while sends go to several leaders', async () => {
    const all = await contenders('several');
    const loads = all.map(({ producer }) => new Load(producer, 30, 30_000));
    const grown = (more: number) => {
      const before = loads.map(({ stored }) => stored);
      return until(
        'records of every driver',
        () => loads.every(({ stored }, i) => stored > before[i]! + more),
        PATIENCE_MS,
      );
    };
    await grown(300);
    const [leader] = await cluster.leaders(all[0]!.topic);
    await leader!.kill();
    await sleep(3_000);
    await grown(300);
    await leader!.start();
    await Promise.all(loads.map((load) => load.stop()));
    for (const [i, { name, topic }] of all.entries()) {
      const judged = await judge(loads[i]!, await readAll(cluster, topic));
      expect(judged, name).toMatchObject({ ...CLEAN, unknown: 0 });
      expect(judged.stored, name).toBeGreaterThan(600);
    }
  });

  it('a leader that was looked up falls silent for good', async () => {
    const all = await contenders('silent');
    const round = async (text: string): Promise<void> => {
      await Promise.all(
        all.map(async ({ name, producer }) => {
          const answerBy = performance.now() + PATIENCE_MS;
          const calls = keys.map((key) => producer.append([record(`${text} ${key}`, { key })], { answerBy }));
          const states = await Promise.all(calls.map(async ({ answer }) => (await answer).state));
          expect(states, name).toEqual(keys.map(() => 'stored'));
        }),
      );
    };
    await round('first');
    const [leader] = await cluster.leaders(all[0]!.topic);
    leader!.stop();
    try {
      // It stays stopped: whoever only waits for it, or asks it, waits for ever.
      await round('second');
      await round('third');
    } finally {
      leader!.cont();
    }
    const expected = ['first', 'second', 'third'].flatMap((text) => keys.map((key) => `${text} ${key}`));
    for (const { name, topic } of all) {
      let texts: string[] = [];
      // Continued, it takes itself for the leader that it was, and tells of ends that it knew, until it hears better.
      const read = async () => {
        texts = textsOf(await readAll(cluster, topic));
        return texts.length >= expected.length;
      };
      await until(`all of ${name}`, read, PATIENCE_MS).catch(() => {});
      expect(texts.toSorted(), name).toEqual(expected.toSorted());
    }
  });

  it('many batches of one partition wait to be sent, and its leader is killed', async () => {
    // Of each batch only one record fits.
    const all = await contenders('queued', { maxBatchBytes: 100 });
    const [leader] = await cluster.leaders(all[0]!.topic);
    const texts = Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(80, 'x'));
    const answerBy = performance.now() + PATIENCE_MS;
    const calls = all.map(({ producer }) =>
      texts.map((text) => producer.append([record(text, { key: keys[0]! })], { answerBy }).answer),
    );
    await Promise.all(calls.map((own) => own[20]!));
    await leader!.kill();
    const outcomes = await Promise.all(calls.map((own) => Promise.all(own)));
    await leader!.start();
    for (const [i, { name, topic }] of all.entries()) {
      expect(
        outcomes[i]!.filter(({ state }) => state !== 'stored'),
        name,
      ).toEqual([]);
      const stored = await readAll(cluster, topic);
      expect(textsOf(stored), name).toEqual(texts);
      expect(
        outcomes[i]!.map(({ first }) => first),
        name,
      ).toEqual(stored.map(({ offset }) => offset));
    }
  });

  it('a batch is given up, and the next one is sent', async () => {
    const times = { requestMs: 600, ackMs: 400, answerMs: 1_000, finalMs: 2_000 };
    const all = await contenders('given-up', times);
    const acknowledged = all.map((): string[] => []);
    const append = async (text: string) => {
      const calls = all.map(({ producer }) => producer.append([record(text, { key: keys[0]! })]).final);
      const outcomes = await Promise.all(calls);
      for (const [i, { state }] of outcomes.entries()) if (state === 'stored') acknowledged[i]!.push(text);
      return outcomes.map(({ state }) => state);
    };
    await append('before');
    // What arrives is stored, but nobody hears of it.
    for (const { proxy } of cluster.nodes) proxy!.hole = 'down';
    expect(await append('given up')).toEqual(all.map(() => 'unknown'));
    // Long enough that what was under way has ended, too: nobody sends it once more when answers come again.
    await sleep(6_000);
    for (const { proxy } of cluster.nodes) {
      proxy!.hole = null;
      proxy!.reset();
    }
    // As many records as the one before: under its numbers a broker would take it for that one.
    let tries = 0;
    const next = async () => (await append(`next ${tries++}`)).every((state) => state === 'stored');
    await until('a next one of every driver', next, PATIENCE_MS);
    for (const [i, { name, topic }] of all.entries()) {
      const stored = textsOf(await readAll(cluster, topic));
      expect(stored.length, `${name}: twice`).toBe(new Set(stored).size);
      expect(
        acknowledged[i]!.filter((text) => !stored.includes(text)),
        name,
      ).toEqual([]);
      expect(acknowledged[i]!.length, name).toBeGreaterThanOrEqual(2);
    }
  });
});
