/**
 * The seven holes that a first version of the protocol had, one test each: every one fails when its cure is taken
 * out. Numbers as in the protocol's description.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Position } from '../../../src/log/port.js';
import { ownWarehouse } from '../../../src/runtime/ports.js';
import type { BigqueryOptions } from '../../../src/warehouse/bigquery/open-writer.js';
import { startWorker } from '../../../src/worker/loop.js';
import type { WorkerObserver } from '../../../src/worker/observer.js';
import { load } from '../../config/load.js';
import {
  DATASET,
  eventIds,
  openOn,
  startWriteServer,
  type WriteServer,
} from '../../helpers/bigquery/index.js';
import { until } from '../../helpers/log.js';
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
  // 1, commits of who has lost the partition: two cures, either of which hides that the other is gone. An assignment
  // that has ended commits nothing (test/contract/log-committing.ts); a commit names the generation that made it
  // (test/log/kafka/consumer-member.test.ts).

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

  // 3, commits that overtake each other: test/worker/committer.test.ts.

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

  it('5: rows that other rules counted are found by their offsets', async () => {
    const log = new ScriptedLog(values(20), () => 4);
    await drained(log);
    log.committed = 8 as Position;
    // To those rules twelve of the records before the position were storable; to ours eight are.
    log.saved = JSON.stringify({ ...JSON.parse(log.saved!), r: 12, v: 'other' });
    const warnings: string[] = [];
    await drained(log, warnings);
    expect(eventIds(server)).toEqual(names(20));
    expect(warnings.join()).toMatch(/other rules; going on at 20/);
  });

  it('5: rows whose records retention deleted are found by their offsets', async () => {
    const before = new ScriptedLog(values(20), () => 4);
    await drained(before);
    const log = new ScriptedLog(values(30), () => 4);
    log.committed = 8 as Position;
    log.saved = JSON.stringify({ ...JSON.parse(before.saved!), r: 8 });
    log.start = 12 as Position;
    await drained(log);
    expect(eventIds(server)).toEqual(names(30));
  });

  it('6: what lands behind a finalize is seen where it is repeated until the count stands still', async () => {
    server.set({ finalizeLagMs: 300 });
    const [old, fresh] = [await openOn(server), await openOn(server, { recountMs: 400 })];
    const writer = await old.openPartition(KEY, null);
    await writer.append(rows(0, 3));
    const opening = fresh.openPartition(KEY, writer.saved);
    await until('the first count', () => server.counts.finalizes > 0);
    await writer.append(rows(3, 3));
    expect((await opening).skip).toBe(6);
    await Promise.all([old.close(), fresh.close()]);
  });

  it.each([
    ['0', 1],
    ['30ms', 2],
  ])('6: --bigquery-recount %s counts %i times where nothing moves', async (bigqueryRecount, counts) => {
    const warehouse = await openOn(server);
    const { saved } = await warehouse.openPartition(KEY, null);
    await warehouse.close();
    const { config } = load({
      command: 'worker',
      flags: {
        warehouse: 'bigquery://project-1/stargate_v2.realtime',
        bigqueryStorageEndpoint: server.endpoint,
        bigqueryRecount,
      },
    });
    const next = await ownWarehouse(config);
    await next.openPartition(KEY, saved);
    await next.close();
    expect(server.counts.finalizes).toBe(counts);
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
