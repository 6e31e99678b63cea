/**
 * What ends a worker for good, and with it every call that still waits. `Promise.race` with one promise that
 * lasts as long as the process would keep a reaction on it for each batch ever taken: 7 MiB a minute in `dev`.
 */
export class Failure {
  readonly #waiting = new Set<(error: unknown) => void>();
  #failed: { readonly error: unknown } | null = null;

  /** The first one counts. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = { error };
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  /** As `work`, but rejects as soon as the worker has failed. Nothing of it is kept once it has settled. */
  cuts<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const settled = () => this.#waiting.delete(reject);
      this.#waiting.add(reject);
      work.then(resolve, reject).finally(settled);
      if (this.#failed) reject(this.#failed.error);
    });
  }
}
