/**
 * A group's coordinator, without its network: what the client encodes is read, and what is answered is decoded by the
 * client. As a broker does, it judges a commit by member and generation and not by who owns the partition.
 */
import { type Connection, Reader, Writer } from '@platformatic/kafka';
import type { Brokers } from '../../../src/log/kafka/connect-brokers.js';
import { CODE } from '../../../src/log/kafka/connect-errors.js';

const API = { commit: 8, join: 11, heartbeat: 12, sync: 14 };
const LOADING = 14;

interface Joining {
  readonly id: string;
  readonly metadata: Buffer;
  answer(joined: Writer): void;
}
type Parse = (correlation: number, key: number, version: number, reader: Reader) => unknown;
type Done = (error: Error | null, answer?: unknown) => void;

export class Coordinator {
  /** Partition → position and text. */
  readonly committed = new Map<number, string>();
  /** Members whose commits are put off, as while a coordinator loads its group. */
  readonly putOff = new Set<string>();
  commits = 0;
  readonly #partitions: number;
  #generation = 0;
  #members: string[] = [];
  #joining: Joining[] = [];
  #names = 0;
  #shares = new Map<string, Buffer>();
  #syncing: (() => void)[] = [];

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  /** Whether somebody waits for the others to join again. */
  get rebalancing(): boolean {
    return this.#joining.length > 0;
  }

  /** As far as a member needs them. */
  brokers(): Brokers {
    const connection = {
      send: (
        key: number,
        version: number,
        create: () => Writer,
        parse: Parse,
        _q: unknown,
        _a: unknown,
        done: Done,
      ) =>
        void this.#answer(key, new Reader(create().dynamicBuffer)).then((answer) => {
          try {
            done(null, parse(0, key, version, new Reader(answer.dynamicBuffer)));
          } catch (error) {
            done(error as Error);
          }
        }),
    } as unknown as Connection;
    return {
      topic: 'events',
      leaders: Array.from({ length: this.#partitions }, () => 0),
      refresh: async () => undefined,
      coordinator: async () => 0,
      to: async () => connection,
    } as unknown as Brokers;
  }

  async #answer(key: number, asked: Reader): Promise<Writer> {
    asked.readString();
    if (key === API.join) return this.#join(asked);
    const [generation, member] = [asked.readInt32(), asked.readString()];
    const code = this.#judge(generation, member);
    if (key === API.heartbeat) return Writer.create().appendInt32(0).appendInt16(code);
    if (key === API.sync) return this.#sync(member, code, asked);
    return this.#commit(member, code, asked);
  }

  #judge(generation: number, member: string): number {
    if (!this.#members.includes(member)) return CODE.UNKNOWN_MEMBER_ID;
    if (generation !== this.#generation) return CODE.ILLEGAL_GENERATION;
    return this.rebalancing ? CODE.REBALANCE_IN_PROGRESS : 0;
  }

  /** Answered when every member that is known has come. */
  #join(asked: Reader): Promise<Writer> {
    asked.readInt32();
    asked.readInt32();
    const id = asked.readString() || `member-${this.#names++}`;
    asked.readNullableString();
    asked.readString();
    const [protocol] = asked.readArray((each) => [each.readString(), each.readBytes()] as const)!;
    return new Promise((answer) => {
      this.#joining.push({ id, metadata: protocol![1], answer });
      if (!this.#members.every((member) => this.#joining.some((one) => one.id === member))) return;
      this.#begin();
    });
  }

  #begin(): void {
    const joined = this.#joining;
    this.#joining = [];
    this.#generation++;
    this.#members = joined.map(({ id }) => id);
    this.#shares = new Map();
    const [leader] = this.#members;
    for (const { id, answer } of joined)
      answer(
        Writer.create()
          .appendInt32(0)
          .appendInt16(0)
          .appendInt32(this.#generation)
          .appendString('consumer')
          .appendString('roundrobin')
          .appendString(leader)
          .appendBoolean(false)
          .appendString(id)
          .appendArray(id === leader ? joined : [], (to, one) =>
            to.appendString(one.id).appendString(null).appendBytes(one.metadata),
          ),
      );
  }

  /** Answered when the leader has shared out. */
  async #sync(member: string, code: number, asked: Reader): Promise<Writer> {
    for (let i = 0; i < 3; i++) asked.readNullableString();
    const shares = asked.readArray((each) => [each.readString(), each.readBytes()] as const)!;
    for (const [id, share] of shares) this.#shares.set(id, share);
    if (shares.length > 0) for (const go of this.#syncing.splice(0)) go();
    else if (!this.#shares.has(member)) await new Promise<void>((go) => this.#syncing.push(go));
    return Writer.create()
      .appendInt32(0)
      .appendInt16(code)
      .appendString('consumer')
      .appendString('roundrobin')
      .appendBytes(this.#shares.get(member) ?? Buffer.alloc(0));
  }

  #commit(member: string, judged: number, asked: Reader): Writer {
    this.commits++;
    const code = this.putOff.has(member) ? LOADING : judged;
    asked.readNullableString();
    const topics = asked.readArray((topic) => ({
      name: topic.readString(),
      partitions: topic.readArray((each) => {
        const [partition, at] = [each.readInt32(), each.readInt64()];
        each.readInt32();
        return { partition, text: `${at} ${each.readString()}` };
      })!,
    }))!;
    for (const { partition, text } of topics[0]!.partitions)
      if (code === 0) this.committed.set(partition, text);
    return Writer.create()
      .appendInt32(0)
      .appendArray(topics, (to, { name, partitions }) =>
        to
          .appendString(name)
          .appendArray(partitions, (each, { partition }) => each.appendInt32(partition).appendInt16(code)),
      );
  }
}
