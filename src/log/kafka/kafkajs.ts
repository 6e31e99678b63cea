import { setTimeout as sleep } from 'node:timers/promises';
import { crc32c } from './codecs.js';
import type { KafkaSettings } from './connect.js';
import { Brokers } from './connect-brokers.js';
import { refusal, unreachable } from './connect-errors.js';
import { type Appending, type Driver, OPEN_MS } from './driver.js';
import { consumeKafkajs } from './kafkajs-consumer.js';
import { KafkajsPositions } from './kafkajs-positions.js';
import { KafkajsCluster } from './kafkajs-producer.js';
import { KafkaLag } from './lag.js';
import { PRODUCE_DEFAULTS, type ProduceOptions } from './options.js';
import { Producer } from './producer.js';

/** kafkajs copies a batch once for each of its messages. */
const BATCH_BYTES = 2 ** 18;
/** kafkajs does not say who is connected: a leader is away when it does not answer. */
const SUSPECT_MS = 5_000;

/** kafkajs 2.2.4 beneath the same producer, and as a member of the group. */
export const driver: Driver = {
  async appending(settings, more, warn): Promise<Appending> {
    const topic = await topicWithLeader(settings);
    const tuned = { maxBatchBytes: BATCH_BYTES, suspectMs: SUSPECT_MS };
    const { producer, cluster } = producerOf(settings, { ...PRODUCE_DEFAULTS, ...tuned, ...more }, warn);
    try {
      await untilOpen(() => cluster.open(topic.leaders.length, topic.topicId), settings);
      return { ...topic, producer };
    } catch (error) {
      await producer.close();
      throw error;
    }
  },
  consume: consumeKafkajs,
  lag: (settings) => new KafkaLag(settings, new KafkajsPositions(settings)),
};

function producerOf(settings: KafkaSettings, options: ProduceOptions, warn: (message: string) => void) {
  let cluster!: KafkajsCluster;
  const producer = new Producer(options, {
    // Batches are encoded for kafkajs, which compresses them.
    ...{ codec: null, crc32c, warn },
    connect: (events) => {
      cluster = new KafkajsCluster(settings, options, events);
      return cluster;
    },
  });
  return { producer, cluster };
}

/** The topic as the brokers tell it, once a partition has a leader. kafkajs does not ask for a topic's id. */
async function topicWithLeader(settings: KafkaSettings): ReturnType<Brokers['refresh']> {
  const brokers = new Brokers(settings);
  const leaderless = new Error('no partition has a leader');
  try {
    return await untilOpen(async () => {
      const topic = await brokers.refresh();
      if (!topic.leaders.some((leader) => leader >= 0)) throw leaderless;
      return topic;
    }, settings);
  } finally {
    brokers.close();
  }
}

/** Tries until it can be done. Errors: what no later try mends; STG_LOG_UNREACHABLE in the end. */
async function untilOpen<T>(work: () => Promise<T>, settings: KafkaSettings): Promise<T> {
  const deadline = performance.now() + OPEN_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const final = refusal(error, `write to topic ${settings.topic}`);
      if (final && final.code !== 'STG_LOG_UNREACHABLE') throw final;
      if (performance.now() > deadline) throw final ?? unreachable(error, settings.brokers);
      await sleep(50);
    }
  }
}
