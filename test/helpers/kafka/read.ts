import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { Cluster } from './cluster.js';

export interface Stored {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

/** From whoever leads the partitions now: behind a fault one client does not look for the leaders again. */
async function offsetsOf(cluster: Cluster, topic: string): ReturnType<Admin['fetchTopicOffsets']> {
  for (let tries = 1; ; tries++) {
    const admin = cluster.client().admin();
    try {
      await admin.connect();
      return await admin.fetchTopicOffsets(topic);
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }
}

/** Everything that is in the topic now, by kafkajs, in the order of each partition. */
export async function readTopic(
  cluster: Cluster,
  topic: string,
  take: (record: Stored) => void,
): Promise<void> {
  const offsets = await offsetsOf(cluster, topic);
  const missing = new Map(
    offsets.flatMap(({ partition, low, high }) =>
      Number(high) > Number(low) ? [[partition, Number(high)]] : [],
    ),
  );
  if (missing.size === 0) return;
  const consumer = cluster.client().consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const whole = new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ partition, message: { offset, key, value, headers, timestamp } }) => {
        if (!missing.has(partition)) return;
        take({
          ...{ partition, offset: Number(offset), key: key?.toString() ?? null, value: value! },
          headers: Object.fromEntries(Object.entries(headers ?? {}).map(([k, v]) => [k, String(v)])),
          timestamp: Number(timestamp),
        });
        if (Number(offset) >= missing.get(partition)! - 1) missing.delete(partition);
        if (missing.size === 0) resolve();
      },
    });
  });
  await whole;
  await consumer.disconnect();
}

export async function readAll(cluster: Cluster, topic: string): Promise<Stored[]> {
  const stored: Stored[] = [];
  await readTopic(cluster, topic, (record) => stored.push(record));
  return stored;
}
