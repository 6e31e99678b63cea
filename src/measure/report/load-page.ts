import type { LoadReport } from '../load/report.js';
import { plot } from './charts.js';
import { distributionChart } from './distribution.js';
import { count, day, percent, perSecond, time, timeOfDay } from './format.js';
import { loadCaveats } from './load-caveats.js';
import { backlogChart, lagChart, latencyChart, rateChart, utilisationChart } from './load-charts.js';
import { clientShape, latencyShape, notJudged, rateShape } from './load-shapes.js';
import { answers, conduct, objectives, percentiles, search, verification } from './load-tables.js';
import * as T from './load-texts.js';
import { html, type Markup } from './markup.js';
import { chip, coded, type Figure, key, none, type Page, type Section } from './page.js';

const VERDICT_STATES = {
  ok: 'ok',
  'target-limited': 'no',
  'client-limited': 'na',
  inconclusive: 'na',
} as const;

/** The report of a load test as a page: the verdict, its figures, what the data show, and last what they cannot. */
export function loadPage(report: LoadReport): Page {
  const { target, startedAt, run, verdict } = report;
  return {
    title: `Load test: ${target}, ${day(startedAt)}`,
    name: 'Load test',
    about: [
      html`<code>${target}</code>`,
      html`<span>${day(startedAt)}, ${timeOfDay(startedAt)}</span>`,
      html`<span>run <code>${run}</code></span>`,
    ],
    chip: chip(VERDICT_STATES[verdict], T.VERDICTS[verdict]),
    beside: `exit code ${report.exitCode}`,
    headline: report.headline,
    explanation: report.explanation,
    figures: figures(report),
    sections: sections(report),
    foot: 'Written by stargate loadtest --html. This file holds all its data and loads nothing from the network.',
  };
}

function figures({ totals, latency, plan }: LoadReport): Figure[] {
  const answered = latency.whole.response.count > 0;
  return [
    {
      name: plan.model === 'closed' ? 'Sent, highest' : 'Offered, highest',
      value: perSecond(totals.offeredMax),
    },
    {
      name: 'Achieved, highest',
      value: perSecond(totals.achievedMax),
      note: `${perSecond(totals.achieved)} on average`,
    },
    {
      name: 'Requests',
      value: count(totals.planned),
      note: totals.sent < totals.planned ? `${count(totals.sent)} sent` : undefined,
    },
    { name: 'Response p99', value: answered ? time(latency.whole.response.p99) : '–' },
    { name: 'Service p99', value: answered ? time(latency.whole.service.p99) : '–' },
    {
      name: 'Failed',
      value: totals.planned === 0 ? '–' : percent(totals.failed / totals.planned),
      note: totals.failed > 0 ? count(totals.failed) : undefined,
    },
  ];
}

function sections(report: LoadReport): Section[] {
  const optional = [verification(report), search(report)].flatMap((section) => section ?? []);
  return [
    { title: T.objectivesFinding(report.objectives), lead: T.LEADS.objectives, body: objectives(report) },
    ...optional,
    rate(report),
    latency(report),
    { title: T.percentilesFinding(report), lead: measured(report), body: percentiles(report) },
    distribution(report),
    { title: T.answersFinding(report), lead: T.LEADS.answers, body: answers(report) },
    client(report),
    { title: 'How it was run', body: conduct(report) },
    { title: 'What this run cannot tell you', body: caveats(report) },
  ];
}

function rate(report: LoadReport): Section {
  const failed = report.series.failed.some((value) => value > 0);
  const entries = [
    { look: 'line plan', text: 'Offered' },
    { look: 'line one', text: 'Achieved' },
    ...(failed ? [{ look: 'line failed', text: 'Failed' }] : []),
    ...hatched(report),
  ];
  return {
    title: T.rateFinding(rateShape(report)),
    lead: T.LEADS.rate,
    body: html`${key(entries)}${plot(rateChart(report))}`,
  };
}

const hatched = (report: LoadReport) =>
  notJudged(report) ? [{ look: 'hatch', text: 'Client-limited, not judged' }] : [];

function latency(report: LoadReport): Section {
  const title = T.latencyFinding(latencyShape(report));
  if (report.series.responseP99.every((value) => value === null))
    return { title, body: none('There is nothing to draw.') };
  const entries = [
    { look: 'line one', text: 'Response p99' },
    { look: 'line one thin', text: 'Response p50' },
    { look: 'line other', text: 'Service p99' },
    { look: 'line other thin', text: 'Service p50' },
    ...hatched(report),
  ];
  return { title, lead: T.LEADS.latency, body: html`${key(entries)}${plot(latencyChart(report))}` };
}

function measured({ plan, client, window }: LoadReport): string {
  const warmup = plan.warmupMs > 0 ? `without ${time(plan.warmupMs)} of warm-up` : 'no warm-up';
  return `${time(window.toMs - window.fromMs)} measured, ${warmup}. The timer that paces steps by ${time(client.timerMs)}.`;
}

function distribution(report: LoadReport): Section {
  const title = T.distributionFinding(report);
  if (report.latency.whole.response.count === 0) return { title, body: none('There is nothing to draw.') };
  const entries = [
    { look: 'solid', text: 'Response' },
    { look: 'line other', text: 'Service' },
  ];
  return { title, lead: T.LEADS.distribution, body: html`${key(entries)}${plot(distributionChart(report))}` };
}

function client(report: LoadReport): Section {
  const waiting = [...report.series.backlog, ...report.series.inFlight].some((value) => value > 0);
  const entries = [
    { look: 'line one', text: 'Waiting to be sent' },
    { look: 'line other', text: 'Waiting for an answer' },
  ];
  return {
    title: T.clientFinding(clientShape(report), report.verdict),
    lead: T.LEADS.client,
    body: html`<div class="two"><div><h3>Event-loop utilisation</h3>${plot(utilisationChart(report))}</div><div><h3>Start lag, p99</h3>${plot(lagChart(report))}</div></div>${waiting && html`<h3>Requests waiting at the end of each interval</h3>${key(entries)}${plot(backlogChart(report))}`}`,
  };
}

const caveats = (report: LoadReport): Markup =>
  html`<ul class="caveats">${loadCaveats(report).map(([about, why]) => html`<li><b>${about}</b> ${coded(why)}</li>`)}</ul>`;
