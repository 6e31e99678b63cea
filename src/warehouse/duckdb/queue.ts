/**
 * Everything that writes goes through here, in the order of the calls, one transaction at a time. What arrives
 * while one is under way and can share the next one does (group commit).
 *
 * A transaction on a table this wide costs about 9 ms however few its rows are. Committing without a pause would
 * take a whole core at any rate, so small groups rest in between for three times as long as the last commit took. A
 * group that follows a quiet spell, or is large enough, does not wait.
 */
export interface Shared {
  readonly rows: number;
  readonly bytes: number;
}

type Entry<J extends Shared> = { readonly job: J } | { readonly task: () => Promise<void> };

/** Bounds of one shared transaction; a single larger job still goes alone. */
const MAX_ROWS = 16_384;
const MAX_BYTES = 16 * 1_048_576;
const REST = { ratio: 3, mostMs: 60, untilRows: 512 };

export class WriteQueue<J extends Shared> {
  readonly #commit: (jobs: readonly J[]) => Promise<void>;
  #entries: Entry<J>[] = [];
  #running: Promise<void> | null = null;
  /** ms on the clock of performance.now(). */
  #restUntil = 0;
  #wake: (() => void) | null = null;
  #waitingRows = 0;
  #hurried = false;

  /** `commit` settles its jobs itself and never rejects. */
  constructor(commit: (jobs: readonly J[]) => Promise<void>) {
    this.#commit = commit;
  }

  add(job: J): void {
    this.#push({ job });
  }

  /** Runs alone, after all that was added before. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#push({ task: () => task().then(resolve, reject) });
    });
  }

  /** Resolves when everything added before is done; nothing rests meanwhile. */
  async idle(): Promise<void> {
    this.#hurried = true;
    this.#wake?.();
    while (this.#running !== null) await this.#running;
    this.#hurried = false;
  }

  #push(entry: Entry<J>): void {
    this.#entries.push(entry);
    this.#running ??= this.#drain();
    if ('job' in entry) this.#waitingRows += entry.job.rows;
    if (!('job' in entry) || this.#waitingRows >= REST.untilRows) this.#wake?.();
  }

  /** Waits for company, unless there is enough of it or somebody waits for the queue itself. */
  async #rest(): Promise<void> {
    const ms = this.#restUntil - performance.now();
    const urgent =
      this.#hurried || this.#waitingRows >= REST.untilRows || this.#entries.some((entry) => 'task' in entry);
    if (ms <= 0 || urgent) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  async #commitNext(): Promise<void> {
    await this.#rest();
    const jobs = this.#take();
    const began = performance.now();
    await this.#commit(jobs);
    const took = performance.now() - began;
    this.#restUntil = performance.now() + Math.min(REST.mostMs, took * REST.ratio);
  }

  async #drain(): Promise<void> {
    // One turn later, so that calls made in the same tick share the first transaction too.
    await null;
    while (this.#entries.length > 0) {
      const first = this.#entries[0] as Entry<J>;
      if ('task' in first) {
        this.#entries.shift();
        await first.task();
      } else {
        await this.#commitNext();
      }
    }
    this.#running = null;
  }

  #take(): J[] {
    const jobs: J[] = [];
    let rows = 0;
    let bytes = 0;
    for (const entry of this.#entries) {
      if (!('job' in entry)) break;
      rows += entry.job.rows;
      bytes += entry.job.bytes;
      if (jobs.length > 0 && (rows > MAX_ROWS || bytes > MAX_BYTES)) break;
      jobs.push(entry.job);
    }
    this.#entries = this.#entries.slice(jobs.length);
    this.#waitingRows -= jobs.reduce((sum, job) => sum + job.rows, 0);
    return jobs;
  }
}
