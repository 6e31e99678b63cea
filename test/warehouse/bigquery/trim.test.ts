import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { daily } from '../../../src/warehouse/bigquery/trim.js';

const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('is done an hour after the start, then once a day, whether it succeeds or not', async () => {
  let runs = 0;
  const end = daily(async () => {
    runs++;
    if (runs % 2 === 1) throw new Error('no');
  }, HOUR);
  const after = async (hours: number) => {
    await vi.advanceTimersByTimeAsync(hours * HOUR);
    return runs;
  };
  expect([await after(0.9), await after(0.1), await after(23.9), await after(0.1)]).toEqual([0, 1, 1, 2]);
  expect(await after(24 * 5)).toBe(7);
  end();
  expect(await after(24 * 5)).toBe(7);
});

it('is not begun where it is ended before', async () => {
  let runs = 0;
  daily(async () => void runs++, HOUR)();
  await vi.advanceTimersByTimeAsync(48 * HOUR);
  expect(runs).toBe(0);
});
