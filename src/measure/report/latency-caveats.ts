import type { FreshnessReport } from '../freshness/report.js';
import { count, number, time } from './format.js';
import { percentileName } from './latency-texts.js';

/** What it is about (may be empty), and why this run does not tell. */
export type Caveat = readonly [about: string, why: string];

/** Probes that a percentile needs for a bound of 95 % (measuring.md §2): below that it is not shown as one. */
const NEEDED: readonly (readonly [p: number, probes: number])[] = [
  [0.99, 368],
  [0.999, 3688],
];

/** The run's own notes, and what follows from the report where no note says it. */
export function latencyCaveats(report: FreshnessReport): Caveat[] {
  const said = new Set(report.notes.map(({ code }) => code));
  const own = report.notes.map(({ text }) => split(text));
  const computed = Object.entries(RULES).flatMap(([code, rule]) => (said.has(code) ? [] : rule(report)));
  return [...own, ...computed];
}

/** "Load. The probes added …": what comes before the first full stop is what it is about. */
function split(text: string): Caveat {
  const [, about, why] = /^(.{1,60}?\.) (.+)$/s.exec(text) ?? [];
  return about === undefined || why === undefined ? ['', text] : [about, why];
}

/** By the code of the note that would say the same. */
const RULES: Readonly<Record<string, (report: FreshnessReport) => Caveat[]>> = {
  'n-too-small': ({ counts }) => {
    const n = counts.sent - counts.refused;
    return NEEDED.filter(([, probes]) => n < probes).map(([p, probes]) => [
      `${percentileName(p)}.`,
      `A bound needs ${count(probes)} probes; this run has ${count(n)}.`,
    ]);
  },
  resolution: ({ resolution }) =>
    resolution.medianMs === 0
      ? []
      : [
          [
            `Anything finer than ${time(resolution.medianMs)}.`,
            'Two runs that differ by less than the resolution do not differ.',
          ],
        ],
  load: ({ plan }) => [
    [
      'Load.',
      `The probes added ${number(plan.ratePerSecond)} events a second. Freshness under load: stargate loadtest --verify.`,
    ],
  ],
  'before-send': () => [
    ['Time before the send.', 'A tracker that batches for 1 s adds up to 1 s before these figures begin.'],
  ],
};
