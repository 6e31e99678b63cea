import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConnection } from '../../config/connections.js';
import { StargateError } from '../../errors.js';
import { type OpenLogOptions, warnOf } from '../options.js';
import type {
  Append,
  AppendOptions,
  ConsumeHandlers,
  ConsumeOptions,
  Consumer,
  Log,
  LogFeatures,
  LogRecord,
  PartitionLag,
  SendCounters,
} from '../port.js';
import { type KafkaSettings, kafkaSettings } from './connect.js';
import { refusal, unreachable } from './connect-errors.js';
import type { KafkaLag } from './lag.js';
import type { OpenedProducer } from './open-producer.js';
import { refused } from './ticket.js';

/** Opening waits so long for a broker and for a leader that takes records. */
const OPEN_MS = 10_000;

/**
 * Opens a topic of a cluster. Errors: STG_LOG_UNREACHABLE when no broker answers within 10 s, STG_LOG_DENIED,
 * STG_LOG_TOPIC_MISSING, STG_CONFIG_INVALID.
 */
export async function openKafka(connection: KafkaConnection, options: OpenLogOptions): Promise<KafkaLog> {
  const settings = kafkaSettings(connection, options.credentials);
  const appending = options.role === 'read' ? null : await openAppending(settings, options);
  const { clusterId, topicId } = appending?.leaders.topic ?? (await topicOf(settings));
  // A topic that is deleted and made anew is another log: its positions begin at 0 again.
  return new KafkaLog(`${clusterId ?? ''}/${topicId}`, settings, options, appending);
}

async function openAppending(settings: KafkaSettings, options: OpenLogOptions): Promise<OpenedProducer> {
  const { openProducer } = await import('./open-producer.js');
  const { maxPendingBytes, compression } = options;
  const chosen = {
    ...(maxPendingBytes !== undefined && { maxPendingBytes }),
    ...(compression !== undefined && { compression }),
  };
  const opened = openProducer(settings, chosen, warnOf(options));
  try {
    await ready(opened, settings);
    return opened;
  } catch (error) {
    await opened.producer.close();
    throw error;
  }
}

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

async function topicOf(settings: KafkaSettings): Promise<{ clusterId: string | null; topicId: string }> {
  const { Brokers } = await import('./connect-brokers.js');
  const brokers = new Brokers(settings);
  try {
    return await brokers.refresh();
  } finally {
    brokers.close();
  }
}

/** A Kafka topic: `Producer` appends, `consumeKafka` consumes as a member of a group. */
export class KafkaLog implements Log {
  readonly id: string;
  readonly topic: string;
  readonly features: LogFeatures = { durable: true, sharedGroups: true, lateOutcomes: true, bounded: false };
  readonly #settings: KafkaSettings;
  readonly #options: OpenLogOptions;
  readonly #appending: OpenedProducer | null;
  readonly #consumers = new Set<Consumer>();
  #lag: Promise<KafkaLag> | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    id: string,
    settings: KafkaSettings,
    options: OpenLogOptions,
    appending: OpenedProducer | null,
  ) {
    this.id = id;
    this.topic = settings.topic;
    this.#settings = settings;
    this.#options = options;
    this.#appending = appending;
  }

  get inflightBytes(): number {
    return this.#appending?.producer.inflightBytes ?? 0;
  }

  get writable(): boolean {
    return this.#appending?.producer.writable ?? false;
  }

  get counters(): SendCounters | undefined {
    return this.#appending?.producer.counters;
  }

  append(records: readonly LogRecord[], options?: AppendOptions): Append {
    if (this.#appending) return this.#appending.producer.append(records, options);
    return refused('STG_LOG_CLOSED', { message: 'This log was opened for reading only.' });
  }

  async consume(group: string, handlers: ConsumeHandlers, options: ConsumeOptions = {}): Promise<Consumer> {
    if (this.#closing) throw new StargateError('STG_LOG_CLOSED');
    const { consumeKafka } = await import('./consumer.js');
    const onWarning = warnOf(this.#options);
    const consumer = await consumeKafka(this.#settings, group, handlers, { ...options, onWarning });
    this.#consumers.add(consumer);
    const forget = (): void => void this.#consumers.delete(consumer);
    consumer.done.then(forget, forget);
    // Closed while it was opening.
    if (this.#closing) await consumer.close();
    return consumer;
  }

  async lag(group: string): Promise<readonly PartitionLag[]> {
    if (this.#closing) throw new StargateError('STG_LOG_CLOSED');
    this.#lag ??= import('./lag.js').then(({ KafkaLag }) => new KafkaLag(this.#settings));
    return (await this.#lag).measure(group);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Appends first: what was promised to a request must not wait for a consumer's handler.
    await this.#appending?.producer.close();
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    (await this.#lag)?.close();
  }
}
