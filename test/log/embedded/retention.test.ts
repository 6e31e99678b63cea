import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EmbeddedLog, openEmbedded } from '../../../src/log/embedded/index.js';
import type { OpenLogOptions } from '../../../src/log/open.js';
import { after as behind, type Position } from '../../../src/log/port.js';
import { Collector, record, tempFolder, until } from '../../helpers/log.js';

const HOUR = 3_600_000;
async function open(
  more: Partial<OpenLogOptions>,
): Promise<{ log: EmbeddedLog; bases(): Promise<number[]> }> {
  const folder = await tempFolder();
  const log = await openEmbedded(folder, { role: 'both', segmentBytes: 1_000, ...more });
  onTestFinished(() => log.close());
  const bases = async () => {
    const names = (await readdir(join(folder, '00000'))).filter((name) => name.endsWith('.log'));
    return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  };
  return { log, bases };
}
/** Ten records, five to a segment. */
async function fill(log: EmbeddedLog, count = 10): Promise<void> {
  for (let i = 0; i < count; i++) await log.append([record('x'.repeat(168))]).answer;
}
async function commit(log: EmbeddedLog, group: string, at: number): Promise<void> {
  const seen = new Collector();
  const consumer = await log.consume(group, seen);
  await until('the assignment', () => seen.assignments.length === 1);
  await seen.assignments[0]!.commit(at as Position, '');
  await consumer.close();
}

describe('retention', () => {
  it('deletes nothing that a registered group has not committed', async () => {
    const { log, bases } = await open({ retentionMs: 0, groups: ['slow', 'fast'] });
    await fill(log);
    await log.retain();
    expect(await bases()).toEqual([0, 5]);
    await commit(log, 'fast', 10);
    await log.retain();
    expect(await bases()).toEqual([0, 5]);
    await commit(log, 'slow', 4);
    await log.retain();
    expect(await bases()).toEqual([0, 5]);
    await commit(log, 'slow', 5);
    await log.retain();
    expect(await bases()).toEqual([5]);
  });

  it('deletes by age, and keeps what is younger', async () => {
    const { log, bases } = await open({ retentionMs: HOUR });
    await fill(log);
    await log.retain();
    expect(await bases()).toEqual([0, 5]);
    await log.retain(Date.now() + 2 * HOUR);
    expect(await bases()).toEqual([10]);
    expect(await log.append([record('next')]).answer).toMatchObject({ first: 10 });
  });

  it('lets a commit before the start begin at the start', async () => {
    const { log } = await open({ retentionMs: HOUR });
    await fill(log);
    await commit(log, 'g', 10);
    await log.retain(Date.now() + 2 * HOUR);
    await log.append([record('next')]).answer;
    await commit(log, 'g', 2);
    const seen = new Collector();
    const consumer = await log.consume('g', seen);
    await until('a record', () => seen.texts.includes('next'));
    await consumer.close();
    expect(seen.assignments[0]).toMatchObject({ committed: 2, start: 10, end: 11 });
    expect(await log.lag('g')).toMatchObject([{ committed: 2, records: 1 }]);
  });

  it('makes room under the size limit, oldest first, and refuses when every segment is needed', async () => {
    const { log, bases } = await open({ maxBytes: 3_200, groups: ['g'] });
    await fill(log, 15);
    const refused = await log.append([record('x'.repeat(168))]).answer;
    expect(refused).toMatchObject({ state: 'not_stored', error: { code: 'STG_LOG_FULL' } });
    expect(log.writable).toBe(false);
    await commit(log, 'g', 6);
    await until('writable again', () => log.writable);
    expect(await log.append([record('x')]).answer).toMatchObject({ state: 'stored', first: 15 });
    expect((await bases())[0]).toBe(5);
  });

  it('does not take a segment from under a reader', async () => {
    const { log } = await open({ retentionMs: 0 });
    await fill(log, 20);
    const seen = new Collector();
    seen.onBatch = async (batch) => {
      seen.batches.push(batch);
      await seen.assignments[0]!.commit(behind(batch.records.at(-1)!.position), '');
      await log.retain();
    };
    const consumer = await log.consume('g', seen, { maxRecords: 3 });
    await until('all', () => seen.records.length === 20);
    await consumer.close();
    expect(seen.records.map(({ position }) => position)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

it('tells the bytes behind a group, to the record, over segments', async () => {
  const { log } = await open({});
  const bytes = async () => (await log.lag('g'))[0]!.bytes!;
  expect(await bytes()).toBe(0);
  await fill(log);
  const all = await bytes();
  const each = (await (async () => {
    await commit(log, 'g', 9);
    return bytes();
  })())!;
  expect(each).toBeGreaterThan(168);
  expect(each).toBeLessThan(260);
  // Two segments: their headers are kept for them too.
  expect(all - 10 * each).toBeGreaterThanOrEqual(0);
  expect(all - 10 * each).toBeLessThan(64);
  await commit(log, 'g', 10);
  expect(await bytes()).toBe(0);
});
