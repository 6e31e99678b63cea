import type { Answers, PartitionBytes } from './cluster.js';
import { type Connection, produceV9, Writer } from './package.js';

type ProduceResponse = ReturnType<typeof produceV9.parseResponse>;

const PRODUCE = 0;
/** From version 10 on brokers add fields to a wrong leader's answer that the package's reader takes for others. */
const VERSION = 9;
const ACKS_ALL = -1;

/**
 * Writes one produce request. `done` is called once: with the answers, which brokers list in an order of their own and
 * from which partitions can be missing, or with null when there is none.
 */
export function produce(
  connection: Connection,
  topic: string,
  ackMs: number,
  batches: readonly PartitionBytes[],
  done: (answers: Answers | null) => void,
): void {
  const answered = (error: Error | null, response?: ProduceResponse): void => {
    // The package's reader throws when any partition failed; the whole answer comes with the error.
    const whole = response ?? (error as { response?: ProduceResponse } | null)?.response;
    done(whole?.responses ? answersIn(whole) : null);
  };
  const body = (): Writer => bodyOf(topic, ackMs, batches);
  try {
    connection.send(PRODUCE, VERSION, body, produceV9.parseResponse, true, true, answered);
  } catch {
    done(null);
  }
}

function answersIn({ responses }: ProduceResponse): Answers {
  const all = responses.flatMap(({ partitionResponses }) => partitionResponses);
  return new Map(
    all.map(({ index, errorCode, baseOffset }) => [
      index,
      { code: errorCode, baseOffset: Number(baseOffset) },
    ]),
  );
}

/** Written by hand: the package's own encodes the records again at each send. */
function bodyOf(topic: string, ackMs: number, batches: readonly PartitionBytes[]): Writer {
  const writer = Writer.create()
    .appendString(null)
    .appendInt16(ACKS_ALL)
    .appendInt32(ackMs)
    .appendUnsignedVarInt(2)
    .appendString(topic)
    .appendUnsignedVarInt(batches.length + 1);
  for (const { partition, bytes } of batches) {
    writer
      .appendInt32(partition)
      .appendUnsignedVarInt(bytes.length + 1)
      .append(bytes)
      .appendTaggedFields();
  }
  return writer.appendTaggedFields().appendTaggedFields();
}
