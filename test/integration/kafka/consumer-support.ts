import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, type Producer, type ProducerRecord } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { kafkaSettings } from '../../../src/log/kafka/connect.js';
import type { KafkaConsumerOptions } from '../../../src/log/kafka/consumer.js';
import type { Driver } from '../../../src/log/kafka/driver.js';
import { driver as kafkajs } from '../../../src/log/kafka/kafkajs.js';
import { driver as own } from '../../../src/log/kafka/own.js';
import type { ConsumeHandlers, Consumer } from '../../../src/log/port.js';
import type { Cluster, TopicOptions } from '../../helpers/kafka/index.js';

/** Every driver that is offered. */
export const DRIVERS = { own, kafkajs } as const satisfies Record<string, Driver>;
export type DriverName = keyof typeof DRIVERS;
export const DRIVER_NAMES = Object.keys(DRIVERS) as DriverName[];

export const settingsOf = (brokers: readonly string[], topic: string) =>
  kafkaSettings({
    scheme: 'kafka',
    brokers: brokers.map((broker) => {
      const [host, port] = broker.split(':') as [string, string];
      return { host, port: Number(port) };
    }),
    ...{ topic, tls: false, sasl: null, clientId: 'test' },
  });

/** A topic with a name of its own. */
export async function newTopic(cluster: Cluster, options: TopicOptions = {}): Promise<string> {
  const topic = `t-${randomUUID()}`;
  await cluster.createTopic(topic, options);
  return topic;
}

/** Consumes; closed after the test. */
export async function consume(
  cluster: Cluster,
  topic: string,
  handlers: ConsumeHandlers,
  options: Partial<KafkaConsumerOptions> & { group?: string; driver?: DriverName } = {},
): Promise<Consumer> {
  const { group = 'g', driver = 'own', ...more } = options;
  const settings = settingsOf(cluster.brokers, topic);
  const consumer = await DRIVERS[driver].consume(settings, group, handlers, { onWarning: () => {}, ...more });
  onTestFinished(() => consumer.close());
  return consumer;
}

export interface Written {
  readonly partition?: number;
  readonly key?: string | null;
  readonly value: string | Buffer;
  readonly timestamp?: number;
  readonly headers?: Record<string, string>;
}

/** Writes through another client than the one under test. */
export async function produce(
  cluster: Cluster,
  topic: string,
  records: readonly Written[],
  compression = CompressionTypes.None,
): Promise<void> {
  // What a broker takes of a send that it refuses in part must not be there twice.
  const producer = cluster.client().producer({ allowAutoTopicCreation: false, idempotent: true });
  await producer.connect();
  const messages = records.map(({ timestamp, ...rest }) => ({
    partition: 0,
    key: null,
    ...rest,
    ...(timestamp !== undefined && { timestamp: String(timestamp) }),
  }));
  try {
    for (let at = 0; at < messages.length; at += 1_000)
      await sendAll(producer, { topic, compression, messages: messages.slice(at, at + 1_000) });
  } finally {
    await producer.disconnect();
  }
}

/** kafkajs leaves out what is for a partition that it does not know, and says nothing. */
async function sendAll(producer: Producer, sending: ProducerRecord): Promise<void> {
  const stored = new Set((await producer.send(sending)).map(({ partition }) => partition));
  const left = sending.messages.find(({ partition }) => !stored.has(partition!));
  if (left) throw new Error(`nothing was written to partition ${left.partition} of ${sending.topic}`);
}

export const texts = (count: number, partition = 0, prefix = ''): Written[] =>
  Array.from({ length: count }, (_, i) => ({ partition, value: `${prefix}${i}` }));

/** Does what retention does: records before the offset are gone. */
export async function deleteBefore(cluster: Cluster, topic: string, offset: number): Promise<void> {
  // The client knows the leaders only of topics that it has been asked about.
  await cluster.admin.fetchTopicOffsets(topic);
  await cluster.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
}

/** Writes to all partitions in turn until it is stopped; `stop` gives `partition/position` of every record stored. */
export async function producing(
  cluster: Cluster,
  topic: string,
  partitions: number,
  make: (i: number) => Buffer,
): Promise<{ stop(): Promise<string[]> }> {
  const producer = cluster.client().producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const sent: string[] = [];
  let running = true;
  let count = 0;
  const send = async (): Promise<void> => {
    for (let partition = 0; running; partition = (partition + 1) % partitions) {
      const messages = Array.from({ length: 20 }, () => ({ partition, value: make(count++) }));
      const [answer] = await producer.send({ topic, messages });
      const base = Number(answer!.baseOffset);
      sent.push(...messages.map((_, i) => `${partition}/${base + i}`));
      await sleep(10);
    }
  };
  const done = send();
  const stop = async (): Promise<string[]> => {
    running = false;
    await done;
    await producer.disconnect();
    return sent;
  };
  onTestFinished(() => void stop().catch(() => {}));
  return { stop };
}
