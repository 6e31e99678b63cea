import type { AppendRow } from '../port.js';
import { isDataError, reasonOf, storageError } from './errors.js';
import type { Store, Writes } from './store.js';
import type { AppendJob, Writer } from './writer.js';

type Decimals = 'narrow' | 'wide';

/** Stores a group of appends and settles each of them. Never rejects. */
export async function commitGroup(store: Store, jobs: readonly AppendJob[]): Promise<void> {
  const live = jobs.filter((job) => admit(job));
  if (live.length === 0) return;
  try {
    await storeAll(store, live, 'narrow');
    settle(live);
  } catch (error) {
    if (isDataError(error)) await commitWide(store, live);
    else fail(live, error);
  }
}

/** A value did not fit the narrow decimals, or not at all. Alone, each call tells which. */
async function commitWide(store: Store, jobs: readonly AppendJob[]): Promise<void> {
  for (const job of jobs) {
    if (!admit(job)) continue;
    try {
      await storeAll(store, [job], 'wide');
      settle([job]);
    } catch (error) {
      await refuse(store, job, error).catch((next: unknown) => fail([job], next));
    }
  }
}

/** Stores the rows before the first bad one. */
async function refuse(store: Store, job: AppendJob, error: unknown): Promise<void> {
  if (!isDataError(error)) throw error;
  const index = await firstBad(store, job.batch);
  if (index > 0) await storeAll(store, [{ ...job, batch: job.batch.slice(0, index) }], 'wide');
  job.writer.end(`row ${index} of an append was refused`);
  job.resolve({
    stored: index,
    saved: job.writer.advance(index),
    refused: { index, message: reasonOf(error) },
  });
}

/** Index of the first row that cannot be stored, by halving: a try costs a transaction that is rolled back. */
async function firstBad(store: Store, rows: readonly AppendRow[]): Promise<number> {
  let good = 0;
  let bad = rows.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (await fits(store, rows.slice(good, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

class TriedOnly extends Error {}

async function fits(store: Store, rows: readonly AppendRow[]): Promise<boolean> {
  try {
    return await store.transaction(async ({ events }) => {
      await events.insert(rows, 'wide');
      throw new TriedOnly();
    });
  } catch (error) {
    if (error instanceof TriedOnly) return true;
    if (isDataError(error)) return false;
    throw error;
  }
}

function storeAll(store: Store, jobs: readonly AppendJob[], decimals: Decimals): Promise<void> {
  return store.transaction(async (writes) => {
    await writes.events.insert(
      jobs.length === 1 ? (jobs[0]?.batch ?? []) : jobs.flatMap((job) => job.batch),
      decimals,
    );
    await movePositions(writes, jobs);
  });
}

async function movePositions({ position }: Writes, jobs: readonly AppendJob[]): Promise<void> {
  const moves = new Map<Writer, { last: number; rows: number }>();
  for (const { writer, batch } of jobs) {
    const last = batch.at(-1)?.offset;
    if (last !== undefined) moves.set(writer, { last, rows: (moves.get(writer)?.rows ?? 0) + batch.length });
  }
  for (const [writer, { last, rows }] of moves) await position(writer.key, last, rows);
}

function admit(job: AppendJob): boolean {
  if (job.writer.ended !== null) job.reject(job.writer.ended);
  return job.writer.ended === null;
}

function settle(jobs: readonly AppendJob[]): void {
  for (const job of jobs) job.resolve({ stored: job.rows, saved: job.writer.advance(job.rows) });
}

/** Whether anything of it is stored is not known: the partitions have to be opened again, as after a crash. */
function fail(jobs: readonly AppendJob[], error: unknown): void {
  for (const job of jobs) job.writer.end('an append of this writer failed');
  for (const job of jobs) job.reject(storageError(error));
}
