import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../../errors.js';
import { type Brokers, isCode, request } from './connect-brokers.js';
import { answerOf, CODE, wordsOf } from './connect-errors.js';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  shareOut,
} from './consumer-assign.js';
import type { MemberNote } from './consumer-note.js';
import type { Committed } from './consumer-offsets.js';
import {
  type Connection,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  offsetCommitV9,
  syncGroupV5,
} from './package.js';

export const PROTOCOL = 'roundrobin';
const REQUEST_MS = 5_000;
const RETRY_MS = 100;
/** The broker holds a join back until all members are there; it must not seem dead meanwhile. */
const JOIN_MORE_MS = 5_000;

export interface GroupTimes {
  /** ms without a heartbeat after which the coordinator gives our partitions to others. */
  readonly sessionMs: number;
  readonly heartbeatMs: number;
}

export type Over = 'rebalance' | 'lost';

/** The coordinator does not know us in this generation: whatever we write for it is refused. */
export const FENCED = [
  CODE.ILLEGAL_GENERATION,
  CODE.UNKNOWN_MEMBER_ID,
  CODE.FENCED_INSTANCE_ID,
  CODE.REBALANCE_IN_PROGRESS,
] as const;

/** A membership from one join to the next: partitions of ours, heartbeats, and the only right to commit them. */
export class Generation {
  readonly id: number;
  readonly member: string;
  readonly partitions: readonly number[];
  /** Partitions of the topic as the group shared them out. */
  readonly shared: number;
  /** Whether this member shared them out, and has to when there are more. */
  readonly leads: boolean;
  /** How it ended: `rebalance` while we are a member still, `lost` when others may have our partitions already. */
  readonly over: Promise<Over>;
  readonly #end: (over: Over) => void;
  readonly #member: Member;
  readonly #stop = new AbortController();
  #heard = performance.now();

  constructor(member: Member, known: Pick<Generation, 'id' | 'member' | 'partitions' | 'shared' | 'leads'>) {
    this.#member = member;
    this.id = known.id;
    this.member = known.member;
    this.partitions = known.partitions;
    this.shared = known.shared;
    this.leads = known.leads;
    let end!: (over: Over) => void;
    this.over = new Promise((resolve) => {
      end = resolve;
    });
    this.#end = end;
    void this.#beat();
  }

  /** Asks for a new round: there are partitions that nobody has. */
  askAgain(): void {
    this.#end('rebalance');
  }

  /** No more heartbeats; the next join follows, or a farewell. */
  stop(): void {
    this.#stop.abort();
  }

  /**
   * Commits, as this generation. Errors: STG_LOG_FENCED; STG_LOG_WRITE after a session of trying, when it is not
   * known whether the last try took effect.
   */
  async commit(positions: ReadonlyMap<number, Committed>): Promise<void> {
    const until = performance.now() + this.#member.times.sessionMs;
    for (;;) {
      try {
        return await this.#member.write(this, positions);
      } catch (error) {
        if (isCode(error, ...FENCED)) {
          this.#end('lost');
          throw new StargateError('STG_LOG_FENCED', { got: `a commit as ${this.member}: ${wordsOf(error)}` });
        }
        if (performance.now() > until || this.#stop.signal.aborted)
          throw new StargateError('STG_LOG_WRITE', {
            message: 'A position could not be committed.',
            got: wordsOf(error),
            cause: error,
          });
        this.#member.forgetCoordinator();
        await sleep(RETRY_MS);
      }
    }
  }

  async #beat(): Promise<void> {
    const { heartbeatMs, sessionMs } = this.#member.times;
    while (!this.#stop.signal.aborted) {
      await sleep(heartbeatMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      if (this.#stop.signal.aborted) return;
      const sent = performance.now();
      const error = await this.#member.heartbeat(this).then(
        () => null,
        (failed: unknown) => failed,
      );
      if (error === null || isCode(error, CODE.REBALANCE_IN_PROGRESS)) this.#heard = sent;
      if (isCode(error, CODE.REBALANCE_IN_PROGRESS)) this.#end('rebalance');
      else if (isCode(error, ...FENCED)) return this.#end('lost');
      else if (error !== null) this.#member.forgetCoordinator();
      // Nobody heard us for a session: others may own what was ours.
      if (performance.now() - this.#heard > sessionMs) return this.#end('lost');
    }
  }
}

/** Ends a membership, ours or that of a process that has died. Rejects, among others, when it has ended already. */
export async function leaveGroup(
  connection: Connection,
  group: string,
  memberId: string,
  reason: string,
): Promise<void> {
  const member = { memberId, groupInstanceId: null, reason };
  await request(connection, leaveGroupV5.api, REQUEST_MS, group, [member]);
}

/** One member of a consumer group, by the protocol that every Kafka from 0.9 to 4.x speaks. */
export class Member {
  readonly times: GroupTimes;
  readonly #cluster: Brokers;
  readonly #group: string;
  readonly #note: MemberNote | null;
  #id = '';
  #coordinator: number | null = null;
  #left = false;

  constructor(cluster: Brokers, group: string, times: GroupTimes, note: MemberNote | null = null) {
    this.#cluster = cluster;
    this.#group = group;
    this.times = times;
    this.#note = note;
  }

  /** Joins, and waits until every member of the group has; one try. */
  async join(): Promise<Generation> {
    try {
      await this.#cluster.refresh();
      const joined = await this.#join();
      this.#id = joined.memberId ?? '';
      await this.#note?.write(this.#id);
      const shared = this.#cluster.leaders.length;
      const partitions = await this.#sync(joined, shared);
      // It has left while it was joining.
      if (this.#left) throw new StargateError('STG_LOG_CLOSED');
      const leads = joined.leader === joined.memberId;
      return new Generation(this, { id: joined.generationId, member: this.#id, partitions, shared, leads });
    } catch (error) {
      if (isCode(error, CODE.UNKNOWN_MEMBER_ID, CODE.FENCED_INSTANCE_ID)) this.#id = '';
      this.forgetCoordinator();
      throw error;
    }
  }

  /** Lets the group go on without us at once, instead of after a session. */
  async leave(): Promise<void> {
    this.#left = true;
    if (this.#id === '') return;
    // Not behind a join that is held back.
    const node = this.#coordinator ?? (await this.#cluster.coordinator(this.#group));
    await leaveGroup(await this.#cluster.to(node, 'ask'), this.#group, this.#id, 'closing');
  }

  async heartbeat({ id, member }: Generation): Promise<void> {
    await request(await this.connection(), heartbeatV4.api, REQUEST_MS, this.#group, id, member, null);
  }

  async write({ id, member }: Generation, positions: ReadonlyMap<number, Committed>): Promise<void> {
    const partitions = [...positions].map(([partitionIndex, { at, saved }]) => ({
      ...{ partitionIndex, committedOffset: BigInt(at), committedLeaderEpoch: -1, committedMetadata: saved },
    }));
    const topics = [{ name: this.#cluster.topic, partitions }];
    await request(
      await this.connection(),
      offsetCommitV9.api,
      REQUEST_MS,
      this.#group,
      id,
      member,
      null,
      topics,
    );
  }

  /** The group's coordinator may be another broker by now. */
  forgetCoordinator(): void {
    this.#coordinator = null;
  }

  async connection(): Promise<Connection> {
    this.#coordinator ??= await this.#cluster.coordinator(this.#group);
    return this.#cluster.to(this.#coordinator, 'group');
  }

  async #join() {
    const { sessionMs } = this.times;
    const protocols = [{ name: PROTOCOL, metadata: encodeSubscription(this.#cluster.topic) }];
    const connection = await this.connection();
    const send = (id: string) =>
      request(
        ...([connection, joinGroupV9.api, sessionMs + JOIN_MORE_MS] as const),
        ...([this.#group, sessionMs, sessionMs, id, null, 'consumer', protocols, null] as const),
      );
    return send(this.#id).catch(async (error) => {
      if (!isCode(error, CODE.MEMBER_ID_REQUIRED)) throw error;
      this.#id = (answerOf(error) as { memberId: string }).memberId;
      // The group waits for it from here on.
      await this.#note?.write(this.#id);
      return send(this.#id);
    });
  }

  async #sync(joined: Joined, shared: number): Promise<number[]> {
    const { topic } = this.#cluster;
    const leads = joined.leader === joined.memberId;
    const members = (joined.members ?? [])
      .filter(({ metadata }) => decodeSubscription(metadata ?? Buffer.alloc(0)).includes(topic))
      .map(({ memberId }) => memberId);
    const assignments = [...shareOut(leads ? members : [], shared)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(topic, partitions),
    }));
    const { assignment } = await request(
      ...([await this.connection(), syncGroupV5.api, this.times.sessionMs + JOIN_MORE_MS] as const),
      ...([this.#group, joined.generationId, this.#id, null, 'consumer', PROTOCOL, assignments] as const),
    );
    return decodeAssignment(assignment, topic);
  }
}

type Joined = Awaited<ReturnType<typeof joinGroupV9.api.async>>;
