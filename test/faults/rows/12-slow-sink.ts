import { setTimeout as sleep } from 'node:timers/promises';
import { cannotWatch, told, type Watched } from '../harness/alerts.js';
import { rounded } from '../harness/answers.js';
import { Memory } from '../harness/machine.js';
import { judged, onStage, row } from '../harness/row.js';
import type { Sink, SinkName } from '../harness/sink.js';
import type { Stage } from '../harness/stage.js';

const SLOW_TIMES = 10;
const BATCH = 2;
const MIB = 2 ** 20;
/** While the sink does not take them: 16 MiB of records, several times as large as objects, and what was fetched ahead. */
const MOST_HELD = 160 * MIB;
/** Behind it DuckDB keeps what it writes in its cache, up to its limit, which is 1 GiB in `worker`. */
const DUCKDB_CACHE = 1024 * MIB;
/** What a worker to BigQuery may take at full speed, all of it: requests under way, what was fetched ahead, garbage. */
const BIGQUERY_RESIDENT = 400 * MIB;
const LOOK_MS = 250;
const PATIENCE_MS = 120_000;
/** Within it every partition goes on behind the sink's return: a back-off of the worker, and one of its connection. */
const RESUMED_MS = 20_000;

/**
 * The log holds what the warehouse does not take: the worker's memory must not. Events go on coming all the time, also
 * while the lag drains.
 */
const slowSink = (
  sink: SinkName,
  name: { readonly number: string; readonly title: string },
  quick: Parameters,
  isBounded: (grown: number, most: number) => boolean,
) =>
  row<Parameters>({
    ...name,
    target: 'memory bounded, lag drains at ≥ 2× ingest, 0 lost, an alert within 2 min',
    quick,
    full: { slowMs: 60_000, awayMs: 300_000, perSecond: 500, watched: true },
    missing: cannotWatch,
    run: (parameters) =>
      onStage({ sink, sinkFails: true, watched: parameters.watched }, (stage) =>
        through(stage, parameters, isBounded),
      ),
  });

export default slowSink(
  'duckdb',
  { number: '12', title: `The sink ${SLOW_TIMES}× slower, then away` },
  { slowMs: 5_000, awayMs: 8_000, perSecond: 250, watched: false },
  (grown) => grown < MOST_HELD + DUCKDB_CACHE,
);

export const bigquery = slowSink(
  'bigquery',
  { number: '12b', title: `BigQuery ${SLOW_TIMES}× slower, then away` },
  { slowMs: 2_000, awayMs: 5_000, perSecond: 250, watched: false },
  (_, most) => most < BIGQUERY_RESIDENT,
);

interface Parameters extends Watched {
  readonly slowMs: number;
  readonly awayMs: number;
  readonly perSecond: number;
}

async function through(
  stage: Stage,
  { slowMs, awayMs, perSecond }: Parameters,
  isBounded: (grown: number, most: number) => boolean,
) {
  const sink = stage.sink!;
  const load = stage.load({ run: 'sink', senders: 32, batch: BATCH, perSecond });
  await sleep(5_000);
  const memory = new Memory(stage.worker!.pid);
  const slow = performance.now();
  await sink.slow(SLOW_TIMES);
  await sleep(slowMs);
  const slowLag = lagOf(await look(stage));
  const away = performance.now();
  await sink.away();
  await sleep(awayMs);
  const alert = await told(stage, 'StargateWorkerLag', away, slow);
  const held = memory.grown();
  const drained = await drain(stage, sink);
  const { ok, text, figures } = await judged(stage, load, 'sink');
  const growth = memory.growth();
  const resident = memory.inMiB();
  return {
    ok: ok && held < MOST_HELD && isBounded(growth, resident.most * MIB) && isDrained(drained) && alert.ok,
    measured: `lag ${slowLag} records slow, ${drained.lag} after ${awayMs / 1_000} s away; drains at ${rounded(drained.times, 1)}× ingest, ${rounded(drained.ms / 1_000, 1)} s behind its return; memory + ${rounded(held / MIB)} MiB until then, + ${rounded(growth / MIB)} MiB in all, ${resident.most} MiB at most; ${text}; ${alert.text}`,
    figures: {
      ...figures,
      alerts: alert.figures,
      slowLag,
      drained,
      heldMiB: rounded(held / MIB),
      memoryMiB: resident,
    },
  };
}

const isDrained = ({ times, lag, ingest, resumedMs }: Awaited<ReturnType<typeof drain>>): boolean =>
  times >= 2 && lag > ingest && resumedMs <= RESUMED_MS;

/** Of one partition: records that are in the log and not committed, and the end of the log. */
interface Look {
  readonly lag: number;
  readonly end: number;
  readonly at: number;
}

async function look(stage: Stage): Promise<ReadonlyMap<number, Look>> {
  const committed = await stage.committed();
  const ends = await stage.ends();
  const at = performance.now();
  return new Map(
    [...ends].map(([partition, end]) => [partition, { end, at, lag: end - (committed.get(partition) ?? 0) }]),
  );
}

const lagOf = (looks: ReadonlyMap<number, Look>): number =>
  [...looks.values()].reduce((sum, { lag }) => sum + lag, 0);

/** Records a second that the lag becomes smaller, and that the log grows meanwhile. */
interface Drained {
  readonly falls: number;
  readonly ingest: number;
}

/**
 * The sink is there again: how fast the lag becomes smaller, beside how fast the log grows meanwhile. Each partition
 * counts from its first position that moves, for the worker tries each again every few seconds.
 */
async function drain(stage: Stage, sink: Sink) {
  const before = await look(stage);
  const back = performance.now();
  await sink.whole();
  const from = new Map(before);
  const drained = new Map<number, Drained>();
  while (drained.size < before.size) {
    await sleep(LOOK_MS);
    for (const [partition, now] of await look(stage)) {
      const began = from.get(partition)!;
      if (drained.has(partition)) continue;
      if (now.end - now.lag === began.end - began.lag) from.set(partition, now);
      else {
        const rates = ratesOf(began, now);
        // What comes in a second is what is under way at any time.
        if (now.lag <= rates.ingest) drained.set(partition, rates);
      }
      if (now.at - back > PATIENCE_MS)
        throw new Error(`partition ${partition} had not caught up ${PATIENCE_MS / 1_000} s after its sink`);
    }
  }
  const ms = rounded(performance.now() - back);
  const resumedMs = rounded(Math.max(...[...from.values()].map(({ at }) => at - back)));
  const sum = (of: (rates: Drained) => number) =>
    [...drained.values()].reduce((all, one) => all + of(one), 0);
  const [falls, ingest] = [sum((rates) => rates.falls), sum((rates) => rates.ingest)];
  return {
    lag: lagOf(before),
    falls: rounded(falls),
    ingest: rounded(ingest),
    times: falls / ingest,
    resumedMs,
    ms,
  };
}

function ratesOf(from: Look, to: Look): Drained {
  const seconds = (to.at - from.at) / 1_000;
  return { falls: (from.lag - to.lag) / seconds, ingest: (to.end - from.end) / seconds };
}
