import { describe, expect, it } from 'vitest';
import type { LoadReport } from '../../../src/measure/load/report.js';
import { loadCaveats } from '../../../src/measure/report/load-caveats.js';
import { clientShape, latencyShape, notJudged, rateShape } from '../../../src/measure/report/load-shapes.js';
import * as T from '../../../src/measure/report/load-texts.js';
import { LOAD_RUNS, simulate } from '../../helpers/load-runs.js';

/** Figures and units are held together by no-break spaces. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const finding = {
  rate: (report: LoadReport) => plain(T.rateFinding(rateShape(report))),
  latency: (report: LoadReport) => plain(T.latencyFinding(latencyShape(report))),
  client: (report: LoadReport) => plain(T.clientFinding(clientShape(report), report.verdict)),
};

const base = simulate({ seconds: 10, rate: 100 });
/** The base run with some columns of its series replaced. */
function withSeries(series: Partial<LoadReport['series']>, change: Partial<LoadReport> = {}): LoadReport {
  return { ...base, ...change, series: { ...base.series, ...series } };
}
const ten = <T>(usual: T, special: Readonly<Record<number, T>> = {}): T[] =>
  Array.from({ length: 10 }, (_, i) => special[i] ?? usual);

describe('what the rates show', () => {
  it.each<[string, LoadReport, string]>([
    ['nothing planned', LOAD_RUNS.nothing(), 'No request was planned'],
    ['nothing answered', LOAD_RUNS.allErrors(), 'No request was answered'],
    ['a run that kept up', LOAD_RUNS.ok(), 'Achieved followed the plan'],
    ['a run of one second', LOAD_RUNS.oneSecond(), 'Achieved followed the plan'],
    ['a frozen target', LOAD_RUNS.freeze(), 'Achieved fell behind the plan at 0:31 for 1 s, and caught up'],
    ['a limited client', LOAD_RUNS.clientLimited(), 'Achieved fell behind the plan at 1:26, to the end'],
    [
      'a closed loop',
      { ...base, plan: { ...base.plan, model: 'closed' }, totals: { ...base.totals, achieved: 4321 } },
      '4,321/s were answered, each connection waiting for its answer',
    ],
    [
      'a stall that is never made up for',
      withSeries({ offered: ten(100), achieved: ten(100, { 4: 20 }) }),
      'Achieved fell behind the plan at 0:04 for 1 s',
    ],
    [
      'several stalls',
      withSeries({ offered: ten(100), achieved: ten(100, { 2: 20, 3: 10, 4: 270, 7: 50, 8: 150 }) }),
      'Achieved fell behind the plan 2 times, first at 0:02, and caught up',
    ],
    [
      'an answer on the edge of the last interval',
      withSeries({ offered: ten(10), achieved: ten(10, { 9: 8 }) }),
      'Achieved followed the plan',
    ],
  ])('%s', (_, report, expected) => {
    expect(finding.rate(report)).toBe(expected);
  });

  it('a stall during the warm-up is none', () => {
    const achieved = ten(100, { 1: 0 });
    const window = { fromMs: 3000, toMs: 10_000 };
    expect(finding.rate(withSeries({ offered: ten(100), achieved }, { window }))).toBe(
      'Achieved followed the plan',
    );
  });
});

describe('what the latencies show', () => {
  it.each<[string, LoadReport, string]>([
    ['nothing answered', LOAD_RUNS.allErrors(), 'Nothing was answered, so there is no latency'],
    ['a run that kept up', LOAD_RUNS.ok(), 'Response and service stayed together'],
    [
      'a limited client',
      LOAD_RUNS.clientLimited(),
      'Response left service behind at 1:25 for 35 s; service stayed flat',
    ],
    [
      'service that is told an interval later',
      withSeries({ responseP99: ten(10, { 4: 1000 }), serviceP99: ten(10, { 5: 1000 }) }),
      'Response and service rose together at 0:04: p99 1 s, usually 10 ms',
    ],
    [
      'both apart and slow',
      withSeries({ responseP99: ten(10, { 4: 900 }), serviceP99: ten(10, { 4: 50 }) }),
      'Response left service behind at 0:04 for 1 s; service rose too',
    ],
  ])('%s', (_, report, expected) => {
    expect(finding.latency(report)).toBe(expected);
  });

  it('a frozen target is a peak of both, because every request was sent at once', () => {
    expect(finding.latency(LOAD_RUNS.freeze())).toMatch(
      /^Response and service rose together at 0:31: p99 \S+ m?s, usually 1\d/,
    );
  });
});

describe('what the client shows', () => {
  const steady = { utilisation: ten(0.3), lagP99: ten(0.4) };
  it.each<[string, LoadReport, string]>([
    [
      'with time to spare',
      withSeries(steady),
      'The client had time to spare: utilisation up to 0.30, start lag p99 up to 0.4 ms',
    ],
    [
      'busy',
      withSeries({ ...steady, utilisation: ten(0.3, { 5: 0.7 }) }),
      'The client was busy: utilisation up to 0.70, start lag p99 up to 0.4 ms',
    ],
    [
      'late once',
      withSeries({ ...steady, lagP99: ten(0.4, { 5: 12 }) }),
      'The client was too busy for a moment at 0:05: utilisation up to 0.30, start lag p99 up to 12 ms',
    ],
    ['the limit', LOAD_RUNS.clientLimited(), 'The client was the limit from 1:24'],
    ['without load', LOAD_RUNS.nothing(), 'Nothing was sent, so the client shows no load'],
  ])('%s', (_, report, expected) => {
    expect(finding.client(report)).toBe(expected);
  });
});

describe('what answers and objectives show', () => {
  const objective = (text: string, state: 'met' | 'missed' | 'not-judged') => ({
    objective: text,
    whole: 1,
    judged: 1,
    state,
  });
  it.each([
    [[], 'No objective was set'],
    [[objective('p99<1s', 'met')], 'The objective was met'],
    [[objective('p99<1s', 'not-judged')], 'The objective was not judged'],
    [[objective('p99<1s', 'met'), objective('errors<1%', 'met')], 'Both objectives were met'],
    [
      [objective('p99<1s', 'met'), objective('errors<1%', 'not-judged')],
      '1 of 2 objectives met, 1 not judged',
    ],
    [[objective('p99<1s', 'missed'), objective('errors<1%', 'met')], '1 of 2 objectives missed: p99<1s'],
  ])('objectives %j', (objectives, expected) => {
    expect(plain(T.objectivesFinding(objectives))).toBe(expected);
  });

  it('counts failed requests, and never rounds them away', () => {
    expect(T.answersFinding(LOAD_RUNS.ok())).toBe(
      'No request failed: 120,000 of 120,000 were answered with 2xx',
    );
    expect(T.answersFinding(LOAD_RUNS.allErrors())).toBe('None of 15,000 requests was answered');
    expect(T.answersFinding(LOAD_RUNS.nothing())).toBe('No request was planned');
    const totals = { ...base.totals, planned: 10_000_000, answered: 9_999_999, failed: 1 };
    expect(plain(T.answersFinding({ ...base, totals }))).toBe('1 request of 10,000,000 failed, < 0.001 %');
  });

  it('gives no time within which all were answered where some were cut off', () => {
    expect(plain(T.distributionFinding(LOAD_RUNS.ok()))).toMatch(
      /^Half of the requests within 6\.\d+ ms, 99 of 100 within 1\d\.\d ms$/,
    );
    expect(plain(T.distributionFinding(LOAD_RUNS.mixedErrors()))).toMatch(
      /^p50 6\.\d+ ms, p99 1\d\.\d ms, with 145 requests cut off by a time limit$/,
    );
    expect(plain(T.distributionFinding(simulate({ seconds: 1, rate: 20 })))).toMatch(
      /^20 requests, half of them within /,
    );
    expect(T.distributionFinding(LOAD_RUNS.allErrors())).toBe(
      'Nothing was answered, so there is no distribution',
    );
  });

  it('says of stored events what is missing and what is there twice', () => {
    const found = {
      accepted: 1000,
      stored: 1000,
      missing: 0,
      duplicates: 0,
      unacknowledged: 0,
      freshness: null,
      state: 'met',
    } as const;
    expect(T.verificationFinding(found)).toBe('1,000 accepted events stored, each exactly once');
    expect(T.verificationFinding({ ...found, stored: 999, missing: 1, state: 'missed' })).toBe(
      '1 of 1,000 accepted events is missing',
    );
    expect(T.verificationFinding({ ...found, missing: 2, duplicates: 3, state: 'missed' })).toBe(
      '2 of 1,000 accepted events are missing and 3 rows more than one of an event',
    );
  });
});

describe('what was not judged', () => {
  it('is what follows the judged part, or all of a run that the client limited from its start', () => {
    expect(notJudged(LOAD_RUNS.ok())).toBeNull();
    expect(notJudged(LOAD_RUNS.clientLimited())).toEqual({ fromMs: 84_000, toMs: 120_000 });
    expect(notJudged({ ...base, judged: null, verdict: 'client-limited' })).toEqual(base.window);
    expect(notJudged({ ...base, judged: null, verdict: 'inconclusive' })).toBeNull();
  });
});

describe('caveats', () => {
  const about = (report: LoadReport) => loadCaveats(report).map(([subject]) => subject);

  it('follow from the run', () => {
    expect(about(LOAD_RUNS.ok())).toEqual([
      'The target’s limit.',
      'Whether the events were stored.',
      'Other places.',
      'Steady load over hours.',
    ]);
    expect(about(LOAD_RUNS.hours())).not.toContain('Steady load over hours.');
    expect(about(LOAD_RUNS.oneSecond())).toContain('An exact p99.');
    expect(about({ ...base, plan: { ...base.plan, model: 'closed' } })).toContain(
      'What visitors feel under overload.',
    );
  });

  it('name the remedy for a client that was the limit', () => {
    expect(loadCaveats(LOAD_RUNS.clientLimited())[0]![1]).toContain('--workers');
    const notes = [{ code: 'backlog', text: '', atMs: 0 } as const];
    expect(loadCaveats({ ...LOAD_RUNS.clientLimited(), notes })[0]![1]).toContain('--connections');
  });

  it('name the moment to look at in the target’s own metrics', () => {
    expect(loadCaveats(LOAD_RUNS.freeze())).toContainEqual([
      'Why it slowed down.',
      'The report sees the target from outside. Look at the target’s own metrics at 14:32:41 UTC.',
    ]);
    expect(about(LOAD_RUNS.clientLimited())).not.toContain('Why it slowed down.');
  });

  it.each([
    ['http://127.0.0.1:8080/v1/events', true],
    ['http://localhost/v1', true],
    ['http://[::1]:80/', true],
    ['https://127.0.0.1.example.com/', false],
    ['https://collect.shop.example/', false],
  ])('say that a network is missing: %s, %s', (target, expected) => {
    expect(about({ ...base, target }).includes('A network.')).toBe(expected);
  });
});
