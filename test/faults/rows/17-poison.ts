import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../helpers/running.js';
import { rounded } from '../harness/answers.js';
import { Poison } from '../harness/poison.js';
import { judged, onStage, row } from '../harness/row.js';
import type { SinkName, Spot } from '../harness/sink.js';
import type { Stage } from '../harness/stage.js';
import { Watch } from '../harness/watch.js';

const BATCH = 2;
/** No partition may wait longer for its next row, though events come to all of them all the time. */
const STALL_MS = 10_000;
const LOOK_MS = 200;

interface Parameters {
  readonly ms: number;
  readonly perSecond: number;
}

/** One in a hundred is no event: requests by the collector's door, records past it, rows that BigQuery refuses. */
const poison = (sink: SinkName, number: string, title: string) =>
  row<Parameters>({
    number,
    title,
    target: 'each is a rejected event or 4xx; the worker never stalls',
    quick: { ms: 4_000, perSecond: 250 },
    full: { ms: 300_000, perSecond: 400 },
    run: (parameters) => onStage({ sink }, (stage) => through(stage, parameters)),
  });

export default poison('duckdb', '17', '1 % poison');
export const bigquery = poison('bigquery', '17b', '1 % poison, into BigQuery');

async function through(stage: Stage, { ms, perSecond }: Parameters) {
  const load = stage.load({ run: 'poisoned', senders: 32, batch: BATCH, perSecond });
  const watch = new Watch(() => stage.sink!.byPartition(), LOOK_MS);
  await eventually(
    () => watch.rows > 0,
    () => 'a first row',
  );
  stage.conservation.rejecting = true;
  const given = await Poison.pour(stage, (100 * 1_000) / (perSecond * BATCH));
  watch.begin(stage.options.partitions ?? 3);
  await sleep(ms);
  await given.stop();
  watch.end();
  const { ok, text, figures, check } = await judged(stage, load, 'poisoned');
  const stored = new Set((await stage.sink!.rejected()).map(nameOf));
  const missing = given.records.filter((spot) => !stored.has(nameOf(spot)));
  const strange = stored.size - (given.records.length - missing.length) - given.rejected;
  const { accepted, answers, records } = given;
  const share = (answers.length + records.length) / (check.stored + records.length);
  return {
    ok:
      ok &&
      missing.length + accepted.length + strange === 0 &&
      records.length > 0 &&
      watch.longestMs < STALL_MS,
    measured: `${answers.length} requests and ${records.length} records of poison, ${rounded(share * 100, 1)} % of all: ${accepted.length} accepted, ${missing.length} not rejected; longest stall of a partition ${rounded(watch.longestMs / 1_000, 1)} s; ${text}`,
    figures: {
      ...figures,
      answers: tally(answers),
      records: tally(records),
      missing,
      accepted,
      strange,
      stallMs: watch.longestMs,
    },
  };
}

const nameOf = ({ partition, offset }: Spot): string => `${partition}/${offset}`;

/** How often each kind was given, with what it was answered. */
function tally(
  doses: readonly { readonly kind: string; readonly status?: number }[],
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, status } of doses) {
    const name = status === undefined ? kind : `${kind}: ${status}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
