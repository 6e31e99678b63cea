import fc from 'fast-check';
import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { LatencyFigures, LoadReport, LoadVerdict } from '../../../src/measure/load/report.js';
import { figuresOf } from '../../../src/measure/report/histogram.js';
import { mergeLoad } from '../../../src/measure/report/merge.js';
import { LOAD_RUNS, simulate, twoMachines } from '../../helpers/load-runs.js';

const small = simulate({ seconds: 3, rate: 50 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function figures(values: readonly number[]): LatencyFigures {
  const histogram = build({
    bitBucketSize: 64,
    highestTrackableValue: 3.6e9,
    numberOfSignificantValueDigits: 3,
  });
  for (const us of values) histogram.recordValue(us);
  return figuresOf(histogram);
}

function withLatencies(values: readonly number[], startedAt: number): LoadReport {
  const all = figures(values);
  const whole = { response: all, service: all, lag: all };
  return { ...small, startedAt, latency: { whole, judged: whole } };
}

const micros = fc.array(fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 3.6e9 })), {
  maxLength: 60,
});

describe('merging', () => {
  it('gives the histogram that one recorder of everything would have', () => {
    fc.assert(
      fc.property(fc.array(micros, { minLength: 2, maxLength: 5 }), (parts) => {
        const merged = mergeLoad(parts.map((part, i) => withLatencies(part, small.startedAt + i)));
        const { mean, max, ...whole } = figures(parts.flat());
        expect(merged.latency.whole.response).toMatchObject(whole);
        expect(merged.latency.judged!.lag).toMatchObject(whole);
        expect(merged.latency.whole.response.max).toBeCloseTo(max, 9);
        expect(merged.latency.whole.response.mean).toBeCloseTo(mean, 6);
      }),
      { numRuns: 25 },
    );
  });

  it('gives the same in steps as at once', () => {
    fc.assert(
      fc.property(micros, micros, micros, (a, b, c) => {
        const reports = [a, b, c].map((part, i) => withLatencies(part, small.startedAt + i));
        const inSteps = mergeLoad([mergeLoad(reports.slice(0, 2)), reports[2]!]);
        const atOnce = mergeLoad(reports);
        const { mean, ...rest } = inSteps.latency.whole.response;
        expect(atOnce.latency.whole.response).toMatchObject(rest);
        expect(mean).toBeCloseTo(atOnce.latency.whole.response.mean, 6);
        expect(inSteps.totals.planned).toBe(atOnce.totals.planned);
      }),
      { numRuns: 10 },
    );
  });

  it('does not depend on the order', () => {
    const reports = [...twoMachines(), LOAD_RUNS.mixedErrors(), LOAD_RUNS.clientLimited(), small];
    const expected = mergeLoad(reports);
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: reports.length }), (shuffled) => {
        expect(mergeLoad(shuffled)).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  it('of one report is the report, also when it is given twice', () => {
    for (const run of [LOAD_RUNS.clientLimited, LOAD_RUNS.allErrors, LOAD_RUNS.nothing]) {
      const report = run();
      expect(mergeLoad([report])).toEqual(report);
      expect(mergeLoad([report, structuredClone(report)])).toEqual(report);
    }
  });

  it('of nothing is refused', () => {
    expect(() => mergeLoad([])).toThrow(RangeError);
  });

  it('keeps every request of every interval, whatever the steps and starts', () => {
    const rates = fc.array(fc.nat(9000), { minLength: 1, maxLength: 40 });
    const part = fc.record({
      rates,
      step: fc.constantFrom(1000, 2000, 3000, 10_000),
      offset: fc.nat(60_000),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), (parts) => {
        const reports = parts.map(({ rates: offered, step, offset }) => ({
          ...small,
          startedAt: small.startedAt + offset,
          series: seriesLike(offered, step),
        }));
        const { series } = mergeLoad(reports);
        expect(series.stepMs).toBe(Math.max(...parts.map(({ step }) => step)));
        const requests = parts.map(({ rates: offered, step }) => (sum(offered) * step) / 1000);
        const distinct = new Set(reports.map((report) => JSON.stringify(report))).size;
        if (distinct === parts.length)
          expect((sum(series.offered) * series.stepMs) / 1000).toBeCloseTo(sum(requests), 3);
        for (const column of Object.values(series)) {
          if (typeof column !== 'number') expect(column).toHaveLength(series.offered.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('puts what happened at one time into one interval', () => {
    const early = { ...small, series: seriesLike([100, 200, 300], 1000) };
    const late = { ...small, startedAt: small.startedAt + 2000, series: seriesLike([10, 20], 1000) };
    const { series } = mergeLoad([late, early]);
    expect(series.offered).toEqual([100, 200, 310, 20]);
    expect(series.responseP99).toEqual([100, 200, 300, 20]);
    expect(series.backlog).toEqual([100, 200, 310, 20]);
  });

  it('begins with the earliest, whatever the names of the runs', () => {
    const early = { ...small, run: 'lt-z' };
    const late = {
      ...small,
      run: 'lt-a',
      startedAt: small.startedAt + 3000,
      notes: [{ code: 'stall', text: '', atMs: 500 } as const],
    };
    const merged = mergeLoad([late, early]);
    expect(merged).toMatchObject({
      startedAt: small.startedAt,
      window: { fromMs: 0, toMs: 6000 },
      run: 'lt-a+lt-z',
    });
    expect(merged.notes.at(-1)).toMatchObject({ code: 'stall', atMs: 3500 });
    expect(merged.series.offered).toEqual([50, 50, 50, 50, 50, 50]);
  });

  it('stays within 3,600 intervals however far apart the runs are', () => {
    const far = { ...small, startedAt: small.startedAt + 30 * 86_400_000 };
    const { series, notes } = mergeLoad([small, far]);
    expect(series.offered.length).toBeLessThanOrEqual(3600);
    expect(series.stepMs % 1000).toBe(0);
    // Between the runs nothing was measured: no rate, no load, no latency.
    expect([series.offered[1], series.utilisation[1], series.backlog[1], series.responseP99[1]]).toEqual([
      0,
      0,
      0,
      null,
    ]);
    expect(notes.map(({ text }) => text).join()).toContain('Not all runs went on at the same time');
  });

  it('judges objectives again on the merged histogram', () => {
    // One percent of 1,000 slow requests misses p99; of 2,000 requests together it is half a percent.
    const fast = withLatencies(Array(990).fill(5000), small.startedAt);
    const slow = withLatencies([...Array(980).fill(5000), ...Array(20).fill(900_000)], small.startedAt + 1);
    const judged = (report: LoadReport, state: 'met' | 'missed') => ({
      ...report,
      objectives: [{ objective: 'p99<200ms', whole: 0, judged: 0, state }],
    });
    const together = mergeLoad([judged(fast, 'met'), judged(slow, 'missed')]);
    expect(together.objectives).toMatchObject([{ state: 'missed', judged: 900.095 }]);
    expect(together.exitCode).toBe(3);
    const diluted = mergeLoad(
      [0, 1, 2].map((n) => judged(n === 0 ? slow : { ...fast, startedAt: n }, 'met')),
    );
    expect(diluted.objectives).toMatchObject([{ state: 'met', judged: 5.003 }]);
    expect(diluted.exitCode).toBe(0);
  });

  it('weighs shares of errors by requests', () => {
    const part = (planned: number, share: number, startedAt: number): LoadReport => ({
      ...small,
      startedAt,
      totals: { ...small.totals, planned },
      objectives: [{ objective: 'errors<1%', whole: share, judged: share, state: 'met' }],
    });
    const { objectives } = mergeLoad([part(1000, 0, 1), part(3000, 0.02, 2)]);
    expect(objectives).toEqual([{ objective: 'errors<1%', whole: 0.015, judged: 0.015, state: 'missed' }]);
  });

  it.each<[LoadVerdict[], LoadVerdict, number]>([
    [['ok', 'client-limited', 'target-limited'], 'client-limited', 5],
    [['inconclusive', 'target-limited', 'ok'], 'target-limited', 0],
    [['ok', 'inconclusive'], 'inconclusive', 5],
    [['ok', 'ok'], 'ok', 0],
  ])('of %j is %s', (verdicts, expected, exitCode) => {
    const merged = mergeLoad(verdicts.map((verdict, i) => ({ ...small, verdict, startedAt: i })));
    expect(merged).toMatchObject({ verdict: expected, exitCode });
    const judged = merged.objectives.filter(({ state }) => state !== 'not-judged');
    expect(judged).toHaveLength(expected === 'client-limited' ? 0 : 2);
  });

  it('sums what was stored, and takes the slowest freshness', () => {
    const verified = (missing: number, p99: number): LoadReport['verification'] => ({
      accepted: 100,
      stored: 100 - missing,
      missing,
      duplicates: 0,
      unacknowledged: 1,
      freshness: { p50: 1, p99, max: p99 },
      state: missing > 0 ? 'missed' : 'met',
    });
    const part = (verification: LoadReport['verification'], startedAt: number) => ({
      ...small,
      verification,
      startedAt,
    });
    const merged = mergeLoad([part(verified(0, 3), 1), part(verified(2, 4), 2)]);
    expect(merged.verification).toMatchObject({
      accepted: 200,
      stored: 198,
      state: 'missed',
      freshness: { p99: 4 },
    });
    expect(merged.exitCode).toBe(3);
    expect(mergeLoad([part(verified(0, 3), 1), part(null, 2)]).verification!.state).toBe('not-judged');
  });

  it('says in its notes what does not hold for the whole', () => {
    const [one, two] = twoMachines();
    const { notes, plan, client, run } = mergeLoad([two, one]);
    expect(notes.map(({ text }) => text)).toEqual([
      'Merged from 2 reports. Histograms and totals are exact; percentiles over time are the highest of any report.',
    ]);
    expect(plan.connections).toBe(512);
    expect(client.cpu).toBe('Example CPU 3 GHz, Other CPU 2 GHz');
    expect(run).toBe(`${one.run}+${two.run}`);
  });
});

function seriesLike(values: readonly number[], stepMs: number): LoadReport['series'] {
  const columns = Object.keys(small.series).map((key) => [key, values]);
  return { ...Object.fromEntries(columns), stepMs };
}
