import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes } from 'kafkajs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { after as behind, type Position } from '../../../src/log/port.js';
import { collectGarbage } from '../../helpers/garbage.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { Collector, until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import {
  consume as consumeBy,
  DRIVER_NAMES,
  DRIVERS,
  type DriverName,
  deleteBefore,
  newTopic,
  produce,
  settingsOf,
  texts,
  type Written,
} from './consumer-support.js';

const PATIENCE_MS = 30_000;
const LOOK_RECORDS = 2_500;
const after = (batch: readonly { position: Position }[]): number => behind(batch.at(-1)!.position);

const contract = (driver: DriverName) =>
  describeWith('kafka', `the Kafka consumer by ${driver}`, () => {
    const consume: typeof consumeBy = (on, topic, handlers, options) =>
      consumeBy(on, topic, handlers, { driver, ...options });
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await startCluster();
    });
    afterAll(() => cluster?.close());

    // First, for it asks a cluster that has never had a group, and needs a moment to name a coordinator.
    it('tells the lag of each partition: before a commit, behind one, and where the position has expired', async () => {
      const topic = await newTopic(cluster, { partitions: 3 });
      const now = Date.now();
      const aged = (partition: number, ...seconds: number[]) =>
        seconds.map((age) => ({ partition, value: `${age}`, timestamp: now - age * 1_000 }));
      await produce(cluster, topic, [...aged(0, 90, 60, 30), ...aged(1, 50, 40)], CompressionTypes.GZIP);
      const lag = DRIVERS[driver].lag(settingsOf(cluster.brokers, topic));
      onTestFinished(() => lag.close());
      const measured = async (group = 'g') =>
        (await lag.measure(group)).map(({ seconds, ...rest }) => ({
          ...rest,
          seconds: Math.round(seconds! / 10) * 10,
        }));
      const fresh = [
        { partition: 0, committed: null, end: 3, records: 3, seconds: 90 },
        { partition: 1, committed: null, end: 2, records: 2, seconds: 50 },
        { partition: 2, committed: null, end: 0, records: 0, seconds: 0 },
      ];
      expect(await measured()).toEqual(fresh);
      const seen = new Collector();
      const consumer = await consume(cluster, topic, seen);
      await until('all', () => seen.records.length === 5, PATIENCE_MS);
      for (const { partition, commit } of seen.assignments)
        await commit((partition === 0 ? 1 : 0) as Position, '');
      expect((await measured())[0]).toEqual({ partition: 0, committed: 1, end: 3, records: 2, seconds: 60 });
      await seen.assignments.find(({ partition }) => partition === 1)!.commit(2 as Position, '');
      expect((await measured())[1]).toEqual({ partition: 1, committed: 2, end: 2, records: 0, seconds: 0 });
      await consumer.close();
      await deleteBefore(cluster, topic, 2);
      expect((await measured())[0]).toEqual({ partition: 0, committed: 1, end: 3, records: 1, seconds: 30 });
      expect((await measured('another')).map(({ committed, records }) => [committed, records])).toEqual([
        [null, 1],
        [null, 2],
        [null, 0],
      ]);
    });

    it('gives key, value, headers and timestamp as another client wrote them, plain and compressed', async () => {
      const config = { 'message.timestamp.after.max.ms': String(Number.MAX_SAFE_INTEGER) };
      const topic = await newTopic(cluster, { config });
      const written: Written[] = [
        { key: null, value: '', timestamp: 0 },
        { key: '', value: 'empty key', timestamp: 1_700_000_000_123 },
        {
          key: 'ключ-🔑',
          value: 'x'.repeat(70_000),
          timestamp: 4_102_444_800_000,
          headers: { a: 'b', c: '' },
        },
        { key: 'k', value: 'same headers', timestamp: 5, headers: { a: 'b', c: '' } },
        { key: 'k', value: 'earlier', timestamp: 4, headers: { a: 'other' } },
      ];
      await produce(cluster, topic, written);
      await produce(cluster, topic, written, CompressionTypes.GZIP);
      const seen = new Collector();
      const consumer = await consume(cluster, topic, seen);
      await until('all records', () => seen.records.length >= 10, PATIENCE_MS);
      await consumer.close();
      const got = seen.records.map(({ key, value, timestamp, headers = {} }) => {
        return { key, value: value.toString(), timestamp, headers };
      });
      const expected = written.map((record) => ({ headers: {}, ...record }));
      expect(got).toEqual([...expected, ...expected]);
      expect(seen.records.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(seen.assignments).toMatchObject([
        { partition: 0, committed: null, saved: null, start: 0, end: 10 },
      ]);
      expect(seen.revoked).toEqual([0]);
    });

    it('commits position and text before any record has been read, and gives them to the next one', async () => {
      const topic = await newTopic(cluster, { partitions: 2 });
      await produce(cluster, topic, [...texts(5, 0), ...texts(3, 1)]);
      const first = new Collector();
      first.onAssigned = async (assignment) => {
        first.assignments.push(assignment);
        await assignment.commit(assignment.start, `opened ${assignment.partition}`);
        await assignment.commit(behind(assignment.start), `état ✓ ${'x'.repeat(4_000)}`);
      };
      const consumer = await consume(cluster, topic, first);
      await until('both', () => first.assignments.length === 2, PATIENCE_MS);
      await consumer.close();
      const again = new Collector();
      await consume(cluster, topic, again);
      await until('the rest', () => again.records.length === 4 + 2, PATIENCE_MS);
      for (const { committed, saved } of again.assignments)
        expect([committed, saved?.slice(0, 7)]).toEqual([1, 'état ✓ ']);
    });

    it('holds up one partition only, when its handler waits', async () => {
      const topic = await newTopic(cluster, { partitions: 3 });
      let open!: () => void;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      onTestFinished(open);
      const seen = new Collector();
      let running = 0;
      seen.onBatch = async (batch) => {
        if (batch.partition === 1) {
          expect(running++).toBe(0);
          await gate;
          running--;
        }
        seen.batches.push(batch);
      };
      await consume(cluster, topic, seen, { maxRecords: 10 });
      await produce(
        cluster,
        topic,
        [0, 1, 2].flatMap((partition) => texts(50, partition)),
      );
      const of = (partition: number) => seen.batches.filter((batch) => batch.partition === partition);
      await until('the others', () => of(0).length >= 5 && of(2).length >= 5, PATIENCE_MS);
      await produce(cluster, topic, texts(50, 2, 'later'));
      await until(
        'more of another',
        () => of(2).flatMap(({ records }) => records).length === 100,
        PATIENCE_MS,
      );
      expect(of(1)).toEqual([]);
      open();
      await until('all', () => seen.records.length === 200, PATIENCE_MS);
    });

    it('goes on at the start of the log where the committed position has expired, and tells both', async () => {
      const topic = await newTopic(cluster);
      await produce(cluster, topic, texts(10));
      const first = new Collector();
      const consumer = await consume(cluster, topic, first);
      await until('all', () => first.records.length === 10, PATIENCE_MS);
      await first.assignments[0]!.commit(3 as Position, 'three');
      await consumer.close();
      await deleteBefore(cluster, topic, 6);
      const again = new Collector();
      await consume(cluster, topic, again);
      await until('the rest', () => again.records.length === 4, PATIENCE_MS);
      expect(again.assignments[0]).toMatchObject({ committed: 3, saved: 'three', start: 6, end: 10 });
      expect(again.texts).toEqual(['6', '7', '8', '9']);
    });

    it('tells a position that a tool has moved as one without a text', async () => {
      const topic = await newTopic(cluster);
      await produce(cluster, topic, texts(3));
      await cluster.admin.setOffsets({ groupId: 'g', topic, partitions: [{ partition: 0, offset: '1' }] });
      const seen = new Collector();
      await consume(cluster, topic, seen);
      await until('the rest', () => seen.records.length === 2, PATIENCE_MS);
      expect(seen.assignments).toMatchObject([{ committed: 1, saved: null }]);
    });

    // A broker that was stopped and goes on tells for a moment of ends that it knew.
    if (driver === 'own') {
      it('waits a little where the committed position lies behind the end of the log', async () => {
        const topic = await newTopic(cluster);
        await produce(cluster, topic, texts(2));
        await cluster.admin.setOffsets({ groupId: 'g', topic, partitions: [{ partition: 0, offset: '5' }] });
        const seen = new Collector();
        const consumer = await consume(cluster, topic, seen);
        await sleep(1_000);
        await produce(cluster, topic, texts(4));
        await until('the rest', () => seen.records.length === 1, PATIENCE_MS);
        await consumer.close();
        await expect(consumer.done).resolves.toBeUndefined();
      });
    }

    it('ends with an alarm where the committed position lies behind the end of the log', async () => {
      const topic = await newTopic(cluster);
      await produce(cluster, topic, texts(2));
      await cluster.admin.setOffsets({ groupId: 'g', topic, partitions: [{ partition: 0, offset: '7' }] });
      const seen = new Collector();
      const consumer = await consume(cluster, topic, seen);
      await expect(consumer.done).rejects.toMatchObject({ code: 'STG_LOG_POSITION' });
      expect([seen.assignments, seen.batches]).toEqual([[], []]);
    });

    it('passes over records that were deleted while their turn was still to come', async () => {
      const topic = await newTopic(cluster, { config: { 'max.message.bytes': '4000000' } });
      const warnings: string[] = [];
      const seen = new Collector();
      let open!: () => void;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      seen.onBatch = async (batch) => {
        seen.batches.push(batch);
        await gate;
      };
      onTestFinished(open);
      await consume(cluster, topic, seen, { onWarning: (text) => warnings.push(text), maxRecords: 1 });
      // More than is fetched ahead.
      const big = Array.from({ length: 20 }, () => ({ value: Buffer.alloc(900_000) }));
      for (const record of big) await produce(cluster, topic, [record]);
      await until('the first', () => seen.batches.length === 1, PATIENCE_MS);
      await seen.assignments[0]!.commit(1 as Position, 'kept');
      await deleteBefore(cluster, topic, 18);
      open();
      await until('the last', () => seen.records.at(-1)?.position === 19, PATIENCE_MS);
      const positions = seen.records.map(({ position }) => position as number);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(positions.slice(-2)).toEqual([18, 19]);
      expect(warnings.join()).toMatch(/retention deleted \d+ records/);
      // kafkajs resets it where an offset is gone.
      const kept = async () => {
        const [group] = await cluster.admin.fetchOffsets({ groupId: 'g', topics: [topic] });
        const { offset, metadata } = group!.partitions[0]!;
        return offset === '1' && metadata === 'kept';
      };
      await until('the committed position as it was', kept, PATIENCE_MS);
    });

    // kafkajs cannot be kept from its heartbeats.
    if (driver === 'own') {
      it('refuses the commit of a member that the group has given up, which then joins again', async () => {
        const topic = await newTopic(cluster);
        await produce(cluster, topic, texts(3));
        const [silent, other] = [new Collector(), new Collector()];
        await consume(cluster, topic, silent, { heartbeatMs: 3_600_000 });
        await until('its assignment', () => silent.assignments.length === 1, PATIENCE_MS);
        const old = silent.assignments[0]!;
        await old.commit(1 as Position, 'silent');
        const second = await consume(cluster, topic, other);
        // The group waits for the silent one as long as a session, and no longer.
        await until('the other has it', () => other.assignments.length === 1, PATIENCE_MS);
        expect(old.signal.aborted).toBe(false);
        await other.assignments[0]!.commit(2 as Position, 'other');
        // At the very moment that the handler learns of it.
        const refused = await old
          .commit(3 as Position, 'late')
          .catch(({ code }) => [code, old.signal.aborted]);
        expect(refused).toEqual(['STG_LOG_FENCED', true]);
        await second.close();
        await until('it is back', () => silent.assignments.length >= 2, PATIENCE_MS);
        expect(silent.assignments.at(-1)).toMatchObject({ committed: 2, saved: 'other' });
        expect(silent.revoked.length).toBe(silent.assignments.length - 1);
        await expect(old.commit(3 as Position, 'later')).rejects.toMatchObject({ code: 'STG_LOG_FENCED' });
      });
    }

    it('reads a backlog of 100,000 records while little of it is in memory', async () => {
      const topic = await newTopic(cluster, { partitions: 4 });
      const value = 'x'.repeat(1_000);
      for (const partition of [0, 1, 2, 3])
        await produce(
          cluster,
          topic,
          Array.from({ length: 25_000 }, (_, i) => ({ partition, value: `${i} ${value}` })),
        );
      let records = 0;
      let most = 0;
      let looks = 1;
      const next = new Map<number, number>();
      const seen = new Collector();
      seen.onBatch = async ({ partition, records: batch }) => {
        records += batch.length;
        expect(batch[0]!.position).toBe(next.get(partition) ?? 0);
        next.set(partition, after(batch));
        // Slower than the broker: what is fetched ahead is held back.
        await sleep(5);
        if (records < looks * LOOK_RECORDS) return;
        looks += 1;
        // What is held, not what nobody has collected yet.
        collectGarbage();
        most = Math.max(most, process.memoryUsage().arrayBuffers);
      };
      collectGarbage();
      const before = process.memoryUsage().arrayBuffers;
      await consume(cluster, topic, seen);
      await until('all records', () => records === 100_000, 60_000);
      expect([...next.values()]).toEqual([25_000, 25_000, 25_000, 25_000]);
      // 100 MB stand in the log; ahead of the handlers are at most 8 MiB, and an answer of 4.
      expect((most - before) / 2 ** 20).toBeLessThan(30);
    });

    it('takes up partitions that are added, from their beginning', async () => {
      const topic = await newTopic(cluster);
      const seen = new Collector();
      await consume(cluster, topic, seen, { from: 'latest', refreshMs: 300 });
      await until('the first', () => seen.assignments.length === 1, PATIENCE_MS);
      await cluster.addPartitions(topic, 2);
      await produce(cluster, topic, texts(3, 1));
      await until('the new one', () => seen.records.length === 3, PATIENCE_MS);
      expect(seen.assignments.map(({ partition }) => partition)).toEqual([0, 0, 1]);
    });

    it.each([
      ['a topic that is not there', 'none', 'STG_LOG_TOPIC_MISSING'],
      ['brokers that are not there', 'nowhere', 'STG_LOG_UNREACHABLE'],
    ])('names %s', async (_name, what, code) => {
      const topic = what === 'none' ? 'no-such-topic' : await newTopic(cluster);
      const place = what === 'none' ? cluster : ({ brokers: ['127.0.0.1:1'] } as unknown as Cluster);
      await expect(consume(place, topic, new Collector())).rejects.toMatchObject({ code });
    });
  });

for (const driver of DRIVER_NAMES) contract(driver);
