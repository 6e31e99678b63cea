import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../../errors.js';
import { type Brokers, request } from './connect-brokers.js';
import { CODE, lasting } from './connect-errors.js';
import { DOUBT_MS } from './consumer-begin.js';
import { type FetchedPartition, fetchApi } from './consumer-fetch.js';
import { rangesOf } from './consumer-offsets.js';
import type { FetchedLog } from './consumer-partition.js';

/** A broker waits so long for the first record of an idle log; it answers at once when one comes. */
const IDLE_WAIT_MS = 500;
/** Behind an answer with records the next one may gather: a request costs as much as some hundred records. */
const BUSY_WAIT_MS = 20;
const BUSY_BYTES = 64 * 2 ** 10;
const REQUEST_MS = 10_000;
const PARTITION_BYTES = 2 ** 20;
const ANSWER_BYTES = 16 * 2 ** 20;
const BACKOFF_MS = { first: 100, most: 2_000 };

export interface FetcherContext {
  readonly cluster: Brokers;
  readonly onWarning: (message: string) => void;
  /** Told of what no later try mends. */
  readonly failed: (error: unknown) => void;
  /** See `DOUBT_MS`, the default. */
  readonly doubtMs?: number;
}

/**
 * Fetches for the partitions of one generation: a loop for each node that leads some of them, each with one request
 * under way, for all its partitions that have room. A broker's trouble holds up its own partitions only.
 */
export class Fetcher {
  readonly #context: FetcherContext;
  readonly #logs = new Map<number, FetchedLog>();
  /** When a partition was first said to end before what was read of it. */
  readonly #doubts = new Map<number, number>();
  readonly #stop = new AbortController();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #waiting = new Set<() => void>();
  #turn = 0;

  constructor(context: FetcherContext) {
    this.#context = context;
  }

  /** From now on the partition is fetched, too, as far as somebody reads it. */
  add(log: FetchedLog): void {
    this.#logs.set(log.partition, log);
    this.#spread();
  }

  /** A partition has room again. */
  wake(): void {
    for (const go of this.#waiting) go();
  }

  stop(): void {
    this.#stop.abort();
    this.wake();
  }

  /** A loop for every node that leads one of the partitions; −1 stands for those that nobody leads now. */
  #spread(): void {
    for (const partition of this.#logs.keys()) {
      const node = this.#leader(partition);
      if (this.#stop.signal.aborted || this.#loops.has(node)) continue;
      const loop = this.#loop(node)
        .catch((error: unknown) => {
          // Handlers may take long to end: nobody asks the broker again meanwhile.
          this.stop();
          this.#context.failed(error);
        })
        .finally(() => {
          this.#loops.delete(node);
          this.#spread();
        });
      this.#loops.set(node, loop);
    }
  }

  #leader(partition: number): number {
    return this.#context.cluster.leaders[partition] ?? -1;
  }

  /** Runs while the node leads any. */
  async #loop(node: number): Promise<void> {
    let quiet = 0;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const led = [...this.#logs.values()].filter(({ partition }) => this.#leader(partition) === node);
      if (led.length === 0) return;
      const ready = led.filter(({ wanted }) => wanted !== null);
      if (ready.length === 0 && node >= 0) await this.#room();
      else {
        const got = await this.#try(node, ready, quiet);
        quiet = got === 'records' ? 0 : quiet + 1;
        failures = got === 'failure' ? failures + 1 : 0;
        if (failures > 0) await this.#pause(failures);
      }
      // One of our partitions may have moved to a node that led none of them before.
      this.#spread();
    }
  }

  async #try(
    node: number,
    ready: readonly FetchedLog[],
    quiet: number,
  ): Promise<'records' | 'none' | 'failure'> {
    try {
      if (node < 0) throw new Error('no broker leads the partition now');
      return await this.#fetch(node, ready, quiet);
    } catch (error) {
      const final = lasting(error, `read topic ${this.#context.cluster.topic}`);
      if (final && !this.#stop.signal.aborted) throw final;
      // Who leads may have changed; where nobody answers the next round tries again.
      await this.#context.cluster.refresh().catch(() => {});
      return 'failure';
    }
  }

  async #fetch(
    node: number,
    ready: readonly FetchedLog[],
    quiet: number,
  ): Promise<'records' | 'none' | 'failure'> {
    const { cluster } = this.#context;
    const connection = await cluster.to(node, 'fetch');
    // Brokers fill an answer in the order of the request: nobody may always be the last.
    this.#turn = (this.#turn + 1) % ready.length;
    const order = [...ready.slice(this.#turn), ...ready.slice(0, this.#turn)];
    const asked = new Map(order.map((log) => [log.partition, log.wanted ?? 0]));
    const { code, partitions } = await request(connection, fetchApi, REQUEST_MS, {
      topic: cluster.topic,
      maxWaitMs: Math.min(IDLE_WAIT_MS, BUSY_WAIT_MS * 2 ** Math.min(quiet, 5)),
      minBytes: quiet === 0 ? BUSY_BYTES : 1,
      maxBytes: ANSWER_BYTES,
      partitions: [...asked].map(([partition, at]) => ({ partition, at, maxBytes: PARTITION_BYTES })),
    });
    if (code !== 0) throw new Error(`the broker answered code ${code}`);
    let got: 'records' | 'none' | 'failure' = 'none';
    for (const answer of partitions) {
      if (answer.code !== 0) {
        await this.#trouble(answer, asked.get(answer.partition)!);
        got = 'failure';
        continue;
      }
      this.#doubts.delete(answer.partition);
      this.#logs.get(answer.partition)?.take(answer, asked.get(answer.partition)!);
      if (answer.bytes && got === 'none') got = 'records';
    }
    return got;
  }

  /** One partition's fault. Its offset may be gone; nearly all others pass with the next look at who leads. */
  async #trouble({ partition, code }: FetchedPartition, at: number): Promise<void> {
    const { cluster, onWarning } = this.#context;
    if (code === CODE.TOPIC_AUTHORIZATION_FAILED)
      throw new StargateError('STG_LOG_DENIED', { expected: `the right to read topic ${cluster.topic}` });
    if (code !== CODE.OFFSET_OUT_OF_RANGE) return void (await cluster.refresh());
    const { start, end } = (await rangesOf(cluster, [partition])).get(partition)!;
    if (at > end) return this.#doubt(partition, at, end);
    if (at >= start) return;
    onWarning(
      `partition ${partition}: retention deleted ${start - at} records before they were read; going on at the log's start`,
    );
    this.#logs.get(partition)?.jump(start, end);
  }

  /** Records that were read are not there: for a moment that may be said by who does not lead any more. */
  async #doubt(partition: number, at: number, end: number): Promise<void> {
    const { cluster, doubtMs = DOUBT_MS } = this.#context;
    const since = this.#doubts.get(partition) ?? performance.now();
    this.#doubts.set(partition, since);
    if (performance.now() - since < doubtMs) return void (await cluster.refresh());
    throw new StargateError('STG_LOG_POSITION', {
      expected: `a position up to ${end} in partition ${partition}`,
      got: `${at}: the log has lost records that were read`,
    });
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#waiting.delete(go);
        resolve();
      };
      this.#waiting.add(go);
    });
  }

  async #pause(failures: number): Promise<void> {
    const ms = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(failures - 1, 10));
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}
