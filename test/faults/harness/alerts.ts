/** The second half of row 29: who is on call is told in time of what it is, and of nothing before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findPrometheus, startPrometheus } from '../../helpers/prometheus.js';
import { eventually } from '../../helpers/running.js';
import { rounded } from './answers.js';
import type { Stage } from './stage.js';

const TOLD_MS = 120_000;
const LOOK_MS = 1_000;

/** Of a row: runs that are too short for anybody to be told of are not watched. */
export interface Watched {
  readonly watched: boolean;
}

export const cannotWatch = ({ watched }: Watched): string | null =>
  watched && findPrometheus() === null ? 'needs prometheus: test/tools/setup' : null;

/** Returns when there is a base to compare with: what has counted must have been looked at before it counts on. */
export async function watch(stage: Stage): Promise<void> {
  const worker = stage.worker ? [stage.worker.ready.admin!] : [];
  const prometheus = await startPrometheus({ collector: [stage.collector.ready.admin!], worker });
  stage.prometheus = prometheus;
  const seen = `count(count_over_time(up[1m]) >= 2 and min_over_time(up[1m]) == 1) == ${1 + worker.length}`;
  await eventually(
    async () => (await prometheus.query(seen)).length > 0,
    () => `what it watches; Prometheus said:\n${prometheus.output()}`,
  );
}

const NOT_WATCHED = { ok: true, text: 'too short to be told of', figures: {} };

export interface Told {
  readonly ok: boolean;
  readonly text: string;
  /** Of all alerts that came: seconds behind the strike. */
  readonly figures: Readonly<Record<string, number>>;
}

/**
 * Waits until `alert` has fired, two minutes behind the strike at most. `struck`: when what it is about began, and
 * `peace`: until when nothing at all was wrong, both on the clock of performance.now().
 */
export async function told(stage: Stage, alert: string, struck: number, peace = struck): Promise<Told> {
  const { prometheus } = stage;
  if (prometheus === null) return NOT_WATCHED;
  const since = (ms: number): number => rounded((ms - performance.timeOrigin - struck) / 1_000, 1);
  for (;;) {
    const fired = await prometheus.fired();
    const came = fired.find((one) => one.alert === alert);
    if (!came && performance.now() < struck + TOLD_MS) {
      await sleep(LOOK_MS);
      continue;
    }
    const early = fired.filter(({ from }) => from < performance.timeOrigin + peace);
    const after = came ? since(came.from) : Number.POSITIVE_INFINITY;
    return {
      ok: early.length === 0 && after <= TOLD_MS / 1_000,
      text: `${alert} ${came ? `after ${after} s` : 'did not come'}, ${early.length} alerts before`,
      figures: Object.fromEntries(fired.map((one) => [one.alert, since(one.from)])),
    };
  }
}
