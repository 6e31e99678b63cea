import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binomialBelow,
  fewestProbes,
  populationRanks,
  rankOf,
  refutes,
} from '../../../src/measure/freshness/order.js';

/** n over k · pᵏ · (1 − p)ⁿ⁻ᵏ summed in whole numbers: p = a / b, so that nothing is rounded before the end. */
function exactBelow(n: number, k: number, a: bigint, b: bigint): number {
  let sum = 0n;
  let choose = 1n;
  for (let i = 0n; i <= BigInt(k); i++) {
    sum += choose * a ** i * (b - a) ** (BigInt(n) - i);
    choose = (choose * (BigInt(n) - i)) / (i + 1n);
  }
  const scale = 10n ** 15n;
  return Number((sum * scale) / b ** BigInt(n)) / 1e15;
}

describe('the binomial distribution', () => {
  it('equals sums in whole numbers', () => {
    const arbitrary = fc.record({
      n: fc.integer({ min: 1, max: 400 }),
      a: fc.integer({ min: 1, max: 999 }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(arbitrary, ({ n, a, at }) => {
        const k = Math.floor(at * n);
        expect(binomialBelow(n, a / 1000)[k]).toBeCloseTo(exactBelow(n, k, BigInt(a), 1000n), 10);
      }),
      { numRuns: 60 },
    );
  });
});

describe('how many probes a bound needs', () => {
  it.each([
    [0.5, 6],
    [0.9, 36],
    [0.95, 72],
    [0.99, 368],
    [0.999, 3_688],
    [0.01, 368],
    [1, Number.POSITIVE_INFINITY],
  ])('is for %s: %s', (p, n) => {
    expect(fewestProbes(p)).toBe(n);
  });

  it('is where the interval begins to exist', () => {
    for (const p of [0.5, 0.9, 0.99, 0.999]) {
      const n = fewestProbes(p);
      expect(populationRanks(p, n - 1)).toBeNull();
      expect(populationRanks(p, n)).toMatchObject({ upper: n });
    }
  });
});

describe('the interval of a percentile', () => {
  it('covers at least 95 %, and one rank less at either end would not, by sums in whole numbers', () => {
    for (const [n, a] of [
      [400, 990],
      [400, 500],
      [100, 900],
      [36, 900],
      [50, 250],
    ] as const) {
      const { lower, upper } = populationRanks(a / 1000, n)!;
      const below = (k: number) => (k < 0 ? 0 : exactBelow(n, k, BigInt(a), 1000n));
      expect(below(upper - 1) - below(lower - 1)).toBeGreaterThanOrEqual(0.95);
      // Tightest: each tail would be above 2.5 % one rank further in.
      expect(below(lower)).toBeGreaterThan(0.025);
      expect(1 - below(upper - 2)).toBeGreaterThan(0.025);
    }
  });

  it('is what tables say: the median of 10 lies between the 2nd and the 9th', () => {
    expect(populationRanks(0.5, 10)).toEqual({ lower: 2, upper: 9 });
  });
});

describe('ranks', () => {
  it('are the smallest that hold the share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 5_000 }), (thousandths, n) => {
        const rank = rankOf(thousandths / 1000, n);
        expect(rank * 1000).toBeGreaterThanOrEqual(thousandths * n);
        expect((rank - 1) * 1000).toBeLessThan(thousandths * n);
      }),
    );
  });

  it('are nearest ranks, untouched by binary fractions', () => {
    expect([rankOf(0.5, 1), rankOf(0.5, 2), rankOf(0.99, 400), rankOf(0.07, 100), rankOf(1, 7)]).toEqual([
      1, 1, 396, 7, 7,
    ]);
  });
});

describe('a share refuted by few probes', () => {
  it('needs more outside than chance explains', () => {
    expect(refutes(0, 20, 0.99)).toBe(false);
    // P(at least 1 of 20) is 18 %, P(at least 2) 1.7 %.
    expect(refutes(1, 20, 0.99)).toBe(false);
    expect(refutes(2, 20, 0.99)).toBe(true);
    expect(refutes(1, 1_000, 1)).toBe(true);
  });
});
