/**
 * Two ways to refuse in time. A turn of the event loop that finds more requests ready than it can serve refuses those that
 * it comes to late, at once; and while turn after turn is late, for whatever reason, a growing share is refused.
 */

const TICK_MS = 100;
const MOST = 0.95;

/** The control itself, without a clock: `observe` once a tick, `refuse` once a request. */
export class ShedControl {
  readonly #lateMs: number;
  #share = 0;
  #streak = 0;
  #debt = 0;

  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  /** Share of requests that are refused now, 0 … 0.95: some must come in, or nobody learns that it is over. */
  get share(): number {
    return this.#share;
  }

  observe(lateMs: number): void {
    this.#streak = lateMs > this.#lateMs ? this.#streak + 1 : 0;
    // One late tick is a pause (garbage, a busy neighbour); several in a row are too much work.
    const step = this.#streak >= 2 ? 0.2 : -0.1;
    this.#share = Math.min(MOST, Math.max(0, this.#share + step));
  }

  /** Evenly spread rather than by chance. */
  refuse(): boolean {
    if (this.#share === 0) return false;
    this.#debt += this.#share;
    if (this.#debt < 1) return false;
    this.#debt -= 1;
    return true;
  }
}

/**
 * The turn that runs now: from the first request that it comes to until it has been through all that were ready. A burst may
 * take its time; behind a turn that was over, turns are short until there is one that is not, as an acknowledgement takes
 * several of them: what is accepted is answered soon also while more comes than can be.
 */
export class Turn {
  readonly #lateMs: number;
  readonly #now: () => number;
  #began: number | null = null;
  #wasOver = false;
  #isOver = false;

  /**
   * `lateMs`: who comes behind the beginning of a turn waits for its end, and then for a place in the next one. So half
   * of the time is what a turn may take, and an eighth in a row of them. `now` is a clock in ms.
   */
  constructor(lateMs: number, now = () => performance.now()) {
    this.#lateMs = lateMs;
    this.#now = now;
  }

  /** Whether its time is up; asked once a request. A pause before the first of them does not count. */
  isOver(): boolean {
    const now = this.#now();
    if (this.#began === null) {
      this.#began = now;
      // Immediates run when all sockets that were ready have been read.
      setImmediate(this.#end);
      return false;
    }
    this.#isOver ||= now - this.#began > this.#lateMs / (this.#wasOver ? 8 : 2);
    return this.#isOver;
  }

  #end = (): void => {
    this.#began = null;
    this.#wasOver = this.#isOver;
    this.#isOver = false;
  };
}

/** Feeds the control from this process' own event loop. Returns how to stop. */
export function watchEventLoop(control: ShedControl): () => void {
  let expected = performance.now() + TICK_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    control.observe(now - expected);
    expected = now + TICK_MS;
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
