import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type Running } from '../../helpers/running.js';
import { Family } from '../../integration/kafka/consumer-family.js';
import { rounded } from '../harness/answers.js';
import type { Place } from '../harness/check.js';
import { random } from '../harness/random.js';
import { judged, onStage, row } from '../harness/row.js';
import type { Stage } from '../harness/stage.js';
import { type Progress, Watch } from '../harness/watch.js';

const PARTITIONS = 6;
const MOST_MEMBERS = 4;
const STALL_MS = 15_000;

const TARGET = '0 lost, 0 duplicates, no stall > 15 s';

interface Parameters {
  readonly seconds: number;
  readonly everyMs: number;
  readonly perSecond: number;
}

/**
 * Every worker is a process of its own with the real consumer and the real loop; the warehouse that they share is here,
 * because DuckDB has one owner: positions with the rows, a fence at each opening.
 */
export default row<Parameters>({
  number: '24',
  title: 'A worker added or removed every 5 s',
  target: TARGET,
  quick: { seconds: 15, everyMs: 5_000, perSecond: 200 },
  full: { seconds: 300, everyMs: 5_000, perSecond: 300 },
  run: (parameters, { seed }) =>
    onStage({ sink: null, partitions: PARTITIONS }, async (stage) => {
      const { brokers } = stage.cluster;
      const family = new Family({ brokers, topic: stage.topic, group: 'stargate', driver: 'own' });
      const crew: Crew = {
        join: () => family.join(),
        progress: progressOf(family),
        failures: () => family.members.flatMap(({ news }) => news.filter((one) => one.startsWith('failed'))),
        async placed() {
          await caughtUp(stage, family);
          return rowsOf(family);
        },
      };
      try {
        return await changing(stage, crew, { ...parameters, seed });
      } finally {
        await family.end();
      }
    }),
});

/** Whole workers, as they are started and ended by people, into BigQuery. */
export const bigquery = row<Parameters>({
  number: '24b',
  title: 'A worker added or removed every 5 s, into BigQuery',
  target: TARGET,
  quick: { seconds: 15, everyMs: 5_000, perSecond: 200 },
  full: { seconds: 300, everyMs: 5_000, perSecond: 300 },
  shownBy: 'test/integration/kafka/bigquery.test.ts, “changes of the group”',
  run: (parameters, { seed }) =>
    onStage({ sink: 'bigquery', partitions: PARTITIONS }, async (stage) => {
      const failed: string[] = [];
      const leaves = async (running: Promise<Running>): Promise<void> => {
        const worker = await running.catch(() => null);
        if (worker === null) return;
        const status = await worker.stop();
        if (status !== 0) failed.push(`exit status ${status}: ${worker.stderr().slice(-1_000)}`);
      };
      const crew: Crew = {
        join() {
          const running = stage.join();
          running.catch((error: Error) => failed.push(error.message));
          return { close: () => leaves(running) };
        },
        progress: () => stage.sink!.byPartition(),
        failures: () => failed,
        placed: async () => null,
      };
      // The stage's own is the first that can be removed.
      const first = { close: () => leaves(Promise.resolve(stage.worker!)) };
      return changing(stage, crew, { ...parameters, seed }, [first]);
    }),
});

interface Member {
  close(): Promise<void>;
}

/** Workers that share a group and a warehouse. */
interface Crew {
  join(): Member;
  readonly progress: Progress;
  failures(): readonly string[];
  /** All rows, when nothing is under way; null where the stage finds them itself. */
  placed(): Promise<Place[] | null>;
}

async function changing(
  stage: Stage,
  crew: Crew,
  { seconds, everyMs, perSecond, seed }: Parameters & { readonly seed: number },
  members: Member[] = [],
) {
  const watch = new Watch(crew.progress);
  try {
    if (members.length === 0) members.push(crew.join());
    const load = stage.load({ run: 'members', senders: 16, batch: 2, perSecond });
    await eventually(
      () => watch.rows > 0,
      () => 'a first row',
    );
    watch.begin(PARTITIONS);
    const changes = await comeAndGo(crew, members, { seed, changes: (seconds * 1_000) / everyMs, everyMs });
    watch.end();
    await load.stop();
    const { ok, text, figures } = await judged(stage, load, 'members', await crew.placed());
    const failed = crew.failures();
    return {
      ok: ok && watch.longestMs <= STALL_MS && failed.length === 0,
      measured: `${changes.length} changes: ${text}; longest stall of a partition ${rounded(watch.longestMs / 1_000, 1)} s`,
      figures: { ...figures, changes, stallMs: watch.longestMs, gapP99Ms: watch.p99Ms, failed },
    };
  } finally {
    watch.end();
  }
}

interface Changes {
  readonly seed: number;
  readonly changes: number;
  readonly everyMs: number;
}

/** One more or one less each time, as the seed says; never none. What it did, and how many there were then. */
async function comeAndGo(
  crew: Crew,
  members: Member[],
  { seed, changes, everyMs }: Changes,
): Promise<string[]> {
  const draw = random(seed);
  const done: string[] = [];
  for (let change = 0; change < changes; change++) {
    await sleep(everyMs);
    const grow = members.length === 1 || (members.length < MOST_MEMBERS && draw() < 0.5);
    if (grow) members.push(crew.join());
    // Not awaited: the next change comes though this one may still be leaving.
    else void members.splice(Math.floor(draw() * members.length), 1)[0]!.close();
    done.push(`${grow ? 'added' : 'removed'}: ${members.length}`);
  }
  await sleep(everyMs);
  return done;
}

const rowsOf = ({ warehouse }: Family): Place[] =>
  warehouse.rows.map(({ event_id, kafka_partition, kafka_offset }) => ({
    id: event_id,
    partition: kafka_partition!,
    offset: kafka_offset!,
  }));

/** Waits until every record of the log is a row, or no row has come for 30 s: then the checker says what is missing. */
async function caughtUp(stage: Stage, { warehouse }: Family): Promise<void> {
  const ends = [...(await stage.ends()).values()].reduce((sum, end) => sum + end, 0);
  for (let rows = -1, since = performance.now(); warehouse.rows.length < ends; await sleep(100)) {
    if (warehouse.rows.length !== rows) since = performance.now();
    rows = warehouse.rows.length;
    if (performance.now() - since > 30_000) return;
  }
}

/** Rows by partition. Each row is looked at once. */
function progressOf({ warehouse }: Family): Progress {
  const counts = new Map<number, number>();
  let seen = 0;
  return () => {
    for (; seen < warehouse.rows.length; seen++) {
      const partition = warehouse.rows[seen]!.kafka_partition!;
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    return new Map(counts);
  };
}
