/** What others may want to know of a running worker: metrics, the dev API. Called synchronously; must not throw. */
import type { RejectedRow } from '../event/fields.js';
import type { Batch } from '../log/port.js';
import type { AppendRow } from '../warehouse/port.js';

export interface WorkerObserver {
  /** A batch has been fetched and read. */
  read(batch: Batch, rows: readonly AppendRow[], rejected: readonly RejectedRow[]): void;
  /** These rows were stored before a crash or a failure, and are passed over now. */
  skipped(rows: readonly AppendRow[]): void;
  /** These rows are queryable now. */
  stored(rows: readonly AppendRow[]): void;
  /** These rejected rows are stored now. */
  rejected(rows: readonly RejectedRow[]): void;
  /** The warehouse failed, and the partition is opened again after a pause; or a commit did, and is made again. */
  retrying(partition: number, error: unknown): void;
}

/** Tells several, in order. */
export function observers(...all: readonly WorkerObserver[]): WorkerObserver {
  const tell =
    <K extends keyof WorkerObserver>(name: K) =>
    (...args: Parameters<WorkerObserver[K]>): void => {
      for (const one of all) (one[name] as (...args: Parameters<WorkerObserver[K]>) => void)(...args);
    };
  return {
    read: tell('read'),
    skipped: tell('skipped'),
    stored: tell('stored'),
    rejected: tell('rejected'),
    retrying: tell('retrying'),
  };
}
