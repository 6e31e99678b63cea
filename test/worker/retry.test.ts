import { describe, expect, it } from 'vitest';
import { delay, pause } from '../../src/worker/retry.js';

const backoff = { firstMs: 100, mostMs: 1_000 };

describe('the pause before a next try', () => {
  it.each([
    [0, 100],
    [1, 200],
    [3, 800],
    [4, 1_000],
    [60, 1_000],
  ])(
    'after failure %d is between half of %d ms and all of it, and not always the same',
    (failures, whole) => {
      const drawn = Array.from({ length: 200 }, () => delay(backoff, failures));
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(whole / 2);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(whole);
      expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(whole / 4);
    },
  );

  it('ends with the work', async () => {
    const stop = new AbortController();
    const paused = pause({ firstMs: 3_600_000, mostMs: 3_600_000 }, 0, stop.signal);
    stop.abort();
    await paused;
    await pause({ firstMs: 3_600_000, mostMs: 3_600_000 }, 0, stop.signal);
  });
});
