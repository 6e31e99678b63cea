import type { KafkaConnection } from '../../config/connections.js';
import { StargateError } from '../../errors.js';
import { type KafkaDriver, type OpenLogOptions, warnOf } from '../options.js';
import {
  type Append,
  type AppendOptions,
  type ConsumeHandlers,
  type ConsumeOptions,
  type Consumer,
  type Log,
  type LogFeatures,
  type LogRecord,
  type PartitionLag,
  refused,
  type SendCounters,
} from '../port.js';
import { type KafkaSettings, kafkaSettings } from './connect.js';
import type { Driver } from './driver.js';
import type { KafkaLag } from './lag.js';
import type { Producer } from './producer.js';

const DRIVERS = {
  own: async () => (await import('./own.js')).driver,
  kafkajs: async () => (await import('./kafkajs.js')).driver,
} as const satisfies Record<KafkaDriver, () => Promise<Driver>>;

/**
 * Opens a topic of a cluster. Errors: STG_LOG_UNREACHABLE when no broker answers within 10 s, STG_LOG_DENIED,
 * STG_LOG_TOPIC_MISSING, STG_CONFIG_INVALID.
 */
export async function openKafka(connection: KafkaConnection, options: OpenLogOptions): Promise<KafkaLog> {
  const settings = kafkaSettings(connection, options.credentials);
  const driver = await DRIVERS[options.kafkaDriver ?? 'own']();
  const { role, maxPendingBytes, compression } = options;
  const more = {
    ...(maxPendingBytes !== undefined && { maxPendingBytes }),
    ...(compression !== undefined && { compression }),
  };
  const appending = role === 'read' ? null : await driver.appending(settings, more, warnOf(options));
  const { clusterId, topicId } = appending ?? (await topicOf(settings));
  // A topic that is deleted and made anew is another log: its positions begin at 0 again.
  const id = `${clusterId ?? ''}/${topicId}`;
  return new KafkaLog(id, settings, options, driver, appending?.producer ?? null);
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

/** A Kafka topic: a producer appends, members of groups consume, by the driver that was chosen. */
export class KafkaLog implements Log {
  readonly id: string;
  readonly topic: string;
  readonly features: LogFeatures = { durable: true, sharedGroups: true, lateOutcomes: true, bounded: false };
  readonly #settings: KafkaSettings;
  readonly #options: OpenLogOptions;
  readonly #driver: Driver;
  readonly #producer: Producer | null;
  readonly #consumers = new Set<Consumer>();
  #lag: KafkaLag | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    id: string,
    settings: KafkaSettings,
    options: OpenLogOptions,
    driver: Driver,
    producer: Producer | null,
  ) {
    this.id = id;
    this.topic = settings.topic;
    this.#settings = settings;
    this.#options = options;
    this.#driver = driver;
    this.#producer = producer;
  }

  get inflightBytes(): number {
    return this.#producer?.inflightBytes ?? 0;
  }

  get writable(): boolean {
    return this.#producer?.writable ?? false;
  }

  accepts(records: readonly LogRecord[]): boolean {
    return this.#producer?.accepts(records) ?? false;
  }

  get counters(): SendCounters | undefined {
    return this.#producer?.counters;
  }

  append(records: readonly LogRecord[], options?: AppendOptions): Append {
    if (this.#producer) return this.#producer.append(records, options);
    return refused('STG_LOG_CLOSED', { message: 'This log was opened for reading only.' });
  }

  async consume(group: string, handlers: ConsumeHandlers, options: ConsumeOptions = {}): Promise<Consumer> {
    if (this.#closing) throw new StargateError('STG_LOG_CLOSED');
    const { membersFolder } = this.#options;
    const more = { ...options, onWarning: warnOf(this.#options), ...(membersFolder && { membersFolder }) };
    const consumer = await this.#driver.consume(this.#settings, group, handlers, more);
    this.#consumers.add(consumer);
    const forget = (): void => void this.#consumers.delete(consumer);
    consumer.done.then(forget, forget);
    // Closed while it was opening.
    if (this.#closing) await consumer.close();
    return consumer;
  }

  async lag(group: string): Promise<readonly PartitionLag[]> {
    if (this.#closing) throw new StargateError('STG_LOG_CLOSED');
    this.#lag ??= this.#driver.lag(this.#settings);
    return this.#lag.measure(group);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Appends first: what was promised to a request must not wait for a consumer's handler.
    await this.#producer?.close();
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    this.#lag?.close();
  }
}
