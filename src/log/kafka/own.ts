import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../../errors.js';
import type { KafkaSettings } from './connect.js';
import { refusal, unreachable } from './connect-errors.js';
import { consumeKafka } from './consumer.js';
import { type Appending, type Driver, OPEN_MS } from './driver.js';
import { KafkaLag } from './lag.js';
import { type OpenedProducer, openProducer } from './open-producer.js';

/** Our own producer and group member, on the connections of @platformatic/kafka. */
export const driver: Driver = {
  async appending(settings, options, warn): Promise<Appending> {
    const opened = openProducer(settings, options, warn);
    const { producer, leaders } = opened;
    try {
      await ready(opened, settings);
      return { producer, ...leaders.topic! };
    } catch (error) {
      await producer.close();
      throw error;
    }
  },
  consume: consumeKafka,
  lag: (settings) => new KafkaLag(settings),
};

/** A broker can hear of a topic that was just made later than others. */
const MISSING_MS = 1_000;

/** Looks until a partition has a leader that is connected. */
async function ready({ producer, leaders }: OpenedProducer, settings: KafkaSettings): Promise<void> {
  const deadline = performance.now() + OPEN_MS;
  let last: unknown = new Error('no partition has a leader that can be reached');
  let missingSince: number | null = null;
  do {
    try {
      await leaders.look();
      if (producer.reachable) return leaders.refresh();
      const missing = missingTopic(leaders.topic?.errorCode ?? 0, settings.topic);
      missingSince = missing ? (missingSince ?? performance.now()) : null;
      if (missingSince !== null && performance.now() - missingSince > MISSING_MS) throw missing;
    } catch (error) {
      const final = refusal(error, `write to topic ${settings.topic}`);
      if (final) throw final;
      last = error;
    }
    await sleep(50);
  } while (performance.now() < deadline);
  throw unreachable(last, settings.brokers);
}

/** Kafka's codes 3, 17 and 29. Others pass: a new topic can be without leaders for a moment. */
function missingTopic(code: number, topic: string): StargateError | null {
  if (code === 29)
    return new StargateError('STG_LOG_DENIED', { expected: `the right to write to topic ${topic}` });
  if (code === 3 || code === 17)
    return new StargateError('STG_LOG_TOPIC_MISSING', { got: `no topic ${topic}` });
  return null;
}
