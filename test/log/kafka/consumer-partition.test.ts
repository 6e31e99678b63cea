import { createRecordsBatch } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { FetchedLog } from '../../../src/log/kafka/consumer-partition.js';
import type { Position } from '../../../src/log/port.js';

/** A batch of records `base`, `base + 1`, … */
function batch(base: number, count: number, size = 10): Buffer {
  const messages = Array.from({ length: count }, (_, i) => ({
    ...{ topic: 't', partition: 0, timestamp: 1n },
    value: Buffer.from(String(base + i).padEnd(size)),
  }));
  const bytes = Buffer.from(createRecordsBatch(messages as never).buffer);
  bytes.writeBigInt64BE(BigInt(base));
  return bytes;
}

const answer = (bytes: Buffer | null, end = 100) => ({ partition: 0, code: 0, end, start: 0, bytes });
function opened(room = 1_000_000) {
  let woken = 0;
  const log = new FetchedLog(0, { start: 0, end: 100 }, room, () => woken++);
  return { log, reader: log.reader(0 as Position), woken: () => woken };
}
const positions = async (read: Promise<readonly { position: number }[]>) =>
  (await read).map(({ position }) => position);

describe('what was fetched of a partition', () => {
  it('is given out in order and in the sizes asked for, across batches', async () => {
    const { log, reader } = opened();
    log.take(answer(Buffer.concat([batch(0, 3), batch(3, 3)])), 0);
    expect(log.wanted).toBe(6);
    expect(await positions(reader.read(2, 1_000))).toEqual([0, 1]);
    expect(await positions(reader.read(3, 1_000))).toEqual([2, 3, 4]);
    expect(await positions(reader.read(9, 5))).toEqual([5]);
    expect([await positions(reader.read(9, 5)), reader.at]).toEqual([[], 6]);
  });

  it('ends behind what was taken, also where the broker looked at the end before that came', () => {
    const { log } = opened();
    log.take(answer(batch(0, 102), 100), 0);
    expect(log.end()).toBe(102);
  });

  it('is not mixed with the answer to an older question', async () => {
    const { log, reader } = opened();
    log.jump(50, 100);
    log.take(answer(batch(0, 3)), 0);
    expect([log.wanted, await positions(reader.read(9, 1_000))]).toEqual([50, []]);
    log.take(answer(batch(49, 3)), 50);
    log.take(answer(batch(50, 2)), 50);
    expect([log.wanted, (await positions(reader.read(9, 1_000))).slice(-2)]).toEqual([52, [50, 51]]);
  });

  it('is bounded: no more is wanted until there is room, and then at once', async () => {
    const { log, reader, woken } = opened(100);
    log.take(answer(batch(0, 5)), 0);
    const before = woken();
    expect(log.wanted).toBeNull();
    await reader.read(1, 1_000);
    expect([log.wanted, woken() - before]).toEqual([5, 1]);
    await reader.close();
    expect(log.wanted).toBeNull();
  });

  it('is fetched again once where it was hurt, and then given up', async () => {
    const { log, reader } = opened();
    const hurt = batch(0, 2);
    hurt[70]! ^= 1;
    log.take(answer(hurt), 0);
    expect([await positions(reader.read(9, 1_000)), log.wanted]).toEqual([[], 0]);
    // What was asked for behind it would leave a gap.
    log.take(answer(batch(2, 2)), 2);
    expect([await positions(reader.read(9, 1_000)), log.wanted]).toEqual([[], 0]);
    log.take(answer(hurt), 0);
    await expect(reader.read(9, 1_000)).rejects.toMatchObject({ code: 'STG_LOG_CORRUPT' });
  });

  it('wakes who waits when there is something, and when waiting is over', async () => {
    const { log } = opened();
    const stop = new AbortController();
    const order: string[] = [];
    const first = log.grown(0 as Position, stop.signal).then(() => order.push('grown'));
    log.take(answer(null), 0);
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    log.take(answer(batch(0, 1)), 0);
    await first;
    log.seek(1);
    const second = log.grown(1 as Position, stop.signal);
    stop.abort();
    await second;
  });
});
