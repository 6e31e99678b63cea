import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../../errors.js';
import {
  type Append,
  type AppendOptions,
  type ConsumeHandlers,
  type ConsumeOptions,
  type Consumer,
  type Log,
  type LogFeatures,
  type LogRecord,
  type PartitionLag,
  refused,
  type SendCounters,
} from '../port.js';

const RETRY_MS = 1_000;
const NONE: SendCounters = { requests: 0, batches: 0, resends: 0, bytes: 0, errors: {} };
const FEATURES: LogFeatures = { durable: true, sharedGroups: false, lateOutcomes: true, bounded: false };

/**
 * A log that cannot be opened yet, under a spool: it takes nothing until `open` has worked, and tries for as long as it
 * takes. So a machine that starts while the brokers are away serves from its spool.
 */
export class LateLog implements Log {
  readonly topic: string;
  readonly #open: () => Promise<Log>;
  readonly #stop = new AbortController();
  readonly #opened: Promise<Log | null>;
  #log: Log | null = null;

  /** `onRetry` hears why it could not be opened, each time. */
  constructor(topic: string, open: () => Promise<Log>, onRetry: (error: unknown) => void) {
    this.topic = topic;
    this.#open = open;
    this.#opened = this.#try(onRetry);
  }

  get id(): string {
    return this.#log?.id ?? '';
  }
  get features(): LogFeatures {
    return this.#log?.features ?? FEATURES;
  }
  get counters(): SendCounters | undefined {
    return this.#log ? this.#log.counters : NONE;
  }
  get inflightBytes(): number {
    return this.#log?.inflightBytes ?? 0;
  }
  get writable(): boolean {
    return this.#log?.writable ?? false;
  }

  accepts(records: readonly LogRecord[]): boolean {
    return this.#log?.accepts?.(records) ?? this.writable;
  }

  append(records: readonly LogRecord[], options?: AppendOptions): Append {
    if (this.#log) return this.#log.append(records, options);
    return refused('STG_LOG_UNREACHABLE');
  }

  async consume(group: string, handlers: ConsumeHandlers, options?: ConsumeOptions): Promise<Consumer> {
    return (await this.#there()).consume(group, handlers, options);
  }

  async lag(group: string): Promise<readonly PartitionLag[]> {
    return (await this.#there()).lag(group);
  }

  /** Does not wait for a try to open it, which may take long: what that comes to is closed when it comes. */
  async close(): Promise<void> {
    this.#stop.abort();
    const closed = this.#opened.then((log) => log?.close());
    if (this.#log) await closed;
  }

  async #there(): Promise<Log> {
    const log = await this.#opened;
    if (log === null) throw new StargateError('STG_LOG_CLOSED');
    return log;
  }

  async #try(onRetry: (error: unknown) => void): Promise<Log | null> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        this.#log = await this.#open();
        return this.#log;
      } catch (error) {
        onRetry(error);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
    return null;
  }
}
