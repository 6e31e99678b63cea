import type { LoadReport, LoadVerdict, Note, ObjectiveResult } from '../load/report.js';
import { perSecond } from './format.js';

type Merged = Pick<LoadReport, 'verdict' | 'totals' | 'objectives'>;

const SECOND = 1000;

/** The verdict of the merged runs in one sentence. */
export function mergedHeadline({ verdict, totals, objectives }: Merged, runs: number): string {
  const rate = `${perSecond(totals.achieved)} from ${runs} runs together`;
  const missed = objectives.filter(({ state }) => state === 'missed');
  if (verdict === 'ok' && missed.length > 0) return `At ${rate}, the target missed ${list(missed)}.`;
  const sentences: Record<LoadVerdict, string> = {
    'client-limited': `At ${rate}, a load generator was the limit.`,
    'target-limited': `At ${rate}, the target was the limit.`,
    inconclusive: `At ${rate}, the runs do not tell what the limit was.`,
    ok: `The target kept up with ${rate}.`,
  };
  return sentences[verdict];
}

export function mergedExplanation({ verdict, objectives }: Merged, parts: readonly LoadReport[]): string {
  const worst = parts.filter((part) => part.verdict === verdict);
  const who = `${worst.length} of ${parts.length} runs ended ${verdict}.`;
  if (verdict === 'client-limited')
    return `${who} No objective is judged: the load that was planned did not reach the target as planned.`;
  const missed = objectives.filter(({ state }) => state === 'missed');
  if (missed.length > 0) return `${who} Judged on all requests together, ${list(missed)} was missed.`;
  return objectives.some(({ state }) => state === 'met')
    ? `${who} Objectives are judged on all requests together.`
    : who;
}

const list = (objectives: readonly ObjectiveResult[]): string =>
  objectives.map(({ objective }) => objective).join(' and ');

/** What was merged, and what of it does not hold for the whole. */
export function mergedNotes(parts: readonly LoadReport[], twice: number): Note[] {
  const texts = [
    `Merged from ${parts.length} reports. Histograms and totals are exact; percentiles over time are the highest of any report.`,
    twice > 0 && `${twice} ${twice === 1 ? 'report was' : 'reports were'} given twice and counted once.`,
    apart(parts) && 'Not all runs went on at the same time: their rates did not meet the target together.',
    differ(parts, ({ target }) => target) && 'The runs had different targets.',
    differ(parts, ({ plan }) => plan.model) &&
      'Open and closed models are mixed: response times do not compare.',
    keptUpApart(parts) &&
      'The clients kept up for different times: judged figures are of each run’s own judged part.',
  ];
  return texts.flatMap((text) => (text ? [{ code: 'merged' as const, text }] : []));
}

const differ = (parts: readonly LoadReport[], of: (part: LoadReport) => string): boolean =>
  new Set(parts.map(of)).size > 1;

/** Two machines never stop in the same instant: a second is no difference. */
function keptUpApart(parts: readonly LoadReport[]): boolean {
  const spans = parts.flatMap(({ judged, startedAt }) =>
    judged ? [[startedAt + judged.fromMs, startedAt + judged.toMs] as const] : [],
  );
  if (spans.length < parts.length) return false;
  const spread = (edge: 0 | 1) => {
    const times = spans.map((span) => span[edge]);
    return Math.max(...times) - Math.min(...times);
  };
  return Math.max(spread(0), spread(1)) > SECOND;
}

/** Runs are apart where one's window begins after half of another's has passed. */
function apart(parts: readonly LoadReport[]): boolean {
  const latest = Math.max(...parts.map(({ startedAt, window }) => startedAt + window.fromMs));
  return parts.some(({ startedAt, window }) => startedAt + (window.fromMs + window.toMs) / 2 < latest);
}
