/**
 * What the members of a group tell each other through the coordinator, in the format of every Kafka consumer
 * ("ConsumerProtocolSubscription" and "…Assignment", version 0; big-endian), and who gets what.
 */
const strings = (texts: readonly string[]): Buffer[] =>
  texts.flatMap((text) => {
    const length = Buffer.alloc(2);
    length.writeInt16BE(Buffer.byteLength(text));
    return [length, Buffer.from(text)];
  });

function int32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeInt32BE(value, 4 * i);
  return bytes;
}

const VERSION = Buffer.from([0, 0]);
const NO_USER_DATA = int32s(-1);

export const encodeSubscription = (topic: string): Buffer =>
  Buffer.concat([VERSION, int32s(1), ...strings([topic]), NO_USER_DATA]);

/** Topics that a member subscribes to. */
export function decodeSubscription(bytes: Buffer): string[] {
  const topics: string[] = [];
  let at = 6;
  for (let count = bytes.length >= 6 ? bytes.readInt32BE(2) : 0; count > 0; count--) {
    const end = at + 2 + bytes.readInt16BE(at);
    topics.push(bytes.toString('utf8', at + 2, end));
    at = end;
  }
  return topics;
}

export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  if (partitions.length === 0) return Buffer.concat([VERSION, int32s(0), NO_USER_DATA]);
  const own = [...strings([topic]), int32s(partitions.length, ...partitions)];
  return Buffer.concat([VERSION, int32s(1), ...own, NO_USER_DATA]);
}

/** Partitions of the topic in an assignment; a member that got none may get no bytes at all. */
export function decodeAssignment(bytes: Buffer, topic: string): number[] {
  const found: number[] = [];
  let at = 6;
  for (let topics = bytes.length >= 6 ? bytes.readInt32BE(2) : 0; topics > 0; topics--) {
    const end = at + 2 + bytes.readInt16BE(at);
    const name = bytes.toString('utf8', at + 2, end);
    const count = bytes.readInt32BE(end);
    at = end + 4;
    for (let i = 0; i < count; i++, at += 4) if (name === topic) found.push(bytes.readInt32BE(at));
  }
  return found;
}

/** Partitions in turn to the members in the order of their ids: each gets as many as another, or one more. */
export function shareOut(members: readonly string[], partitions: number): Map<string, number[]> {
  const shares = new Map([...members].sort().map((member): [string, number[]] => [member, []]));
  const turns = [...shares.values()];
  for (let partition = 0; turns.length > 0 && partition < partitions; partition++)
    turns[partition % turns.length]!.push(partition);
  return shares;
}
