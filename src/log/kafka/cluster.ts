import type { Identity } from './batch.js';
import type { Answer } from './verdict.js';

/** A partition's leader as the cluster tells it. */
export interface Leadership {
  readonly partition: number;
  /** Node id; -1 without a leader. */
  readonly leader: number;
  /** Another leader, or another term of the same one, than told before. */
  readonly moved: boolean;
}

export interface ClusterEvents {
  /** New metadata. `remade`: the topic is another one than before, of the same name. */
  leaders(all: readonly Leadership[], remade: boolean): void;
  /** A connection to a leader has opened or closed. */
  changed(): void;
  /** A leader, or any broker at all, could not be connected to. Told of each try. */
  unreachable(): void;
}

export type Answers = ReadonlyMap<number, NonNullable<Answer>>;

/** What the producer sees of a cluster. */
export interface Cluster {
  /** Whether a request to that node could be written now. */
  connected(node: number): boolean;
  /**
   * Writes one request with a batch for each of these partitions. `done` is called once: with the answers by
   * partition, or with null when the connection ended before. Not after `abandon`.
   */
  produce(node: number, batches: readonly PartitionBytes[], done: (answers: Answers | null) => void): void;
  /** Gives up the connection to that node, whose answer has not come in time. */
  abandon(node: number): void;
  /** Looks for the leaders again, until each one is known and connected. */
  refresh(): void;
  /** A producer id that nobody has used. Asks until there is one; rejects only when closed. */
  identity(): Promise<Identity>;
  close(): void;
}

export interface PartitionBytes {
  readonly partition: number;
  readonly bytes: Buffer;
  /** What the batch is signed with: as long as it may be sent again, always the same. */
  readonly identity: Identity;
}
