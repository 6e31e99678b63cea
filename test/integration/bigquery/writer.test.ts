/** What the adapter does with the service's answers, and without them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FIELDS } from '../../../src/event/fields.js';
import { storageEndpoint } from '../../../src/warehouse/bigquery/open-writer.js';
import type { Warehouse } from '../../../src/warehouse/port.js';
import { random } from '../../helpers/bigquery/faults.js';
import {
  DATASET,
  eventIds,
  NO_POSITIONS,
  openOn,
  startWriteServer,
  type WriteServer,
} from '../../helpers/bigquery/index.js';
import { until } from '../../helpers/log.js';
import { KEY, rejected, row, rows } from '../../warehouse/rows.js';

const ids = (count: number, first = 0) => Array.from({ length: count }, (_, i) => `e0-${first + i}`);
const unreachable = expect.objectContaining({ code: 'STG_WAREHOUSE_UNREACHABLE' });

let server: WriteServer;
let warehouse: Warehouse;
beforeEach(async () => {
  server = await startWriteServer();
  // Positions are requests too: none of them is to be counted here.
  warehouse = await openOn(server, { answerMs: 10_000, ...NO_POSITIONS });
});
afterEach(async () => {
  await warehouse.close();
  await server.close();
});

describe('requests', () => {
  it('go over one call, which names stream and schema once', async () => {
    const writer = await warehouse.openPartition(KEY, null);
    for (let at = 0; at < 20; at++) await writer.append(rows(at, 1));
    expect(server.counts).toMatchObject({ calls: 1, appends: 20 });
    expect(eventIds(server)).toEqual(ids(20));
  });

  it('hold what came while one was under way', async () => {
    server.set({ delayMs: [20, 20] });
    const writer = await warehouse.openPartition(KEY, null);
    await Promise.all(Array.from({ length: 100 }, (_, at) => writer.append(rows(at, 1))));
    expect(server.counts.appends).toBe(2);
  });

  it('hold 2,000 rows or a megabyte at most, and a larger row alone', async () => {
    const writer = await warehouse.openPartition(KEY, null);
    await writer.append(rows(0, 5_000));
    expect(server.counts.appends).toBe(3);
    const wide = (at: number, size: number) => row(at, { page_title: 'x'.repeat(size) });
    await writer.append([0, 1, 2, 3].map((i) => wide(5_000 + i, 400_000)));
    expect(server.counts.appends).toBe(5);
    await writer.append([row(5_004), wide(5_005, 3_000_000), row(5_006)]);
    expect(server.counts.appends).toBe(8);
    expect(eventIds(server)).toEqual(ids(5_007));
  });

  it('are at most four under way', async () => {
    server.set({ hang: 1 });
    const patient = await openOn(server, { answerMs: 2_000, ...NO_POSITIONS });
    const writer = await patient.openPartition(KEY, null);
    const appended = writer.append(rows(0, 20_000));
    appended.catch(() => {});
    await until('four requests', () => server.counts.appends === 4);
    await expect(appended).rejects.toEqual(unreachable);
    expect(server.counts).toMatchObject({ appends: 4, rows: 8_000 });
    await patient.close();
  });

  it('go on over another call where the service closed an idle one, on the same stream', async () => {
    server.set({ idleMs: 30 });
    const writer = await warehouse.openPartition(KEY, null);
    for (let at = 0; at < 3; at++) {
      await writer.append(rows(at, 1));
      await until('the idle close', () => server.counts.idle > at);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await writer.append(rows(3, 1));
    expect(server.counts).toMatchObject({ calls: 4, creates: 1 });
    expect(eventIds(server)).toEqual(ids(4));
  });
});

describe('an append', () => {
  it.each(['unavailable', 'lost', 'hang', 'quota'] as const)(
    'fails, and is not sent again: %s',
    async (fault) => {
      const writer = await warehouse.openPartition(KEY, null);
      await writer.append(rows(0, 2));
      server.set({ [fault]: 1 });
      await expect(writer.append(rows(2, 2))).rejects.toEqual(unreachable);
      await expect(writer.append(rows(4, 2))).rejects.toEqual(unreachable);
      expect(server.counts.appends).toBe(2);
      server.set({});
      const stored = fault === 'lost' || fault === 'hang' ? 2 : 0;
      const next = await warehouse.openPartition(KEY, writer.saved);
      expect(next.skip).toBe(2 + stored);
      await next.append(rows(2 + stored, 4 - stored));
      expect(eventIds(server)).toEqual(ids(6));
    },
  );

  it.each(['before', 'while'] as const)(
    'and the process survive an error that no later try mends, %s a request is under way',
    async (moment) => {
      const writer = await warehouse.openPartition(KEY, null);
      await writer.append(rows(0, 2));
      if (moment === 'before') server.denyCalls();
      const appended = writer.append(rows(2, 2));
      appended.catch(() => {});
      if (moment === 'while') server.denyCalls();
      // What was under way may have been stored: nothing is known, and nothing is sent again.
      await appended.catch((error) => expect(error).toEqual(unreachable));
      const next = await warehouse.openPartition(KEY, writer.saved);
      await next.append(rows(next.skip, 6 - next.skip));
      expect(eventIds(server)).toEqual(ids(6));
    },
  );

  it("never takes another's answer for its own", async () => {
    const writer = await warehouse.openPartition(KEY, null);
    // The first answer is missing, the second comes in its place.
    const strikesOnce = (seed: number): boolean => {
      const draw = random(seed);
      return draw() < 0.5 && draw() > 0.5;
    };
    server.seed([1, 2, 3, 4, 5, 6, 7, 8, 9].find(strikesOnce)!);
    server.set({ swallow: 0.5 });
    const results = await Promise.allSettled([
      writer.append(rows(0, 2_000)),
      writer.append(rows(2_000, 2_000)),
    ]);
    expect(server.counts).toMatchObject({ rows: 4_000, injected: { swallow: 1 } });
    expect(results).toMatchObject([
      { reason: { got: 'an answer for offset 2000, where 0 was sent' } },
      { status: 'rejected' },
    ]);
    expect((await warehouse.openPartition(KEY, writer.saved)).skip).toBe(4_000);
  });

  it('is settled when the warehouse closes meanwhile', async () => {
    server.set({ delayMs: [100, 100] });
    const writer = await warehouse.openPartition(KEY, null);
    const settled = Promise.allSettled([writer.append(rows(0, 1)), writer.append(rows(1, 1))]);
    await warehouse.close();
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('holds up its own partition only', async () => {
    await warehouse.close();
    warehouse = await openOn(server, { answerMs: 2_000, ...NO_POSITIONS });
    const [a, b] = [KEY, { ...KEY, partition: 1 }];
    const [stuck, other] = [await warehouse.openPartition(a, null), await warehouse.openPartition(b, null)];
    server.set({ hang: 1 });
    const hung = stuck.append(rows(0, 1));
    hung.catch(() => {});
    await until('the hung request', () => server.counts.appends === 1);
    server.set({});
    await expect(other.append(rows(0, 3, b))).resolves.toMatchObject({ stored: 3 });
    await expect(hung).rejects.toEqual(unreachable);
  });
});

describe('a stream that is asked for', () => {
  it('is given up on where no answer comes in time', async () => {
    const hasty = await openOn(server, { deadlineMs: 150, ...NO_POSITIONS });
    server.set({ delayMs: [5_000, 5_000] });
    const began = performance.now();
    await expect(hasty.openPartition(KEY, null)).rejects.toMatchObject({
      ...{ code: 'STG_WAREHOUSE_UNREACHABLE', got: expect.stringMatching(/deadline/i) },
    });
    expect(performance.now() - began).toBeLessThan(4_000);
    server.set({});
    await hasty.close();
  });

  it('is made once for each try: nothing below us tries again', async () => {
    server.set({ createFails: 1 });
    await expect(warehouse.openPartition(KEY, null)).rejects.toEqual(unreachable);
    expect(server.counts.creates).toBe(1);
  });

  it('is finalized once for each try, and once more by who comes next', async () => {
    const writer = await warehouse.openPartition(KEY, null);
    await writer.append(rows(0, 3));
    server.set({ finalizeLost: 1 });
    await expect(warehouse.openPartition(KEY, writer.saved)).rejects.toEqual(unreachable);
    expect(server.counts.finalizes).toBe(1);
    server.set({});
    expect((await warehouse.openPartition(KEY, writer.saved)).skip).toBe(3);
  });
});

describe('rows that the service refuses', () => {
  it('cost the rows before them nothing, wherever they stand', async () => {
    server.set({ refuseEvery: 7, delayMs: [5, 5] });
    const writer = await warehouse.openPartition(KEY, null);
    const [first, second, third] = await Promise.allSettled([
      writer.append(rows(1, 3)),
      writer.append(rows(4, 20)),
      writer.append(rows(24, 5)),
    ]);
    expect(first).toMatchObject({ value: { stored: 3 } });
    expect(second).toMatchObject({
      value: { stored: 3, refused: { index: 3, message: 'injected: refused' } },
    });
    expect(third).toMatchObject({ reason: { code: 'STG_WAREHOUSE_FENCED' } });
    expect(eventIds(server)).toEqual(ids(6, 1));
    // Nothing can land on the stream any more when the refusal is told.
    expect(server.counts.finalizes).toBe(1);
  });

  it('are found behind requests of the same append that were stored', async () => {
    server.set({ refuseEvery: 4_500 });
    const writer = await warehouse.openPartition(KEY, null);
    const receipt = await writer.append(rows(1, 6_000));
    expect(receipt).toMatchObject({ stored: 4_499, refused: { index: 4_499 } });
    expect((await warehouse.openPartition(KEY, receipt.saved)).skip).toBe(0);
  });

  it('are no news where the answer about the rows before them is lost', async () => {
    server.set({ refuseEvery: 7, lost: 1 });
    const writer = await warehouse.openPartition(KEY, null);
    await expect(writer.append(rows(1, 20))).rejects.toEqual(unreachable);
    server.set({ refuseEvery: 7 });
    expect((await warehouse.openPartition(KEY, writer.saved)).skip).toBe(6);
  });
});

describe('rejected rows', () => {
  it('get through what passes', async () => {
    server.set({ unavailable: 0.4, quota: 0.2 });
    for (let at = 0; at < 5; at++)
      await warehouse.reject([rejected(at)]).catch(() => warehouse.reject([rejected(at)]));
    const places = new Set(server.rows(`${DATASET}/events_rejected`).map((one) => one.kafka_offset));
    expect(places.size).toBe(5);
  });

  it('are never taken for stored by the answer of others', async () => {
    const hasty = await openOn(server, { answerMs: 150, ...NO_POSITIONS });
    server.set({ swallow: 0.2, quota: 0.3, delayMs: [1, 5] });
    // As many partitions reject at the same time.
    const told: number[] = [];
    const partition = async (first: number) => {
      for (let at = first; at < first + 5; at++)
        await hasty.reject([rejected(at)]).then(
          () => told.push(at),
          () => {},
        );
    };
    await Promise.all(Array.from({ length: 20 }, (_, index) => partition(5 * index)));
    const places = new Set(server.rows(`${DATASET}/events_rejected`).map((one) => Number(one.kafka_offset)));
    expect(told.filter((at) => !places.has(at))).toEqual([]);
    expect(told.length).toBeGreaterThan(50);
    await hasty.close();
  });

  it('are stored whatever time their record claims', async () => {
    const claims = ['1970-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'];
    await warehouse.reject(claims.map((received_at, at) => ({ ...rejected(at), received_at })));
    const years = server
      .rows(`${DATASET}/events_rejected`)
      .map((one) => new Date(Number(one.received_at) / 1_000).getUTCFullYear());
    expect(years.filter((year) => Math.abs(year - new Date().getUTCFullYear()) <= 1)).toHaveLength(3);
  });
});

describe('columns that the table does not have yet', () => {
  it('are waited for, and not for ever', async () => {
    const table = server.store.tableOf(`${DATASET}/realtime`);
    server.store.tables.set(`${DATASET}/realtime`, { ...table, fields: FIELDS.slice(0, -2) });
    const patient = await openOn(server, { schemaMs: 200 });
    await expect(patient.openPartition(KEY, null)).rejects.toMatchObject({
      code: 'STG_WAREHOUSE_UNREACHABLE',
      got: 'none named kafka_timestamp, kafka_key',
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
    await expect(patient.openPartition(KEY, null)).rejects.toMatchObject({ code: 'STG_WAREHOUSE_SCHEMA' });
    server.store.tables.set(`${DATASET}/realtime`, { ...table, fields: FIELDS });
    await expect(patient.openPartition(KEY, null)).resolves.toMatchObject({ skip: 0 });
    await patient.close();
  });
});

describe('at least once', () => {
  it('needs no stream, and goes on exactly where exactly-once left off', async () => {
    const exactly = await warehouse.openPartition(KEY, null);
    await exactly.append(rows(0, 4));
    const loose = await openOn(server, { delivery: 'at-least-once' });
    const writer = await loose.openPartition(KEY, exactly.saved);
    expect(writer.skip).toBe(4);
    const { saved } = await writer.append(rows(4, 4));
    expect(server.counts.creates).toBe(1);
    expect((await warehouse.openPartition(KEY, saved)).skip).toBe(0);
    expect((await loose.openPartition(KEY, writer.savedAfter(3))).skip).toBe(1);
    expect(eventIds(server)).toEqual(ids(8));
    await loose.close();
  });

  it('passes over a refused row', async () => {
    server.set({ refuseEvery: 7 });
    const loose = await openOn(server, { delivery: 'at-least-once' });
    const writer = await loose.openPartition(KEY, null);
    expect(await writer.append(rows(1, 10))).toMatchObject({ stored: 6, refused: { index: 6 } });
    expect(eventIds(server)).toEqual(ids(6, 1));
    await loose.close();
  });
});

describe('at least once, an answer that is missing', () => {
  it('is not taken from a request behind it', async () => {
    const loose = await openOn(server, { delivery: 'at-least-once', answerMs: 300, ...NO_POSITIONS });
    const writer = await loose.openPartition(KEY, null);
    // The refusal of row 4,500, in the third request, would be the first answer to come.
    server.set({ swallow: 1, refuseEvery: 4_500 });
    await expect(writer.append(rows(1, 8_000))).rejects.toEqual(unreachable);
    expect(server.counts.appends).toBe(1);
    await loose.close();
  });

  it('is not taken when it comes late, for a request that was refused', async () => {
    const loose = await openOn(server, { delivery: 'at-least-once', answerMs: 150, ...NO_POSITIONS });
    const first = await loose.openPartition(KEY, null);
    server.set({ delayMs: [1_000, 1_000] });
    const sent = performance.now();
    await expect(first.append(rows(0, 3))).rejects.toEqual(unreachable);
    await until('the rows', () => eventIds(server).length === 3);
    // Until well behind the time of the late answer.
    server.set({ quota: 1, delayMs: [5, 5] });
    while (performance.now() < sent + 1_500) {
      await expect(first.append(rows(3, 3))).rejects.toEqual(unreachable);
      const again = await loose.openPartition(KEY, first.saved);
      await expect(again.append(rows(3, 3))).rejects.toEqual(unreachable);
    }
    expect(eventIds(server)).toEqual(ids(3));
    await loose.close();
  });
});

describe('connections', () => {
  it('are as many as the calls of some hundred partitions need', async () => {
    const strict = await startWriteServer({ callsPerConnection: 100 });
    const many = await openOn(strict, { answerMs: 10_000, ...NO_POSITIONS });
    const keys = Array.from({ length: 150 }, (_, partition) => ({ ...KEY, partition }));
    const writers = await Promise.all(keys.map((key) => many.openPartition(key, null)));
    for (let round = 0; round < 2; round++) {
      const appended = writers.map((writer, partition) =>
        writer.append(rows(round, 1, { ...KEY, partition })),
      );
      expect(await Promise.all(appended)).toHaveLength(150);
    }
    expect(strict.counts).toMatchObject({ calls: 150, rows: 300 });
    await many.close();
    await strict.close();
  });
});

describe('an endpoint', () => {
  it.each([
    ['http://127.0.0.1:9060', { host: '127.0.0.1', port: 9060, insecure: true }],
    ['https://bigquerystorage.example', { host: 'bigquerystorage.example', port: 443, insecure: false }],
  ])('is %s', (url, endpoint) => expect(storageEndpoint(url)).toEqual(endpoint));

  it.each(['127.0.0.1:9060', 'grpc://127.0.0.1', 'http://host/path'])('is not %s', (url) =>
    expect(() => storageEndpoint(url)).toThrow(expect.objectContaining({ code: 'STG_OPTION_INVALID' })),
  );
});
