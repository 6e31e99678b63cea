import type { ConsumeHandlers, Consumer } from '../port.js';
import type { KafkaSettings } from './connect.js';
import type { KafkaConsumerOptions } from './consumer.js';
import type { KafkaLag } from './lag.js';
import type { ProduceOptions } from './options.js';
import type { Producer } from './producer.js';

export interface Appending {
  readonly producer: Producer;
  readonly clusterId: string | null;
  readonly topicId: string;
}

/** What speaks with the brokers. What is stored, and what answers mean, does not depend on it. */
export interface Driver {
  /** A producer that has found a leader. Errors: as of `openKafka`. */
  appending(
    settings: KafkaSettings,
    options: Partial<ProduceOptions>,
    warn: (message: string) => void,
  ): Promise<Appending>;
  /** Consumes as a member of a group. Errors: STG_LOG_UNREACHABLE, STG_LOG_DENIED, STG_LOG_TOPIC_MISSING. */
  consume(
    settings: KafkaSettings,
    group: string,
    handlers: ConsumeHandlers,
    options: KafkaConsumerOptions,
  ): Promise<Consumer>;
  lag(settings: KafkaSettings): KafkaLag;
}

/** Opening waits so long for a broker and for a leader that takes records. */
export const OPEN_MS = 10_000;
