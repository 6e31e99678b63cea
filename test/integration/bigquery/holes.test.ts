/**
 * The seven holes that a first version of the protocol had, one test each: every one fails when its cure is taken
 * out. Numbers as in the protocol's description.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Position } from '../../../src/log/port.js';
import type { BigqueryOptions } from '../../../src/warehouse/bigquery/open.js';
import { startWorker } from '../../../src/worker/loop.js';
import type { WorkerObserver } from '../../../src/worker/observer.js';
import {
  DATASET,
  eventIds,
  openOn,
  startWriteServer,
  type WriteServer,
} from '../../helpers/bigquery/index.js';
import { KEY, rows } from '../../warehouse/rows.js';
import { eventValue, ScriptedLog } from '../../worker/scripted.js';

const SILENT: WorkerObserver = { read() {}, skipped() {}, stored() {}, rejected() {}, retrying() {} };
const names = (count: number, first = 0) => Array.from({ length: count }, (_, i) => `e${first + i}`);
const values = (count: number) => names(count).map(eventValue);
const mismatch = expect.objectContaining({ code: 'STG_WAREHOUSE_MISMATCH' });

let server: WriteServer;
beforeEach(async () => {
  server = await startWriteServer();
});
afterEach(() => server.close());

async function live(log: ScriptedLog, warnings: string[] = [], options: Partial<BigqueryOptions> = {}) {
  const warehouse = await openOn(server, { answerMs: 500, positionsMs: 10, ...options });
  const worker = await startWorker({
    ...{ log: log.open(), warehouse, group: 'g', observer: SILENT },
    backoff: { firstMs: 1, mostMs: 20 },
    onWarning: (text) => warnings.push(text),
  });
  return {
    worker,
    async drain() {
      await worker.settle();
      await worker.close();
      await warehouse.close();
    },
    async close() {
      await worker.close().catch(() => {});
      await warehouse.close();
    },
  };
}

const drained = async (log: ScriptedLog, warnings: string[] = [], options: Partial<BigqueryOptions> = {}) =>
  (await live(log, warnings, options)).drain();

const lastStream = (): string =>
  [...server.store.streams.values()].filter(({ isDefault }) => !isDefault).at(-1)!.name;

describe('holes of the exactly-once protocol', () => {
  it('1: who has lost the partition does not fence its new owner, nor commit over it', async () => {
    const log = new ScriptedLog(values(40), () => 5);
    server.set({ delayMs: [20, 20] });
    const old = await live(log);
    await new Promise((resolve) => setTimeout(resolve, 30));
    // The new owner comes while the old one has appends under way; that one then fails, and would open it again.
    const fresh = await live(log);
    await fresh.worker.settle();
    const finalized = server.counts.finalizes;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.counts.finalizes).toBe(finalized);
    await Promise.all([old.close(), fresh.drain()]);
    expect(eventIds(server)).toEqual(names(40));
    expect(log.committed).toBe(40);
  });

  it('2: ALREADY_EXISTS is no acknowledgement', async () => {
    const warehouse = await openOn(server, { answerMs: 500 });
    const writer = await warehouse.openPartition(KEY, null);
    // A part of the request stands already where it is to go, as when only the answer to that part was lost.
    server.store.streams.get(streamOf(writer.saved))!.count = 3;
    await expect(writer.append(rows(0, 10))).rejects.toMatchObject({ code: 'STG_WAREHOUSE_UNREACHABLE' });
    expect(server.counts.refused).toEqual({ ALREADY_EXISTS: 1 });
    expect((await warehouse.openPartition(KEY, writer.saved)).skip).toBe(3);
    await warehouse.close();
  });

  it('3: an older commit of a partition never lands behind a newer one', async () => {
    const log = new ScriptedLog(values(60), () => 2);
    // Every commit takes its time, the first ones the longest: one that did not wait would overtake.
    let [begun, under, most] = [0, 0, 0];
    log.slow = async () => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, begun++ < 6 ? 400 : 1));
      under--;
    };
    // Behind the first half second, when a commit in the background is under way, an answer is lost.
    server.set({ delayMs: [40, 40] });
    const life = await live(log);
    for (let wait = 0; wait < 40 && !(under > 0 && server.counts.rows > 0); wait++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    server.set({ delayMs: [40, 40], lost: 0.5 });
    await life.drain();
    expect(most).toBe(1);
    const order = log.commits.map(({ behind }) => behind as number);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    // A stream that a commit has left is named by none after it.
    const streams = log.commits.map(({ saved }) => (JSON.parse(saved) as { s: string }).s);
    expect(streams.filter((name, i) => name !== streams[i - 1])).toHaveLength(new Set(streams).size);
    expect(eventIds(server)).toEqual(names(60));
  });

  it('4: a position without its text is no licence to store again what is stored', async () => {
    const log = new ScriptedLog(values(20), () => 4);
    await drained(log);
    log.committed = 5 as Position;
    log.saved = null;
    const warnings: string[] = [];
    await drained(log, warnings);
    expect(eventIds(server)).toEqual(names(20));
    expect(warnings.join()).toMatch(/without a count of rows; going on at 20/);
  });

  it('5: rows counted by other rules, or whose records are gone, are found by their offsets', async () => {
    const log = new ScriptedLog(values(20), () => 4);
    await drained(log);
    const first = log.commits.find(({ behind }) => behind > 0)!;
    for (const lose of ['rules', 'records']) {
      log.committed = 8 as Position;
      // Eight rows of the twenty are before the position.
      log.saved = JSON.stringify({
        ...JSON.parse(first.saved),
        r: 8,
        ...(lose === 'rules' && { v: 'other' }),
      });
      if (lose === 'records') log.start = 12 as Position;
      await drained(log);
      expect(eventIds(server)).toEqual(names(20));
      expect(log.committed).toBe(20);
    }
  });

  it('6: with a finalize that is not atomic rows are doubled, unless it is repeated until the count stands', async () => {
    server.set({ finalizeLagMs: 60, delayMs: [10, 10] });
    const doubled = async (recountMs: number | null): Promise<boolean> => {
      const table = server.store.tableOf(`${DATASET}/realtime`);
      table.rows = [];
      const log = new ScriptedLog(values(60), () => 3);
      for (let crash = 0; crash < 4; crash++) {
        const life = await live(log, [], { recountMs });
        await new Promise((resolve) => setTimeout(resolve, 40 + crash * 9));
        log.crash();
        void life.close();
      }
      await drained(log, [], { recountMs });
      const ids = eventIds(server);
      expect(new Set(ids).size).toBe(60);
      return ids.length > 60;
    };
    expect(await doubled(120)).toBe(false);
  });

  it('7: a stream that is gone does not count as empty', async () => {
    const log = new ScriptedLog(values(20), () => 4);
    await drained(log);
    const { saved } = log;
    log.committed = 12 as Position;
    log.saved = JSON.stringify({ ...JSON.parse(saved!), r: 12 });
    server.store.forget(lastStream());
    server.store.forget(`${DATASET}/realtime/streams/${JSON.parse(saved!).s}`);
    const warnings: string[] = [];
    await drained(log, warnings);
    expect(eventIds(server)).toEqual(names(20));
    expect(warnings.join()).toMatch(/no longer knows the stream.*going on at 20/);
  });

  it('7: where no row is known either, the worker stops', async () => {
    const log = new ScriptedLog(values(20), () => 4);
    await drained(log);
    server.store.forget(`${DATASET}/realtime/streams/${JSON.parse(log.saved!).s}`);
    for (const name of ['realtime', 'stargate_positions'])
      server.store.tableOf(`${DATASET}/${name}`).rows = [];
    log.committed = 12 as Position;
    const life = await live(log);
    await expect(life.worker.done).rejects.toEqual(mismatch);
    await life.close();
    expect(eventIds(server)).toEqual([]);
  });

  it('a false acknowledgement stops the worker with an alarm', async () => {
    const log = new ScriptedLog(values(20), () => 4);
    await drained(log);
    log.saved = JSON.stringify({ ...JSON.parse(log.saved!), r: 21 });
    const life = await live(log);
    await expect(life.worker.done).rejects.toEqual(mismatch);
    await life.close();
  });
});

const streamOf = (saved: string): string =>
  `${DATASET}/realtime/streams/${(JSON.parse(saved) as { s: string }).s}`;
