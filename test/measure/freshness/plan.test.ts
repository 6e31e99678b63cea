import { describe, expect, it } from 'vitest';
import { endsOf, intervalOf, percentileBounds } from '../../../src/measure/freshness/bounds.js';
import { poissonGap, probeId, runName } from '../../../src/measure/freshness/plan.js';
import { random } from '../../../src/measure/shoppers.js';
import { simulate } from './simulation.js';

describe('the moments of sending', () => {
  it('have exponential gaps: Kolmogorov and Smirnov find no difference', () => {
    const next = random(17);
    const n = 20_000;
    const gaps = Array.from({ length: n }, () => poissonGap(4, next)).sort((a, b) => a - b);
    const distance = gaps.reduce((most, gap, index) => {
      const expected = 1 - Math.exp(-gap / 250);
      return Math.max(most, Math.abs(expected - index / n), Math.abs(expected - (index + 1) / n));
    }, 0);
    // Critical value of 0.1 %.
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n));
  });

  it('meet a pipeline at every phase, even at the rate of its batches', async () => {
    const [every, runs] = [5_000, 60];
    let covered = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const { run } = await simulate({
        seed: seed * 31,
        plan: { probes: 100, ratePerSecond: 1000 / every, pollMs: 1_000, timeoutMs: 60_000 },
        pipeline: { visibleAt: (at) => Math.ceil(at / every) * every },
      });
      const bounds = percentileBounds(endsOf(run.ledger.probes.map(intervalOf)), 0.9, 60_000);
      // Delays are uniform between 0 and the interval, give or take the network's 5 ms.
      if (bounds.population!.lower! <= 4_505 && 4_495 <= bounds.population!.upper!) covered++;
    }
    expect(covered / runs).toBeGreaterThanOrEqual(0.95);
  });
});

describe('names', () => {
  it('of probes sort as they were sent, those of runs by time, and no two runs share one', () => {
    expect(probeId('r', 9) < probeId('r', 10)).toBe(true);
    expect(probeId('r', 999_999) < probeId('r', 1_000_000)).toBe(true);
    const next = random(3);
    const at = Date.UTC(2026, 10, 23);
    const names = Array.from({ length: 1_000 }, () => runName(at, next));
    expect(new Set(names).size).toBe(1_000);
    expect(runName(at, next) < runName(at + 1_000, next)).toBe(true);
    expect(names.every((name) => /^[a-z0-9]{12}$/.test(name))).toBe(true);
  });
});
