/** Keeps the newest position to commit and commits it now and then: the warehouse is the truth in between. */
import { isStargateError } from '../errors.js';
import type { Assignment, Position } from '../log/port.js';

export interface Commit {
  readonly behind: Position;
  readonly saved: string;
}

/** Who hears of commits in the background. */
export interface CommitListener {
  /** The log refused one that can be tried again (a full disk): it is, unless a newer one has gone first. */
  retrying(error: unknown): void;
  /** The log refused one for good: the partition is not ours any more, or our position is impossible. */
  failed(error: unknown): void;
}

const INTERVAL_MS = 500;

/**
 * One per assignment. `offer` costs nothing; at most one commit is under way, and none within 500 ms of the
 * last, because a crash only makes the next owner skip more rows, never lose or repeat one.
 */
export class Committer {
  readonly #assignment: Pick<Assignment, 'commit'>;
  readonly #listener: CommitListener;
  #pending: Commit | null = null;
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  /** Counts the commits sent, so that one that failed does not come back behind a newer one. */
  #sent = 0;
  #stopped = false;

  constructor(assignment: Pick<Assignment, 'commit'>, listener: CommitListener) {
    this.#assignment = assignment;
    this.#listener = listener;
  }

  offer(commit: Commit): void {
    this.#pending = commit;
    if (!this.#stopped) this.#timer ??= setTimeout(() => this.#background(), INTERVAL_MS);
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
    this.#sent++;
    const next = this.#running
      .catch(() => {})
      .then(() => this.#assignment.commit(commit.behind, commit.saved));
    this.#running = next;
    // The caller hears of a failure by `next`; the chain itself must not count as unhandled.
    next.catch(() => {});
    return next;
  }

  /** Nothing is committed in the background any more; `flush` still does. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #background(): void {
    this.#timer = null;
    const commit = this.#pending;
    const settled = this.flush();
    const sent = this.#sent;
    settled.catch((error: unknown) => {
      if (!isStargateError(error, 'STG_LOG_WRITE')) return this.#listener.failed(error);
      this.#listener.retrying(error);
      const isNewest = sent === this.#sent && this.#pending === null;
      if (commit && isNewest) this.offer(commit);
    });
  }
}
