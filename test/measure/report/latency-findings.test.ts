import { describe, expect, it } from 'vitest';
import type { FreshnessReport, Hop } from '../../../src/measure/freshness/report.js';
import { latencyCaveats } from '../../../src/measure/report/latency-caveats.js';
import { binsOf, bulkOf, seenOf, visibleOf } from '../../../src/measure/report/latency-data.js';
import * as T from '../../../src/measure/report/latency-texts.js';
import { LATENCY_RUNS, probing } from '../../helpers/latency-runs.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const spread = (report: FreshnessReport) => {
  const seen = seenOf(report);
  return plain(T.spreadFinding(report, seen.length, bulkOf(seen)));
};

describe('what a latency run shows', () => {
  it.each<[string, FreshnessReport, string]>([
    ['enough probes', LATENCY_RUNS.fast(), 'Half within 150 ms, 99 of 100 within 194 ms'],
    ['a few probes', LATENCY_RUNS.few(), '3 accepted probes: too few for a percentile'],
    ['half of them lost', LATENCY_RUNS.allLost(), 'Half not within 60 s'],
    ['none', LATENCY_RUNS.none(), 'No probe was accepted, so there is nothing to see'],
    ['all refused', LATENCY_RUNS.allRefused(), 'No probe was accepted, so there is nothing to see'],
  ])('%s', (_, report, expected) => {
    expect(
      plain(T.curveFinding(report))
        .replace(/15\d ms/, '150 ms')
        .replace(/19\d ms/, '194 ms'),
    ).toBe(expected);
  });

  it('tells a micro-batch only where the report does', () => {
    expect(spread(LATENCY_RUNS.microBatch())).toMatch(
      /^Spread over 1\.\d+ s to 5\.\d+ s: rows appear together every 5 s$/,
    );
    expect(spread(LATENCY_RUNS.fast())).toMatch(/^Nine of ten within \d\d\.\d ms to 1\d\d ms$/);
    expect(spread(LATENCY_RUNS.few())).toMatch(/^All within /);
    expect(plain(T.microBatchLead(5000))).toContain('waits 0 to 5 s');
    expect(T.microBatchLead(null)).toContain('No micro-batch shows');
  });

  it('names every outcome that is not a probe found once', () => {
    expect(T.outcomesFinding(LATENCY_RUNS.lostAndLate())).toBe(
      'Of 400 probes: 1 lost, 2 late, 4 refused and 4 stored more than once',
    );
    expect(T.outcomesFinding(LATENCY_RUNS.few())).toBe('All of 3 probes found, each once');
    expect(T.outcomesFinding(LATENCY_RUNS.none())).toBe('No probe was sent');
  });

  it('tells shares from their surest end', () => {
    expect(plain(T.shareFinding(LATENCY_RUNS.fast()))).toBe('Every probe was queryable within 2 s');
    expect(plain(T.shareFinding(LATENCY_RUNS.lostAndLate()))).toBe(
      '99.24 % were surely queryable within 10 s, and no more within 60 s',
    );
    expect(plain(T.shareFinding(LATENCY_RUNS.allLost()))).toBe('No probe was surely queryable within 60 s');
  });

  it('calls a hop most of the time only where it is', () => {
    const hop = (title: string, p50: number, more: Partial<Hop> = {}): Hop => ({
      hop: 'log-row',
      title,
      p50,
      p99: p50,
      clockOffsetMs: 0,
      negative: 0,
      least: 0,
      ...more,
    });
    const of = (hops: Hop[]) => plain(T.hopsFinding(hops));
    expect(of([])).toBe('The rows do not tell where the time goes');
    expect(of([hop('a → b', 10), hop('b → c', 90)])).toBe(
      'Most of the time goes from b to c: 90 ms of 100 ms',
    );
    expect(of([hop('a → b', 30), hop('b → c', 40), hop('c → d', 30)])).toBe(
      'The longest hop is from b to c: 40 ms of 100 ms',
    );
    expect(of([hop('a → b', -1)])).toBe('No hop takes longer than the clocks can tell');
    const remark = (least: number) =>
      plain(T.hopRemark(hop('', 1, { negative: 3, least, clockOffsetMs: 4 })));
    expect(remark(-2)).toBe('3 below zero, lowest −2 ms: the clocks differ by so much; kept');
    expect(remark(-9)).toBe('3 below zero, lowest −9 ms: more than the clocks’ bound explains; kept');
  });
});

describe('the data of its pictures', () => {
  it('bins hold every probe once surely or in several possibly', () => {
    for (const run of [LATENCY_RUNS.microBatch, LATENCY_RUNS.few, LATENCY_RUNS.fast, LATENCY_RUNS.hours]) {
      const report = run();
      const bins = binsOf(report);
      const seen = seenOf(report).length;
      const total = (of: 'surely' | 'possibly') => bins.reduce((sum, bin) => sum + bin[of], 0);
      expect(bins.length).toBeGreaterThanOrEqual(3);
      expect(bins.length).toBeLessThanOrEqual(24);
      expect(total('surely')).toBeLessThanOrEqual(seen);
      expect(total('possibly')).toBeGreaterThanOrEqual(seen);
      expect(bins.reduce((sum, { estimate }) => sum + estimate!, 0)).toBeCloseTo(seen, 6);
    }
    expect(binsOf(LATENCY_RUNS.allLost())).toEqual([]);
  });

  it('the surer curve is never above the other, and neither reaches what was never seen', () => {
    const report = LATENCY_RUNS.lostAndLate();
    const curve = visibleOf(report, 12_000, 300);
    expect(curve.every(({ surely, possibly }) => surely <= possibly)).toBe(true);
    expect(curve.at(-1)!.surely).toBeCloseTo(393 / 396, 9);
    const few = visibleOf(LATENCY_RUNS.few(), 10_000, 300);
    expect(few.at(-1)).toEqual({ ms: 10_000, surely: 1, possibly: 1 });
  });
});

describe('caveats', () => {
  it('are computed where no note of the run says them', () => {
    expect(latencyCaveats(probing({ probes: 50 })).map(([about]) => plain(about))).toEqual([
      'p99.',
      'p99.9.',
      expect.stringMatching(/^Anything finer than 5\d\d ms\.$/),
      'Load.',
      'Time before the send.',
    ]);
    expect(latencyCaveats(probing({ probes: 4000, ratePerSecond: 90 }))[0]![0]).not.toBe('p99.9.');
  });

  it('are the run’s own notes first, none twice', () => {
    const notes = [
      { code: 'n-too-small', text: 'p99.9. A bound needs 3,688 probes; this run has 400.' },
      { code: 'load', text: 'Load. The probes added 2 events a second.' },
      { code: 'odd', text: 'no sentence' },
    ];
    const [first, second, third, ...rest] = latencyCaveats(probing({ probes: 400, change: { notes } }));
    expect(first).toEqual(['p99.9.', 'A bound needs 3,688 probes; this run has 400.']);
    expect(second).toEqual(['Load.', 'The probes added 2 events a second.']);
    expect(third).toEqual(['', 'no sentence']);
    expect(rest.map(([about]) => about)).not.toContain('Load.');
  });
});
