/** What a run shows: the verdict, and the sentences that say what follows from it. Pure. */
import type { LoadTotals, LoadVerdict, ObjectiveResult, Span } from './report.js';

/** Achieved below this share of offered: something did not keep up. */
const KEPT_UP = 0.98;

export interface Facts {
  readonly model: 'open' | 'closed';
  readonly totals: LoadTotals;
  readonly limited: boolean;
  /** This machine was the limit by having too few connections. */
  readonly short: boolean;
  readonly enough: boolean;
  readonly interrupted: boolean;
  readonly judged: Span | null;
  readonly offeredInJudged: number;
  readonly objectives: readonly ObjectiveResult[];
  readonly verified: boolean | null;
}

export function verdictOf({ model, totals, limited, enough }: Facts): LoadVerdict {
  if (limited) return 'client-limited';
  if (!enough) return 'inconclusive';
  const behind = model === 'open' && totals.achieved < totals.offered * KEPT_UP;
  const dead = totals.failed >= totals.planned;
  return behind || dead ? 'target-limited' : 'ok';
}

export function exitCodeOf(facts: Facts, verdict: LoadVerdict): number {
  if (facts.interrupted) return 130;
  // Never passed, whatever the figures say; nor failed, where only this machine was slow.
  if (verdict === 'client-limited') return 5;
  if (facts.objectives.some(({ state }) => state === 'missed') || facts.verified === false) return 3;
  if (verdict === 'inconclusive' || facts.objectives.some(({ state }) => state === 'not-judged')) return 5;
  return facts.totals.failed >= facts.totals.planned ? 1 : 0;
}

const rate = (value: number): string =>
  `${Math.round(value).toLocaleString('en-US')} ${Math.round(value) === 1 ? 'request' : 'requests'}/s`;

function objectiveText(objectives: readonly ObjectiveResult[]): string {
  if (objectives.length === 0) return '';
  const missed = objectives.filter(({ state }) => state === 'missed');
  if (missed.length > 0) return `Missed: ${missed.map(({ objective }) => objective).join(', ')}. `;
  const met = objectives.every(({ state }) => state === 'met');
  const all = objectives.length === 1 ? 'The objective was' : 'All objectives were';
  return met ? `${all} met. ` : '';
}

/** First a sentence that holds by itself, then what follows from it. */
export function sentences(
  facts: Facts,
  verdict: LoadVerdict,
): readonly [headline: string, explanation: string] {
  const { totals, objectives, model } = facts;
  const said = objectiveText(objectives);
  if (totals.answered === 0 && totals.planned > 0)
    return [
      'The target answered nothing.',
      `${said}Every one of ${totals.planned.toLocaleString('en-US')} requests failed; the errors say in which layer.`,
    ];
  switch (verdict) {
    case 'client-limited':
      return clientSentences(facts);
    case 'inconclusive':
      return [
        'There is too little to conclude from.',
        'Let it run longer, or send more: fewer than 100 requests were measured.',
      ];
    case 'target-limited':
      return [
        `The target was the limit: ${rate(totals.achieved)} of ${rate(totals.offered)} were answered.`,
        `${said}This machine kept up; the rest waited, failed or came late.`,
      ];
    case 'ok':
      return [
        model === 'closed'
          ? `The target answered ${rate(totals.achieved)} with every connection busy.`
          : `The target kept up with ${rate(totals.offered)}.`,
        `${said}This machine kept up too: its figures are those of the target.`,
      ];
  }
}

function clientSentences({ judged, short, offeredInJudged, objectives }: Facts): readonly [string, string] {
  const above = judged ? ` above ${rate(offeredInJudged)}` : '';
  const who = short ? 'The connections of this machine were' : 'This machine was';
  const met =
    objectives.length > 0 &&
    objectives.every(({ judged: figure, state }) => figure !== null && state !== 'missed');
  const upTo =
    objectives.length === 1
      ? 'the objective'
      : objectives.length === 2
        ? 'both objectives'
        : 'all objectives';
  if (!judged) return [`${who} the limit${above}.`, 'Nothing is concluded about the target.'];
  return [
    `${who} the limit${above}.`,
    met
      ? `Up to there the target met ${upTo}; nothing is concluded beyond.`
      : 'Nothing is concluded about the target beyond that.',
  ];
}
