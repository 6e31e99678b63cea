/**
 * The worker over the adapter over a write server that fails as a seed says, through crashes: every storable record
 * is one row, in order, whatever happened. A failing seed is printed; STARGATE_TEST_SEED runs it alone.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BigqueryOptions } from '../../../src/warehouse/bigquery/open-writer.js';
import type { Warehouse } from '../../../src/warehouse/port.js';
import { startWorker, type Worker } from '../../../src/worker/loop.js';
import type { WorkerObserver } from '../../../src/worker/observer.js';
import { type Faults, random } from '../../helpers/bigquery/faults.js';
import {
  DATASET,
  eventIds,
  openOn,
  startWriteServer,
  type WriteServer,
} from '../../helpers/bigquery/index.js';
import { eventValue, ScriptedLog } from '../../worker/scripted.js';

const RUNS = Number(process.env.STARGATE_TEST_RUNS ?? 25);
const ONLY = process.env.STARGATE_TEST_SEED;
const RECORDS = 160;
const SILENT: WorkerObserver = { read() {}, skipped() {}, stored() {}, rejected() {}, retrying() {} };

let server: WriteServer;
beforeEach(async () => {
  server = await startWriteServer();
});
afterEach(() => server.close());

interface Life {
  readonly worker: Worker;
  readonly warehouse: Warehouse;
}

async function live(log: ScriptedLog, options: Partial<BigqueryOptions> = {}): Promise<Life> {
  const warehouse = await openOn(server, { answerMs: 300, positionsMs: 20, ...options });
  const worker = await startWorker({
    ...{ log: log.open(), warehouse, group: 'g', observer: SILENT },
    backoff: { firstMs: 1, mostMs: 20 },
  });
  return { worker, warehouse };
}

/** Every record but those that are no JSON, or that the server refuses. */
const isStorable = (offset: number, refuseEvery: number): boolean =>
  offset % 13 !== 5 && (refuseEvery === 0 || offset % refuseEvery !== 0);

const values = Array.from({ length: RECORDS }, (_, offset) =>
  offset % 13 === 5 ? Buffer.from('{nope') : eventValue(`e${offset}`),
);

/** What goes wrong in a run. */
function faultsOf(draw: () => number): Partial<Faults> {
  const some = (most: number) => (draw() < 0.5 ? draw() * most : 0);
  return {
    unavailable: some(0.2),
    lost: some(0.2),
    hang: some(0.05),
    swallow: some(0.1),
    quota: some(0.2),
    finalizeLost: some(0.3),
    createFails: some(0.3),
    idleMs: draw() < 0.3 ? 5 : 0,
    delayMs: draw() < 0.5 ? [0, 8] : [0, 0],
    refuseEvery: draw() < 0.5 ? 7 + Math.floor(draw() * 40) : 0,
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function run(seed: number, options: Partial<BigqueryOptions>): Promise<{ refuseEvery: number }> {
  const draw = random(seed);
  server.seed(seed);
  const faults = faultsOf(draw);
  server.set(faults);
  const batch = 1 + Math.floor(draw() * 12);
  const log = new ScriptedLog(values, () => batch);
  const lives: Life[] = [];
  for (let crashes = Math.floor(draw() * 5); crashes > 0; crashes--) {
    lives.push(await live(log, options));
    await pause(draw() * 60);
    // What it has under way goes on for a while, as a dead process's requests do.
    log.crash();
  }
  const last = await live(log, options);
  lives.push(last);
  await last.worker.settle();
  await last.worker.close();
  for (const { worker, warehouse } of lives) {
    await worker.close().catch(() => {});
    await warehouse.close();
  }
  expect(log.committed).toBe(RECORDS);
  return { refuseEvery: faults.refuseEvery ?? 0 };
}

const expected = (refuseEvery: number) =>
  values.flatMap((_, offset) => (isStorable(offset, refuseEvery) ? [`e${offset}`] : []));

const seeds = ONLY ? [Number(ONLY)] : Array.from({ length: RUNS }, (_, index) => index + 1);

describe('worker on BigQuery, by model', () => {
  it.each(seeds)(
    'stores each storable record once and in order: seed %i',
    { timeout: 60_000 },
    async (seed) => {
      const { refuseEvery } = await run(seed, {});
      expect(eventIds(server)).toEqual(expected(refuseEvery));
      expect(server.rows(`${DATASET}/realtime`).map((row) => row.event_id)).toEqual(expected(refuseEvery));
      const rejected = new Set(server.rows(`${DATASET}/events_rejected`).map((row) => row.kafka_offset));
      const wanted = values.flatMap((_, offset) => (isStorable(offset, refuseEvery) ? [] : [offset]));
      expect([...rejected].sort((a, b) => Number(a) - Number(b))).toEqual(wanted);
    },
  );

  it('at least once: every storable record, some perhaps twice', { timeout: 60_000 }, async () => {
    const { refuseEvery } = await run(7, { delivery: 'at-least-once' });
    expect([...new Set(eventIds(server))]).toEqual(expected(refuseEvery));
  });
});
