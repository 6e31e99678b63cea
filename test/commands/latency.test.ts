/** What `latency` prints, of runs whose truth is known. */
import { describe, expect, it } from 'vitest';
import { latencyDocument } from '../../src/commands/_latency-files.js';
import { binWidth } from '../../src/commands/_latency-histogram.js';
import { latencyText } from '../../src/commands/_latency-text.js';
import { undertakingText } from '../../src/commands/_latency-undertaking.js';
import { assemble } from '../../src/measure/freshness/assemble.js';
import { parseGoal } from '../../src/measure/freshness/judge.js';
import type { FreshnessReport } from '../../src/measure/freshness/report.js';
import { duration, percent, percentileName } from '../../src/measure/freshness/texts.js';
import { createStyle } from '../../src/output/style.js';
import { columns } from '../../src/output.js';
import { type Pipeline, simulate } from '../measure/freshness/simulation.js';

const STYLE = createStyle(false, true);
const PLAN = { probes: 400, ratePerSecond: 2, pollMs: 500, timeoutMs: 60_000 };

async function reported(pipeline: Pipeline, ...objectives: string[]): Promise<FreshnessReport> {
  const { run } = await simulate({ seed: 5, plan: PLAN, pipeline });
  return assemble(run, {
    target: 'https://collect.shop.example',
    warehouse: 'bigquery://shop-data/stargate_v2.realtime',
    command: null,
    plan: PLAN,
    goals: objectives.map(parseGoal),
    costPerLook: null,
    oneMachine: false,
  });
}

/** A trigger of 5 s and 1 s of work; the 7th probe is lost, the 9th comes after 71 s. */
function batches(): Pipeline {
  let arrived = 0;
  return {
    visibleAt: (at) => {
      arrived++;
      if (arrived === 7) return null;
      return arrived === 9 ? at + 71_000 : Math.ceil(at / 5_000) * 5_000 + 1_000;
    },
  };
}

describe('the summary', () => {
  it('says what was found, and the shape of a micro-batch', async () => {
    const report = await reported(batches(), 'within 10s >= 99%');
    const text = latencyText(report, STYLE, 80);
    expect(text).toContain('✓ Objective met.  99.5 % of events could be queried within 10 s.');
    expect(text).toMatch(/Rows become visible\s+together, about every 5 s: a micro-batch/);
    expect(text).toMatch(/One probe of\s+400 was accepted and\s+never found/);
    expect(text).toMatch(/p99\.9 +> 60 s +> 60 s +n too small: needs 3,688 probes/);
    expect(text).toMatch(/Probes +400 sent, 398 found, 1 late, 1 lost, 0 duplicated, 0 refused/);
    expect(text).toMatch(/client → collector .* ± \d/);
    expect(text).toMatch(/✓ within 10s >= 99% {2}99\.5 %/);
    for (const line of text.split('\n')) expect(columns(line)).toBeLessThanOrEqual(80);
  });

  it('draws as many bars as the shape is wide, and counts every seen probe once', async () => {
    const text = latencyText(await reported(batches()), STYLE, 80);
    const bars = [...text.matchAll(/^ {2}(\d\S*) (m?s) to .*?([█░]*) ?([\d.]*)$/gm)];
    const sum = bars.reduce((total, [, , , , number]) => total + Number(number), 0);
    expect(bars.length).toBeGreaterThan(5);
    expect(Math.abs(sum - 399)).toBeLessThan(5);
  });

  it('has a place for each thing that goes wrong, on a narrow terminal without UTF-8', async () => {
    const refused = { accepted: false, status: 503, reason: '503 STG_OVERLOADED: no room' };
    const report = await reported(
      {
        visibleAt: (at, random) => at + 200 * random(),
        copies: (sequence) => (sequence === 15 ? 2 : 1),
        answer: (sequence) => (sequence < 10 ? refused : { accepted: true, status: 202, reason: null }),
        skew: -60_000,
      },
      'p99<100ms',
    );
    const text = latencyText(report, createStyle(false, false), 60);
    expect(text).toContain('x Objective missed.');
    expect(text).toMatch(/1 duplicated, 10 refused/);
    expect(text).toMatch(/390 below zero, least -\d/);
    expect(text.replace(/\s+/g, ' ')).toContain('10 probes refused: 503 STG_OVERLOADED: no room (10).');
  });
});

describe('the document', () => {
  it('has the names that scripts rely on, beside the whole report', async () => {
    const report = await reported(batches(), 'within 10s >= 99%', 'p99.9<20s');
    const document = latencyDocument(report) as Record<string, unknown>;
    expect(document).toMatchObject({
      unit: 'ms',
      sent: 400,
      seen: 398,
      lost: 1,
      late: 1,
      duplicated: 0,
      refused: 0,
      p999: { upper: null, censored: true },
      slo: [
        { expression: 'within 10s >= 99%', met: true, value: 0.995 },
        { expression: 'p99.9<20s', met: null, value: null },
      ],
      kind: 'stargate.latency',
      counts: report.counts,
    });
    expect(document.p50).toEqual({
      lower: report.percentiles[0]!.lower,
      mid: report.percentiles[0]!.midpoint,
      upper: report.percentiles[0]!.upper,
      enough: true,
    });
    expect(document.within).toContainEqual({
      limit: 10_000,
      share: 0.995,
      limitMs: 10_000,
      least: 0.995,
      most: 0.995,
    });
  });
});

describe('figures', () => {
  it.each([
    [0, '0 ms'],
    [0.4567, '0.457 ms'],
    [999.4, '999 ms'],
    [1_000, '1 s'],
    [-2.04, '-2.04 ms'],
    [65_432, '65.4 s'],
  ])('%s ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('never round a share up to all', () => {
    expect([percent(0.99996), percent(1), percent(0.995), percent(0.07)]).toEqual([
      '99.99 %',
      '100 %',
      '99.5 %',
      '7 %',
    ]);
    expect([percentileName(0.999), percentileName(0.5), percentileName(0.99)]).toEqual([
      'p99.9',
      'p50',
      'p99',
    ]);
  });

  it('have bars no finer than half the resolution', () => {
    expect([binWidth(120, 10), binWidth(120, 300), binWidth(6_000, 500), binWidth(0, 0)]).toEqual([
      10, 200, 500, 1,
    ]);
  });
});

describe('the question', () => {
  it('names target, size and cost', () => {
    const undertaking = {
      target: 'https://collect.shop.example',
      warehouse: 'bigquery://p/d.t',
      foreign: true,
      plan: PLAN,
      looks: 520,
      cost: { bytes: 5.2e9, usd: 0.0325 },
    };
    expect(undertakingText(undertaking)).toBe(
      '400 probes to https://collect.shop.example, 2 a second; up to 520 queries of bigquery://p/d.t: 5.2 GB billed, about US$ 0.03.',
    );
    expect(
      undertakingText({ ...undertaking, cost: null, plan: { ...PLAN, probes: Number.POSITIVE_INFINITY } }),
    ).toBe(
      'Probes without end to https://collect.shop.example, 2 a second; a query every 500 ms of bigquery://p/d.t.',
    );
  });
});
