/**
 * Everything that writes goes through here, in the order of the calls, one transaction at a time. What arrives
 * while one is under way and can share the next one does (group commit, no timer).
 */
export interface Shared {
  readonly rows: number;
  readonly bytes: number;
}

type Entry<J extends Shared> = { readonly job: J } | { readonly task: () => Promise<void> };

/** Bounds of one shared transaction; a single larger job still goes alone. */
const MAX_ROWS = 4_096;
const MAX_BYTES = 16 * 1_048_576;

export class WriteQueue<J extends Shared> {
  readonly #commit: (jobs: readonly J[]) => Promise<void>;
  #entries: Entry<J>[] = [];
  #running: Promise<void> | null = null;

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

  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  #push(entry: Entry<J>): void {
    this.#entries.push(entry);
    this.#running ??= this.#drain();
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
        await this.#commit(this.#take());
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
    return jobs;
  }
}
