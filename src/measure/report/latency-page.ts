import type { FreshnessReport } from '../freshness/report.js';
import { type Chart, plot } from './charts.js';
import { count, day, time, timeOfDay } from './format.js';
import { latencyCaveats } from './latency-caveats.js';
import { curveChart, probesChart, spreadChart } from './latency-charts.js';
import { bulkOf, seenOf } from './latency-data.js';
import { conduct, hops, objectives, outcomes, percentiles, shares } from './latency-tables.js';
import * as T from './latency-texts.js';
import { html, type Markup } from './markup.js';
import { chip, coded, type Figure, type KeyEntry, key, none, type Page, type Section } from './page.js';

const VERDICT_STATES = { met: 'ok', missed: 'no', measured: 'ok', inconclusive: 'na' } as const;

/** The report of a latency run as a page: the verdict, its figures, what the data show, and last what they cannot. */
export function latencyPage(report: FreshnessReport): Page {
  const { target, warehouse, startedAt, run, verdict } = report;
  return {
    title: `Freshness: ${target}, ${day(startedAt)}`,
    name: 'Freshness',
    about: [
      html`<code>${target}</code>`,
      html`<span>to <code>${warehouse}</code></span>`,
      html`<span>${day(startedAt)}, ${timeOfDay(startedAt)}</span>`,
      html`<span>run <code>${run}</code></span>`,
    ],
    chip: chip(VERDICT_STATES[verdict], T.VERDICTS[verdict]),
    beside: `exit code ${report.exitCode}`,
    headline: report.headline,
    explanation: report.explanation,
    figures: figures(report),
    sections: sections(report),
    foot: 'Written by stargate latency --html. This file holds all its data and loads nothing from the network.',
  };
}

function figures({ percentiles, counts, resolution, plan }: FreshnessReport): Figure[] {
  const limit = plan.timeoutMs;
  const percentile = (p: number): Figure => {
    const found = percentiles.find((each) => each.p === p);
    const name = T.percentileName(p);
    if (!found || counts.sent === counts.refused) return { name, value: '–' };
    if (!found.enough) return { name, value: '–', note: 'n too small' };
    const range = `${T.bound(found.lower, limit)} to ${T.bound(found.upper, limit)}`;
    return { name, value: T.bound(found.midpoint, limit), note: range };
  };
  return [
    ...[0.5, 0.9, 0.99].map(percentile),
    {
      name: 'Sent',
      value: count(counts.sent),
      note: counts.refused > 0 ? `${count(counts.refused)} refused` : undefined,
    },
    {
      name: 'Lost',
      value: count(counts.lost),
      note: counts.late > 0 ? `${count(counts.late)} late` : undefined,
    },
    { name: 'Resolution', value: resolution.medianMs > 0 ? time(resolution.medianMs) : '–' },
  ];
}

function sections(report: FreshnessReport): Section[] {
  const seen = seenOf(report);
  const beyond = report.counts.lost + report.counts.late + report.counts.open > 0;
  const drawn = (chart: Chart | null, entries: readonly KeyEntry[]): Markup =>
    chart
      ? html`${key(entries)}${plot(chart)}`
      : none('No probe was seen in time: there is nothing to draw.');
  const estimate = report.turnbull ? [{ look: 'line other', text: 'Likeliest course (Turnbull)' }] : [];
  const curve = drawn(curveChart(report), [
    { look: 'band', text: 'Between upper and lower bounds' },
    ...estimate,
    ...(beyond ? [{ look: 'hatch', text: 'Not seen in time' }] : []),
  ]);
  const spread = drawn(spreadChart(report), [
    { look: 'solid', text: 'Surely in this step' },
    { look: 'maybe', text: 'Possibly: the bounds straddle its edge' },
    ...estimate,
  ]);
  const probes = drawn(probesChart(report), [
    { look: 'line strokes', text: 'Seen: lower to upper bound' },
    ...(beyond ? [{ look: 'line beyond', text: `Not seen within ${time(report.plan.timeoutMs)}` }] : []),
  ]);
  return [
    { title: T.objectivesFinding(report.objectives), lead: T.LEADS.objectives, body: objectives(report) },
    { title: T.curveFinding(report), lead: T.LEADS.curve, body: html`${curve}${percentiles(report)}` },
    { title: T.shareFinding(report), lead: T.LEADS.share, body: shares(report) },
    {
      title:
        seen.length > 0 ? T.spreadFinding(report, seen.length, bulkOf(seen)) : 'No probe was seen in time',
      ...(seen.length > 0 && { lead: T.microBatchLead(report.microBatchMs) }),
      body: spread,
    },
    { title: 'Every probe over the run', lead: T.LEADS.probes, body: probes },
    { title: T.outcomesFinding(report), body: outcomes(report) },
    { title: T.hopsFinding(report.hops), lead: T.LEADS.hops, body: hops(report) },
    { title: 'How it was measured', body: conduct(report) },
    { title: 'What this run cannot tell you', body: caveats(report) },
  ];
}

const caveats = (report: FreshnessReport): Markup =>
  html`<ul class="caveats">${latencyCaveats(report).map(([about, why]) => html`<li>${about && html`<b>${about}</b> `}${coded(why)}</li>`)}</ul>`;
