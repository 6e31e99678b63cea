/** Pacers against the integral of the rate that they are asked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Curve,
  constantCurve,
  parseStages,
  sineCurve,
  stagesCurve,
} from '../../../src/measure/load/curve.js';
import { evenly, type Pacer, poisson, shareOf } from '../../../src/measure/load/pacer.js';
import { Ring } from '../../../src/measure/load/ring.js';

function all(pacer: Pacer): number[] {
  const starts: number[] = [];
  for (let next = pacer.next(); next !== null; next = pacer.next()) starts.push(next);
  return starts;
}

/** How many requests are due before `ms`, by adding the rate up in small steps. */
function integral(rateAt: (seconds: number) => number, ms: number): number {
  const steps = 20_000;
  const dt = ms / 1000 / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += rateAt((i + 0.5) * dt) * dt;
  return sum;
}

const stage = fc.record({
  durationMs: fc.integer({ min: 100, max: 4000 }),
  to: fc.integer({ min: 0, max: 800 }),
});

/** The rate of stages at a moment, straight from their definition. */
function rateOf(stages: readonly { durationMs: number; to: number }[]) {
  return (seconds: number) => {
    let [left, from] = [seconds * 1000, 0];
    for (const { durationMs, to } of stages) {
      if (left < durationMs) return from + ((to - from) * left) / durationMs;
      left -= durationMs;
      from = to;
    }
    return from;
  };
}

describe('pacing', () => {
  it('spaces a constant rate evenly, and stops before the end', () => {
    const starts = all(evenly(constantCurve(5000, 2000)));
    expect(starts).toHaveLength(10_000);
    expect(starts[0]).toBe(0);
    expect(starts.at(-1)).toBeCloseTo(1999.8, 6);
    for (let i = 1; i < starts.length; i++) expect(starts[i]! - starts[i - 1]!).toBeCloseTo(0.2, 6);
    expect(all(evenly(constantCurve(0.4, 5000)))).toEqual([0, 2500]);
  });

  it('follows stages: as many are due at any moment as the rate adds up to', () => {
    fc.assert(
      fc.property(
        fc.array(stage, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (stages, share) => {
          const curve = stagesCurve(stages);
          const until = curve.durationMs * share;
          const due = all(evenly(stagesCurve(stages))).filter((ms) => ms < until).length;
          expect(Math.abs(due - integral(rateOf(stages), until))).toBeLessThanOrEqual(1.5);
          expect(curve.total).toBeCloseTo(integral(rateOf(stages), curve.durationMs), 0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads stages: 0:500 begins at 500', () => {
    const curve = stagesCurve(parseStages('0:500,100s:9000,20s:9000'));
    expect(curve).toMatchObject({ durationMs: 120_000, total: 655_000, peak: 9000 });
    expect(curve.text).toBe('500 to 9,000/s in 100 s, 9,000/s for 20 s');
    const starts = all(evenly(stagesCurve(parseStages('0:500,1s:900'))));
    expect(starts[1]! - starts[0]!).toBeCloseTo(2, 1);
    for (const wrong of ['', '10:5', '1s', '1s:x', '1s:5,'])
      expect(() => parseStages(wrong)).toThrow('stage');
  });

  it('follows a sine', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 1000 }),
        fc.integer({ min: 200, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (mean, period, swing) => {
          const rateAt = (t: number) => mean * (1 + swing * Math.sin((2 * Math.PI * t * 1000) / period));
          const starts = all(evenly(sineCurve(mean, 3000, period, swing)));
          for (const until of [700, 1900, 3000]) {
            const due = starts.filter((ms) => ms < until).length;
            expect(Math.abs(due - integral(rateAt, until))).toBeLessThanOrEqual(1.5);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('never goes back in time', () => {
    const curves: readonly (() => Curve)[] = [
      () => constantCurve(700, 1000),
      () => stagesCurve(parseStages('1s:100,0:900,1s:0,1s:5')),
      () => sineCurve(300, 2000, 500, 1),
    ];
    for (const curve of curves)
      for (const pacer of [evenly(curve()), poisson(curve(), 7)]) {
        const starts = all(pacer);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
        expect(starts.every((ms) => ms >= 0 && ms <= curve().durationMs)).toBe(true);
      }
  });

  it('makes random arrivals with the mean and the variance of a Poisson process', () => {
    const starts = all(poisson(constantCurve(1000, 60_000), 3));
    expect(Math.abs(starts.length - 60_000)).toBeLessThan(4 * Math.sqrt(60_000));
    const perTenth = Array.from({ length: 600 }, () => 0);
    for (const ms of starts) perTenth[Math.floor(ms / 100)]!++;
    const mean = starts.length / 600;
    const variance = perTenth.reduce((sum, n) => sum + (n - mean) ** 2, 0) / 599;
    // The ratio is 1 for Poisson and 0 for even spacing; its standard error with 600 intervals is √(2/599) = 0.06.
    expect(Math.abs(variance / mean - 1)).toBeLessThan(4 * Math.sqrt(2 / 599));
    expect(all(poisson(constantCurve(1000, 60_000), 3))).toEqual(starts);
  });

  it('is shared by processes without a start lost or doubled', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 300 }), (workers, rate) => {
        const make = () => poisson(constantCurve(rate, 1000), 5);
        const parts = Array.from({ length: workers }, (_, i) => all(shareOf(make(), i, workers)));
        expect(parts.flat().sort((a, b) => a - b)).toEqual(all(make()));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the ring', () => {
  it('is a queue that refuses what it has no room for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.option(fc.integer()), { maxLength: 100 }),
        (capacity, steps) => {
          const ring = new Ring(capacity);
          const model: number[] = [];
          for (const value of steps) {
            if (value === null) {
              if (model.length > 0) expect(ring.shift()).toBe(model.shift());
            } else {
              expect(ring.push(value)).toBe(model.length < capacity);
              if (model.length < capacity) model.push(value);
            }
            expect(ring.length).toBe(model.length);
          }
        },
      ),
    );
  });
});
