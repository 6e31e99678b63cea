import type { Result } from '../harness/row.js';

interface Conserved {
  readonly samples: number;
  readonly violations: readonly string[];
}
type Alerts = Readonly<Record<string, number>>;

/** Row 29 is looked at during all others: what they found, wherever it stands in their figures. */
function conserved(figures: unknown): Conserved[] {
  if (typeof figures !== 'object' || figures === null) return [];
  const { conservation } = figures as { conservation?: Conserved };
  return [...(conservation ? [conservation] : []), ...Object.values(figures).flatMap(conserved)];
}

/** Seconds behind the strike by alert: of a row that was watched, whose own verdict says whether the right one came. */
const alertsIn = ({ figures }: Result): Alerts => (figures as { alerts?: Alerts }).alerts ?? {};

function told(one: Result): string[] {
  const all = Object.entries(alertsIn(one)).map(([name, after]) => `${name} ${after} s`);
  return all.length > 0 ? [`row ${one.number} told by ${all.join(', ')}`] : [];
}

/** Adds up what the other rows have seen of it. */
export function conservation(results: readonly Result[]): Result {
  const all = results.flatMap(({ figures }) => conserved(figures));
  const violations = all.flatMap((one) => one.violations);
  const samples = all.reduce((sum, one) => sum + one.samples, 0);
  const counted = `${violations.length} violations in ${samples} samples, and at ${all.length} ends`;
  return {
    number: '29',
    title: 'log, rows and positions fit, looked at once a second during the rows above; somebody is told',
    target: '0 violations; alerts within 2 min in 3, 8 and 12',
    ok: violations.length === 0,
    measured: [counted, ...results.flatMap(told)].join('; '),
    figures: { samples, ends: all.length, violations },
    verdict: all.length === 0 ? 'skipped' : violations.length === 0 ? 'holds' : 'MISSED',
    seconds: 0,
  };
}
