import { createAPI, type Reader, Writer } from './package.js';

export interface FetchRequest {
  readonly topic: string;
  /** ms that a broker waits for `minBytes`, where it has less. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly at: number;
    readonly maxBytes: number;
  }[];
}

export interface FetchedPartition {
  readonly partition: number;
  /** 0, or why there is nothing: one partition's fault is not another's. */
  readonly code: number;
  /** Offset behind the newest record that all in-sync replicas have. */
  readonly end: number;
  readonly start: number;
  readonly bytes: Buffer | null;
}

function write({ topic, maxWaitMs, minBytes, maxBytes, partitions }: FetchRequest): Writer {
  const writer = Writer.create()
    .appendInt32(-1) // a consumer, not a replica
    .appendInt32(maxWaitMs)
    .appendInt32(minBytes)
    .appendInt32(maxBytes)
    .appendInt8(0) // Stargate writes no transactions: nothing is uncommitted
    .appendInt32(0)
    .appendInt32(-1) // no fetch session
    .appendInt32(1)
    .appendString(topic, false)
    .appendInt32(partitions.length);
  for (const { partition, at, maxBytes: most } of partitions) {
    writer.appendInt32(partition).appendInt32(-1).appendInt64(BigInt(at)).appendInt64(-1n).appendInt32(most);
  }
  return writer.appendInt32(0).appendString('', false);
}

function readPartition(reader: Reader): FetchedPartition {
  const [partition, code] = [reader.readInt32(), reader.readInt16()];
  const end = Number(reader.readInt64());
  reader.skip(8); // last stable offset
  const start = Number(reader.readInt64());
  const aborted = Math.max(0, reader.readInt32());
  reader.skip(aborted * 16 + 4); // aborted transactions, preferred replica
  const length = Math.max(0, reader.readInt32());
  const bytes = length > 0 ? reader.buffer.slice(reader.position, reader.position + length) : null;
  reader.skip(length);
  return { partition, code, end, start, bytes };
}

function read(_correlation: number, _key: number, _version: number, reader: Reader) {
  reader.skip(4); // throttle time: the broker waits by itself
  const code = reader.readInt16();
  reader.skip(4);
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.readInt32(); topics > 0; topics--) {
    reader.readString(false);
    for (let count = reader.readInt32(); count > 0; count--) partitions.push(readPartition(reader));
  }
  return { code, partitions };
}

/**
 * Fetch, version 11, read by ourselves: the package's reader decodes every record at once and makes one partition's
 * error the error of all. From version 12 on brokers add fields where a leader has moved, which that reader is known
 * to skip wrongly in answers to the producer. Every broker from 2.3 to 4.x offers 11.
 */
export const fetchApi = createAPI<[FetchRequest], ReturnType<typeof read>>(1, 11, write, read, false, false);
