import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Assignment, Batch, ConsumedRecord, ConsumeHandlers, LogRecord } from '../../src/log/port.js';

/** A folder that is gone after the test. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stargate-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A record whose value is the text. */
export const record = (text: string, more: Partial<LogRecord> = {}): LogRecord => ({
  key: null,
  value: Buffer.from(text),
  timestamp: 1_700_000_000_000,
  ...more,
});

export const textOf = (records: readonly LogRecord[]): string[] =>
  records.map(({ value }) => value.toString());

/** Waits until `check` holds; fails by its own message after the deadline. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  ms = 10_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(2);
  }
}

/** Handlers that keep what they are given. */
export class Collector implements ConsumeHandlers {
  readonly assignments: Assignment[] = [];
  readonly batches: Batch[] = [];
  readonly revoked: number[] = [];

  get records(): ConsumedRecord[] {
    return this.batches.flatMap((batch) => batch.records);
  }
  get texts(): string[] {
    return textOf(this.records);
  }

  async onAssigned(assignment: Assignment): Promise<void> {
    this.assignments.push(assignment);
  }
  async onBatch(batch: Batch): Promise<void> {
    this.batches.push(batch);
  }
  async onRevoked(partition: number): Promise<void> {
    this.revoked.push(partition);
  }
}
