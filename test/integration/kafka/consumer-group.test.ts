/** Several members of a group: they join, leave, die and come back while records arrive. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { after as behind, type ConsumeHandlers, type Consumer } from '../../../src/log/port.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { eventValue } from '../../worker/scripted.js';
import { Family } from './consumer-family.js';
import { consume, DRIVER_NAMES, newTopic, producing } from './consumer-support.js';

const PARTITIONS = 6;
const PATIENCE_MS = 60_000;

/** What members were given: who owns what now, and who was given each record. */
class Ledger {
  readonly owners = new Map<number, string>();
  readonly given: string[] = [];
  readonly faults: string[] = [];

  handlers(name: string): ConsumeHandlers {
    const commits = new Map<number, Parameters<ConsumeHandlers['onAssigned']>[0]>();
    return {
      onAssigned: async (assignment) => {
        const { partition } = assignment;
        if (this.owners.has(partition)) this.faults.push(`${partition} has two owners`);
        this.owners.set(partition, name);
        commits.set(partition, assignment);
      },
      onBatch: async ({ partition, records }) => {
        if (this.owners.get(partition) !== name) this.faults.push(`${name} got ${partition} of another`);
        await sleep(Math.random() * 20);
        this.given.push(...records.map(({ position }) => `${partition}/${position}`));
        await commits.get(partition)!.commit(behind(records.at(-1)!.position), name);
        if (this.owners.get(partition) !== name) this.faults.push(`${name} lost ${partition} in a batch`);
      },
      onRevoked: async (partition) => {
        this.owners.delete(partition);
      },
    };
  }
}

describeWith('kafka', 'a group of Kafka consumers', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  it.each(DRIVER_NAMES)(
    '%s: shares the partitions while three members join and leave: each record is given once',
    async (driver) => {
      const topic = await newTopic(cluster, { partitions: PARTITIONS });
      const load = await producing(cluster, topic, PARTITIONS, (i) => Buffer.from(`record ${i}`));
      const ledger = new Ledger();
      const join = (name: string): Promise<Consumer> =>
        consume(cluster, topic, ledger.handlers(name), { driver });
      const members = [await join('a')];
      await until('a owns all', () => ledger.owners.size === PARTITIONS, PATIENCE_MS);
      for (const name of ['b', 'c', 'd', 'e']) {
        members.push(await join(name));
        const fair = () => new Set(ledger.owners.values()).size === members.length;
        await until(`${name} has its share`, () => ledger.owners.size === PARTITIONS && fair(), PATIENCE_MS);
        await sleep(300);
        if (members.length === 3) await members.shift()!.close();
      }
      await Promise.all(members.splice(1).map((member) => member.close()));
      const sent = await load.stop();
      await until('all records', () => ledger.given.length >= sent.length, PATIENCE_MS);
      await Promise.all(members.map((member) => member.close()));
      expect(ledger.faults).toEqual([]);
      expect(ledger.given.toSorted()).toEqual(sent.toSorted());
      expect(sent.length).toBeGreaterThan(1_000);
    },
  );

  it.each(DRIVER_NAMES)(
    '%s: loses and doubles no row when worker processes are killed under load',
    async (driver) => {
      const topic = await newTopic(cluster, { partitions: PARTITIONS });
      const load = await producing(cluster, topic, PARTITIONS, (i) => eventValue(`e-${i}`));
      const family = new Family({ brokers: cluster.brokers, topic, group: `killed-${driver}`, driver });
      onTestFinished(() => family.end());
      family.join();
      family.join();
      for (let round = 0; round < 4; round++) {
        const before = family.stored.length;
        await until('rows', () => family.stored.length > before + 500, PATIENCE_MS);
        await sleep((round * 137) % 400);
        await family.members.at(-2)!.kill();
        family.join();
      }
      const sent = await load.stop();
      await until('all rows', () => family.stored.length >= sent.length, PATIENCE_MS);
      await Promise.all(family.members.slice(-2).map((member) => member.close()));
      expect(family.stored.toSorted()).toEqual(sent.toSorted());
      expect(family.members.flatMap(({ news }) => news.filter((one) => one.startsWith('failed')))).toEqual(
        [],
      );
    },
  );

  it.each(DRIVER_NAMES)(
    '%s: loses and doubles no row when a process is stopped past its session, goes on, and joins again',
    async (driver) => {
      const topic = await newTopic(cluster, { partitions: PARTITIONS });
      const load = await producing(cluster, topic, PARTITIONS, (i) => eventValue(`e-${i}`));
      const family = new Family({ brokers: cluster.brokers, topic, group: `stopped-${driver}`, driver });
      onTestFinished(() => family.end());
      const [paused, other] = [family.join(), family.join()];
      const owned = (news: readonly string[]) => {
        const now = new Set<string>();
        for (const one of news) {
          const [what, partition = ''] = one.split(' ');
          if (what === 'assigned') now.add(partition);
          if (what === 'ended') now.delete(partition);
        }
        return now.size;
      };
      const shared = () => owned(paused.news) === 3 && owned(other.news) === 3;
      await until('both have three', () => shared() && family.stored.length > 500, PATIENCE_MS);
      for (let round = 0; round < 2; round++) {
        paused.process.kill('SIGSTOP');
        await until('the other has all', () => owned(other.news) === PARTITIONS, PATIENCE_MS);
        const before = family.stored.length;
        await until('it writes', () => family.stored.length > before + 500, PATIENCE_MS);
        const told = paused.news.length;
        paused.process.kill('SIGCONT');
        await until('both have three again', shared, PATIENCE_MS);
        expect(paused.news.slice(told).filter((one) => one.startsWith('ended'))).toHaveLength(3);
      }
      const sent = await load.stop();
      await until('all rows', () => family.stored.length >= sent.length, PATIENCE_MS);
      await Promise.all([paused.close(), other.close()]);
      expect(family.stored.toSorted()).toEqual(sent.toSorted());
    },
  );
});
