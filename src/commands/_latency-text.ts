/** The summary of `latency` on a terminal: the verdict first. */

import { fewestProbes } from '../measure/freshness/order.js';
import type { FreshnessReport, PercentileBounds } from '../measure/freshness/report.js';
import { duration, percent, percentileName } from '../measure/freshness/texts.js';
import { labelled, pad, type Style, table } from '../output.js';
import { histogramText } from './_latency-histogram.js';

const count = (n: number): string => n.toLocaleString('en');

export function latencyText(report: FreshnessReport, style: Style, width: number): string {
  const blocks = [
    verdictText(report, style, width),
    percentilesText(report, style),
    histogramText(report, style, width),
    sharesText(report, style),
    hopsText(report, style),
    countsText(report, style),
    objectivesText(report, style),
    notesText(report, style, width),
  ];
  return `\n${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function verdictText(
  { verdict, headline, explanation }: FreshnessReport,
  style: Style,
  width: number,
): string {
  const { symbols } = style;
  const [mark, word] = {
    met: [style.good(symbols.ok), 'Objective met.  '],
    missed: [style.bad(symbols.bad), 'Objective missed.  '],
    inconclusive: [style.warning(symbols.none), 'Inconclusive.  '],
    measured: [style.good(symbols.ok), ''],
  }[verdict] as [string, string];
  const lines = [`${mark} ${style.bold(word + headline)}`];
  if (explanation !== '') lines.push(labelled('', `  ${explanation}`.trim(), 2, width));
  return lines.join('\n');
}

function percentilesText({ percentiles, plan, resolution }: FreshnessReport, style: Style): string {
  const beyond = `> ${duration(plan.timeoutMs)}`;
  const range = ({ lower, upper }: Range) =>
    lower === null ? beyond : `${duration(lower)} ${upper === null ? 'or more' : `to ${duration(upper)}`}`;
  const middle = ({ lower, midpoint }: PercentileBounds) =>
    midpoint !== null ? duration(midpoint) : lower === null ? beyond : `> ${duration(lower)}`;
  const row = (one: PercentileBounds) => [
    percentileName(one.p),
    middle(one),
    range(one),
    one.population ? range(one.population) : style.warning(tooSmall(one.p)),
  ];
  const head = ['', 'midpoint', 'between', 'population, 95 %'];
  const rows = table(percentiles.map(row), { head, right: new Set([1]), paintHead: style.dim, indent: '  ' });
  return `${rows}\n  ${style.dim(`Resolution ${duration(resolution.medianMs)}, at worst ${duration(resolution.maxMs)}`)}`;
}

type Range = Pick<PercentileBounds, 'lower' | 'upper'>;

const tooSmall = (p: number): string => `n too small: needs ${count(fewestProbes(p))} probes`;

/** From the first limit that a probe may meet to the first that no more do: the rest says nothing. */
function sharesText({ within }: FreshnessReport, style: Style): string {
  const first = within.findIndex(({ most }) => most > 0);
  const all = within.findIndex(({ least }) => least >= (within.at(-1)?.least ?? 0));
  const told = within.slice(Math.max(0, first), Math.max(first, all) + 1);
  if (first < 0) return '';
  const rows = told.map(({ limitMs, least, most }) => [duration(limitMs), percent(least), percent(most)]);
  const head = ['within', 'surely', 'at most'];
  return table(rows, { head, right: new Set([1, 2]), paintHead: style.dim, indent: '  ' });
}

function hopsText({ hops }: FreshnessReport, style: Style): string {
  if (hops.length === 0) return '';
  const rows = hops.map(({ title, p50, p99, clockOffsetMs, negative, least }) => [
    title,
    duration(p50),
    duration(p99),
    clockOffsetMs === 0 ? 'one clock' : `± ${duration(clockOffsetMs)}`,
    negative === 0 ? '' : style.warning(`${count(negative)} below zero, least ${duration(least)}`),
  ]);
  const head = ['hop', 'p50', 'p99', 'clocks', ''];
  return table(rows, { head, right: new Set([1, 2]), paintHead: style.dim, indent: '  ' });
}

function countsText({ counts, queries }: FreshnessReport, style: Style): string {
  const { sent, found, late, lost, duplicated, refused, open } = counts;
  const bad = (n: number, name: string) => (n > 0 ? style.bad(`${count(n)} ${name}`) : `0 ${name}`);
  const parts = [
    `${count(sent)} sent`,
    `${count(found)} found`,
    bad(late, 'late'),
    bad(lost, 'lost'),
    bad(duplicated, 'duplicated'),
    bad(refused, 'refused'),
    ...(open > 0 ? [`${count(open)} open`] : []),
  ];
  const failed = queries.failed > 0 ? style.warning(`, ${count(queries.failed)} failed`) : '';
  return `  Probes   ${parts.join(', ')}\n  Queries  ${count(queries.count)}, p50 ${duration(queries.p50Ms)}, max ${duration(queries.maxMs)}${failed}`;
}

function objectivesText({ objectives, plan }: FreshnessReport, style: Style): string {
  const { symbols } = style;
  const longest = Math.max(0, ...objectives.map(({ objective }) => objective.length));
  return objectives
    .map(({ objective, value, state }) => {
      const mark = {
        met: style.good(symbols.ok),
        missed: style.bad(symbols.bad),
        'not-judged': style.warning(symbols.none),
      }[state];
      const share = /^within/.test(objective);
      const figure =
        value === null ? `> ${duration(plan.timeoutMs)}` : share ? percent(value) : duration(value);
      return `  ${mark} ${pad(objective, longest)}  ${state === 'not-judged' ? `${figure}, not judged` : figure}`;
    })
    .join('\n');
}

/** What a terminal has said above already is left out. */
const SAID = new Set(['n-too-small', 'resolution']);

const notesText = ({ notes }: FreshnessReport, style: Style, width: number): string =>
  notes
    .filter(({ code }) => !SAID.has(code))
    .map(({ text }) => style.dim(labelled('  –', text, 4, width).replace('–', style.symbols.none)))
    .join('\n');
