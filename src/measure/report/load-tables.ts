import type { LatencyFigures, LoadReport, ObjectiveResult, SearchStep } from '../load/report.js';
import { bytes, clock, count, number, percent, perSecond, time } from './format.js';
import { tryParse } from './load-charts.js';
import * as T from './load-texts.js';
import { html, type Markup } from './markup.js';
import { chip, coded, facts, none, type Section, STATES, table, typed } from './page.js';

export function objectives(report: LoadReport): Markup {
  if (report.objectives.length === 0) return none("Set one with --slo, for example --slo 'p99<200ms'.");
  const { judged } = report;
  const span = judged && html`<small>${clock(judged.fromMs)} to ${clock(judged.toMs)}</small>`;
  const rows = report.objectives.map((result) => [
    html`<code>${result.objective}</code>`,
    objectiveValue(result, result.whole),
    html`${objectiveValue(result, result.judged)}${result.judged !== null && span}`,
    chip(STATES[result.state], T.STATES[result.state]),
  ]);
  return table(
    'Objectives',
    [
      { head: 'Objective' },
      { head: 'Whole run', right: true },
      { head: 'Judged part', right: true },
      { head: 'Result', right: true },
    ],
    rows,
  );
}

function objectiveValue({ objective }: ObjectiveResult, value: number | null): string {
  if (value === null) return '–';
  const kind = tryParse(objective)?.metric.kind;
  return kind === 'latency'
    ? time(value)
    : kind === 'achieved'
      ? perSecond(value)
      : kind
        ? percent(value)
        : number(value);
}

export function percentiles({ latency: { whole } }: LoadReport): Markup {
  const row = (name: string, { count: values, p50, p90, p99, p999, max }: LatencyFigures) => [
    name,
    ...[p50, p90, p99, p999, max].map((ms) => (values === 0 ? '–' : time(ms))),
  ];
  const columns = ['p50', 'p90', 'p99', 'p99.9', 'max'].map((head) => ({ head, right: true }));
  const rows = [row('Response', whole.response), row('Service', whole.service), row('Start lag', whole.lag)];
  return table('Latency percentiles', [{ head: 'Measured' }, ...columns], rows);
}

export function answers({ totals }: LoadReport): Markup {
  const { planned, codes, errors } = totals;
  const row = (name: string, value: number, good: boolean) => {
    const share = planned === 0 ? 0 : value / planned;
    const bar = html`<div class="bar"><i${!good && html` class="bad"`} style="width:${(share * 100).toFixed(2)}%"></i></div>`;
    return [name, value > 0 ? bar : '', count(value), percent(share)];
  };
  const rows = [
    ...Object.entries(codes).map(([code, value]) => row(T.codeName(code), value, code.startsWith('2'))),
    ...Object.entries(errors).map(([layer, value]) => row(T.layerName(layer), value, false)),
  ];
  if (rows.length === 0) return none('There was no answer and no error.');
  const columns = [
    { head: 'Answer' },
    { head: 'Share as a bar', quiet: true, width: '40%' },
    { head: 'Requests', right: true },
    { head: 'Share', right: true },
  ];
  return table('Answers and errors', columns, rows);
}

export function verification({ verification: found }: LoadReport): Section | null {
  if (!found) return null;
  const { freshness } = found;
  const seconds = (value: number) => time(value * 1000);
  const fresh = freshness
    ? [
        [
          'Queryable after',
          `p50 ${seconds(freshness.p50)}, p99 ${seconds(freshness.p99)}, at most ${seconds(freshness.max)}`,
        ] as const,
      ]
    : [];
  const pairs = [
    ['Accepted', count(found.accepted)],
    ['Stored', count(found.stored)],
    ['Missing', count(found.missing)],
    ['Duplicate rows', count(found.duplicates)],
    ['Stored without a 2xx', `${count(found.unacknowledged)} (allowed: the answer may have been lost)`],
    ...fresh,
  ] as const;
  return {
    title: T.verificationFinding(found),
    lead: T.LEADS.verification,
    body: html`<p>${chip(STATES[found.state], T.STATES[found.state])}</p><br>${facts(pairs)}`,
  };
}

export function search({ search: steps }: LoadReport): Section | null {
  if (!steps || steps.length === 0) return null;
  const columns = [
    { head: 'Rate' },
    { head: 'Achieved', right: true },
    { head: 'Response p99', right: true },
    { head: 'Verdict', right: true },
    { head: 'Objective', right: true },
  ];
  const row = (step: SearchStep) => [
    perSecond(step.rate),
    perSecond(step.achieved),
    time(step.responseP99),
    T.VERDICTS[step.verdict],
    chip(STATES[step.state], T.STATES[step.state]),
  ];
  return {
    title: T.searchFinding(steps),
    lead: T.LEADS.search,
    body: table('Steps of the search', columns, steps.map(row)),
  };
}

export function conduct(report: LoadReport): Markup {
  const { plan, client: machine, command, totals, notes } = report;
  const sent: (readonly [string, string])[] = [
    ['Pace', plan.pace],
    [
      'Model',
      plan.model === 'open'
        ? 'open: sent by plan, never slowed by answers'
        : 'closed: each connection waits for its answer',
    ],
    ['Connections', `${count(plan.connections)}, opened before the start`],
    ['Payload', `${plan.payload}, ${bytes(plan.bodyBytes)} on average`],
    [
      'Batch',
      plan.batch === null
        ? 'raw body'
        : `${plan.batch === 1 ? '1 event' : `${count(plan.batch)} events`} a request`,
    ],
    [
      'Warm-up',
      plan.warmupMs === 0 ? 'none' : `${time(plan.warmupMs)}, left out of latencies and objectives`,
    ],
    [
      'Limits',
      `timeout ${time(plan.timeoutMs)}, then ${time(plan.drainMs)} for what is unfinished at the end`,
    ],
  ];
  const received: (readonly [string, string])[] = [
    ['Machine', `${machine.cpu}, ${count(machine.cores)} cores`],
    [
      'Client',
      `Node ${machine.node}, ${machine.platform}, ${plan.workers === 1 ? '1 process' : `${count(plan.workers)} processes`}`,
    ],
    ['Pacing', plan.precise ? 'spinning' : `timer, ${time(machine.timerMs)} a step`],
    ['Sent', bytes(totals.bytesSent)],
    ['Received', bytes(totals.bytesReceived)],
    ...(totals.accepted === null
      ? []
      : [['Accepted', `${count(totals.accepted)} events by the target’s own count`] as const]),
    ...(totals.rejected
      ? [['Rejected', `${count(totals.rejected)} events by the target’s own count`] as const]
      : []),
  ];
  const said = notes.map(
    ({ text, atMs }) => html`<li>${atMs !== undefined && `${clock(atMs)}: `}${coded(text)}</li>`,
  );
  return html`${command && typed(command)}<div class="two">${facts(sent)}${facts(received)}</div>${said.length > 0 && html`<h3>Notes of the run</h3><ul class="caveats">${said}</ul>`}`;
}
