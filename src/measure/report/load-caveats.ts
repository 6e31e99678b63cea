import type { LoadReport } from '../load/report.js';
import { isLoopback } from '../target.js';
import { count, many, perSecond, time, timeOfDay } from './format.js';
import { latencyShape, rateShape } from './load-shapes.js';

/** What it is about, and why this run does not tell. */
export type Caveat = readonly [about: string, why: string];

const STEADY_MS = 60 * 60_000;
/** Values beyond a percentile below which it rests on chance. */
const FEW = 100;

/** What the run cannot tell, from what it was: every caveat that applies, the most consequential first. */
export function loadCaveats(report: LoadReport): Caveat[] {
  return [ceiling, cause, stored, places, tails, steady, firstSeconds, closedLoop, timer].flatMap(
    (caveat) => {
      const found = caveat(report);
      return found ? [found] : [];
    },
  );
}

type Rule = (report: LoadReport) => Caveat | null;

const ceiling: Rule = ({ verdict, totals, search, notes }) => {
  if (verdict === 'client-limited') {
    const few = notes.some(({ code, atMs }) => code === 'backlog' && atMs !== undefined);
    const more = few
      ? 'Send over more --connections.'
      : 'Send from more processes (--workers) or more machines, and merge their reports.';
    return ['The target’s limit.', `This client reached its own first. ${more}`];
  }
  if (verdict !== 'ok' || search || totals.answered === 0) return null;
  return [
    'The target’s limit.',
    `Nothing was tried above ${perSecond(totals.offeredMax)}. --find-max searches for it.`,
  ];
};

/** When to look at the target's own metrics, where the run shows that something happened. */
const cause: Rule = (report) => {
  if (report.verdict === 'client-limited') return null;
  const rate = rateShape(report);
  const latency = latencyShape(report);
  const at =
    rate.kind === 'dips'
      ? rate.spans[0]!.fromMs
      : rate.kind === 'behind'
        ? rate.atMs
        : latency.kind === 'peak'
          ? latency.atMs
          : latency.kind === 'apart'
            ? latency.spans[0]!.fromMs
            : null;
  if (at === null) return null;
  return [
    'Why it slowed down.',
    `The report sees the target from outside. Look at the target’s own metrics at ${timeOfDay(report.startedAt + at)}.`,
  ];
};

const stored: Rule = ({ verification, totals }) =>
  verification || totals.answered === 0
    ? null
    : [
        'Whether the events were stored.',
        'Answers were counted; the warehouse was not asked. --verify asks it.',
      ];

const places: Rule = ({ target, notes }) => {
  if (URL.canParse(target) && isLoopback(new URL(target)))
    return [
      'A network.',
      'Client and target ran on one machine: no network lay between them, and each took processor time from the other.',
    ];
  if (notes.some(({ code }) => code === 'merged'))
    return [
      'Other places.',
      'These figures are those of the places the runs came from. Visitors on mobile networks wait longer.',
    ];
  return [
    'Other places.',
    'One client in one network. Visitors on mobile networks wait longer than these figures.',
  ];
};

const tails: Rule = ({ latency }) => {
  const answers = latency.whole.response.count;
  const [percentile, share] = answers < FEW * 100 ? (['p99', 0.01] as const) : (['p99.9', 0.001] as const);
  const beyond = Math.floor(answers * share);
  if (answers === 0 || beyond >= FEW) return null;
  return [
    `An exact ${percentile}.`,
    `${many(answers, 'answer')} ${answers === 1 ? 'was' : 'were'} measured: ${beyond === 0 ? 'none lies' : `${count(beyond)} ${beyond === 1 ? 'lies' : 'lie'}`} beyond ${percentile}.`,
  ];
};

const steady: Rule = ({ plan }) =>
  plan.durationMs >= STEADY_MS
    ? null
    : [
        'Steady load over hours.',
        `A run of ${time(plan.durationMs)} is too short for disk growth, compaction and autoscaling to show.`,
      ];

const firstSeconds: Rule = ({ plan, totals }) =>
  plan.warmupMs > 0 || totals.answered === 0
    ? null
    : [
        'A warmed-up target.',
        'No warm-up was set: the first connections and cold caches are in every figure.',
      ];

const closedLoop: Rule = ({ plan }) =>
  plan.model === 'open'
    ? null
    : [
        'What visitors feel under overload.',
        'A closed loop sends less when the target is slow, so it leaves out the requests that would have waited.',
      ];

/** Below the timer's step, how late a request was handed over is noise. */
const timer: Rule = ({ client, plan, latency }) =>
  plan.precise || latency.whole.response.count === 0 || latency.whole.response.p50 > 2 * client.timerMs
    ? null
    : [
        'Differences below the timer.',
        `The timer that paces steps by ${time(client.timerMs)}; --precise spins instead.`,
      ];
