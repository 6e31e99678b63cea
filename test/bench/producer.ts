import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { Producer as Client, stringSerializers } from '@platformatic/kafka';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { CODECS, crc32c } from '../../src/log/kafka/codecs.js';
import { driver as byKafkajs } from '../../src/log/kafka/kafkajs.js';
import { openProducer } from '../../src/log/kafka/open-producer.js';
import { encodeBatch, encodeTails } from '../../src/log/kafka/records.js';
import { corpus, corpusPolicy, factsOf } from '../corpus/index.js';
import { findKafka } from '../helpers/kafka/home.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { pageView } from './_payloads.js';

/**
 * CPU of this process per message of 500 bytes: our producer beside the public clients of kafkajs and of the package
 * whose protocol layer it stands on, and beside kafkajs as the second driver uses it. One broker, 6 partitions, one batch in flight for each, acks by all, no
 * compression; alternating rounds. And what the codecs cost and save.
 */
const PARTITIONS = 6;
const ROUND_MS = 1_500;
const ROUNDS = 3;
const BATCHES = [100, 1_000];

/** Sends one batch to one partition, and resolves when it is acknowledged. */
type Send = (partition: number, batch: number) => Promise<unknown>;

interface Contender {
  readonly send: Send;
  close(): Promise<unknown>;
}

const value = Buffer.alloc(500, 'v');

async function own(cluster: Cluster, batch: number): Promise<Contender> {
  const { brokers } = cluster;
  const connect = { brokers: brokers.map(address), topic: 'bench', clientId: 'own', tls: null, sasl: null };
  const records = Array.from({ length: batch }, () => ({ key: null, value, timestamp: 1_700_000_000_000 }));
  // As large as one call, so that every partition has a batch of its own as with the others.
  const maxBatchBytes = encodeTails(records).weight;
  const { producer, leaders } = openProducer(connect, { compression: 'none', maxBatchBytes }, () => {});
  await leaders.look();
  return { send: () => producer.append(records).answer.then(stored), close: () => producer.close() };
}

const address = (broker: string) => ({ host: '127.0.0.1', port: Number(broker.split(':')[1]) });
const stored = ({ state, error }: { state: string; error?: Error }): void => {
  if (state !== 'stored') throw error;
};

async function client(cluster: Cluster, batch: number): Promise<Contender> {
  const producer = new Client({
    ...{ clientId: 'client', bootstrapBrokers: cluster.brokers, serializers: stringSerializers },
    ...{ idempotent: true, acks: -1, compression: 'none' as const },
  });
  const text = value.toString();
  const send: Send = (partition) =>
    producer.send({
      messages: Array.from({ length: batch }, () => ({ topic: 'bench', partition, value: text })),
    });
  return { send, close: () => producer.close() };
}

async function kafkajs(cluster: Cluster, batch: number): Promise<Contender> {
  const kafka = new Kafka({ brokers: cluster.brokers, logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: PARTITIONS });
  await producer.connect();
  const send: Send = (partition) =>
    producer.send({
      ...{ topic: 'bench', acks: -1, compression: CompressionTypes.None },
      messages: Array.from({ length: batch }, () => ({ partition, value })),
    });
  return { send, close: () => producer.disconnect() };
}

/** kafkajs as our second driver uses it. */
async function driver(cluster: Cluster, batch: number): Promise<Contender> {
  const { brokers } = cluster;
  const connect = {
    brokers: brokers.map(address),
    topic: 'bench',
    clientId: 'driver',
    tls: null,
    sasl: null,
  };
  const records = Array.from({ length: batch }, () => ({ key: null, value, timestamp: 1_700_000_000_000 }));
  const maxBatchBytes = encodeTails(records).weight;
  const options = { compression: 'none', maxBatchBytes } as const;
  const { producer } = await byKafkajs.appending(connect, options, () => {});
  return { send: () => producer.append(records).answer.then(stored), close: () => producer.close() };
}

async function round({ send }: Contender, batch: number, ms: number) {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  let messages = 0;
  const lane = async (partition: number): Promise<void> => {
    while (performance.now() - begin < ms) {
      await send(partition, batch);
      messages += batch;
    }
  };
  await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => lane(partition)));
  const seconds = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { micros: (user + system) / messages, perSecond: messages / seconds };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function compare(cluster: Cluster, batch: number): Promise<object> {
  const makers = { own, client, kafkajs, driver };
  const names = Object.keys(makers) as (keyof typeof makers)[];
  const contenders = new Map(
    await Promise.all(names.map(async (name) => [name, await makers[name](cluster, batch)] as const)),
  );
  const results = new Map(names.map((name) => [name, [] as { micros: number; perSecond: number }[]]));
  for (const [, contender] of contenders) await round(contender, batch, 500);
  for (let i = 0; i < ROUNDS; i++) {
    for (const [name, contender] of contenders)
      results.get(name)!.push(await round(contender, batch, ROUND_MS));
  }
  for (const [, contender] of contenders) await contender.close();
  return Object.fromEntries(
    [...results].map(([name, rounds]) => [
      name,
      {
        cpuMicrosPerMessage: Number(median(rounds.map(({ micros }) => micros)).toFixed(2)),
        messagesPerSecond: Math.round(median(rounds.map(({ perSecond }) => perSecond))),
      },
    ]),
  );
}

/** Page views as the collector writes them: 400 pages, a visitor each, ids of their own. */
function events(count: number): Buffer[] {
  const prepare = createPreparer(corpusPolicy);
  const facts = factsOf(corpus[0]!);
  return Array.from({ length: count }, (_, i) => {
    const body = pageView(randomUUID()).replaceAll(
      '903561127',
      String(100_000_000 + ((i * 7_919) % 899_999_999)),
    );
    const envelope = parseEnvelope(Buffer.from(body.replaceAll('/c/cafe', `/c/cafe-${(i * 31) % 400}`)));
    return prepare(envelope, facts)[0]!.value;
  });
}

/** The whole encoding of a batch of events, checksum and compression included. */
function codecs(batch: number): object {
  const records = events(batch).map((event, i) => ({
    key: null,
    timestamp: 1_700_000_000_000 + i,
    value: event,
  }));
  const signature = { producerId: 1n, epoch: 0, sequence: 0 };
  const encode = (codec: keyof typeof CODECS): Buffer => {
    const tails = encodeTails(records);
    return encodeBatch(
      [{ of: { tails }, from: 0, to: batch }],
      tails.weight,
      signature,
      CODECS[codec],
      crc32c,
    );
  };
  return Object.fromEntries(
    (Object.keys(CODECS) as (keyof typeof CODECS)[]).map((codec) => {
      const times = Math.max(20, 20_000 / batch);
      for (let i = 0; i < times / 4; i++) encode(codec);
      const cpu = process.cpuUsage();
      for (let i = 0; i < times; i++) encode(codec);
      const { user, system } = process.cpuUsage(cpu);
      const bytes = Math.round(encode(codec).length / batch);
      return [codec, { cpuMicrosPerMessage: Number(((user + system) / times / batch).toFixed(2)), bytes }];
    }),
  );
}

export async function run(): Promise<object> {
  const encoding = Object.fromEntries([10, 100, 1_000].map((batch) => [batch, codecs(batch)]));
  if (findKafka() === null) return { encoding };
  const cluster = await startCluster({
    properties: { 'log.retention.bytes': 50_000_000, 'log.segment.bytes': 10_000_000 },
  });
  try {
    await cluster.createTopic('bench', { partitions: PARTITIONS });
    const sending: Record<string, object> = {};
    for (const batch of BATCHES) sending[batch] = await compare(cluster, batch);
    return { encoding, sending };
  } finally {
    await cluster.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
}
