/** Keeps the newest position to commit and commits it now and then: the warehouse is the truth in between. */
import type { Assignment, Position } from '../log/port.js';

export interface Commit {
  readonly behind: Position;
  readonly saved: string;
}

const INTERVAL_MS = 500;

/**
 * One per assignment. `offer` costs nothing; at most one commit is under way, and none within 500 ms of the
 * last, because a crash only makes the next owner skip more rows, never lose or repeat one.
 */
export class Committer {
  readonly #assignment: Pick<Assignment, 'commit'>;
  readonly #failed: (error: unknown) => void;
  #pending: Commit | null = null;
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  /** `failed` hears why a commit in the background was refused. */
  constructor(assignment: Pick<Assignment, 'commit'>, failed: (error: unknown) => void) {
    this.#assignment = assignment;
    this.#failed = failed;
  }

  offer(commit: Commit): void {
    this.#pending = commit;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.flush().catch(this.#failed);
    }, INTERVAL_MS);
  }

  /** Commits `commit` itself, behind every commit already under way; what was offered before is older. */
  now(commit: Commit): Promise<void> {
    this.#pending = commit;
    return this.flush();
  }

  /** Commits what is pending. Rejects as `Assignment.commit` does. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const commit = this.#pending;
    this.#pending = null;
    if (!commit) return this.#running;
    const next = this.#running
      .catch(() => {})
      .then(() => this.#assignment.commit(commit.behind, commit.saved));
    this.#running = next;
    // The caller hears of a failure by `next`; the chain itself must not count as unhandled.
    next.catch(() => {});
    return next;
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending = null;
  }
}
