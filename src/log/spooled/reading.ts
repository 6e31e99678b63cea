import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from '../port.js';

export interface ReadingOptions {
  /** ms before the first try again, and the most that doubling leads to. */
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  /** Told when the log could not be read. It is read again, from the position that was committed last. */
  readonly onUnreadable: (error: unknown) => void;
}

/**
 * Consumes a log of this machine until it is closed. A consumer ends for good when its log cannot be read, and without a
 * free descriptor for a moment none can be: what waits there must not wait for the next start of the process.
 */
export class Reading {
  readonly #begin: () => Promise<Consumer>;
  readonly #options: ReadingOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #consumer: Consumer;

  private constructor(first: Consumer, begin: () => Promise<Consumer>, options: ReadingOptions) {
    this.#consumer = first;
    this.#begin = begin;
    this.#options = options;
    this.#ended = this.#keep();
  }

  /** `begin` consumes, the first time and again. Rejects when it cannot the first time. */
  static async start(begin: () => Promise<Consumer>, options: ReadingOptions): Promise<Reading> {
    return new Reading(await begin(), begin, options);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#consumer.close();
    await this.#ended;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        if (failures > 0) await this.#again(failures);
        await this.#consumer.done;
        return;
      } catch (error) {
        if (!signal.aborted) this.#options.onUnreadable(error);
      }
    }
  }

  async #again(failures: number): Promise<void> {
    const { firstMs, mostMs } = this.#options.backoff;
    const { signal } = this.#stop;
    await sleep(Math.min(mostMs, firstMs * 2 ** (failures - 1)), undefined, { signal });
    this.#consumer = await this.#begin();
    if (signal.aborted) await this.#consumer.close();
  }
}
