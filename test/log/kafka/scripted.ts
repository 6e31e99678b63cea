import { Reader, readRecordsBatch } from '@platformatic/kafka';
import type { Identity } from '../../../src/log/kafka/batch.js';
import type { Answers, Cluster, ClusterEvents, PartitionBytes } from '../../../src/log/kafka/cluster.js';

/** What happens to one batch that reaches a broker. `append`: whether it is appended all the same. */
export type Fault =
  | { readonly kind: 'none' }
  /** An error code, also ones that come after the append. */
  | { readonly kind: 'code'; readonly code: number; readonly append: boolean }
  /** The answer leaves the partition out. */
  | { readonly kind: 'missing'; readonly append: boolean }
  /** The connection closes instead of an answer, for the whole request. */
  | { readonly kind: 'lost'; readonly append: boolean }
  /** No answer ever; the broker works on the request `later` ms after it came, perhaps when nobody waits any more. */
  | { readonly kind: 'hang'; readonly later: number }
  /** What it has already is called a duplicate instead of acknowledged again. */
  | { readonly kind: 'forgetful' }
  /** Acknowledged at offset 0, and not stored. */
  | { readonly kind: 'lie' };

interface Sent {
  readonly first: number;
  readonly last: number;
  readonly base: number;
}

const SEQUENCES = 2 ** 31;
const LATENCY_MS = 5;

/** One partition by the rules of a real broker: it remembers each producer's last five batches. */
class Replica {
  /** What it held: the last is what it holds, each one before it until an end that not all of it outlived. */
  readonly lives: string[][] = [[]];
  /** Offsets behind its batches. */
  #ends: number[] = [];
  readonly #producers = new Map<bigint, Sent[]>();
  readonly #outOfOrder = new Set<bigint>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get log(): string[] {
    return this.lives.at(-1)!;
  }

  append(bytes: Buffer, forgetful = false): { code: number; baseOffset: number } {
    const { producerId, firstSequence: first, records } = readRecordsBatch(Reader.from(bytes));
    const texts = records.map(({ value }) => value!.toString());
    const refusal = this.#limits.refuse(texts);
    if (refusal !== 0) return { code: refusal, baseOffset: -1 };
    const sent = this.#producers.get(producerId);
    const last = (first + records.length - 1) % SEQUENCES;
    const known = sent?.find((one) => one.first === first && one.last === last);
    if (known) return forgetful ? { code: 46, baseOffset: -1 } : { code: 0, baseOffset: known.base };
    if (this.#outOfOrder.has(producerId)) return { code: 45, baseOffset: -1 };
    if (sent && first !== (sent.at(-1)!.last + 1) % SEQUENCES) return { code: 45, baseOffset: -1 };
    const base = this.log.length;
    this.log.push(...texts);
    this.#ends.push(this.log.length);
    this.#producers.set(producerId, [...(sent ?? []), { first, last, base }].slice(-5));
    return { code: 0, baseOffset: base };
  }

  /** Only the oldest batches are left, of at most `most` records, and of the producers what stands there. */
  cut(most: number): void {
    const keep = Math.max(0, ...this.#ends.filter((end) => end <= most));
    this.#ends = this.#ends.filter((end) => end <= keep);
    this.lives.push(this.log.slice(0, keep));
    for (const [id, sent] of this.#producers) {
      const left = sent.filter(
        ({ base, first, last }) => base + ((last - first + SEQUENCES) % SEQUENCES) < keep,
      );
      if (left.length > 0) this.#producers.set(id, left);
      else this.#producers.delete(id);
    }
  }

  /** From now on what the producer sends is out of order, but for what is there already. */
  confuse(bytes: Buffer): { code: number; baseOffset: number } {
    this.#outOfOrder.add(readRecordsBatch(Reader.from(bytes)).producerId);
    return this.append(bytes);
  }
}

export interface Limits {
  /** Kafka's error code for a batch that is not taken at all; 0 takes it. */
  refuse(texts: readonly string[]): number;
}

/** Brokers that follow a script: the next fault for each batch that arrives, then none any more. */
export class ScriptedCluster implements Cluster {
  readonly replicas: Replica[];
  readonly leaders: number[];
  readonly #down = new Set<number>();
  /** Partitions of each request that came, by node. */
  readonly requests: { readonly node: number; readonly partitions: readonly number[] }[] = [];
  /** Bytes of batches that came. */
  bytes = 0;
  readonly #faults: Fault[];
  readonly #limits: Limits;
  readonly #events: ClusterEvents;
  readonly #waiting = new Map<number, readonly number[]>();
  #identities = 0n;
  #closed = false;
  /** Which topic of the name this is, which one was told of last, and when brokers come to know it. */
  #topic = { is: 0, told: 0, knownAt: 0 };

  constructor(events: ClusterEvents, leaders: readonly number[], faults: readonly Fault[], limits: Limits) {
    this.#events = events;
    this.leaders = [...leaders];
    this.#faults = [...faults];
    this.#limits = limits;
    this.replicas = leaders.map(() => new Replica(limits));
  }

  tell(moved: number | null = null): void {
    const { is, told, knownAt } = this.#topic;
    const remade = is !== told && performance.now() >= knownAt;
    if (remade) this.#topic.told = is;
    const all = this.leaders.map((leader, partition) => ({ partition, leader, moved: partition === moved }));
    this.#events.leaders(all, remade);
  }

  /** The partition's leader is another node from now on, and the producer hears of it at its next refresh. */
  move(partition: number, leader: number): void {
    this.leaders[partition] = leader;
  }

  /** One partition more, which the producer hears of at its next refresh. */
  grow(leader: number): void {
    this.leaders.push(leader);
    this.replicas.push(new Replica(this.#limits));
  }

  /**
   * The topic is deleted and made anew: it is empty, and nobody knows any producer. Whoever asks is told of it so many
   * ms later, and the producer asks only when it has a reason.
   */
  remake(laterMs: number): void {
    for (const replica of this.replicas) replica.cut(0);
    this.#topic = { ...this.#topic, is: this.#topic.is + 1, knownAt: performance.now() + laterMs };
  }

  /** A replica that lacks the newest records was elected: the topic is the same. */
  cut(partition: number, records: number): void {
    const { log } = this.replicas[partition]!;
    this.replicas[partition]!.cut(Math.max(0, log.length - records));
  }

  /** Closes or opens the connection to a node. */
  connect(node: number, open: boolean): void {
    if (open) this.#down.delete(node);
    else this.#down.add(node);
    this.#events.changed();
  }

  connected(node: number): boolean {
    return !this.#closed && !this.#down.has(node);
  }

  produce(node: number, batches: readonly PartitionBytes[], done: (answers: Answers | null) => void): void {
    const partitions = batches.map(({ partition }) => partition);
    this.#enter(node, partitions);
    const answer = (all: Answers | null): void => {
      if (this.#waiting.delete(node)) done(all);
    };
    const answers = new Map<number, { code: number; baseOffset: number }>();
    let outcome: 'answer' | 'lost' | 'hang' = 'answer';
    for (const { partition, bytes } of batches) {
      this.bytes += bytes.length;
      const fault = this.#faults.shift() ?? { kind: 'none' };
      const came = this.#meet(node, partition, bytes, fault);
      if (came === 'lost' || came === 'hang') outcome = outcome === 'hang' ? outcome : came;
      else if (came) answers.set(partition, came);
    }
    if (outcome !== 'hang') setTimeout(answer, LATENCY_MS, outcome === 'lost' ? null : answers);
  }

  /** One request per leader, and one batch of a partition, at a time. */
  #enter(node: number, partitions: readonly number[]): void {
    const busy = new Set([...this.#waiting.values()].flat());
    if (this.#waiting.has(node) || partitions.some((partition) => busy.has(partition))) {
      throw new Error(`a second request in flight for node ${node} or partitions ${partitions}`);
    }
    this.#waiting.set(node, partitions);
    this.requests.push({ node, partitions });
  }

  #meet(node: number, partition: number, bytes: Buffer, fault: Fault) {
    const replica = this.replicas[partition]!;
    if (this.leaders[partition] !== node) return { code: 6, baseOffset: -1 };
    switch (fault.kind) {
      case 'none':
        return replica.append(bytes);
      case 'forgetful':
        return replica.append(bytes, true);
      case 'lie':
        return { code: 0, baseOffset: 0 };
      case 'hang':
        setTimeout(() => replica.append(bytes), fault.later);
        return 'hang';
      default:
        if (fault.kind === 'code' && fault.code === 45) return replica.confuse(bytes);
        if (fault.append) replica.append(bytes);
        if (fault.kind === 'lost') return 'lost';
        return fault.kind === 'missing' ? null : { code: fault.code, baseOffset: -1 };
    }
  }

  abandon(node: number): void {
    this.#waiting.delete(node);
  }

  refresh(): void {
    setTimeout(() => this.tell(), 2 * LATENCY_MS);
  }

  identity(): Promise<Identity> {
    this.#identities += 1n;
    const identity = { producerId: this.#identities, epoch: 0 };
    return new Promise((resolve) => setTimeout(resolve, LATENCY_MS, identity));
  }

  close(): void {
    this.#closed = true;
  }
}
