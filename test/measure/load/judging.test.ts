/** Verdicts, objectives and exit codes; when a search ends; what an error is; how fresh rows were. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerOf } from '../../../src/measure/load/classify.js';
import { bucketOf, newCounts } from '../../../src/measure/load/counts.js';
import { freshnessOf, shareWithin } from '../../../src/measure/load/freshness.js';
import { isBusy, isShortOfConnections, onset, type RowFacts } from '../../../src/measure/load/judge.js';
import { planOf } from '../../../src/measure/load/options.js';
import { LATENCIES, type Part, score } from '../../../src/measure/load/score.js';
import { nextRate } from '../../../src/measure/load/search.js';
import { shedding } from '../../../src/measure/load/shed.js';
import { exitCodeOf, type Facts, sentences, verdictOf } from '../../../src/measure/load/verdict.js';
import { parseObjective } from '../../../src/measure/objectives.js';

const calm: RowFacts = { answered: 1000, waited: 0, waitedMs: 0, utilisation: 0.3, lagP99: 1, backlog: 0 };

describe('this machine is the limit', () => {
  it('when it is busy, late, or short of connections', () => {
    expect(isBusy(calm, null, 2)).toBe(false);
    expect(isBusy({ ...calm, utilisation: 0.8 }, null, 2)).toBe(true);
    expect(isBusy({ ...calm, utilisation: 0.79 }, null, 2)).toBe(false);
    expect(isBusy({ ...calm, lagP99: 5.1 }, null, 2)).toBe(true);
    const short = { ...calm, waited: 900, waitedMs: 900 * 2.2, backlog: 300 };
    expect(isBusy(short, calm, 2)).toBe(true);
  });

  it('is not, where service itself became slow, or the backlog shrinks', () => {
    const waiting = { ...calm, waited: 900, waitedMs: 900 * 2, backlog: 300 };
    expect(isShortOfConnections(waiting, calm, 2)).toBe(true);
    expect(isShortOfConnections({ ...waiting, waitedMs: 900 * 20 }, calm, 2)).toBe(false);
    expect(isShortOfConnections(waiting, { ...calm, backlog: 301 }, 2)).toBe(false);
    expect(isShortOfConnections(waiting, calm, null)).toBe(false);
  });

  it('from the first of three bad intervals in five', () => {
    const flags = (text: string) => [...text].map((char) => char === 'x');
    expect(onset(flags('..x..x..x.'))).toBeNull();
    expect(onset(flags('..xx..x'))).toBe(2);
    expect(onset(flags('.x...xxx'))).toBe(5);
    expect(onset([])).toBeNull();
  });
});

const part = (latencyMs: readonly number[], more: Partial<Part> = {}): Part => {
  const response = newCounts();
  for (const ms of latencyMs) response[bucketOf(ms * 1000)]!++;
  const planned = latencyMs.length;
  return {
    sums: { response, service: newCounts(), lag: newCounts() },
    ...{ planned, failed: 0, answered: planned, lengthMs: 1000, within: null },
    ...more,
  };
};
const judge = (text: string, whole: Part, judged: Part | null = whole, conclusive = true) =>
  score(parseObjective(text, LATENCIES), whole, judged, conclusive);

describe('objectives', () => {
  const slow = part(Array.from({ length: 1000 }, (_, i) => i / 10));
  it('are met and missed by the figure of the judged part', () => {
    expect(judge('p99<200ms', slow)).toMatchObject({ state: 'met' });
    expect(judge('p99<50ms', slow)).toMatchObject({ state: 'missed' });
    expect(judge('p99<50ms', slow, part(Array(500).fill(10)))).toMatchObject({
      state: 'met',
      judged: 10.007,
    });
    expect(judge('errors<1%', { ...slow, failed: 10 })).toMatchObject({ state: 'missed', judged: 0.01 });
    expect(judge('achieved>=900/s', slow)).toMatchObject({ state: 'met', judged: 1000 });
    expect(judge('within 10s>=99%', { ...slow, within: () => 0.995 })).toMatchObject({ state: 'met' });
  });
  it('are not judged without figures, and never met where nothing can be concluded', () => {
    expect(judge('p99<200ms', slow, null)).toMatchObject({ state: 'not-judged', judged: null });
    expect(judge('p99<200ms', slow, slow, false)).toMatchObject({ state: 'not-judged' });
    expect(judge('p99<50ms', slow, slow, false)).toMatchObject({ state: 'missed' });
    expect(judge('p99.99<200ms', slow)).toMatchObject({ state: 'not-judged' });
    expect(judge('within 10s>=99%', slow)).toMatchObject({ state: 'not-judged' });
    expect(judge('service p99<200ms', slow)).toMatchObject({ state: 'not-judged', judged: null });
  });
});

const totals = {
  ...{ planned: 1000, sent: 1000, answered: 1000, codes: { 202: 1000 }, errors: {}, failed: 0 },
  ...{ accepted: 1000, rejected: 0, bytesSent: 0, bytesReceived: 0 },
  ...{ offeredMax: 100, achievedMax: 100, achieved: 100, offered: 100 },
};
const facts: Facts = {
  ...{ model: 'open', totals, limited: false, short: false, enough: true, interrupted: false },
  ...{ judged: { fromMs: 0, toMs: 1000 }, offeredInJudged: 100, objectives: [], verified: null },
};
const objective = (state: 'met' | 'missed' | 'not-judged') => ({
  objective: 'p99<1s',
  whole: 1,
  judged: 1,
  state,
});
const outcome = (more: Partial<Facts>) => {
  const all = { ...facts, ...more };
  const verdict = verdictOf(all);
  return [verdict, exitCodeOf(all, verdict)];
};

describe('verdicts', () => {
  it.each<[string, Partial<Facts>, readonly [string, number]]>([
    ['all well', {}, ['ok', 0]],
    ['objective met', { objectives: [objective('met')] }, ['ok', 0]],
    ['objective missed', { objectives: [objective('missed')] }, ['ok', 3]],
    ['objective not judged', { objectives: [objective('not-judged')] }, ['ok', 5]],
    ['target behind', { totals: { ...totals, achieved: 90 } }, ['target-limited', 0]],
    ['nothing but failures', { totals: { ...totals, failed: 1000 } }, ['target-limited', 1]],
    ['rows are missing', { verified: false }, ['ok', 3]],
    ['too little', { enough: false }, ['inconclusive', 5]],
    ['interrupted', { interrupted: true, objectives: [objective('missed')] }, ['ok', 130]],
    ['client', { limited: true, objectives: [objective('not-judged')] }, ['client-limited', 5]],
  ])('%s', (_, more, expected) => {
    expect(outcome(more)).toEqual(expected);
  });

  it('never pass a run on which this machine was the limit', () => {
    const state = fc.constantFrom('met' as const, 'missed' as const, 'not-judged' as const);
    fc.assert(
      fc.property(
        fc.array(state),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (states, short, enough, verified) => {
          const [verdict, exit] = outcome({
            limited: true,
            short,
            enough,
            verified,
            objectives: states.map(objective),
          });
          expect([verdict, exit]).toEqual(['client-limited', 5]);
        },
      ),
    );
  });

  it('say up to where something is known', () => {
    const limited = {
      ...facts,
      limited: true,
      offeredInJudged: 7600,
      objectives: [objective('not-judged'), objective('not-judged')],
    };
    expect(sentences(limited, 'client-limited')).toEqual([
      'This machine was the limit above 7,600 requests/s.',
      'Up to there the target met both objectives; nothing is concluded beyond.',
    ]);
    expect(sentences({ ...limited, judged: null }, 'client-limited')[1]).toBe(
      'Nothing is concluded about the target.',
    );
  });
});

describe('the search for the highest rate', () => {
  it('closes in on the limit from any start, by 5 %', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 20_000 }),
        fc.integer({ min: 10, max: 5000 }),
        (limit, start) => {
          const steps: { rate: number; state: 'met' | 'missed' }[] = [];
          for (let rate = nextRate(steps, start); rate !== null; rate = nextRate(steps, start))
            steps.push({ rate, state: rate <= limit ? 'met' : 'missed' });
          const best = Math.max(0, ...steps.filter(({ state }) => state === 'met').map(({ rate }) => rate));
          expect(steps.length).toBeLessThanOrEqual(16);
          // Near is enough where the steps ran out on a start that was far off.
          expect(best).toBeGreaterThanOrEqual(limit / (steps.length === 16 ? 1.5 : 1.06) - 1);
          expect(best).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });
});

describe('errors', () => {
  it.each([
    ['ENOTFOUND', 'connecting', 'dns'],
    ['ECONNREFUSED', 'connecting', 'connect'],
    ['ECONNREFUSED', 'securing', 'connect'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connecting', 'connect'],
    ['ECONNRESET', 'securing', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'securing', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'securing', 'tls'],
    ['ECONNRESET', 'open', 'reset'],
    ['UND_ERR_SOCKET', 'open', 'reset'],
    ['EPIPE', 'open', 'reset'],
    ['HPE_INVALID_CONSTANT', 'open', 'protocol'],
    ['ETIMEDOUT', 'open', 'timeout'],
    ['SOMETHING', 'open', 'protocol'],
  ] as const)('%s while %s is of layer %s', (code, phase, layer) => {
    expect(layerOf(Object.assign(new Error(code), { code }), phase)).toBe(layer);
  });
  it('of every address of a name are one', () => {
    const each = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    expect(layerOf(new AggregateError([each, each]), 'connecting')).toBe('connect');
  });
});

describe('shedding', () => {
  it('ends a run when nearly all answers ask to wait for ten seconds on end', () => {
    const look = shedding();
    const at = (second: number, shed: number) => look({ atMs: second * 1000, answered: second * 100, shed });
    expect(Array.from({ length: 10 }, (_, i) => at(i + 1, (i + 1) * 95))).not.toContain(true);
    expect(at(11, 11 * 95)).toBe(true);
    expect(at(12, 11 * 95)).toBe(false);
  });
});

describe('freshness', () => {
  it('is the distance of two curves', () => {
    const accepted = [
      [0, 0],
      [1000, 100],
      [2000, 200],
    ] as const;
    expect(
      freshnessOf(accepted, [
        [3000, 100],
        [5000, 200],
      ]),
    ).toEqual({ p50: 3, p99: 4, max: 4 });
    expect(
      shareWithin(
        accepted,
        [
          [3000, 100],
          [5000, 200],
        ],
        3000,
      ),
    ).toBe(0.5);
    // What never came counts against it.
    expect(shareWithin(accepted, [[3000, 100]], 60_000)).toBe(0.5);
    expect(freshnessOf(accepted, [])).toBeNull();
  });
});

describe('plans', () => {
  const options = (rate: number, durationMs: number, more = {}) => ({
    ...{ url: 'http://127.0.0.1:8000', payloadText: 'mix ga4' },
    curve: { kind: 'constant', rate, durationMs } as const,
    payload: { kind: 'events', from: 'ga4', batch: 1, sessions: 1, key: 'dev' } as const,
    ...more,
  });
  it('fill in what was not said', () => {
    expect(planOf(options(500, 10_000))).toMatchObject({
      warmupMs: 0,
      stepMs: 1000,
      connections: 64,
      workers: 1,
      requests: 5000,
    });
    expect(planOf(options(500, 120_000))).toMatchObject({ warmupMs: 10_000 });
    expect(planOf(options(500, 10_000, { warmupMs: 1500 }))).toMatchObject({ warmupMs: 2000 });
    expect(planOf(options(1, 24 * 3_600_000)).stepMs * 3600).toBeGreaterThanOrEqual(24 * 3_600_000);
    expect(planOf(options(1, 1000)).url.pathname).toBe('/v1/events');
    expect(planOf(options(1, 1000, { url: 'http://127.0.0.1:1/own?x=1' })).url.href).toBe(
      'http://127.0.0.1:1/own?x=1',
    );
  });
  it.each([
    [{ url: 'ftp://x' }, 'not the address'],
    [{ url: 'http://me:pw@127.0.0.1' }, 'not the address'],
    [{ curve: { kind: 'constant', rate: 1000, durationMs: 100_000_000 } }, 'more requests'],
    [{ maxRequests: 10 }, 'more requests'],
    [{ warmupMs: 10_000 }, 'nothing to measure'],
    [{ connections: 30_000 }, 'too many connections'],
  ])('refuse %j', (more, message) => {
    expect(() => planOf(options(500, 10_000, more))).toThrow(message);
  });
});
