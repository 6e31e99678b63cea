/** How a collector lets its log go: within a deadline, and with what is left in numbers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log/port.js';

/** What the log has not taken when its collector ends. */
export interface Left {
  /** Events that wait in the spool, for the next process in that place. */
  readonly waiting: number;
  /** Events that are set aside beside the spool, because Kafka refuses them. */
  readonly refused: number;
  /** Events that were answered with success, and are not known to be stored: of `--ack fast` alone. */
  readonly lost: number;
}

export interface Leaving {
  readonly log: Log;
  /** Can be asked at any time, also when the log is closed. */
  left(): Promise<Left>;
}

/** How the end of a collector, or of several, went. */
export interface Ended extends Left {
  /** Requests that were cut off at the deadline. */
  readonly cut: number;
  /** Collectors whose log could not be closed, or not before the deadline. */
  readonly late: number;
}

export const NONE_LEFT: Left = { waiting: 0, refused: 0, lost: 0 };
export const NOTHING: Ended = { cut: 0, late: 0, ...NONE_LEFT };

/** A log without a policy above it: what is answered is stored. */
export const plainly = (log: Log): Leaving => ({ log, left: async () => NONE_LEFT });

/** How long counting may take: on a disk that hangs it would take for ever. */
const COUNT_MS = 1_000;

/** Closes the log, or gives up when `deadlineMs` have passed. `failed` is told why it could not be closed. */
export async function leave(
  { log, left }: Leaving,
  deadlineMs: number,
  failed: (error: unknown) => void,
): Promise<Omit<Ended, 'cut'>> {
  const count = () => within(COUNT_MS, left()).catch(() => null);
  const before = (await count()) ?? NONE_LEFT;
  const closed = await within(
    deadlineMs,
    log.close().then(
      () => true,
      (error) => {
        failed(error);
        return false;
      },
    ),
  );
  return { ...((await count()) ?? before), late: closed ? 0 : 1 };
}

/** What the work comes to, or null when it takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  const over = new AbortController();
  const late = sleep(ms, null, over).catch(() => null);
  return Promise.race([work, late]).finally(() => over.abort());
}

export function together(one: Ended, other: Ended): Ended {
  return {
    cut: one.cut + other.cut,
    late: one.late + other.late,
    waiting: one.waiting + other.waiting,
    refused: one.refused + other.refused,
    lost: one.lost + other.lost,
  };
}
