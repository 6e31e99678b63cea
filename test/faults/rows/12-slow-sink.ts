import { setTimeout as sleep } from 'node:timers/promises';
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
/** Requests to BigQuery, four a partition of 1 MiB at most, and the garbage of a worker at full speed. */
const UNDER_WAY = 96 * MIB;
const LOOK_MS = 250;
const PATIENCE_MS = 120_000;

/**
 * The log holds what the warehouse does not take: the worker's memory must not. Events go on coming all the time, also
 * while the lag drains.
 */
const slowSink = (
  sink: SinkName,
  name: { readonly number: string; readonly title: string },
  quick: Parameters,
  most: number,
) =>
  row<Parameters>({
    ...name,
    target: 'memory bounded, lag drains at ≥ 2× ingest, 0 lost',
    quick,
    full: { slowMs: 60_000, awayMs: 300_000, perSecond: 500 },
    run: (parameters) => onStage({ sink, sinkFails: true }, (stage) => through(stage, parameters, most)),
  });

export default slowSink(
  'duckdb',
  { number: '12', title: `The sink ${SLOW_TIMES}× slower, then away` },
  { slowMs: 5_000, awayMs: 8_000, perSecond: 250 },
  MOST_HELD + DUCKDB_CACHE,
);

export const bigquery = slowSink(
  'bigquery',
  { number: '12b', title: `BigQuery ${SLOW_TIMES}× slower, then away` },
  { slowMs: 3_000, awayMs: 6_000, perSecond: 250 },
  MOST_HELD + UNDER_WAY,
);

interface Parameters {
  readonly slowMs: number;
  readonly awayMs: number;
  readonly perSecond: number;
}

async function through(stage: Stage, { slowMs, awayMs, perSecond }: Parameters, most: number) {
  const sink = stage.sink!;
  const load = stage.load({ run: 'sink', senders: 32, batch: BATCH, perSecond });
  await sleep(5_000);
  const memory = new Memory(stage.worker!.pid);
  await sink.slow(SLOW_TIMES);
  await sleep(slowMs);
  const slowLag = (await lagOf(stage)).lag;
  await sink.away();
  await sleep(awayMs);
  const held = memory.grown();
  const drained = await drain(stage, sink);
  const { ok, text, figures } = await judged(stage, load, 'sink');
  const growth = memory.growth();
  return {
    ok: ok && held < MOST_HELD && growth < most && drained.times >= 2 && drained.lag > drained.ingest,
    measured: `lag ${slowLag} records slow, ${drained.lag} after ${awayMs / 1_000} s away; drains at ${rounded(drained.times, 1)}× ingest; memory + ${rounded(held / MIB)} MiB until then, + ${rounded(growth / MIB)} MiB in all; ${text}`,
    figures: { ...figures, slowLag, drained, heldMiB: rounded(held / MIB), memoryMiB: memory.inMiB() },
  };
}

/** Records that are in the log and not committed, and the end of the log. */
async function lagOf(
  stage: Stage,
): Promise<{ readonly lag: number; readonly end: number; readonly at: number }> {
  const total = (positions: ReadonlyMap<number, number>): number =>
    [...positions.values()].reduce((sum, position) => sum + position, 0);
  const committed = total(await stage.committed());
  const end = total(await stage.ends());
  return { lag: end - committed, end, at: performance.now() };
}

/**
 * The sink is there again: how fast the lag becomes smaller, beside how fast the log grows meanwhile. It counts from the
 * first position that moves: the worker tries again every few seconds.
 */
async function drain(stage: Stage, sink: Sink) {
  let from = await lagOf(stage);
  const back = from.at;
  await sink.whole();
  for (let done = false; !done; await sleep(LOOK_MS)) {
    const now = await lagOf(stage);
    done = now.end - now.lag > from.end - from.lag;
    if (!done) from = now;
    if (now.at - back > PATIENCE_MS)
      throw new Error('the worker did not go on when its sink was there again');
  }
  const perSecond = (records: number, to: { at: number }) => (records / (to.at - from.at)) * 1_000;
  for (;;) {
    const now = await lagOf(stage);
    const ingest = perSecond(now.end - from.end, now);
    // What comes in a second is what is under way at any time.
    if (now.lag <= ingest || now.at - from.at > PATIENCE_MS) {
      const falls = perSecond(from.lag - now.lag, now);
      const figures = { lag: from.lag, left: now.lag, ingest: rounded(ingest), falls: rounded(falls) };
      return {
        ...figures,
        times: falls / ingest,
        resumedMs: rounded(from.at - back),
        ms: rounded(now.at - from.at),
      };
    }
    await sleep(LOOK_MS);
  }
}
