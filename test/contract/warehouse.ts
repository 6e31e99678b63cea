import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PartitionKey, Warehouse } from '../../src/warehouse/port.js';
import { badRow, KEY, rejected, row, rows } from '../warehouse/rows.js';

/** One adapter under test. `open` makes a new, empty warehouse each time, with its schema applied. */
export interface WarehouseSubject {
  readonly warehouse: Warehouse;
  /** event_id of every row, in the order of partition and offset. */
  eventIds(): Promise<string[]>;
  rejectedReasons(): Promise<string[]>;
  close(): Promise<void>;
}

const OTHER: PartitionKey = { ...KEY, partition: 1 };
const ids = (first: number, count: number, partition = 0): string[] =>
  Array.from({ length: count }, (_, index) => `e${partition}-${first + index}`);
const fenced = expect.objectContaining({ code: 'STG_WAREHOUSE_FENCED' });

/** The warehouse port's protocol, for every adapter. */
export function warehouseContract(name: string, open: () => Promise<WarehouseSubject>): void {
  describe(`warehouse contract: ${name}`, () => {
    let subject: WarehouseSubject;
    let warehouse: Warehouse;
    beforeEach(async () => {
      subject = await open();
      warehouse = subject.warehouse;
    });
    afterEach(() => subject.close());

    it('stores what it acknowledges, readable at once', async () => {
      const writer = await warehouse.openPartition(KEY, null);
      expect(writer).toMatchObject({ skip: 0, restart: false });
      expect(await writer.append(rows(0, 3))).toMatchObject({ stored: 3 });
      expect(await subject.eventIds()).toEqual(ids(0, 3));
    });

    it('says how many rows to skip for every older position', async () => {
      const first = await warehouse.openPartition(KEY, null);
      const saved = [first.saved];
      for (let at = 0; at < 20; at += 4) saved.push((await first.append(rows(at, 4))).saved);
      for (const [index, text] of saved.entries()) {
        expect((await warehouse.openPartition(KEY, text)).skip).toBe(20 - index * 4);
      }
    });

    it('loses and doubles nothing when a worker comes back with any older position', async () => {
      let committed = { position: 0, saved: (await warehouse.openPartition(KEY, null)).saved };
      for (let crash = 0; crash < 6; crash += 1) {
        const writer = await warehouse.openPartition(KEY, committed.saved);
        const start = committed.position + writer.skip;
        committed = { ...committed, saved: writer.saved };
        const receipts = [
          await writer.append(rows(start, 3)),
          await writer.append(rows(start + 3, 2 + crash)),
        ];
        // Only the first of the two is committed, and only in every other life.
        if (crash % 2 === 0) committed = { position: start + 3, saved: receipts[0]?.saved ?? '' };
      }
      const stored = await subject.eventIds();
      expect(stored).toEqual(ids(0, stored.length));
      expect(stored.length).toBe(6 * 3 + 2 + 3 + 4 + 5 + 6 + 7);
    });

    it('gives the text of each position among the rows to skip', async () => {
      const first = await warehouse.openPartition(KEY, null);
      await first.append(rows(0, 5));
      const writer = await warehouse.openPartition(KEY, first.saved);
      expect(writer.skip).toBe(5);
      for (let skipped = 0; skipped <= 5; skipped++) {
        expect((await warehouse.openPartition(KEY, writer.savedAfter(skipped))).skip).toBe(5 - skipped);
      }
    });

    it('keeps the skip right when the same position is opened again and again', async () => {
      const writer = await warehouse.openPartition(KEY, null);
      await writer.append(rows(0, 7));
      let { saved } = writer;
      for (let again = 0; again < 3; again += 1) {
        const next = await warehouse.openPartition(KEY, saved);
        expect(next.skip).toBe(7);
        saved = next.saved;
      }
    });

    it('takes several appends under way, in order', async () => {
      const writer = await warehouse.openPartition(KEY, null);
      const receipts = await Promise.all([0, 1, 2, 3, 4].map((n) => writer.append(rows(n * 10, 10))));
      expect(await subject.eventIds()).toEqual(ids(0, 50));
      for (const [index, { saved }] of receipts.entries()) {
        expect((await warehouse.openPartition(KEY, saved)).skip).toBe(40 - index * 10);
      }
    });

    it('keeps partitions apart', async () => {
      const [a, b] = [await warehouse.openPartition(KEY, null), await warehouse.openPartition(OTHER, null)];
      await Promise.all([a.append(rows(0, 5)), b.append(rows(0, 2, OTHER)), a.append(rows(5, 5))]);
      expect(await subject.eventIds()).toEqual([...ids(0, 10), ...ids(0, 2, 1)]);
      expect((await warehouse.openPartition(OTHER, b.saved)).skip).toBe(2);
      await expect(a.append(rows(10, 1))).resolves.toMatchObject({ stored: 1 });
    });

    it('fences the writer before: its appends fail and store nothing', async () => {
      const old = await warehouse.openPartition(KEY, null);
      await old.append(rows(0, 2));
      const fresh = await warehouse.openPartition(KEY, old.saved);
      await expect(old.append(rows(2, 2))).rejects.toEqual(fenced);
      expect(await subject.eventIds()).toEqual(ids(0, 2));
      await fresh.append(rows(2, 1));
      expect(await subject.eventIds()).toEqual(ids(0, 3));
    });

    it('fences appends that were still waiting, or counts them in skip: never neither', async () => {
      const old = await warehouse.openPartition(KEY, null);
      const waiting = Array.from({ length: 20 }, (_, n) => old.append(rows(n * 5, 5)));
      const settled = Promise.allSettled(waiting);
      const fresh = await warehouse.openPartition(KEY, old.saved);
      const stored = (await settled).filter(({ status }) => status === 'fulfilled').length * 5;
      expect(fresh.skip).toBe(stored);
      expect(await subject.eventIds()).toEqual(ids(0, stored));
    });

    it('lets only the last of two openings write', async () => {
      const [one, two] = await Promise.all([
        warehouse.openPartition(KEY, null),
        warehouse.openPartition(KEY, null),
      ]);
      await expect(one.append(rows(0, 1))).rejects.toEqual(fenced);
      await expect(two.append(rows(0, 1))).resolves.toMatchObject({ stored: 1 });
    });

    it.each([0, 1, 4, 9])('stores the rows before a refused one at %i, and none behind it', async (at) => {
      const writer = await warehouse.openPartition(KEY, null);
      const batch = rows(0, 10);
      batch[at] = badRow(at);
      const receipt = await writer.append(batch);
      expect(receipt).toMatchObject({ stored: at, refused: { index: at } });
      await expect(writer.append(rows(10, 1))).rejects.toEqual(fenced);
      expect(await subject.eventIds()).toEqual(ids(0, at));
      // The worker's way on: reject it, open again, commit (bad + 1, saved), go on behind it.
      await warehouse.reject([rejected(at, 'warehouse_refused')]);
      const next = await warehouse.openPartition(KEY, receipt.saved);
      expect(next.skip).toBe(0);
      await next.append(rows(at + 1, 3));
      expect(await subject.eventIds()).toEqual([...ids(0, at), ...ids(at + 1, 3)]);
    });

    it('fails appends waiting behind a refused row, and no other partition', async () => {
      const [a, b] = [await warehouse.openPartition(KEY, null), await warehouse.openPartition(OTHER, null)];
      const results = await Promise.allSettled([
        a.append(rows(0, 2)),
        b.append(rows(0, 2, OTHER)),
        a.append([row(2), badRow(3)]),
        a.append(rows(4, 2)),
        b.append(rows(2, 2, OTHER)),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await subject.eventIds()).toEqual([...ids(0, 3), ...ids(0, 4, 1)]);
    });

    it('asks for a restart where the position belongs to another database', async () => {
      const elsewhere = await open();
      try {
        const writer = await elsewhere.warehouse.openPartition(KEY, null);
        const { saved } = await writer.append(rows(0, 5));
        const here = await warehouse.openPartition(KEY, saved);
        expect(here).toMatchObject({ restart: true, skip: 0 });
        await here.append(rows(0, 1));
        expect((await warehouse.openPartition(KEY, here.saved)).restart).toBe(false);
      } finally {
        await elsewhere.close();
      }
    });

    it('stops where the log claims more than is stored', async () => {
      const writer = await warehouse.openPartition(KEY, null);
      const { saved } = await writer.append(rows(0, 5));
      const lie = saved.replace(/:5\b/, ':6');
      expect(lie).not.toBe(saved);
      await expect(warehouse.openPartition(KEY, lie)).rejects.toMatchObject({
        code: 'STG_WAREHOUSE_MISMATCH',
      });
    });

    it('keeps one rejected record a place', async () => {
      await warehouse.reject([rejected(3, 'first'), rejected(4, 'other'), rejected(3, 'again')]);
      await warehouse.reject([rejected(3, 'later'), rejected(3, 'other partition', OTHER)]);
      expect(await subject.rejectedReasons()).toEqual(['first', 'other', 'other partition']);
    });

    it('knows the last position, with rejected records that follow without a gap', async () => {
      expect(await warehouse.lastPosition(KEY)).toBe(null);
      const writer = await warehouse.openPartition(KEY, null);
      await writer.append(rows(0, 3));
      expect(await warehouse.lastPosition(KEY)).toBe(2);
      await warehouse.reject([rejected(3), rejected(4), rejected(7)]);
      expect(await warehouse.lastPosition(KEY)).toBe(4);
      await writer.append([row(5)]);
      expect(await warehouse.lastPosition(KEY)).toBe(5);
      expect(await warehouse.lastPosition(OTHER)).toBe(null);
    });

    it("does not take the rows of another log of that name for this log's", async () => {
      await (await warehouse.openPartition(KEY, null)).append(rows(0, 5));
      const recreated: PartitionKey = { ...KEY, log: 'log-2' };
      expect((await warehouse.openPartition(recreated, null)).skip).toBe(0);
      expect(await warehouse.lastPosition(recreated)).toBe(null);
      expect(await warehouse.lastPosition(KEY)).toBe(4);
    });

    it('clears rows and keeps positions', async () => {
      const writer = await warehouse.openPartition(KEY, null);
      const { saved } = await writer.append(rows(0, 4));
      await warehouse.reject([rejected(4)]);
      await warehouse.clear();
      expect(await subject.eventIds()).toEqual([]);
      expect(await subject.rejectedReasons()).toEqual([]);
      expect(await warehouse.lastPosition(KEY)).toBe(3);
      const next = await warehouse.openPartition(KEY, saved);
      expect(next).toMatchObject({ skip: 0, restart: false });
      await next.append(rows(4, 1));
      expect(await subject.eventIds()).toEqual(ids(4, 1));
    });

    it('takes an empty append', async () => {
      const writer = await warehouse.openPartition(KEY, null);
      expect(await writer.append([])).toMatchObject({ stored: 0, saved: writer.saved });
    });

    it('has nothing left to plan once the schema is applied', async () => {
      expect(await warehouse.planSchema()).toEqual([]);
    });
  });
}
