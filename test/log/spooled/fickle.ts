/** A log that does to appends what a cluster in trouble does; what it stores is in a real memory log. */
import { randomUUID } from 'node:crypto';
import { StargateError } from '../../../src/errors.js';
import { openLog } from '../../../src/log/open.js';
import type { Append, AppendOptions, AppendOutcome, Log, LogRecord } from '../../../src/log/port.js';

/**
 * `partly`: what is called `bad…` is refused for good, and what came with it is stored, as Kafka does it that splits a
 * batch. `denied`: not stored, and no record is to blame. `late`: unknown by the deadline, stored in the end; `lost`: unknown by the deadline, and never stored.
 */
export type Mood = 'well' | 'refusing' | 'denied' | 'late' | 'lost' | 'partly';

/** For tests in which nothing is refused for good. */
export const nothingAside = async (): Promise<void> => {
  throw new Error('nothing was to be set aside');
};

export class FickleLog {
  mood: (texts: readonly string[]) => Mood = () => 'well';
  writable = true;
  accepts = true;
  /** Batches whose outcome is still open, each with how it ends. */
  readonly open: (() => Promise<void>)[] = [];
  /** Records of each append, in order of the calls. */
  readonly calls: string[][] = [];
  readonly #name: string;
  readonly #inner: Log;

  private constructor(name: string, inner: Log) {
    this.#name = name;
    this.#inner = inner;
  }

  static async make(name: string = randomUUID()): Promise<FickleLog> {
    return new FickleLog(name, await openLog(`memory:${name}`, { role: 'both' }));
  }

  /** The same log as the next process opens it. */
  again(): Promise<FickleLog> {
    return FickleLog.make(this.#name);
  }

  /** As the port. */
  get port(): Log {
    const fickle = this;
    const inner = this.#inner;
    return {
      id: inner.id,
      topic: inner.topic,
      features: inner.features,
      inflightBytes: 0,
      get writable() {
        return fickle.writable;
      },
      accepts: () => fickle.accepts,
      append: (records, options) => fickle.#append(records, options),
      consume: (...args) => inner.consume(...args),
      lag: (group) => inner.lag(group),
      close: () => inner.close(),
    };
  }

  /** Every open outcome becomes final. */
  async settle(): Promise<void> {
    for (const end of this.open.splice(0)) await end();
  }

  #append(records: readonly LogRecord[], { answerBy = 0 }: AppendOptions = {}): Append {
    const texts = records.map(({ value }) => value.toString());
    this.calls.push(texts);
    const mood = this.writable ? this.mood(texts) : 'refusing';
    const error = new StargateError('STG_LOG_WRITE');
    if (mood === 'well') return this.#inner.append(records);
    if (mood === 'refusing' || mood === 'denied') {
      const error = new StargateError(mood === 'denied' ? 'STG_LOG_DENIED' : 'STG_LOG_WRITE');
      const answer = Promise.resolve<AppendOutcome>({ state: 'not_stored', error });
      return { answer, final: answer };
    }
    if (mood === 'partly') return this.#partly(records, texts);
    const final = new Promise<AppendOutcome>((resolve) => {
      this.open.push(async () => {
        resolve(mood === 'late' ? await this.#inner.append(records).answer : { state: 'not_stored', error });
      });
    });
    const unknown = new Promise<AppendOutcome>((resolve) => {
      setTimeout(() => resolve({ state: 'unknown', error }), Math.max(0, answerBy - performance.now()));
    });
    return { answer: Promise.race([unknown, final]), final };
  }

  #partly(records: readonly LogRecord[], texts: readonly string[]): Append {
    const good = records.filter((_, index) => !texts[index]!.startsWith('bad'));
    if (good.length === records.length) return this.#inner.append(records);
    const error = new StargateError('STG_LOG_REFUSED', { got: 'MESSAGE_TOO_LARGE' });
    const state = good.length > 0 ? 'unknown' : 'not_stored';
    const answer = (async (): Promise<AppendOutcome> => {
      if (good.length > 0) await this.#inner.append(good).answer;
      return { state, error };
    })();
    return { answer, final: answer };
  }
}
