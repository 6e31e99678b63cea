/** What becomes of probes that go wrong, and what the report says of them. */
import { describe, expect, it } from 'vitest';
import { StargateError } from '../../../src/errors.js';
import { type About, assemble } from '../../../src/measure/freshness/assemble.js';
import { parseGoal } from '../../../src/measure/freshness/judge.js';
import type { Plan } from '../../../src/measure/freshness/plan.js';
import type { FreshnessReport } from '../../../src/measure/freshness/report.js';
import type { Run } from '../../../src/measure/freshness/run.js';
import { type Pipeline, type SimulationOptions, simulate, VirtualTime } from './simulation.js';

const PLAN: Plan = { probes: 400, ratePerSecond: 20, pollMs: 500, timeoutMs: 10_000 };
const soon: Pipeline['visibleAt'] = (at, random) => at + 200 + 1_000 * random();

const about = (plan: Plan, objectives: readonly string[] = []): About => ({
  target: 'http://127.0.0.1:8000',
  warehouse: 'simulated',
  command: null,
  plan,
  goals: objectives.map(parseGoal),
  costPerLook: null,
  oneMachine: true,
});

async function measured(
  options: Partial<SimulationOptions> & { readonly pipeline: Pipeline },
  objectives: readonly string[] = [],
): Promise<FreshnessReport & { readonly of: Run }> {
  const plan = options.plan ?? PLAN;
  const { run } = await simulate({ seed: 11, ...options, plan });
  return { ...assemble(run, about(plan, objectives)), of: run };
}

const at = (report: FreshnessReport, p: number) => report.percentiles.find((one) => one.p === p)!;
const codes = (report: FreshnessReport) => report.notes.map(({ code }) => code);

describe('lost probes', () => {
  it.each([
    [0.01, 4],
    [0.05, 20],
  ])('of a share of %s are told from slow ones, and stay in every percentile', async (share, lost) => {
    const every = Math.round(1 / share);
    let arrived = 0;
    const report = await measured({
      pipeline: { visibleAt: (when, random) => (arrived++ % every === 7 ? null : soon(when, random)) },
    });
    expect(report.counts).toMatchObject({ sent: 400, found: 400 - lost, lost, late: 0, refused: 0 });
    expect(report.probes.filter(({ outcome }) => outcome === 'lost')).toHaveLength(lost);
    for (const probe of report.probes.filter(({ outcome }) => outcome === 'lost'))
      expect(probe).toMatchObject({ lower: null, upper: null, rows: 0 });
    expect(at(report, 0.999)).toMatchObject({ lower: null, upper: null, midpoint: null });
    // 1 % of 400 lie beyond p99 exactly; 5 % leave it beyond the timeout.
    expect(at(report, 0.99).upper === null).toBe(share === 0.05);
    expect(report.within.at(-1)).toMatchObject({ limitMs: 10_000, least: 1 - share, most: 1 - share });
    expect(report.turnbull!.at(-1)!.share).toBeCloseTo(1 - share, 3);
  });

  it('are looked for during twice the timeout, no longer', async () => {
    const report = await measured({
      plan: { ...PLAN, probes: 1 },
      pipeline: { visibleAt: () => null },
    });
    expect(report.counts).toMatchObject({ lost: 1 });
    expect(report.durationMs - report.probes[0]!.sentAt).toBeGreaterThanOrEqual(20_000);
    expect(report.durationMs - report.probes[0]!.sentAt).toBeLessThan(21_000);
  });
});

describe('late probes', () => {
  it('are found after the timeout, and count as beyond it', async () => {
    let arrived = 0;
    const report = await measured({
      pipeline: { visibleAt: (when, random) => (arrived++ < 40 ? when + 13_000 : soon(when, random)) },
    });
    expect(report.counts).toMatchObject({ found: 360, late: 40, lost: 0 });
    const late = report.probes.find(({ outcome }) => outcome === 'late')!;
    expect(late.upper!).toBeGreaterThan(13_000);
    expect(late.lower!).toBeLessThan(13_010);
    expect(at(report, 0.99)).toMatchObject({ lower: null, upper: null });
    expect(report.within.at(-1)).toMatchObject({ least: 0.9, most: 0.9 });
  });

  it('straddle the timeout where only their upper bound is beyond it', async () => {
    const report = await measured({
      plan: { ...PLAN, probes: 40 },
      pipeline: { visibleAt: (at) => at + 9_900 },
    });
    const { late, found } = report.counts;
    expect(late).toBeGreaterThan(0);
    expect(late + found).toBe(40);
    expect(report.within.at(-1)).toMatchObject({ least: found / 40, most: 1 });
  });
});

describe('duplicated probes', () => {
  it('are counted, also where the repeat comes later, and even after all were found', async () => {
    for (const repeatAfter of [0, 1_500]) {
      const report = await measured({
        pipeline: { visibleAt: soon, copies: (sequence) => (sequence % 50 === 0 ? 2 : 1), repeatAfter },
      });
      expect(report.counts).toMatchObject({ found: 400, duplicated: 8 });
      expect(report.probes[50]).toMatchObject({ outcome: 'found', rows: 2 });
      expect(codes(report)).toContain('duplicated');
    }
    const report = await measured({
      plan: { ...PLAN, probes: 30 },
      pipeline: { visibleAt: (when) => when + 100, copies: (sequence) => (sequence === 29 ? 3 : 1) },
    });
    expect(report.counts.duplicated).toBe(1);
  });
});

describe('refused probes', () => {
  const busy = { accepted: false, status: 503, reason: '503 STG_OVERLOADED: no room' };
  it('count in no percentile, and are told with their reason', async () => {
    const report = await measured({
      pipeline: {
        visibleAt: soon,
        answer: (sequence) => (sequence % 4 === 0 ? busy : { accepted: true, status: 202, reason: null }),
      },
    });
    expect(report.counts).toMatchObject({ sent: 400, refused: 100, found: 300 });
    expect(at(report, 0.99).enough).toBe(false);
    expect(report.notes.find(({ code }) => code === 'refused')!.text).toContain(
      'STG_OVERLOADED: no room (100)',
    );
    expect(report.probes[0]).toMatchObject({ outcome: 'refused', answered: null, lower: null, upper: null });
  });

  it('leave nothing to say where there is no other', async () => {
    const report = await measured({ pipeline: { visibleAt: soon, answer: () => busy } }, [
      'within 1s >= 99%',
    ]);
    expect(report).toMatchObject({
      verdict: 'inconclusive',
      exitCode: 5,
      headline: 'No probe was accepted.',
      turnbull: null,
    });
  });
});

describe('an interrupted run', () => {
  it('tells what was measured, with the open ones as longer than they were waited for', async () => {
    const time = new VirtualTime();
    const stop = new AbortController();
    time.at(11_000, () => stop.abort());
    const report = await measured({
      time,
      signal: stop.signal,
      pipeline: { visibleAt: (when) => when + 3_000 },
    });
    const { sent, found, open } = report.counts;
    expect(sent).toBeGreaterThan(150);
    expect(found + open).toBe(sent);
    expect(open).toBeGreaterThan(40);
    expect(report).toMatchObject({ exitCode: 130, durationMs: 10_000 });
    for (const probe of report.probes.filter(({ outcome }) => outcome === 'open')) {
      expect(probe.upper).toBeNull();
      expect(probe.lower!).toBeLessThan(3_500);
    }
    expect(at(report, 0.9)).toMatchObject({ upper: null });
    expect(at(report, 0.5).lower!).toBeLessThanOrEqual(3_010);
    expect(codes(report)[0]).toBe('interrupted');
  });
});

describe('looking', () => {
  it('never asks twice at a time, and asks again at once after a slow answer', async () => {
    let [open, most] = [0, 0];
    const starts: number[] = [];
    await measured({
      pipeline: { visibleAt: soon, queryMs: () => 1_700 },
      query: (query, time) => ({
        ...query,
        async look(scope) {
          most = Math.max(most, ++open);
          starts.push(time.now());
          return query.look(scope).finally(() => open--);
        },
      }),
    });
    expect(most).toBe(1);
    const gaps = starts.slice(1, -1).map((start, index) => start - starts[index]!);
    expect(Math.max(...gaps)).toBeLessThan(1_701);
  });

  it('takes a failed query as not having looked', async () => {
    let looks = 0;
    const report = await measured({
      pipeline: { visibleAt: soon },
      query: (query) => ({
        ...query,
        look: async (scope) => {
          if (++looks % 3 === 0) throw new StargateError('STG_WAREHOUSE_UNREACHABLE');
          return query.look(scope);
        },
      }),
    });
    expect(report.counts).toMatchObject({ found: 400 });
    expect(report.queries.failed).toBeGreaterThan(5);
    expect(report.resolution.maxMs).toBeGreaterThan(1_000);
    expect(codes(report)).toContain('queries-failed');
  });

  it('sends at its rate however slow the pipeline is', async () => {
    const fast = await measured({ pipeline: { visibleAt: (when) => when + 1 } });
    const slow = await measured({
      pipeline: { visibleAt: (when) => when + 9_000, queryMs: () => 2_000, answerMs: 3_000 },
    });
    expect(Math.max(...slow.of.ledger.probes.map(({ lag }) => lag))).toBe(0);
    const last = (report: FreshnessReport) => report.probes.at(-1)!.sentAt;
    // 400 gaps of 50 ms: 20 s, give or take three standard deviations of 1 s.
    for (const report of [fast, slow]) expect(Math.abs(last(report) - 20_000)).toBeLessThan(3_000);
  });
});

/** Timers that fire 600 ms late, as on a machine that does something else. */
class LateTimers extends VirtualTime {
  override until(at: number, signal: AbortSignal): Promise<void> {
    return super.until(at + 600, signal);
  }
}

describe('objectives', () => {
  const UNIFORM: Pipeline = { visibleAt: (at, random) => at + 1_000 * random(), queryMs: () => 1 };
  it('are judged on the upper bound', async () => {
    // True p99 is about 1 s; looks every 500 ms may place it up to 0.5 s later.
    const report = await measured({ pipeline: UNIFORM }, ['p99<1.05s', 'p99<1.6s', 'within 1.6s >= 99%']);
    const [tight, wide, share] = report.objectives;
    expect(at(report, 0.99).lower!).toBeLessThan(1_050);
    expect(tight).toMatchObject({ state: 'missed', value: at(report, 0.99).upper });
    expect(wide).toMatchObject({ state: 'met' });
    expect(share).toMatchObject({ state: 'met', value: 1 });
    expect(report).toMatchObject({ verdict: 'missed', exitCode: 3 });
  });

  it('are not judged with too few probes, unless the few refute them', async () => {
    const few = { ...PLAN, probes: 100 };
    const good = await measured({ plan: few, pipeline: UNIFORM }, ['p99<5s']);
    expect(good).toMatchObject({ verdict: 'inconclusive', exitCode: 5 });
    expect(good.objectives[0]!.state).toBe('not-judged');
    expect(codes(good)).toContain('objective-not-judged');
    const bad = await measured({ plan: few, pipeline: UNIFORM }, ['within 500ms >= 99%']);
    expect(bad).toMatchObject({ verdict: 'missed', exitCode: 3 });
  });

  it('are not judged where this machine was late, and that could have decided', async () => {
    const time = new VirtualTime();
    time.late = 400;
    const objectives = ['p99<1.05s', 'p99<5s', 'p99<300ms'];
    const report = await measured({ time, pipeline: UNIFORM }, objectives);
    expect(report.objectives.map(({ state }) => state)).toEqual(['not-judged', 'met', 'missed']);
    expect(codes(report)).toContain('client-late');
    const alone = await measured({ time: new VirtualTime(), pipeline: UNIFORM }, objectives);
    expect(alone.objectives.map(({ state }) => state)).toEqual(['missed', 'met', 'missed']);
    time.late = 400;
    const unsure = assemble(report.of, about(PLAN, ['p99<1.05s']));
    expect(unsure).toMatchObject({ verdict: 'inconclusive', exitCode: 5 });
  });

  it('count from the planned sends where probes left late', async () => {
    const late = await measured({ time: new LateTimers(), pipeline: UNIFORM }, ['p99<1.9s', 'p99<3s']);
    expect(late.probes[0]!.sentAt).toBeGreaterThan(600);
    expect(at(late, 0.99).upper!).toBeLessThan(1_900);
    expect(late.objectives.map(({ state }) => state)).toEqual(['not-judged', 'met']);
    expect(codes(late)).toContain('client-late');
  });

  it('without any: measured', async () => {
    expect(await measured({ pipeline: UNIFORM })).toMatchObject({ verdict: 'measured', exitCode: 0 });
    expect(() => parseGoal('max<2s')).toThrow(StargateError);
    expect(() => parseGoal('errors<1%')).toThrow(StargateError);
  });
});

describe('hops', () => {
  it.each([0, 4_321, -7_000])('keep their values and bound a clock that is off by %s ms', async (skew) => {
    const plan = { ...PLAN };
    const { run } = await simulate({ seed: 3, plan, pipeline: { visibleAt: soon, skew } });
    const { hops } = assemble(run, { ...about(plan), oneMachine: false });
    expect(hops.map(({ hop }) => hop)).toEqual(['client-collector', 'collector-log', 'log-row']);
    const [first, second, third] = hops;
    // Sends take 1 to 5 ms either way, so 400 probes leave little room around the truth.
    expect(first!.clockOffsetMs).toBeGreaterThanOrEqual(Math.abs(skew));
    expect(first!.clockOffsetMs).toBeLessThan(Math.abs(skew) + 5);
    expect(first!.p50 - skew).toBeGreaterThan(1);
    expect(first!.p50 - skew).toBeLessThan(5);
    expect(first!.negative).toBe(skew < -5 ? 400 : 0);
    expect(second!.p99).toBe(0);
    expect(third!.p50 + skew).toBeGreaterThan(500);
    expect(third!.p50 + skew).toBeLessThan(900);
    expect(assemble(run, about(plan)).hops[0]).toMatchObject({ clockOffsetMs: 0, p50: first!.p50 });
  });
});

describe('the report', () => {
  it('is JSON that holds at most 5,000 probes, and says so', async () => {
    const plan = { ...PLAN, probes: 6_000, ratePerSecond: 500 };
    const { of: _, ...report } = await measured({ plan, pipeline: { visibleAt: soon } });
    expect(report.probes).toHaveLength(5_000);
    expect(report.counts.sent).toBe(6_000);
    expect(at(report, 0.999).enough).toBe(true);
    expect(codes(report)).toContain('sampled');
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
