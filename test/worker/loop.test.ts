import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import type { Position } from '../../src/log/port.js';
import { startWorker, type Worker } from '../../src/worker/loop.js';
import type { WorkerObserver } from '../../src/worker/observer.js';
import { eventValue, type Fault, ScriptedLog, ScriptedWarehouse } from './scripted.js';

const SILENT: WorkerObserver = { read() {}, skipped() {}, stored() {}, rejected() {}, retrying() {} };

const start = (
  log: ScriptedLog,
  warehouse: ScriptedWarehouse,
  more: { observer?: WorkerObserver; warnings?: string[]; overRows?: 'stop' | 'again' } = {},
) =>
  startWorker({
    log: log.open(),
    warehouse: warehouse.open(),
    group: 'stargate',
    observer: more.observer ?? SILENT,
    backoff: { firstMs: 0, mostMs: 0 },
    ...(more.overRows && { overRows: more.overRows }),
    onWarning: (message) => more.warnings?.push(message),
  });

const ids = (warehouse: ScriptedWarehouse) => warehouse.rows.map(({ event }) => event.event_id);
const values = (count: number) => Array.from({ length: count }, (_, index) => eventValue(`e${index}`));
const names = (count: number) => Array.from({ length: count }, (_, index) => `e${index}`);

async function run(worker: Worker): Promise<void> {
  await worker.settle();
  await worker.close();
}

describe('worker', () => {
  it('stores every record in order and commits behind the last', async () => {
    const log = new ScriptedLog(values(10));
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    expect(ids(warehouse)).toEqual(names(10));
    expect(log.committed).toBe(10);
    expect(JSON.parse(log.saved!)).toEqual({ db: 'first', r: 10 });
  });

  it('fills the transport columns', async () => {
    const log = new ScriptedLog(values(1));
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    expect(warehouse.rows[0]!.event).toMatchObject({
      kafka_topic: 'stargate_v2.realtime',
      kafka_partition: 0,
      kafka_offset: 0,
      kafka_timestamp: '2026-11-23T14:32:04.655Z',
    });
  });

  it('keeps what is no event as a rejected row before it commits behind it', async () => {
    const log = new ScriptedLog([eventValue('e0'), Buffer.from('{nope'), eventValue('e1')], () => 1);
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    expect(ids(warehouse)).toEqual(['e0', 'e1']);
    expect(warehouse.rejected.get(1)).toMatchObject({ reason: 'record_not_json', kafka_offset: 1 });
    expect(log.committed).toBe(3);
  });

  it('rejects a row that the warehouse refuses, and stores the ones around it once', async () => {
    const log = new ScriptedLog(values(7), () => 3);
    const warehouse = new ScriptedWarehouse();
    for (const id of ['e1', 'e2', 'e5']) warehouse.bad.add(id);
    await run(await start(log, warehouse));
    expect(ids(warehouse)).toEqual(['e0', 'e3', 'e4', 'e6']);
    expect([...warehouse.rejected.values()].map(({ reason }) => reason)).toEqual(
      Array(3).fill('warehouse_refused'),
    );
    expect(log.committed).toBe(7);
  });

  it('commits behind a refused row before any row behind that one is appended', async () => {
    const log = new ScriptedLog(values(3), () => 3);
    const warehouse = new ScriptedWarehouse();
    warehouse.bad.add('e1');
    let rowsAtCommit = -1;
    warehouse.fault = (call) => {
      if (call === 'append' && warehouse.rows.length === 1) rowsAtCommit = log.commits.at(-1)!.behind;
      return 'none';
    };
    await run(await start(log, warehouse));
    expect(rowsAtCommit).toBe(2);
  });

  it('tells the observer each row once, although an answer was lost', async () => {
    const seen: string[] = [];
    const retries: unknown[] = [];
    const log = new ScriptedLog(values(6), () => 2);
    const warehouse = new ScriptedWarehouse();
    let lost = 0;
    warehouse.fault = (call) => (call === 'append' && lost++ === 1 ? 'after' : 'none');
    const note = (rows: readonly { event: { event_id: string } }[]) =>
      seen.push(...rows.map(({ event }) => event.event_id));
    const observer = {
      ...SILENT,
      stored: note,
      skipped: note,
      retrying: (_: number, error: unknown) => retries.push(error),
    };
    await run(await start(log, warehouse, { observer }));
    expect(seen).toEqual(names(6));
    expect(retries).toHaveLength(1);
    expect(ids(warehouse)).toEqual(names(6));
  });

  it('reads the log again from its start when the warehouse is a new one', async () => {
    const log = new ScriptedLog(values(5));
    await run(await start(log, new ScriptedWarehouse()));
    const other = new ScriptedWarehouse();
    other.id = 'second';
    const warnings: string[] = [];
    await run(await start(log, other, { warnings }));
    expect(ids(other)).toEqual(names(5));
    expect(warnings.join()).toMatch(/another warehouse/);
  });

  /** Five rows stored, of which the log has no commit. */
  async function withoutCommit() {
    const log = new ScriptedLog(values(5));
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    log.committed = null;
    log.saved = null;
    return { log, warehouse };
  }

  it('goes on behind the newest row when the log has no commit', async () => {
    const { log, warehouse } = await withoutCommit();
    const warnings: string[] = [];
    await run(await start(log, warehouse, { warnings }));
    expect(ids(warehouse)).toEqual(names(5));
    expect(warnings.join()).toMatch(/no position committed/);
  });

  it('asks before it stores again what the warehouse has, and does it once when told so', async () => {
    const { log, warehouse } = await withoutCommit();
    const asking = await start(log, warehouse, { overRows: 'stop' });
    await expect(asking.done).rejects.toMatchObject({ code: 'STG_CONFIRMATION_NEEDED' });
    await asking.close();
    expect([ids(warehouse), log.committed]).toEqual([names(5), null]);
    const warnings: string[] = [];
    await run(await start(log, warehouse, { overRows: 'again', warnings }));
    expect(warnings.join()).toMatch(/rows up to 4; storing again/);
    const twice = [...names(5), ...names(5)];
    expect(ids(warehouse)).toEqual(twice);
    // From here on there is a commit: neither yes nor no is asked for.
    await run(await start(log, warehouse, { overRows: 'again' }));
    await run(await start(log, warehouse, { overRows: 'stop' }));
    expect(ids(warehouse)).toEqual(twice);
  });

  it.each(['stop', 'again'] as const)(
    'needs no yes where the warehouse has no rows (%s)',
    async (overRows) => {
      const log = new ScriptedLog(values(5));
      const warehouse = new ScriptedWarehouse();
      await run(await start(log, warehouse, { overRows }));
      expect(ids(warehouse)).toEqual(names(5));
    },
  );

  it('opens a partition again that could not be opened, or whose first commit the log could not take', async () => {
    const log = new ScriptedLog(values(5));
    const warehouse = new ScriptedWarehouse();
    const faults: Fault[] = ['before', 'after'];
    warehouse.fault = (call) => (call === 'open' ? (faults.shift() ?? 'none') : 'none');
    let commits = 0;
    log.refuses = () => commits++ === 0;
    await run(await start(log, warehouse));
    expect(ids(warehouse)).toEqual(names(5));
    expect(log.committed).toBe(5);
  });

  it('can be closed while a partition cannot be opened', async () => {
    const log = new ScriptedLog(values(5));
    const warehouse = new ScriptedWarehouse();
    warehouse.fault = () => 'before';
    const worker = await start(log, warehouse);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await worker.close();
    await worker.done;
    expect(ids(warehouse)).toEqual([]);
    expect(log.committed).toBeNull();
  });

  it('leaves a partition whose last position the log does not take, and the next owner stores nothing twice', async () => {
    const log = new ScriptedLog(values(5));
    const warehouse = new ScriptedWarehouse();
    const retries: unknown[] = [];
    const observer: WorkerObserver = { ...SILENT, retrying: (_, error) => void retries.push(error) };
    const worker = await start(log, warehouse, { observer });
    await worker.settle();
    log.refuses = () => true;
    await worker.close();
    await expect(worker.done).resolves.toBeUndefined();
    expect(retries).toEqual([expect.objectContaining({ code: 'STG_LOG_WRITE' })]);
    expect(log.committed).toBeLessThan(5);
    log.refuses = () => false;
    await run(await start(log, warehouse));
    expect(ids(warehouse)).toEqual(names(5));
    expect(log.committed).toBe(5);
  });

  it('stops with an alarm when the log claims more rows than there are', async () => {
    const log = new ScriptedLog(values(5));
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    warehouse.rows.length = 3;
    const worker = await start(log, warehouse);
    await expect(worker.done).rejects.toMatchObject({ code: 'STG_WAREHOUSE_MISMATCH' });
    await worker.close();
  });

  /** Rows 0 … 5 stored, of which the log committed two, and retention took two more. */
  async function afterRetention() {
    const log = new ScriptedLog(values(8), () => 2);
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    warehouse.rows.length = 6;
    log.committed = 2 as Position;
    log.saved = JSON.stringify({ db: 'first', r: 2 });
    log.start = 4 as Position;
    return { log, warehouse };
  }

  it('goes on behind the newest row when retention took records whose number it needs', async () => {
    const { log, warehouse } = await afterRetention();
    const warnings: string[] = [];
    await run(await start(log, warehouse, { warnings }));
    expect(ids(warehouse)).toEqual(names(8));
    expect(warnings.join()).toMatch(/starts at 4.*going on at 6/);
    expect(JSON.parse(log.saved!)).toEqual({ db: 'first', r: 8 });
  });

  it('stops when it needs the number of records that retention took, and no row is known', async () => {
    const { log, warehouse } = await afterRetention();
    warehouse.last = () => null;
    const worker = await start(log, warehouse);
    await expect(worker.done).rejects.toMatchObject({ code: 'STG_WAREHOUSE_MISMATCH' });
    await worker.close();
    expect(warehouse.rows).toHaveLength(6);
  });

  it.each([0, 2, 6])(
    'goes on behind the newest row when position %i was committed without its text',
    async (at) => {
      const log = new ScriptedLog(values(8), () => 2);
      const warehouse = new ScriptedWarehouse();
      await run(await start(log, warehouse));
      warehouse.rows.length = 6;
      log.committed = at as Position;
      log.saved = null;
      await run(await start(log, warehouse));
      expect(ids(warehouse)).toEqual(names(8));
    },
  );

  it('begins where a tool put the group that has stored nothing yet', async () => {
    const log = new ScriptedLog(values(8), () => 2);
    log.committed = 3 as Position;
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    expect(ids(warehouse)).toEqual(names(8).slice(3));
  });

  it('stops when the warehouse can no longer count while it runs, and goes on at the next start', async () => {
    const log = new ScriptedLog(values(8), () => 2);
    const warehouse = new ScriptedWarehouse();
    let appends = 0;
    warehouse.fault = (call) => {
      if (call !== 'append' || ++appends < 3) return 'none';
      warehouse.uncounted = 'its stream is gone';
      return 'after';
    };
    const worker = await start(log, warehouse);
    await expect(worker.done).rejects.toMatchObject({ code: 'STG_WAREHOUSE_MISMATCH' });
    await worker.close();
    warehouse.fault = () => 'none';
    await run(await start(log, warehouse));
    expect(ids(warehouse)).toEqual(names(8));
  });

  it('goes on behind the newest row when the warehouse cannot count', async () => {
    const log = new ScriptedLog(values(8), () => 2);
    const warehouse = new ScriptedWarehouse();
    await run(await start(log, warehouse));
    warehouse.rows.length = 6;
    log.committed = 4 as Position;
    warehouse.uncounted = 'its stream is gone';
    const warnings: string[] = [];
    await run(await start(log, warehouse, { warnings }));
    expect(ids(warehouse)).toEqual(names(8));
    expect(warnings.join()).toMatch(/its stream is gone; going on at 6/);
  });

  it('never opens a partition that was taken away before it could', async () => {
    const log = new ScriptedLog(values(5));
    const warehouse = new ScriptedWarehouse();
    let opened = 0;
    warehouse.fault = (call) => {
      if (call === 'open') opened++;
      return 'before';
    };
    const worker = await start(log, warehouse);
    await new Promise((resolve) => setTimeout(resolve, 5));
    log.crash();
    const before = opened;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(opened).toBeLessThanOrEqual(before + 1);
    await worker.close();
  });
});

const FAULTS: readonly Fault[] = ['none', 'none', 'none', 'none', 'before', 'after'];

describe('worker, by model', () => {
  it('stores each storable record once and in order, through any failures and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('event', 'event', 'event', 'garbage', 'refused'), {
          minLength: 1,
          maxLength: 25,
        }),
        fc.array(fc.nat({ max: FAULTS.length - 1 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat({ max: 30 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 6 }),
        async (kinds, script, crashes, batch) => {
          const log = new ScriptedLog(
            kinds.map((kind, index) => (kind === 'garbage' ? Buffer.from('[]') : eventValue(`e${index}`))),
            () => batch,
          );
          const warehouse = new ScriptedWarehouse();
          for (const [index, kind] of kinds.entries()) if (kind === 'refused') warehouse.bad.add(`e${index}`);
          let calls = 0;
          const fault = () => FAULTS[script[calls++ % script.length]!]!;
          warehouse.fault = fault;
          log.refuses = () => fault() === 'before';

          for (const turns of crashes) {
            const worker = await start(log, warehouse).catch(() => null);
            for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
            log.crash();
            await worker?.close();
          }
          warehouse.fault = () => 'none';
          log.refuses = () => false;
          const last = await start(log, warehouse);
          await run(last).catch((error) => {
            if (!isStargateError(error)) throw error;
          });

          const expected = kinds.flatMap((kind, index) => (kind === 'event' ? [`e${index}`] : []));
          expect(ids(warehouse)).toEqual(expected);
          const rejected = kinds.flatMap((kind, index) => (kind === 'event' ? [] : [index]));
          expect([...warehouse.rejected.keys()].sort((a, b) => a - b)).toEqual(rejected);
          expect(log.committed).toBe(kinds.length);
        },
      ),
      { numRuns: Number(process.env.STARGATE_TEST_RUNS ?? 2_000) },
    );
  }, 60_000);
});
