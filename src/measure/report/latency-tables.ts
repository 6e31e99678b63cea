import type { FreshnessReport, Hop, ProbeResult } from '../freshness/report.js';
import { bytes, clock, count, number, percent, time, unbroken } from './format.js';
import * as T from './latency-texts.js';
import { html, type Markup } from './markup.js';
import { chip, facts, none, STATES, table, typed } from './page.js';

const RESULTS = { met: 'Met', missed: 'Missed', 'not-judged': 'Not judged' } as const;
/** Probes to look into that are listed one by one. */
const LISTED = 10;

export function objectives({ objectives: results, plan }: FreshnessReport): Markup {
  if (results.length === 0) return none("Set one with --slo, for example --slo 'within 10s >= 99%'.");
  const rows = results.map(({ objective, value, state }) => {
    const share = objective.startsWith('within');
    const figure = share ? percent(value) : T.bound(value, plan.timeoutMs);
    return [
      html`<code>${objective}</code>`,
      state === 'not-judged' && value === null ? '–' : figure,
      chip(STATES[state], RESULTS[state]),
    ];
  });
  return table(
    'Objectives',
    [{ head: 'Objective' }, { head: 'By the upper bound', right: true }, { head: 'Result', right: true }],
    rows,
  );
}

export function percentiles({ percentiles: found, counts, plan }: FreshnessReport): Markup | false {
  if (counts.sent === counts.refused) return false;
  const limit = plan.timeoutMs;
  const range = (of: { lower: number | null; upper: number | null }) =>
    of.lower === null && of.upper === null
      ? T.bound(null, limit)
      : `${T.bound(of.lower, limit)} to ${T.bound(of.upper, limit)}`;
  const rows = found.map((each) => [
    T.percentileName(each.p),
    each.enough ? T.bound(each.midpoint, limit) : 'n too small',
    each.enough ? range(each) : '',
    each.enough && each.population ? range(each.population) : '',
  ]);
  const columns = [
    { head: 'Percentile' },
    { head: 'Midpoint', right: true },
    { head: 'Of these probes', right: true },
    { head: 'Of all events, 95 %', right: true },
  ];
  return html`<h3>Percentiles</h3>${table('Percentiles', columns, rows)}`;
}

export function shares({ within, counts }: FreshnessReport): Markup {
  if (within.length === 0 || counts.sent === counts.refused) return none('No probe was accepted.');
  const width = (share: number) => `width:${(share * 100).toFixed(2)}%`;
  const rows = within.map(({ limitMs, least, most }) => [
    time(limitMs),
    html`<div class="bar">${least > 0 && html`<i style="${width(least)}"></i>`}${most > least && html`<i class="maybe" style="${width(most - least)}"></i>`}</div>`,
    percent(least),
    percent(most),
  ]);
  const columns = [
    { head: 'Limit' },
    { head: 'Share as a bar', quiet: true, width: '45%' },
    { head: 'Surely within', right: true },
    { head: 'At most', right: true },
  ];
  return table('Share within a limit', columns, rows);
}

export function outcomes(report: FreshnessReport): Markup {
  const { counts, plan, probes } = report;
  const rows = (['found', 'late', 'lost', 'open', 'refused', 'duplicated'] as const)
    .filter((outcome) => outcome !== 'open' || counts.open > 0)
    .map((outcome) => {
      const [name, meaning] = T.OUTCOMES[outcome];
      const share = counts.sent === 0 ? 0 : counts[outcome] / counts.sent;
      return [name, count(counts[outcome]), percent(share), meaning(plan.timeoutMs)];
    });
  const columns = [
    { head: 'Outcome' },
    { head: 'Probes', right: true },
    { head: 'Share', right: true },
    { head: 'Meaning' },
  ];
  const odd = probes.filter(
    ({ outcome, rows: stored }) => outcome === 'lost' || outcome === 'late' || stored > 1,
  );
  return html`${table('Outcomes', columns, rows)}${odd.length > 0 && lookInto(odd)}`;
}

function lookInto(odd: readonly ProbeResult[]): Markup {
  const rows = odd
    .slice(0, LISTED)
    .map((probe) => [
      html`<code>${probe.id}</code>`,
      clock(probe.sentAt),
      probe.outcome === 'lost' ? 'never' : `after ${time(probe.lower)} to ${time(probe.upper)}`,
      count(probe.rows),
    ]);
  const more = odd.length > LISTED ? `, the first ${LISTED} of ${count(odd.length)}` : '';
  const columns = [
    { head: 'Event id' },
    { head: 'Sent', right: true },
    { head: 'Seen' },
    { head: 'Rows', right: true },
  ];
  return html`<h3>To look into${more}</h3>${table('Probes to look into', columns, rows)}`;
}

const SHADES = [1, 0.35, 0.8, 0.55, 0.25];
const shade = (i: number): number => SHADES[i % SHADES.length]!;

export function hops({ hops: found }: FreshnessReport): Markup {
  if (found.length === 0) return none('No row of a probe had the timestamps that this needs.');
  const bar = found.map(
    ({ p50 }, i) => html`<i style="flex:${Math.max(0, p50).toFixed(3)};opacity:${shade(i)}"></i>`,
  );
  const row = (hop: Hop, i: number) => [
    html`<i class="sw" style="opacity:${shade(i)}"></i>${unbroken(hop.title)}`,
    signed(hop.p50),
    signed(hop.p99),
    hop.clockOffsetMs === 0 ? 'none' : `± ${time(hop.clockOffsetMs)}`,
    T.hopRemark(hop),
  ];
  const columns = [
    { head: 'Hop' },
    { head: 'p50', right: true },
    { head: 'p99', right: true },
    { head: 'Clock bound', right: true },
    { head: 'Remark' },
  ];
  return html`<div class="hops" aria-hidden="true">${bar}</div>${table('Hops', columns, found.map(row))}`;
}

const signed = (ms: number): string => (ms < 0 ? `−${time(-ms)}` : time(ms));

export function conduct(report: FreshnessReport): Markup {
  const { plan, client, queries, resolution, command, durationMs } = report;
  const sent: (readonly [string, string])[] = [
    [
      'Probes',
      `${count(plan.probes)}, at random moments (Poisson), ${number(plan.ratePerSecond)} a second on average`,
    ],
    ['Clock', 'one monotonic clock for send and seen'],
    ['Timeout', time(plan.timeoutMs)],
    ['Lasted', time(durationMs)],
  ];
  const asked: (readonly [string, string])[] = [
    [
      'Queries',
      `${count(queries.count)}, one for all open probes, every ${time(plan.pollMs)}${queries.failed > 0 ? `; ${count(queries.failed)} failed` : ''}`,
    ],
    ['A query took', `${time(queries.p50Ms)}, at most ${time(queries.maxMs)}`],
    [
      'Cost',
      queries.cost ? `${bytes(queries.cost.bytes)} billed, about ${number(queries.cost.usd)} USD` : 'none',
    ],
    ['Resolution', `${time(resolution.medianMs)}, at most ${time(resolution.maxMs)} between the bounds`],
    ['Machine', `${client.cpu}, ${count(client.cores)} cores, Node ${client.node}, ${client.platform}`],
  ];
  return html`${command && typed(command)}<div class="two">${facts(sent)}${facts(asked)}</div>`;
}
