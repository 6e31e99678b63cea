/** What `latency` shows while it runs: a block that is redrawn on a terminal, a line now and then elsewhere. */
import type { LatencyProgress } from '../measure/freshness/latency.js';
import { duration, percentileName } from '../measure/freshness/texts.js';
import type { Style } from '../output.js';
import type { Context } from './_command.js';
import { latencyDocument } from './_latency-files.js';

export interface LatencyLive {
  show(progress: LatencyProgress): void;
  /** Any number of times. */
  end(): void;
}

const REDRAW_MS = 250;
const LINE_EVERY_MS = 10_000;

export function latencyLive({ output }: Context, watch: boolean): LatencyLive {
  const block = output.json ? null : output.live();
  const every = block ? REDRAW_MS : LINE_EVERY_MS;
  let last = block ? Number.NEGATIVE_INFINITY : performance.now();
  let over = false;
  return {
    show(progress) {
      if (over || performance.now() - last < every) return;
      last = performance.now();
      if (block) block.draw(liveLines(progress, output.noteStyle));
      else if (watch && output.json) void output.record(latencyDocument(progress.report()), () => '');
      else output.note(plainLine(progress));
    },
    end() {
      if (!over) block?.end(false);
      over = true;
    },
  };
}

const clock = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

function countsOf({ sent, seen, open, lost, refused, probes }: LatencyProgress): string {
  const of = Number.isFinite(probes) ? ` of ${probes}` : '';
  const parts = [`${sent}${of} sent`, `${seen} seen`, `${open} open`];
  if (lost > 0) parts.push(`${lost} lost`);
  if (refused > 0) parts.push(`${refused} refused`);
  return parts.join(', ');
}

function figuresOf({ last, report }: LatencyProgress): string {
  const { percentiles, plan } = report();
  const told = percentiles
    .filter(({ p, enough }) => p === 0.5 || enough)
    .map(
      ({ p, upper }) =>
        `${percentileName(p)} ${upper === null ? `> ${duration(plan.timeoutMs)}` : duration(upper)}`,
    );
  return [...told, ...(last === null ? [] : [`last ${duration(last)}`])].join(', ');
}

const plainLine = (progress: LatencyProgress): string =>
  progress.seen === 0 ? countsOf(progress) : `${countsOf(progress)}; at most ${figuresOf(progress)}`;

function liveLines(progress: LatencyProgress, { dim }: Style): string[] {
  const { elapsedMs, seen } = progress;
  return [
    '',
    `  ${dim('Probes')}     ${countsOf(progress)}   ${dim(clock(elapsedMs))}`,
    `  ${dim('Queryable')}  ${seen === 0 ? 'waiting for the first probe' : `at most ${figuresOf(progress)}`}`,
  ];
}
