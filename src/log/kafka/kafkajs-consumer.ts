import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumeHandlers, Consumer } from '../port.js';
import type { KafkaSettings } from './connect.js';
import { Brokers } from './connect-brokers.js';
import { wordsOf } from './connect-errors.js';
import { HEARTBEAT_MS, type KafkaConsumerOptions, REFRESH_MS, SESSION_MS } from './consumer.js';
import { evictDead, noteOf } from './consumer-evict.js';
import { finalOf } from './consumer-final.js';
import type { GroupTimes } from './consumer-member.js';
import type { MemberNote } from './consumer-note.js';
import { KafkajsMember, type MemberEvents, type Membership } from './kafkajs-member.js';
import { KafkajsPositions } from './kafkajs-positions.js';
import { Serving } from './kafkajs-serving.js';

const BACKOFF_MS = { first: 100, most: 2_000 };
const LEAVE_MS = 5_000;

/** As `consumeKafka`, by kafkajs. */
export async function consumeKafkajs(
  settings: KafkaSettings,
  group: string,
  handlers: ConsumeHandlers,
  options: KafkaConsumerOptions,
): Promise<Consumer> {
  const brokers = new Brokers(settings);
  try {
    await brokers.refresh();
  } catch (error) {
    brokers.close();
    throw error;
  }
  return new KafkajsConsumer(brokers, group, handlers, options);
}

/** One member of kafkajs after another, until it is closed or cannot go on; for each generation one `Serving`. */
class KafkajsConsumer implements Consumer, MemberEvents {
  readonly done: Promise<void>;
  readonly #settings: KafkaSettings;
  readonly #group: string;
  readonly #handlers: ConsumeHandlers;
  readonly #options: KafkaConsumerOptions;
  readonly #times: GroupTimes;
  readonly #known: number;
  readonly #note: MemberNote | null;
  readonly #positions: KafkajsPositions;
  readonly #closing = new AbortController();
  #member!: KafkajsMember;
  #left = true;
  #serving: Serving | null = null;
  /** Until it has returned, a handler of an assignment before holds up the next one. */
  #before: Promise<void> = Promise.resolve();
  /** Counts joins: what was begun for an earlier assignment is dropped. */
  #epoch = 0;
  /** When others may have our partitions, at the latest, if we have not joined again. */
  #yieldBy: number | null = null;
  #fail!: (error: unknown) => void;

  constructor(brokers: Brokers, group: string, handlers: ConsumeHandlers, options: KafkaConsumerOptions) {
    const { settings } = brokers;
    this.#settings = settings;
    this.#group = group;
    this.#handlers = handlers;
    this.#options = options;
    this.#known = brokers.leaders.length;
    this.#note = noteOf(brokers, group, options);
    const { sessionMs = SESSION_MS, heartbeatMs = HEARTBEAT_MS } = options;
    this.#times = { sessionMs, heartbeatMs };
    this.#positions = new KafkajsPositions(settings);
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    failed.catch(() => {});
    // kafkajs has connections of its own.
    const evicting = evictDead(brokers, group, options, this.#closing.signal).then(() => brokers.close());
    this.done = this.#live(failed).finally(async () => {
      brokers.close();
      await evicting;
      await this.#note?.end(this.#left);
    });
    // A caller that only awaits close() must not be ended by an unhandled rejection.
    this.done.catch(() => {});
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.done.catch(() => {});
  }

  joining(late: boolean): boolean {
    const serving = this.#serving;
    if (!serving) {
      this.#epoch += 1;
      return true;
    }
    this.#yieldBy ??= performance.now() + this.#times.sessionMs / 2;
    void serving.close();
    // Others wait for our partitions: handlers may finish what they have in hand, but not for long.
    if (late || performance.now() > this.#yieldBy) serving.fence();
    if (!serving.ended) return false;
    this.#drop();
    return true;
  }

  joined(member: string): void {
    void this.#note?.write(member);
  }

  assigned(membership: Membership): void {
    this.#begin(membership, this.#member, this.#epoch).catch(this.#fail);
  }

  fetched(partition: number, delivery: Parameters<Serving['take']>[1]): boolean {
    return this.#serving?.take(partition, delivery) ?? false;
  }

  empty(partition: number, from: number, behind: number): void {
    this.#serving?.skip(partition, from, behind);
  }

  expired(partition: number): void {
    void this.#serving?.expire(partition);
  }

  async #live(failed: Promise<never>): Promise<void> {
    const { signal } = this.#closing;
    const closing = new Promise<null>((resolve) => {
      signal.addEventListener('abort', () => resolve(null), { once: true });
    });
    for (let failures = 0; !signal.aborted; failures++) {
      const begun = this.#epoch;
      const member = this.#meet();
      try {
        const crash = await Promise.race([closing, failed, member.crashed]);
        if (crash === null) break;
        if (this.#epoch > begun + 1) failures = 0;
        await this.#consider(crash, failures);
      } finally {
        await this.#leave(member);
      }
    }
  }

  #meet(): KafkajsMember {
    const { group, refreshMs = REFRESH_MS } = { group: this.#group, ...this.#options };
    this.#member = new KafkajsMember(this.#settings, { ...this.#times, group, refreshMs }, this);
    return this.#member;
  }

  /** After a crash: throws what cannot be mended, else waits a moment. */
  async #consider(crash: unknown, failures: number): Promise<void> {
    this.#serving?.fence();
    const final = finalOf(crash, this.#group, this.#settings.topic, this.#times);
    if (final) throw final;
    // One rebalance on the heels of another is no news.
    if (failures % 10 === 2)
      this.#options.onWarning(`group ${this.#group} cannot be joined yet: ${wordsOf(crash)}`);
    const ms = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(failures, 10));
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  /** Handlers finish while we are a member; then the group goes on without us. */
  async #leave(member: KafkajsMember): Promise<void> {
    const serving = this.#serving;
    await serving?.close();
    this.#drop();
    this.#left = await member.close(LEAVE_MS);
    await serving?.done;
  }

  #drop(): void {
    if (this.#serving) this.#before = this.#serving.close();
    this.#serving = null;
    this.#yieldBy = null;
    this.#epoch += 1;
  }

  /** Reads what the group has committed, and starts, unless the assignment has ended before that was known. */
  async #begin(membership: Membership, member: KafkajsMember, epoch: number): Promise<void> {
    const { partitions } = membership;
    await this.#before;
    for (let failures = 0; epoch === this.#epoch && !this.#closing.signal.aborted; failures++) {
      try {
        const committed = await this.#positions.committed(this.#group, partitions);
        const ranges = await this.#positions.ranges(partitions);
        const missing = partitions.find((partition) => !ranges.has(partition));
        if (missing !== undefined) throw new Error(`no leader tells the range of partition ${missing}`);
        if (epoch === this.#epoch && !this.#closing.signal.aborted)
          this.#serve(membership, member, committed, ranges);
        return;
      } catch (error) {
        const final = finalOf(error, this.#group, this.#settings.topic, this.#times);
        if (final) throw final;
        await sleep(Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures));
      }
    }
  }

  #serve(
    membership: Membership,
    member: KafkajsMember,
    ...[committed, ranges]: [
      Awaited<ReturnType<KafkajsPositions['committed']>>,
      Awaited<ReturnType<KafkajsPositions['ranges']>>,
    ]
  ): void {
    const { sessionMs } = this.#times;
    const parts = {
      ...{ member, membership, positions: this.#positions, group: this.#group, known: this.#known },
      topic: this.#settings.topic,
      ...{ handlers: this.#handlers, options: { ...this.#options, sessionMs } },
    };
    this.#serving = new Serving(parts, committed, ranges);
    this.#serving.done.catch(this.#fail);
  }
}
