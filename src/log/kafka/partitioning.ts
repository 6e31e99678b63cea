/**
 * Java's default partitioner: murmur2 of the key's UTF-8 bytes, without its sign, modulo the partitions. Other
 * producers of the topic send the same visitor to the same partition.
 */
export const partitionOf = (key: string, partitions: number): number =>
  (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;

const M = 0x5bd1e995;

/** MurmurHash 2 with Kafka's seed; a signed 32-bit number. */
export function murmur2(data: Buffer): number {
  let h = 0x9747b28c ^ data.length;
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const k = Math.imul(data.readInt32LE(i), M);
    h = Math.imul(h, M) ^ Math.imul(k ^ (k >>> 24), M);
  }
  for (let i = data.length - 1; i >= whole; i--) h ^= data[i]! << (8 * (i - whole));
  if (data.length > whole) h = Math.imul(h, M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}
