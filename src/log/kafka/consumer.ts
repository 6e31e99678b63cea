import { setTimeout as sleep } from 'node:timers/promises';
import { isStargateError, StargateError } from '../../errors.js';
import { ConsumerRun } from '../consumer.js';
import type { ConsumeHandlers, ConsumeOptions, Consumer } from '../port.js';
import type { KafkaSettings } from './connect.js';
import { Brokers } from './connect-brokers.js';
import { wordsOf } from './connect-errors.js';
import { beginAll } from './consumer-begin.js';
import { GenerationCommits } from './consumer-commits.js';
import { evictDead, noteOf } from './consumer-evict.js';
import { Fetcher } from './consumer-fetcher.js';
import { finalOf } from './consumer-final.js';
import { type Generation, type GroupTimes, Member } from './consumer-member.js';
import type { MemberNote } from './consumer-note.js';
import { committedOf, type Range } from './consumer-offsets.js';
import { FetchedLog } from './consumer-partition.js';
import { roomOf } from './consumer-room.js';

/** The least that brokers take by default: what a dead consumer held is read on by others so much later. */
export const SESSION_MS = 6_000;
export const HEARTBEAT_MS = 1_000;
export const REFRESH_MS = 30_000;
const LEAVE_MS = 3_000;
const BACKOFF_MS = { first: 100, most: 2_000 };

export interface KafkaConsumerOptions extends ConsumeOptions {
  readonly onWarning: (message: string) => void;
  /** ms; not below what the brokers take (`group.min.session.timeout.ms`, 6 s). */
  readonly sessionMs?: number;
  readonly heartbeatMs?: number;
  /** How often to look for partitions that were added. */
  readonly refreshMs?: number;
  /** See `OpenLogOptions`. */
  readonly membersFolder?: string;
}

/**
 * Consumes as a member of a group. Resolves when the brokers have answered for the topic; the first assignment comes
 * later. Errors: STG_LOG_UNREACHABLE, STG_LOG_DENIED, STG_LOG_TOPIC_MISSING.
 */
export async function consumeKafka(
  settings: KafkaSettings,
  group: string,
  handlers: ConsumeHandlers,
  options: KafkaConsumerOptions,
): Promise<Consumer> {
  const cluster = new Brokers(settings);
  try {
    await cluster.refresh();
  } catch (error) {
    cluster.close();
    throw error;
  }
  return new KafkaConsumer(cluster, group, handlers, options);
}

/** Joins, consumes for a generation, and joins again, until it is closed or cannot go on. */
class KafkaConsumer implements Consumer {
  readonly done: Promise<void>;
  readonly #cluster: Brokers;
  readonly #group: string;
  readonly #handlers: ConsumeHandlers;
  readonly #options: KafkaConsumerOptions;
  readonly #times: GroupTimes;
  readonly #note: MemberNote | null;
  readonly #member: Member;
  readonly #closing = new AbortController();
  /** Partitions there were at the start. Of those that are added later all is new. */
  readonly #known: number;

  constructor(cluster: Brokers, group: string, handlers: ConsumeHandlers, options: KafkaConsumerOptions) {
    this.#cluster = cluster;
    this.#group = group;
    this.#handlers = handlers;
    this.#options = options;
    this.#times = {
      sessionMs: options.sessionMs ?? SESSION_MS,
      heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
    };
    this.#note = noteOf(cluster, group, options);
    this.#member = new Member(cluster, group, this.#times, this.#note);
    this.#known = cluster.leaders.length;
    this.done = this.#live();
    // A caller that only awaits close() must not be ended by an unhandled rejection.
    this.done.catch(() => {});
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.done.catch(() => {});
  }

  async #live(): Promise<void> {
    void evictDead(this.#cluster, this.#group, this.#options, this.#closing.signal);
    try {
      for (let failures = 0; !this.#closing.signal.aborted; ) {
        const generation = await this.#join(failures);
        failures = generation === null ? failures + 1 : 0;
        if (generation) await this.#serve(generation);
      }
    } finally {
      // Where nobody answers the session ends without a farewell.
      const leaving = this.#member.leave().then(
        () => true,
        () => false,
      );
      const left = await Promise.race([leaving, sleep(LEAVE_MS, false, { ref: false })]);
      await this.#note?.end(left);
      this.#cluster.close();
    }
  }

  /** One try to become a member; null after a failure and its pause. */
  async #join(failures: number): Promise<Generation | null> {
    try {
      return await this.#unlessClosing(this.#member.join());
    } catch (error) {
      if (this.#closing.signal.aborted) return null;
      const final = finalOf(error, this.#group, this.#cluster.topic, this.#times);
      if (final) throw final;
      // One rebalance on the heels of another is no news.
      if (failures % 10 === 2)
        this.#options.onWarning(`group ${this.#group} cannot be joined yet: ${wordsOf(error)}`);
      const ms = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(failures, 10));
      await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
      return null;
    }
  }

  /** Consumes until the generation is over, the consumer closes, or a handler fails. */
  async #serve(generation: Generation): Promise<void> {
    const watching = setInterval(() => void this.#watch(generation), this.#options.refreshMs ?? REFRESH_MS);
    try {
      const served = await this.#begin(generation);
      if (served) await this.#until(generation, served);
    } finally {
      clearInterval(watching);
      generation.stop();
    }
  }

  /** Reads what the group has committed, and starts. Null when the generation ended before that was known. */
  async #begin(generation: Generation): Promise<{ run: ConsumerRun; fetcher: Fetcher } | null> {
    const { partitions } = generation;
    const over = generation.over.then(() => true);
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      try {
        const committed = await committedOf(
          await this.#member.connection(),
          ...([this.#group, this.#cluster.topic, partitions] as const),
        );
        return this.#start(generation, committed);
      } catch (error) {
        const final = finalOf(error, this.#group, this.#cluster.topic, this.#times);
        if (final) throw final;
        this.#member.forgetCoordinator();
        await this.#cluster.refresh().catch(() => {});
        const ms = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures);
        if (await Promise.race([over, sleep(ms, false)])) return null;
      }
    }
    return null;
  }

  #start(
    generation: Generation,
    committed: Awaited<ReturnType<typeof committedOf>>,
  ): { run: ConsumerRun; fetcher: Fetcher } {
    const { partitions } = generation;
    const room = roomOf(partitions.length);
    const { onWarning, ...options } = this.#options;
    const run = new ConsumerRun(
      this.#handlers,
      options,
      new GenerationCommits(committed, (positions) =>
        generation.commit(positions).catch((error: unknown) => {
          // Before the handler learns of it: what it does then is not done for a partition of ours.
          if (isStargateError(error, 'STG_LOG_FENCED')) run.fence();
          throw error;
        }),
      ),
    );
    const failed = (error: unknown): void => run.fail(error);
    const fetcher = new Fetcher({ cluster: this.#cluster, onWarning, failed });
    const begin = (partition: number, range: Range): void => {
      const log = new FetchedLog(partition, range, room, () => fetcher.wake());
      fetcher.add(log);
      run.add(log, partition < this.#known ? options.from : 'earliest');
    };
    const { stopping: over } = run;
    void beginAll(partitions, { cluster: this.#cluster, committed, over, begin }).catch(failed);
    return { run, fetcher };
  }

  async #until(
    generation: Generation,
    { run, fetcher }: { run: ConsumerRun; fetcher: Fetcher },
  ): Promise<void> {
    await this.#unlessClosing(Promise.race([generation.over, run.done])).catch(() => {});
    fetcher.stop();
    const closed = run.close();
    // Others wait for our partitions: handlers may finish what they have in hand, but not for long.
    void generation.over.then(async (over) => {
      if (over === 'rebalance') await Promise.race([closed, sleep(this.#times.sessionMs / 2)]);
      run.fence();
    });
    await closed;
    await run.done;
  }

  /** Looks whether the topic has got more partitions, which nobody has before the group shares out again. */
  async #watch(generation: Generation): Promise<void> {
    await this.#cluster.refresh().catch(() => {});
    if (generation.leads && this.#cluster.leaders.length > generation.shared) generation.askAgain();
  }

  #unlessClosing<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#closing;
    return new Promise((resolve, reject) => {
      const close = (): void => reject(new StargateError('STG_LOG_CLOSED'));
      if (signal.aborted) close();
      signal.addEventListener('abort', close, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', close));
    });
  }
}
