import type { Partition } from './partition.js';
import type { Slice } from './records.js';
import type { Ticket } from './ticket.js';

/** A producer id, with which a partition's sequence begins at 0. Compared by identity. */
export interface Identity {
  readonly producerId: bigint;
  readonly epoch: number;
}

/** Encoded once; sent again it is the same bytes. */
export interface Batch {
  readonly partition: Partition;
  readonly slices: readonly Slice<Ticket>[];
  readonly records: number;
  readonly sequence: number;
  readonly identity: Identity;
  readonly bytes: Buffer;
  /** Whether it took from the queue that partitions share. */
  readonly shared: boolean;
  attempts: number;
  inFlight: boolean;
  /** An attempt may have been stored. */
  ambiguous: boolean;
  /** Why it was last sent back, for the error of its appends. */
  refusal: string;
}

export interface Counters {
  requests: number;
  batches: number;
  resends: number;
  /** Bytes of batches, each time they were sent. */
  bytes: number;
  splits: number;
  /** Producer ids taken. */
  identities: number;
  /**
   * Answers that were no acknowledgement, by Kafka's name; OTHER where it has none here, MISSING where an answer left a
   * partition out, UNANSWERED where there was none; and UNREACHABLE, tries to connect that failed.
   */
  readonly errors: Record<string, number>;
}

/** The records of a batch in two parts of about the same number. */
export function halves({ slices, records }: Batch): [Slice<Ticket>[], Slice<Ticket>[]] {
  const [left, right]: [Slice<Ticket>[], Slice<Ticket>[]] = [[], []];
  let room = records >> 1;
  for (const { of, from, to } of slices) {
    const cut = from + Math.min(room, to - from);
    if (cut > from) left.push({ of, from, to: cut });
    if (cut < to) right.push({ of, from: cut, to });
    room -= cut - from;
  }
  return [left, right];
}
