import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Interval, type Mass, turnbull } from '../../../src/measure/freshness/turnbull.js';

const total = (masses: readonly Mass[]): number => masses.reduce((sum, { share }) => sum + share, 0);
/** Mass that surely lies at or below a value. */
const at = (masses: readonly Mass[], value: number): number =>
  total(masses.filter(({ upper }) => upper <= value));

/** Bounds as looks give them: sorted grid values, sometimes exact, sometimes without an upper end. */
const interval: fc.Arbitrary<Interval> = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 9 }))
  .map(([lower, width, odd]) => ({ lower, upper: odd === 0 ? Number.POSITIVE_INFINITY : lower + width }));
const intervals = fc.array(interval, { minLength: 1, maxLength: 60 });

const inside = (mass: Mass, { lower, upper }: Interval): boolean =>
  mass.upper <= upper &&
  (lower === upper ? mass.lower === lower && mass.upper === lower : mass.upper > lower);

describe('Turnbull’s estimate', () => {
  it('is the empirical distribution where all values are exact', () => {
    const exact = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(exact, (values) => {
        const masses = turnbull(values.map((value) => ({ lower: value, upper: value })));
        for (const value of values)
          expect(at(masses, value)).toBeCloseTo(
            values.filter((one) => one <= value).length / values.length,
            6,
          );
      }),
    );
  });

  it('is the product-limit estimate of Kaplan and Meier where values are exact or beyond the last look', () => {
    // 3, 5+, 8, 10: S = 3/4, then 3/4 · 1/2 …
    const masses = turnbull([
      { lower: 3, upper: 3 },
      { lower: 5, upper: Number.POSITIVE_INFINITY },
      { lower: 8, upper: 8 },
      { lower: 10, upper: 10 },
    ]);
    expect(at(masses, 3)).toBeCloseTo(1 / 4, 3);
    expect(at(masses, 8)).toBeCloseTo(1 - (3 / 4) * (1 / 2), 3);
    expect(at(masses, 10)).toBeCloseTo(1, 3);
  });

  it('adds up to 1, ascends, and does not depend on the order', () => {
    fc.assert(
      fc.property(intervals, fc.integer(), (given, seed) => {
        const masses = turnbull(given);
        expect(total(masses)).toBeCloseTo(1, 6);
        for (const [index, mass] of masses.entries()) {
          expect(mass.share).toBeGreaterThanOrEqual(0);
          if (index > 0) expect(mass.lower).toBeGreaterThanOrEqual(masses[index - 1]!.upper);
        }
        const turned = [...given].sort(
          (a, b) => ((a.lower * 31 + a.upper + seed) % 7) - ((b.lower + seed) % 7),
        );
        const again = turnbull(turned);
        expect(again.map(({ lower, upper }) => [lower, upper])).toEqual(
          masses.map(({ lower, upper }) => [lower, upper]),
        );
        for (const [index, mass] of masses.entries()) expect(again[index]!.share).toBeCloseTo(mass.share, 6);
      }),
    );
  });

  it('has the greatest likelihood: no slope is above n (Gentleman and Geyer 1994)', () => {
    fc.assert(
      fc.property(intervals, (given) => {
        const masses = turnbull(given);
        const of = (one: Interval) => total(masses.filter((mass) => inside(mass, one)));
        for (const one of given) expect(of(one)).toBeGreaterThan(0);
        for (const mass of masses) {
          const slope = given.filter((one) => inside(mass, one)).reduce((sum, one) => sum + 1 / of(one), 0);
          expect(slope).toBeLessThanOrEqual(given.length * 1.001);
        }
      }),
    );
  });

  it('lies between the distributions of the two bounds', () => {
    fc.assert(
      fc.property(intervals, (given) => {
        const masses = turnbull(given);
        for (let value = 0; value <= 60; value += 5) {
          const surely = given.filter(({ upper }) => upper <= value).length / given.length;
          const most =
            given.filter(({ lower, upper }) => lower < value || upper <= value).length / given.length;
          // What may lie on either side of the value is counted on neither.
          const reaching = total(masses.filter(({ lower, upper }) => lower < value || upper <= value));
          expect(reaching).toBeGreaterThanOrEqual(surely - 1e-3);
          expect(at(masses, value)).toBeLessThanOrEqual(most + 1e-3);
        }
      }),
    );
  });

  it('finds the estimate of an example worked by hand', () => {
    // Innermost are (0, 1], (1, 2] and (2, 3] with masses a, b, c; the likelihood a(b + c)²(a + b)c is that of
    // a(1 − a)² and (1 − c)c, greatest at a = 1/3 and c = 1/2.
    const masses = turnbull([
      { lower: 0, upper: 1 },
      { lower: 1, upper: 3 },
      { lower: 1, upper: 3 },
      { lower: 0, upper: 2 },
      { lower: 2, upper: 3 },
    ]);
    expect(masses.map(({ lower, upper }) => [lower, upper])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    for (const [index, share] of [1 / 3, 1 / 6, 1 / 2].entries())
      expect(masses[index]!.share).toBeCloseTo(share, 3);
  });

  it('takes the most that a report holds', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => {
      const lower = (index * 7_919) % 60_000;
      return { lower, upper: lower + 500 };
    });
    expect(total(turnbull(many))).toBeCloseTo(1, 6);
  });
});
