import { describe, expect, it } from 'vitest';
import { Inbox } from '../../../src/log/kafka/kafkajs-inbox.js';
import type { ConsumedRecord, Position } from '../../../src/log/port.js';
import { record, textOf } from '../../helpers/log.js';

const records = (from: number, count: number, size = 1): ConsumedRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    ...record(`${from + i}`.padEnd(size)),
    position: (from + i) as Position,
  }));
const delivery = (at: number, count: number, size?: number) => {
  return { at, records: records(at, count, size), behind: at + count, end: 100 };
};

/** An inbox of 100 bytes that begins at 10, and what it asked of the fetch loop. */
function inbox() {
  const asked: string[] = [];
  const flow = {
    from: (offset: number) => void asked.push(`from ${offset}`),
    pause: () => void asked.push('pause'),
    resume: () => void asked.push('resume'),
  };
  const box = new Inbox(3, { start: 0, end: 20 }, 100, flow);
  const read = async (most = 1_000) => textOf(await box.read(most, 1_000_000));
  return { box, asked, read };
}

describe('the inbox of a partition', () => {
  it('asks for nothing before somebody reads, and takes nothing', () => {
    const { box, asked } = inbox();
    expect([box.take(delivery(0, 2)), asked]).toEqual([false, []]);
  });

  it('takes what it wants next, and nothing else: that is fetched again', async () => {
    const { box, asked, read } = inbox();
    box.reader(10 as Position);
    expect(asked).toEqual(['from 10', 'resume']);
    expect(box.take(delivery(0, 30))).toBe(false);
    expect(box.take(delivery(12, 3))).toBe(false);
    expect(asked.slice(2)).toEqual(['from 10', 'from 10']);
    expect(box.take(delivery(10, 3))).toBe(true);
    expect(box.take(delivery(13, 2))).toBe(true);
    expect(await read(4)).toEqual(['10', '11', '12', '13']);
    expect([box.at, await read(), box.at, box.end()]).toEqual([14, ['14'], 15, 100]);
  });

  it('ends behind what it took, also where the broker looked at the end before that came', () => {
    const { box } = inbox();
    box.reader(18 as Position);
    box.take({ ...delivery(18, 4), end: 20 });
    expect(box.end()).toBe(22);
  });

  it('pauses over its bound, and resumes below half of it', async () => {
    const { box, asked, read } = inbox();
    box.reader(10 as Position);
    box.take(delivery(10, 4, 30));
    expect(asked.at(-1)).toBe('pause');
    await read(2);
    expect(asked.at(-1)).toBe('pause');
    await read(1);
    expect(asked.at(-1)).toBe('resume');
    await box.close();
    expect(asked.at(-1)).toBe('pause');
  });

  it('passes over marks of transactions only where they are next', () => {
    const { box } = inbox();
    box.reader(10 as Position);
    box.skip(11, 12);
    expect(box.take(delivery(12, 1))).toBe(false);
    box.skip(10, 12);
    expect(box.take(delivery(12, 1))).toBe(true);
  });

  it('stands still where records are gone until it knows where to go on', () => {
    const { box, asked } = inbox();
    box.reader(10 as Position);
    expect([box.lose(), box.lose()]).toEqual([10, null]);
    expect(box.take(delivery(40, 1))).toBe(false);
    expect(asked.slice(2)).toEqual(['pause']);
    box.jump({ start: 40, end: 50 });
    expect(asked.slice(3)).toEqual(['from 40', 'resume']);
    expect(box.take(delivery(40, 1))).toBe(true);
  });
});
