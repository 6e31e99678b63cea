import { setTimeout as sleep } from 'node:timers/promises';
import { isStargateError, StargateError } from '../../errors.js';
import { type Commits, ConsumerRun } from '../consumer.js';
import type { ConsumeHandlers, Position } from '../port.js';
import { lasting } from './connect-errors.js';
import type { KafkaConsumerOptions } from './consumer.js';
import { GenerationCommits } from './consumer-commits.js';
import type { Committed, Range } from './consumer-offsets.js';
import { roomOf } from './consumer-room.js';
import { type Delivery, Inbox } from './kafkajs-inbox.js';
import type { KafkajsMember, Membership } from './kafkajs-member.js';
import type { KafkajsPositions } from './kafkajs-positions.js';

/** How often to look whether kafkajs has reset a position, before it is written again. */
const RESTORE_MS = 100;
const RETRY_MS = 500;

/** What one generation is served with. */
export interface ServingParts {
  readonly member: KafkajsMember;
  readonly membership: Membership;
  readonly positions: KafkajsPositions;
  readonly group: string;
  readonly topic: string;
  readonly handlers: ConsumeHandlers;
  readonly options: KafkaConsumerOptions & { readonly sessionMs: number };
  /** Partitions there were at the start. Of those that are added later all is new. */
  readonly known: number;
}

/** One generation: its partitions are consumed until others may have them. */
export class Serving implements Commits {
  readonly #parts: ServingParts;
  readonly #inboxes = new Map<number, Inbox>();
  /** What was committed last, or is on its way. */
  readonly #latest: Map<number, Committed>;
  readonly #commits: GenerationCommits;
  readonly #run: ConsumerRun;
  #closed: Promise<void> | null = null;
  #ended = false;

  constructor(
    parts: ServingParts,
    committed: ReadonlyMap<number, Committed>,
    ranges: ReadonlyMap<number, Range>,
  ) {
    this.#parts = parts;
    this.#latest = new Map(committed);
    this.#commits = new GenerationCommits(committed, (wanted) => this.#write(wanted));
    const { member, membership, handlers, options, known } = parts;
    const { partitions } = membership;
    const { onWarning: _, ...consumeOptions } = options;
    this.#run = new ConsumerRun(handlers, consumeOptions, this);
    const room = roomOf(partitions.length);
    for (const partition of partitions) {
      const inbox = new Inbox(partition, ranges.get(partition)!, room, member.flow(partition));
      this.#inboxes.set(partition, inbox);
      this.#run.add(inbox, partition < known ? options.from : 'earliest');
    }
  }

  /** Rejects when a handler failed, or a position is wrong. */
  get done(): Promise<void> {
    return this.#run.done;
  }

  /** Whether nothing of ours is running any more. */
  get ended(): boolean {
    return this.#ended;
  }

  take(partition: number, delivery: Delivery): boolean {
    return this.#inboxes.get(partition)?.take(delivery) ?? false;
  }

  skip(partition: number, from: number, behind: number): void {
    this.#inboxes.get(partition)?.skip(from, behind);
  }

  /** Lets handlers finish what they have in hand. Calls are cheap: it happens once. */
  close(): Promise<void> {
    this.#closed ??= this.#run.close().then(() => {
      this.#ended = true;
    });
    return this.#closed;
  }

  /** Others may have the partitions now. */
  fence(): void {
    this.#ended = true;
    this.#run.fence();
    void this.close();
  }

  /**
   * Retention has deleted what was to be fetched next. kafkajs answers that by committing "none", without the text that
   * stood beside the position: what was committed is written again behind it. Where brokers do not answer, both are tried
   * again for as long as the generation lasts.
   */
  async expire(partition: number): Promise<void> {
    const inbox = this.#inboxes.get(partition);
    const next = inbox?.lose() ?? null;
    if (!inbox || next === null) return;
    while (!this.#closed) {
      try {
        await this.#restore(partition);
        return inbox.jump(await this.#rangeFor(partition, next));
      } catch (error) {
        // Others have the partition then.
        if (isStargateError(error, 'STG_LOG_FENCED')) return;
        const final = lasting(error, `read topic ${this.#parts.topic}`);
        if (final && final.code !== 'STG_LOG_WRITE') return this.#run.fail(final);
        await sleep(RETRY_MS);
      }
    }
  }

  async #rangeFor(partition: number, next: number): Promise<Range> {
    const { positions, options } = this.#parts;
    const range = (await positions.ranges([partition])).get(partition);
    if (!range) throw new Error(`no leader tells the range of partition ${partition}`);
    if (next > range.end) throw lostRecords(partition, next, range.end);
    if (next < range.start)
      options.onWarning(
        `partition ${partition}: retention deleted ${range.start - next} records before they were read; going on at the log's start`,
      );
    return range;
  }

  committed(partition: number): Committed | null {
    return this.#commits.committed(partition);
  }

  commit(partition: number, at: Position, saved: string): Promise<void> {
    this.#latest.set(partition, { at, saved });
    return this.#commits.commit(partition, at, saved);
  }

  release(): Promise<void> {
    return this.#commits.release();
  }

  async #restore(partition: number): Promise<void> {
    const { positions, group, options } = this.#parts;
    const until = performance.now() + options.sessionMs;
    while (this.#latest.has(partition) && performance.now() < until && !this.#ended) {
      if (!(await positions.committed(group, [partition])).has(partition)) {
        const { at, saved } = this.#latest.get(partition)!;
        return this.#commits.commit(partition, at, saved);
      }
      await sleep(RESTORE_MS);
    }
  }

  async #write(wanted: ReadonlyMap<number, Committed>): Promise<void> {
    const { member, membership } = this.#parts;
    try {
      await member.commit(membership, wanted);
    } catch (error) {
      // Before the handler learns of it: what it does then is not done for a partition of ours.
      if (isStargateError(error, 'STG_LOG_FENCED')) this.fence();
      throw error;
    }
  }
}

const lostRecords = (partition: number, at: number, end: number): StargateError =>
  new StargateError('STG_LOG_POSITION', {
    expected: `a position up to ${end} in partition ${partition}`,
    got: `${at}: the log has lost records that were read`,
  });
