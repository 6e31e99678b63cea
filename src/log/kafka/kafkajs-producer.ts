import kafkajs, { type CompressionTypes, type Message, type PartitionMetadata, type Producer } from 'kafkajs';
import type { Identity } from './batch.js';
import type { Answers, Cluster, ClusterEvents, PartitionBytes } from './cluster.js';
import type { KafkaSettings } from './connect.js';
import { Brokers } from './connect-brokers.js';
import { codeOf } from './connect-errors.js';
import { decodeBatch } from './consumer-records.js';
import { clientOf, type Sockets } from './kafkajs-client.js';
import type { Compression, ProduceOptions } from './options.js';
import type { Answer } from './verdict.js';

const TYPES: Readonly<Record<Compression, CompressionTypes>> = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
};
/** After an answer that does not come kafkajs goes on as if nothing had happened: leaders are looked up so often. */
const METADATA_AGE_MS = 2_000;
const RETRY_MS = 200;

type SendOptions = Pick<ProduceOptions, 'compression' | 'ackMs' | 'requestMs'>;

/** A producer of kafkajs, which has a producer id and counts the sequences of every partition itself. */
interface Session {
  readonly identity: Identity;
  readonly producer: Producer;
  readonly sockets: Sockets;
}

/** The last batch of a partition that was handed to kafkajs. */
interface Lane {
  readonly bytes: Buffer;
  readonly answer: Promise<Answer>;
  running: boolean;
  /** Whether somebody waits for the answer, and got it. */
  awaited: boolean;
  given: boolean;
}

/**
 * kafkajs beneath our own producer, which decides what is sent when, and what an answer means. Each partition is a
 * "node" of its own: one send of kafkajs is for one partition, and the next one of that partition begins when it has
 * ended. For kafkajs acknowledges what it lost when leaders of several partitions of one send fail, and mixes up the
 * sequence when two batches of a partition are under way, or when one is given up and its producer used again.
 */
export class KafkajsCluster implements Cluster {
  readonly #settings: KafkaSettings;
  readonly #options: SendOptions;
  readonly #events: ClusterEvents;
  readonly #lanes = new Map<number, Lane>();
  /** Whose batch may have to be sent again, by partition. */
  readonly #claims = new Map<number, Session>();
  readonly #sessions = new Map<Identity, Session>();
  /** How often kafkajs began to send the batch that begins with this message. */
  readonly #attempts = new WeakMap<Message, number>();
  /** Opened, and not taken by the producer yet. */
  #first: Session | null = null;
  #newest: Session | null = null;
  #count = 0n;
  #partitions = 0;
  /** Of the topic that the partitions belong to, which kafkajs itself never asks for. */
  #topicId = '';
  readonly #brokers: Brokers;
  #asking = false;
  #closed = false;

  constructor(settings: KafkaSettings, options: SendOptions, events: ClusterEvents) {
    this.#settings = settings;
    this.#options = options;
    this.#events = events;
    this.#brokers = new Brokers(settings);
  }

  /** Connects for the first time; rejects where no broker answers, or refuses. */
  async open(partitions: number, topicId: string): Promise<void> {
    this.#topicId = topicId;
    this.#first = await this.#connect();
    this.#learn(partitions);
  }

  connected(node: number): boolean {
    return !this.#closed && node < this.#partitions;
  }

  produce(_node: number, batches: readonly PartitionBytes[], done: (answers: Answers | null) => void): void {
    const { partition } = batches[0]!;
    void this.#answerTo(batches[0]!).then((answer) => done(answer && new Map([[partition, answer]])));
  }

  /** kafkajs cannot be told to stop: when the same batch comes again, it is given the answer of this send. */
  abandon(node: number): void {
    const lane = this.#lanes.get(node);
    if (lane) lane.awaited = false;
  }

  /** kafkajs looks for leaders by itself; what waits for them tries again. */
  refresh(): void {
    setImmediate(() => this.#tell(false));
    void this.#askForTopic();
  }

  /** Only our own connections tell that a topic is another one of the same name. */
  async #askForTopic(): Promise<void> {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    const found = await this.#brokers.refresh().catch(() => null);
    this.#asking = false;
    if (found === null) this.#events.unreachable();
    if (found === null || found.topicId === this.#topicId) return;
    this.#topicId = found.topicId;
    this.#partitions = found.leaders.length;
    this.#tell(true);
  }

  async identity(): Promise<Identity> {
    const first = this.#first;
    this.#first = null;
    if (first) return first.identity;
    for (;;) {
      try {
        return (await this.#connect()).identity;
      } catch (error) {
        if (this.#closed) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#brokers.close();
    for (const session of this.#sessions.values()) this.#end(session);
  }

  async #connect(): Promise<Session> {
    if (this.#closed) throw new Error('closed');
    const { kafka, sockets } = clientOf(this.#settings, { requestMs: this.#options.requestMs });
    const producer = kafka.producer({
      ...{ idempotent: true, allowAutoTopicCreation: false, metadataMaxAge: METADATA_AGE_MS },
      // Fewer it does not allow.
      retry: { retries: 1 },
      createPartitioner: () => (args) => this.#partition(args),
    });
    const session: Session = { identity: { producerId: this.#count++, epoch: 0 }, producer, sockets };
    try {
      await producer.connect();
      if (this.#closed) throw new Error('closed');
    } catch (error) {
      this.#end(session);
      throw error;
    }
    this.#sessions.set(session.identity, session);
    this.#newest = session;
    this.#tidy();
    return session;
  }

  #end({ identity, producer, sockets }: Session): void {
    this.#sessions.delete(identity);
    void producer
      .disconnect()
      .catch(() => {})
      .finally(() => sockets.close());
    if (this.#closed) sockets.close();
  }

  /** Ends the producers that no partition can need again. */
  #tidy(): void {
    const needed = new Set<Session | null>([this.#newest, ...this.#claims.values()]);
    for (const session of this.#sessions.values()) if (!needed.has(session)) this.#end(session);
  }

  /** What the broker says to the batch, or null without an answer. What is still being sent is not sent again. */
  async #answerTo({ partition, bytes, identity }: PartitionBytes): Promise<Answer> {
    const session = this.#sessions.get(identity);
    if (!session) return null;
    this.#claims.set(partition, session);
    // One that was given up, but is under way.
    for (let last = this.#lanes.get(partition); last?.running && last.bytes !== bytes; ) {
      await last.answer;
      last = this.#lanes.get(partition);
    }
    let lane = this.#lanes.get(partition);
    if (lane?.bytes !== bytes || lane.given) {
      lane = this.#begin(session, partition, bytes);
      this.#lanes.set(partition, lane);
    }
    lane.awaited = true;
    const answer = await lane.answer;
    lane.given = lane.awaited;
    if (lane.given && answer?.code === 0) this.#done(partition, lane);
    return answer;
  }

  #begin(session: Session, partition: number, bytes: Buffer): Lane {
    const answer = this.#send(session, partition, bytes).finally(() => {
      lane.running = false;
    });
    const lane: Lane = { bytes, answer, running: true, awaited: true, given: false };
    return lane;
  }

  #done(partition: number, lane: Lane): void {
    if (this.#lanes.get(partition) !== lane) return;
    this.#lanes.delete(partition);
    this.#claims.delete(partition);
    this.#tidy();
  }

  async #send({ producer, sockets }: Session, partition: number, bytes: Buffer): Promise<Answer> {
    const records = decodeBatch({ bytes, behind: 0 }, 0);
    const messages = records.map(({ key, value, headers, timestamp }): Message => {
      return { partition, key, value, timestamp: String(timestamp), ...(headers && { headers }) };
    });
    const first = messages[0]!;
    this.#attempts.set(first, 0);
    try {
      const [written] = await producer.send({
        ...{ topic: this.#settings.topic, acks: -1, timeout: this.#options.ackMs, messages },
        compression: TYPES[this.#options.compression],
      });
      if (written?.partition !== partition || written.baseOffset === undefined) return null;
      return { code: written.errorCode, baseOffset: Number(written.baseOffset) };
    } catch (error) {
      dropSilent(error, sockets);
      const code = codeOf(error);
      // Of two attempts only the second one's error is known: of the first nobody knows whether it was stored.
      return code === null || this.#attempts.get(first) !== 1 ? null : { code, baseOffset: -1 };
    }
  }

  /** kafkajs asks for the partition of every message at every attempt, and shows what it knows of the topic. */
  #partition({
    message,
    partitionMetadata,
  }: {
    message: Message;
    partitionMetadata: PartitionMetadata[];
  }): number {
    const attempts = this.#attempts.get(message);
    if (attempts !== undefined) this.#attempts.set(message, attempts + 1);
    if (partitionMetadata.length > this.#partitions) this.#learn(partitionMetadata.length);
    return message.partition!;
  }

  #learn(partitions: number): void {
    this.#partitions = partitions;
    this.#tell(false);
  }

  #tell(remade: boolean): void {
    if (this.#closed) return;
    const all = Array.from({ length: this.#partitions }, (_, partition) => {
      return { partition, leader: partition, moved: false };
    });
    this.#events.leaders(all, remade);
  }
}

/** A broker that did not answer is left, so that kafkajs looks for another. */
function dropSilent(error: unknown, sockets: Sockets): void {
  for (let at = error as { name?: string; broker?: string; cause?: unknown } | undefined; at; ) {
    if (at.name === 'KafkaJSRequestTimeoutError' && at.broker) sockets.drop(at.broker);
    at = at.cause as typeof at;
  }
}
