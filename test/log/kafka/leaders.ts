/**
 * Brokers that lead partitions, without their network: what the client encodes is read, and what is answered is decoded
 * by the client. Answers to Fetch and ListOffsets only.
 */
import { type Connection, Reader, Writer } from '@platformatic/kafka';
import type { Brokers } from '../../../src/log/kafka/connect-brokers.js';
import { CODE } from '../../../src/log/kafka/connect-errors.js';

const FETCH = 1;
const NOT_LEADER = 6;
const LATEST = -1n;
/** As long as a broker without news holds an answer back. */
const WAIT_MS = 5;

type Parse = (correlation: number, key: number, version: number, reader: Reader) => unknown;
type Done = (error: Error | null, answer?: unknown) => void;
interface Asked {
  readonly partition: number;
  readonly at: number;
}

/** One record, as far as it is looked at before it is decoded. */
function batch(offset: number): Buffer {
  const bytes = Buffer.alloc(61);
  bytes.writeBigInt64BE(BigInt(offset));
  bytes.writeInt32BE(49, 8);
  bytes[16] = 2;
  return bytes;
}

export class Leaders {
  /** Who leads what, by partition, −1 for nobody; clients know it when they have asked. */
  readonly led: number[];
  /** Offset behind the newest record, by partition. */
  readonly ends: number[];
  readonly asked: { readonly node: number; readonly partition: number }[] = [];
  /** Whether the right to the topic is gone. */
  denies = false;
  #known: readonly number[];

  constructor(led: readonly number[], ends: readonly number[]) {
    this.led = [...led];
    this.ends = [...ends];
    this.#known = led;
  }

  brokers(): Brokers {
    const known = (): readonly number[] => this.#known;
    return {
      topic: 'events',
      get leaders() {
        return known();
      },
      refresh: async () => {
        this.#known = [...this.led];
      },
      to: async (node: number) => {
        if (node < 0) throw new Error(`node ${node} is not among the brokers`);
        return this.#connection(node);
      },
    } as unknown as Brokers;
  }

  #connection(node: number): Connection {
    const send = (
      key: number,
      version: number,
      create: () => Writer,
      parse: Parse,
      ...[, , done]: [unknown, unknown, Done]
    ): void => {
      const asked = new Reader(create().dynamicBuffer);
      const answer = key === FETCH ? this.#fetched(node, asked) : this.#listed(node, asked);
      setTimeout(() => {
        try {
          done(null, parse(0, key, version, new Reader(answer.dynamicBuffer)));
        } catch (error) {
          done(error as Error);
        }
      }, WAIT_MS);
    };
    return { send } as unknown as Connection;
  }

  #codeOf(node: number, { partition, at }: Asked): number {
    if (this.denies) return CODE.TOPIC_AUTHORIZATION_FAILED;
    if (this.led[partition] !== node) return NOT_LEADER;
    return at > this.ends[partition]! ? CODE.OFFSET_OUT_OF_RANGE : 0;
  }

  #fetched(node: number, asked: Reader): Writer {
    asked.skip(4 + 4 + 4 + 4 + 1 + 4 + 4 + 4);
    asked.readString(false);
    const wanted: Asked[] = [];
    for (let count = asked.readInt32(); count > 0; count--) {
      const partition = asked.readInt32();
      asked.skip(4);
      const at = Number(asked.readInt64());
      asked.skip(8 + 4);
      wanted.push({ partition, at });
      this.asked.push({ node, partition });
    }
    const answer = Writer.create().appendInt32(0).appendInt16(0).appendInt32(0).appendInt32(1);
    answer.appendString('events', false).appendInt32(wanted.length);
    for (const one of wanted) {
      const end = BigInt(this.ends[one.partition]!);
      const code = this.#codeOf(node, one);
      const bytes = code === 0 && one.at < this.ends[one.partition]! ? batch(one.at) : Buffer.alloc(0);
      answer.appendInt32(one.partition).appendInt16(code).appendInt64(end).appendInt64(end).appendInt64(0n);
      answer.appendInt32(0).appendInt32(-1).appendInt32(bytes.length);
      for (const byte of bytes) answer.appendInt8((byte << 24) >> 24);
    }
    return answer;
  }

  #listed(node: number, asked: Reader): Writer {
    asked.skip(4 + 1);
    const topics = asked.readArray((topic) => ({
      name: topic.readString(),
      partitions: topic.readArray((each) => {
        const partition = each.readInt32();
        each.skip(4);
        return { partition, at: 0, timestamp: each.readInt64() };
      })!,
    }))!;
    return Writer.create()
      .appendInt32(0)
      .appendArray(topics, (to, { name, partitions }) =>
        to.appendString(name).appendArray(partitions, (each, one) =>
          each
            .appendInt32(one.partition)
            .appendInt16(this.#codeOf(node, one))
            .appendInt64(-1n)
            .appendInt64(one.timestamp === LATEST ? BigInt(this.ends[one.partition]!) : 0n)
            .appendInt32(0),
        ),
      );
  }
}
