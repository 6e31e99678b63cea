/** Bytes fetched ahead of the handlers, all partitions together, and the bounds of one partition's part. */
const AHEAD_BYTES = { all: 32 * 2 ** 20, least: 2 ** 18, most: 2 * 2 ** 20 };

/** Bytes that may be fetched ahead for one of so many partitions. */
export const roomOf = (partitions: number): number => {
  const { all, least, most } = AHEAD_BYTES;
  return Math.min(most, Math.max(least, all / Math.max(1, partitions)));
};
