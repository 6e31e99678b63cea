import type { LoadReport, LoadSeries, LoadTotals, Span } from '../load/report.js';

type Counts = Readonly<Record<string, number | undefined>>;

/** Counts are summed; rates are those of the merged window. */
export function mergeTotals(parts: readonly LoadReport[], series: LoadSeries, window: Span): LoadTotals {
  const totals = parts.map((part) => part.totals);
  const total = (key: 'planned' | 'sent' | 'answered' | 'failed' | 'bytesSent' | 'bytesReceived') =>
    totals.reduce((sum, each) => sum + each[key], 0);
  const events = (key: 'accepted' | 'rejected') =>
    totals.reduce<number | null>(
      (sum, each) => (sum === null || each[key] === null ? null : sum + each[key]),
      0,
    );
  const highest = (key: 'offered' | 'achieved', ofPart: 'offeredMax' | 'achievedMax') =>
    Math.max(...series[key], ...totals.map((each) => each[ofPart]));
  const rate = (key: 'offered' | 'achieved') =>
    parts.reduce((sum, part) => sum + part.totals[key] * lengthOf(part.window), 0) / lengthOf(window);
  return {
    planned: total('planned'),
    sent: total('sent'),
    answered: total('answered'),
    codes: addCounts(totals.map(({ codes }) => codes)),
    errors: addCounts(totals.map(({ errors }) => errors)),
    failed: total('failed'),
    accepted: events('accepted'),
    rejected: events('rejected'),
    bytesSent: total('bytesSent'),
    bytesReceived: total('bytesReceived'),
    offeredMax: highest('offered', 'offeredMax'),
    achievedMax: highest('achieved', 'achievedMax'),
    achieved: rate('achieved'),
    offered: rate('offered'),
  };
}

const lengthOf = ({ fromMs, toMs }: Span): number => Math.max(1, toMs - fromMs);

/** By key, keys in order: the sum of two parts does not tell which came first. */
function addCounts(parts: readonly Counts[]): Record<string, number> {
  const keys = [...new Set(parts.flatMap((part) => Object.keys(part)))].sort();
  return Object.fromEntries(keys.map((key) => [key, parts.reduce((sum, part) => sum + (part[key] ?? 0), 0)]));
}
