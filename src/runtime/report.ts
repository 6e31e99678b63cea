/** What running engines have to say, as JSON lines for machines. Never payloads, never addresses. */
import { isStargateError } from '../errors.js';
import type { Logger } from '../server/logger.js';
import type { WorkerObserver } from '../worker/observer.js';

/** JSON lines, one an event, with the time first. */
export function jsonLogger(write: (line: string) => void): Logger {
  return (event, fields = {}) => write(JSON.stringify({ time: new Date().toISOString(), event, ...fields }));
}

const QUIET_MS = 1_000;

/** Of what repeats itself (a disk that is full, at a thousand requests a second) a line now and then, with the count. */
export function calm(logger: Logger): Logger {
  const recent = new Map<string, { since: number; repeated: number }>();
  return (event, fields = {}) => {
    const kind = `${event} ${fields.code ?? ''} ${fields.partition ?? fields.slot ?? ''}`;
    const before = recent.get(kind);
    const now = performance.now();
    if (before && now - before.since < QUIET_MS) {
      before.repeated++;
      return;
    }
    recent.set(kind, { since: now, repeated: 0 });
    logger(event, before?.repeated ? { ...fields, repeated: before.repeated } : fields);
  };
}

/** Tells of every failure that is tried again: of the warehouse, or of a commit to the log. */
export function retryLogger(logger: Logger): WorkerObserver {
  return {
    read() {},
    skipped() {},
    stored() {},
    rejected() {},
    retrying(partition, error) {
      const code = isStargateError(error) ? error.code : 'STG_BUG';
      const message = error instanceof Error ? error.message.slice(0, 300) : String(error).slice(0, 300);
      const { got, next } = isStargateError(error) ? error : {};
      logger(code === 'STG_LOG_WRITE' ? 'commit_retry' : 'warehouse_retry', {
        ...{ partition, code, message },
        ...(got !== undefined && { got: got.slice(0, 300) }),
        ...(next !== undefined && { next }),
      });
    },
  };
}
