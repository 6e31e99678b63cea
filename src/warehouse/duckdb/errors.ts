import { type ErrorCode, StargateError } from '../../errors.js';

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** DuckDB's message as one short line, without the input that it quotes (it may be a visitor's). */
export function reasonOf(error: unknown): string {
  const line = text(error).split('\n', 1)[0] ?? '';
  return line.replace(/\s*Input: .*$/, '').slice(0, 300);
}

/** True where the rows are at fault, not the machine: another try with the same rows fails again. */
export function isDataError(error: unknown): boolean {
  return /^(Conversion|Invalid Input|Out of Range|Constraint|Invalid Unicode|Invalid Type|Mismatch Type|Parameter Not Allowed)/i.test(
    text(error),
  );
}

/** True where the instance refuses everything from now on and has to be opened again. */
export const isFatal = (error: unknown): boolean =>
  /^(FATAL|INTERNAL)|database has been invalidated|instance has been destroyed/i.test(text(error));

/** The process id in DuckDB's complaint about a lock, where it names one. */
export const lockHolder = (error: unknown): number | null => {
  const found = /PID (\d+)/.exec(text(error));
  return found ? Number(found[1]) : null;
};

export const isLockError = (error: unknown): boolean => /Could not set lock/i.test(text(error));

export function lockedBy(file: string, pid: number | null): StargateError {
  return new StargateError('STG_WAREHOUSE_LOCKED', {
    got: `${file} is open in ${pid === null ? 'another process' : `process ${pid}`}`,
    next: 'Stop that process, or choose another file with --warehouse.',
  });
}

/** A failure of DuckDB as the error that callers can act on. */
export function storageError(error: unknown, code: ErrorCode = 'STG_WAREHOUSE_UNREACHABLE'): StargateError {
  if (error instanceof StargateError) return error;
  const full = /No space left|ENOSPC|disk (is )?full|quota/i.test(text(error));
  return new StargateError(code, {
    got: reasonOf(error),
    ...(full && { next: 'Free disk space; writing goes on by itself.' }),
    cause: error,
  });
}
