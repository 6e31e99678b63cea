import type { Cluster, Consumer, EachBatchPayload, LogEntry } from 'kafkajs';
import { StargateError } from '../../errors.js';
import type { ConsumedRecord, Position } from '../port.js';
import type { KafkaSettings } from './connect.js';
import { isCode } from './connect-brokers.js';
import { wordsOf } from './connect-errors.js';
import { encodeAssignment, encodeSubscription, shareOut } from './consumer-assign.js';
import { FENCED, type GroupTimes, PROTOCOL } from './consumer-member.js';
import type { Committed } from './consumer-offsets.js';
import { clientOf, type Sockets } from './kafkajs-client.js';
import type { Delivery, Flow } from './kafkajs-inbox.js';

/** How long a broker may wait for the first record, and a partition that was paused for its next fetch. */
const WAIT_MS = 250;
const PARTITION_BYTES = 2 ** 19;
const ANSWER_BYTES = 4 * 2 ** 20;
const RETRY_MS = 100;
/** kafkajs tries to join so often, `RETRY_MS` apart, while handlers of the last generation finish. */
const JOINS = 60;

/** One assignment, as the coordinator knows it. */
export interface Membership {
  readonly member: string;
  readonly generation: number;
  readonly partitions: readonly number[];
}

export interface MemberEvents {
  /**
   * A join is to begin. False: not yet, ask again; what was assigned is still ours until then. `late`: the coordinator
   * has not heard of us for a session, so others may have it already.
   */
  joining(late: boolean): boolean;
  /** The group has let this member in. */
  joined(member: string): void;
  assigned(membership: Membership): void;
  /** False: it was not asked for, and is fetched again. */
  fetched(partition: number, delivery: Delivery): boolean;
  /** Nothing for us stands there. */
  empty(partition: number, from: number, behind: number): void;
  /** The offset to be fetched is no longer there; kafkajs is about to reset the committed position. */
  expired(partition: number): void;
}

interface Options extends GroupTimes {
  readonly group: string;
  readonly refreshMs: number;
}

/** One consumer of kafkajs, from its first join until it crashes or is closed. */
export class KafkajsMember {
  /** Resolves to why it cannot go on. It has left the group then. */
  readonly crashed: Promise<unknown>;
  readonly #settings: KafkaSettings;
  readonly #options: Options;
  readonly #events: MemberEvents;
  readonly #consumer: Consumer;
  readonly #sockets: Sockets;
  #cluster!: Cluster;
  #coordinator: ReturnType<Cluster['findGroupCoordinator']> | null = null;
  /** An assignment whose generation nobody has told yet. */
  #joined: Omit<Membership, 'generation'> | null = null;
  #last: Pick<Membership, 'member' | 'generation'> = { member: '', generation: -1 };
  #partitions: number[] = [];
  #heardAt = performance.now();
  #closed = false;
  /** A join is under way: kafkajs can only be stopped behind it. */
  #busy: Promise<void> = Promise.resolve();
  #settled: () => void = () => {};

  constructor(settings: KafkaSettings, options: Options, events: MemberEvents) {
    this.#settings = settings;
    this.#options = options;
    this.#events = events;
    const { kafka, sockets } = clientOf(settings, { onError: (entry) => this.#heard(entry) });
    this.#sockets = sockets;
    this.#consumer = kafka.consumer({
      ...{ groupId: options.group, sessionTimeout: options.sessionMs, rebalanceTimeout: options.sessionMs },
      // Heartbeats are sent by the fetch loop, which comes round at least this often.
      ...{ heartbeatInterval: Math.min(options.heartbeatMs, WAIT_MS), maxWaitTimeInMs: WAIT_MS },
      ...{ maxBytesPerPartition: PARTITION_BYTES, maxBytes: ANSWER_BYTES, readUncommitted: true },
      ...{ allowAutoTopicCreation: false, metadataMaxAge: options.refreshMs },
      partitionAssigners: [({ cluster }) => this.#assigner(cluster)],
      retry: {
        ...{ initialRetryTime: RETRY_MS, maxRetryTime: RETRY_MS, factor: 0, retries: JOINS },
        restartOnFailure: async () => false,
      },
    });
    this.crashed = new Promise((resolve) => {
      this.#consumer.on('consumer.crash', ({ payload }) => {
        this.#settled();
        resolve(payload.error);
      });
      void this.#run().catch((error: unknown) => {
        this.#settled();
        resolve(error);
      });
    });
  }

  flow(partition: number): Flow {
    const { topic } = this.#settings;
    const here = [{ topic, partitions: [partition] }];
    return {
      from: (offset) => this.#while(() => this.#consumer.seek({ topic, partition, offset: String(offset) })),
      pause: () => this.#while(() => this.#consumer.pause(here)),
      resume: () => this.#while(() => this.#consumer.resume(here)),
    };
  }

  /**
   * Commits as that generation, whatever has happened since: the request says so itself, so the coordinator refuses it
   * once others may own the partitions. Errors: STG_LOG_FENCED; STG_LOG_WRITE after a session of trying.
   */
  async commit(
    { member, generation }: Pick<Membership, 'member' | 'generation'>,
    positions: ReadonlyMap<number, Committed>,
  ): Promise<void> {
    const until = performance.now() + this.#options.sessionMs;
    for (;;) {
      try {
        return await this.#write(member, generation, positions);
      } catch (error) {
        this.#coordinator = null;
        if (isCode(error, ...FENCED))
          throw new StargateError('STG_LOG_FENCED', { got: `a commit as ${member}: ${wordsOf(error)}` });
        if (performance.now() > until || this.#closed)
          throw new StargateError('STG_LOG_WRITE', {
            ...{ message: 'A position could not be committed.', got: wordsOf(error), cause: error },
          });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Leaves the group; false where that took too long. A join under way is waited for, as kafkajs does not stop before. */
  async close(ms: number): Promise<boolean> {
    this.#closed = true;
    const leaving = this.#busy
      .then(() => this.#consumer.disconnect())
      .then(
        () => true,
        () => false,
      );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    const left = await Promise.race([leaving, late]);
    clearTimeout(timer);
    this.#sockets.close();
    return left;
  }

  async #run(): Promise<void> {
    const { topic } = this.#settings;
    const consumer = this.#consumer;
    consumer.on('consumer.group_join', ({ payload }) => {
      const partitions = payload.memberAssignment[topic] ?? [];
      // Before anything is fetched: from where is not known yet.
      this.#pauseAll(partitions);
      this.#joined = { member: payload.memberId, partitions };
      this.#events.joined(payload.memberId);
      this.#heardAt = performance.now();
      // kafkajs says of itself that it runs only after this event.
      setImmediate(this.#settled);
    });
    consumer.on('consumer.heartbeat', ({ payload: { memberId, groupGenerationId } }) =>
      this.#beat(memberId, groupGenerationId),
    );
    consumer.on('consumer.start_batch_process', ({ payload }) => {
      const { partition, batchSize, firstOffset, lastOffset } = payload;
      if (batchSize === 0 && firstOffset !== null)
        this.#events.empty(partition, Number(firstOffset), Number(lastOffset) + 1);
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    if (this.#closed) return;
    this.#begin();
    await consumer.run({
      ...{ autoCommit: false, eachBatchAutoResolve: false },
      eachBatch: async (payload) => this.#batch(payload),
    });
  }

  /** kafkajs tells nobody its generation, but with each heartbeat that was answered. */
  #beat(member: string, generation: number): void {
    const joined = this.#joined;
    this.#heardAt = performance.now();
    if (joined?.member !== member || this.#closed) return;
    // One of the generation before can be answered late.
    if (this.#last.member === member && generation <= this.#last.generation) return;
    this.#joined = null;
    this.#last = { member, generation };
    this.#events.assigned({ ...joined, generation });
  }

  #batch({ batch, resolveOffset, isStale }: EachBatchPayload): void {
    const { partition, messages, highWatermark } = batch;
    // Not in the types, but all depends on it.
    const at = Number((batch as unknown as { fetchedOffset: string }).fetchedOffset);
    if (isStale() || this.#closed) return;
    const records = messages.map(({ key, value, headers, timestamp, offset }): ConsumedRecord => {
      const texts = Object.entries(headers ?? {}).map(([name, one]) => [name, String(one ?? '')]);
      return {
        ...{ key: key === null ? null : key.toString(), value: value ?? Buffer.alloc(0) },
        ...{ timestamp: Number(timestamp), position: Number(offset) as Position },
        ...(texts.length > 0 && { headers: Object.fromEntries(texts) as Record<string, string> }),
      };
    });
    const last = batch.lastOffset();
    const delivery = { at, records, behind: Number(last) + 1, end: Number(highWatermark) };
    if (this.#events.fetched(partition, delivery)) resolveOffset(last);
  }

  /** The protocol and the shares of our own consumer, so that both drivers can be in one group. */
  #assigner(cluster: Cluster): ReturnType<import('kafkajs').PartitionAssigner> {
    this.#cluster = cluster;
    const { topic } = this.#settings;
    return {
      ...{ name: PROTOCOL, version: 0 },
      protocol: () => {
        this.#join();
        return { name: PROTOCOL, metadata: encodeSubscription(topic) };
      },
      assign: async ({ members }) => {
        const ids = members.map(({ memberId }) => memberId);
        const shares = shareOut(ids, cluster.findTopicPartitionMetadata(topic).length);
        return [...shares].map(([memberId, partitions]) => {
          return { memberId, memberAssignment: encodeAssignment(topic, partitions) };
        });
      },
    };
  }

  /** kafkajs asks for the protocol at the beginning of every join, and only then: what is thrown here holds it back. */
  #join(): void {
    if (this.#closed) throw Object.assign(new Error('closed'), { retriable: false });
    this.#begin();
    this.#joined = null;
    this.#pauseAll(this.#partitions);
    const late = performance.now() - this.#heardAt > this.#options.sessionMs;
    if (!this.#events.joining(late))
      throw Object.assign(new Error('handlers are still running'), { type: 'REBALANCE_IN_PROGRESS' });
  }

  #begin(): void {
    this.#settled();
    this.#busy = new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  #pauseAll(partitions: readonly number[]): void {
    this.#partitions = [...new Set([...this.#partitions, ...partitions])];
    this.#while(() => this.#consumer.pause([{ topic: this.#settings.topic, partitions: [...partitions] }]));
  }

  /** kafkajs throws where it does not run at the moment; then all of this begins anew anyway. */
  #while(work: () => void): void {
    try {
      work();
    } catch {
      // A crash follows, or the end.
    }
  }

  #heard({ message, topic, partition }: LogEntry['log']): void {
    if (topic === this.#settings.topic && message.startsWith('Offset out of range'))
      this.#events.expired(partition);
  }

  async #write(
    memberId: string,
    groupGenerationId: number,
    positions: ReadonlyMap<number, Committed>,
  ): Promise<void> {
    const { group: groupId } = this.#options;
    this.#coordinator ??= this.#cluster.findGroupCoordinator({ groupId });
    const coordinator = await this.#coordinator;
    const partitions = [...positions].map(([partition, { at, saved }]) => {
      return { partition, offset: String(at), metadata: saved };
    });
    const topics = [{ topic: this.#settings.topic, partitions }];
    await coordinator.offsetCommit({ groupId, groupGenerationId, memberId, topics });
  }
}
