import type { Batch } from './batch.js';
import type { Answers, Cluster, Leadership } from './cluster.js';
import type { ProduceOptions } from './options.js';
import { Partition, type Shared } from './partition.js';

/** A request older than this no longer counts against `maxRequests`: one stopped broker must not stall all. */
const YOUNG_MS = 200;
/** A broker that did not answer gets no new records for so long, or until it answers. */
const SUSPECT_MS = 5_000;

interface Request {
  readonly batches: readonly Batch[];
  readonly at: number;
}

interface Leader {
  readonly id: number;
  partitions: readonly Partition[];
  /** Which of its partitions is next to take from the shared queue. */
  turn: number;
  request: Request | null;
  suspectUntil: number;
}

/** Decides which leader gets which batches when: one request in flight per leader, rotating over all of them. */
export class Dispatch {
  readonly partitions: Partition[] = [];
  /** Partitions that the topic has now. */
  count = 0;
  readonly #cluster: Cluster;
  readonly #shared: Shared;
  readonly #options: ProduceOptions;
  readonly #answered: () => void;
  readonly #leaders = new Map<number, Leader>();
  /** Which leader is next to take from the shared queue. */
  #turn = 0;

  /** `answered` is called after each request that has got its answers, or none. */
  constructor(cluster: Cluster, shared: Shared, options: ProduceOptions, answered: () => void) {
    this.#cluster = cluster;
    this.#shared = shared;
    this.#options = options;
    this.#answered = answered;
  }

  lead(all: readonly Leadership[], remade: boolean): void {
    this.count = all.length;
    for (const { partition: id, leader, moved } of all) {
      this.partitions[id] ??= new Partition(id, this.#shared);
      if (remade) this.partitions[id].remade();
      this.partitions[id].told(moved);
      if (leader >= 0 && !this.#leaders.has(leader)) {
        this.#leaders.set(leader, { id: leader, partitions: [], turn: 0, request: null, suspectUntil: 0 });
      }
    }
    for (const leader of this.#leaders.values()) {
      const own = all.filter((one) => one.leader === leader.id);
      leader.partitions = own.map(({ partition }) => this.partitions[partition]!);
    }
  }

  /** Whether any partition, of those that are `good`, has a leader that is connected and answers. */
  reachable(now: number, good: (partition: Partition) => boolean = () => true): boolean {
    for (const { id, partitions, suspectUntil } of this.#leaders.values()) {
      if (partitions.some(good) && now >= suspectUntil && this.#cluster.connected(id)) return true;
    }
    return false;
  }

  /** Sends to every leader that is free what there is for it. */
  run(now: number): void {
    const leaders = [...this.#leaders.values()];
    let young = leaders.filter(({ request }) => request !== null && now - request.at < YOUNG_MS).length;
    const first = this.#turn;
    for (let i = 0; i < leaders.length; i++) {
      const leader = leaders[(first + i) % leaders.length]!;
      if (leader.request || leader.partitions.length === 0 || !this.#cluster.connected(leader.id)) continue;
      const batches = this.#again(leader, now);
      if (young < this.#options.maxRequests && now >= leader.suspectUntil) this.#build(leader, batches);
      if (batches.length === 0) continue;
      if (batches.some(({ shared }) => shared)) this.#turn = (first + i + 1) % leaders.length;
      this.#send(leader, batches, now);
      young += 1;
    }
  }

  /** Gives up requests whose answer has not come in time. */
  overdue(now: number): void {
    for (const leader of this.#leaders.values()) {
      const { request } = leader;
      if (!request || now - request.at <= this.#options.requestMs) continue;
      leader.suspectUntil = now + SUSPECT_MS;
      this.#cluster.abandon(leader.id);
      this.#settle(leader, request, null);
    }
  }

  #again({ partitions }: Leader, now: number): Batch[] {
    return partitions.flatMap(({ batch, retryAt }) =>
      batch && !batch.inFlight && now >= retryAt ? [batch] : [],
    );
  }

  /** Adds new batches of the partitions that have none. */
  #build(leader: Leader, batches: Batch[]): void {
    const { partitions, turn } = leader;
    const { identity, queue, maxBatchBytes } = this.#shared;
    if (!identity) return;
    for (let i = 0; i < partitions.length; i++) {
      const at = (turn + i) % partitions.length;
      // One partition takes all that waits; another one only what would not fit into the first's batch.
      const share = batches.length === 0 || queue.weight >= maxBatchBytes;
      const batch = partitions[at]!.busy ? null : partitions[at]!.build(share);
      if (!batch) continue;
      batches.push(batch);
      if (batch.shared) leader.turn = (at + 1) % partitions.length;
    }
  }

  #send(leader: Leader, batches: readonly Batch[], now: number): void {
    const request = { batches, at: now };
    const { counters } = this.#shared;
    leader.request = request;
    counters.requests += 1;
    for (const batch of batches) {
      if (batch.attempts > 0) counters.resends += 1;
      batch.attempts += 1;
      counters.bytes += batch.bytes.length;
      batch.inFlight = true;
    }
    const parts = batches.map(({ partition, bytes, identity }) => ({
      partition: partition.id,
      bytes,
      identity,
    }));
    this.#cluster.produce(leader.id, parts, (answers) => this.#settle(leader, request, answers));
  }

  #settle(leader: Leader, request: Request, answers: Answers | null): void {
    if (leader.request !== request) return;
    leader.request = null;
    const suspectUntil = performance.now() + this.#options.suspectMs;
    leader.suspectUntil = answers ? 0 : Math.max(leader.suspectUntil, suspectUntil);
    for (const batch of request.batches) {
      const { partition } = batch;
      // Not one that has been given up meanwhile.
      if (partition.batch !== batch) partition.ended(batch);
      else if (answers) partition.answered(answers.get(partition.id) ?? null);
      else partition.unanswered();
    }
    this.#answered();
  }
}
