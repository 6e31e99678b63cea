/** What `loadtest` shows while it runs: a block that is redrawn on a terminal, a line now and then elsewhere. */
import { packed, percentile } from '../measure/load/counts.js';
import { BUSY, LIMIT } from '../measure/load/judge.js';
import type { Sums } from '../measure/load/ledger.js';
import type { LatencyKind } from '../measure/load/report.js';
import type { LoadProgress } from '../measure/load/run.js';
import { figureOf, partSoFar } from '../measure/load/score.js';
import type { Objective } from '../measure/objectives.js';
import { columns, type Output, pad, printable, type Style } from '../output.js';
import { clock, count, ms, perSecond, sparkline } from './_load-format.js';

export interface LiveView {
  show(progress: LoadProgress): void;
  end(): void;
}

const LINE_EVERY_MS = 5_000;
const REDRAW_MS = 190;
const WIDE = 110;

/** A view that fits where stderr goes. */
export function liveView(output: Output, objectives: readonly Objective[]): LiveView {
  const block = output.json ? null : output.live();
  let last = Number.NEGATIVE_INFINITY;
  const due = (every: number) => {
    const now = performance.now();
    if (now - last < every) return false;
    last = now;
    return true;
  };
  if (!block) {
    last = performance.now();
    return { show: (progress) => due(LINE_EVERY_MS) && output.note(plainLine(progress)), end() {} };
  }
  return {
    show: (progress) =>
      due(REDRAW_MS) && block.draw(liveLines(progress, objectives, output.noteStyle, output.width)),
    end: () => block.end(false),
  };
}

const at = (sums: Sums, kind: LatencyKind, percent: number): number | null => {
  const micros = percentile(packed(sums[kind]), percent);
  return micros === null ? null : micros / 1000;
};

function answersOf({ ledger }: LoadProgress): readonly string[] {
  const { codes, errors } = ledger;
  const sum = (digit: string) =>
    Object.entries(codes).reduce((total, [code, n]) => total + (code.startsWith(digit) ? n : 0), 0);
  const usual = Object.entries(codes).find(([code]) => code.startsWith('2'))?.[0] ?? '2xx';
  const failures = Object.values(errors).reduce((total, n) => total + n, 0);
  const named = ['429', '503'].filter((code) => codes[code]).map((code) => `${code} ${count(codes[code]!)}`);
  return [
    `${usual} ${count(sum('2'))}`,
    `4xx ${count(sum('4'))}`,
    `5xx ${count(sum('5'))}`,
    ...named,
    `errors ${count(failures)}`,
  ];
}

/** The newest interval that is over, or the one under way at the very start. */
function newest({ ledger, plan }: LoadProgress) {
  const index = Math.max(0, Math.min(ledger.rows.length, Math.floor(ledger.atMs / plan.stepMs)) - 1);
  return { index, row: ledger.rows[index] };
}

function rates(progress: LoadProgress) {
  const { ledger, plan } = progress;
  const { index, row } = newest(progress);
  const seconds = Math.min(plan.stepMs, Math.max(1, ledger.atMs - index * plan.stepMs)) / 1000;
  return { offered: (row?.planned ?? 0) / seconds, achieved: (row?.answered ?? 0) / seconds, row };
}

export function plainLine(progress: LoadProgress): string {
  const { ledger, plan } = progress;
  const { offered, achieved, row } = rates(progress);
  const elapsed = `${clock(ledger.atMs)} of ${clock(plan.durationMs)}`;
  const latency = `response p50 ${ms(at(ledger.whole, 'response', 50))}, p99 ${ms(at(ledger.whole, 'response', 99))}`;
  const loop = `loop ${(row?.utilisation ?? 0).toFixed(2)}`;
  const limited =
    ledger.limitedRow === null
      ? ''
      : `; this machine is the limit since ${clock(ledger.limitedRow * plan.stepMs)}`;
  return `${elapsed}  offered ${perSecond(offered)}, achieved ${perSecond(achieved)}; ${latency}; ${answersOf(progress).join(', ')}; ${loop}${limited}`;
}

function headLine({ ledger, plan, run }: LoadProgress, style: Style, width: number): string {
  const left = Math.max(0, plan.durationMs - ledger.atMs);
  const rest = left > 0 ? `${clock(left)} left` : 'waiting for answers';
  const right = `${clock(Math.min(ledger.atMs, plan.durationMs))} of ${clock(plan.durationMs)}   ${rest}, run ${run}`;
  const processes = plan.workers === 1 ? '1 worker' : `${plan.workers} workers`;
  const wide =
    width >= WIDE
      ? `${plan.url.origin}${plan.url.pathname}   ${plan.connections} connections, ${processes}`
      : plan.url.host + plan.url.pathname;
  const target = printable(wide).slice(0, Math.max(10, width - right.length - 5));
  return `  ${style.bold(target)}${' '.repeat(Math.max(2, width - 3 - columns(target) - columns(right)))}${style.dim(right)}`;
}

function latencyLine(name: string, kind: LatencyKind, sums: Sums, wide: boolean): string {
  const percents = wide ? [50, 90, 99, 99.9] : [50, 99, 99.9];
  const cells = percents.map(
    (percent) => `p${percent} ${ms(at(sums, kind, percent)).padStart(percent === 99.9 ? 9 : 8)}`,
  );
  return `  ${pad(name, 10)}  ${[...cells, `max ${ms(at(sums, kind, 100)).padStart(8)}`].join('   ')}`;
}

function loopBar(utilisation: number, style: Style): string {
  const { full, light } = style.symbols;
  const filled = Math.round(Math.min(1, utilisation) * 20);
  const paint = utilisation >= LIMIT ? style.bad : utilisation >= BUSY ? style.warning : style.good;
  return `${paint(full.repeat(filled))}${style.dim(light.repeat(20 - filled))} ${utilisation.toFixed(2)}`;
}

/** The block, no line wider than `width`. */
export function liveLines(
  progress: LoadProgress,
  objectives: readonly Objective[],
  style: Style,
  width: number,
): readonly string[] {
  const { ledger, plan, timerMs } = progress;
  const wide = width >= WIDE;
  const { offered, achieved, row } = rates(progress);
  const history = ledger.rows.slice(0, newest(progress).index + 1).map(({ answered }) => answered);
  const utf8 = style.symbols.full === '█';
  const busy = (row?.utilisation ?? 0) >= LIMIT ? ' limit' : (row?.utilisation ?? 0) >= BUSY ? ' busy' : '';
  const lag = `start lag p99 ${ms(at(ledger.whole, 'lag', 99))}`;
  const more = wide ? `   backlog ${count(row?.backlog ?? 0)}   timer resolution ${timerMs} ms` : '';
  const label = (name: string) => `  ${style.dim(pad(name, 10))}  `;
  const lines = [
    `${label('Rate')}${style.accent(sparkline(history, wide ? 24 : 15, utf8))}   offered ${perSecond(offered)}   achieved ${perSecond(achieved)}`,
    latencyLine('Response', 'response', ledger.whole, wide),
    latencyLine('Service', 'service', ledger.whole, wide),
    `${label('Answers')}${answersOf(progress).join('   ')}   in flight ${count(row?.inFlight ?? 0)}`,
    `${label('Client')}loop ${loopBar(row?.utilisation ?? 0, style)}${busy}   ${lag}${more}`,
  ];
  const limited = ledger.limitedRow;
  const warning =
    limited === null
      ? []
      : [
          '',
          `  ${style.warning(`${style.symbols.warn} This machine is the limit since ${clock(limited * plan.stepMs)}. Later figures are not judged.`)}`,
        ];
  return [
    headLine(progress, style, width),
    '',
    ...lines,
    ...objectiveLines(progress, objectives, style),
    ...warning,
    '',
  ].map((line) => cut(line, width));
}

function objectiveLines(
  { ledger, plan }: LoadProgress,
  objectives: readonly Objective[],
  style: Style,
): string[] {
  if (objectives.length === 0) return [];
  const part = partSoFar(ledger, ledger.atMs - plan.warmupMs);
  const cells = objectives.map((objective) => {
    const value = figureOf(objective, part);
    const shown =
      value === null
        ? '–'
        : objective.metric.kind === 'latency'
          ? ms(value)
          : objective.metric.kind === 'achieved'
            ? perSecond(value)
            : `${(value * 100).toFixed(2)} %`;
    return `${printable(objective.text)} ${shown}`;
  });
  return [`  ${style.dim(pad('So far', 10))}  ${cells.join('   ')}`];
}

/** Colours take no room; text that does not fit is cut, since a wrapped line would break the redraw. */
function cut(line: string, width: number): string {
  if (columns(line) < width) return line;
  let room = width - 1;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are kept whole
  const parts = line.split(/(\u001b\[[0-9;]*m)/);
  return parts
    .map((part, i) => {
      if (i % 2 === 1) return part;
      const kept = [...part].slice(0, room).join('');
      room -= kept.length;
      return kept;
    })
    .join('');
}
