import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../helpers/running.js';
import { Family } from '../../integration/kafka/consumer-family.js';
import { quantile, rounded } from '../harness/answers.js';
import type { Place } from '../harness/check.js';
import { random } from '../harness/random.js';
import { judged, onStage, row } from '../harness/row.js';
import type { Stage } from '../harness/stage.js';

const PARTITIONS = 6;
const MOST_MEMBERS = 4;
const STALL_MS = 15_000;

/**
 * Every worker is a process of its own with the real consumer and the real loop; the warehouse that they share is here,
 * because DuckDB has one owner. It stands in for BigQuery: positions with the rows, a fence at each opening.
 */
export default row({
  number: '24',
  title: 'A worker added or removed every 5 s',
  target: '0 lost, 0 duplicates, no stall > 15 s',
  quick: { seconds: 15, everyMs: 5_000, perSecond: 200 },
  full: { seconds: 300, everyMs: 5_000, perSecond: 300 },
  run: ({ seconds, everyMs, perSecond }, { seed }) =>
    onStage({ warehouse: false, partitions: PARTITIONS }, async (stage) => {
      const family = new Family({
        brokers: stage.cluster.brokers,
        topic: stage.topic,
        group: 'stargate',
        driver: 'own',
      });
      const watch = new Watch(family);
      try {
        family.join();
        const load = stage.load({ run: 'members', senders: 16, batch: 2, perSecond });
        await eventually(
          () => watch.rows > 0,
          () => 'a first row',
        );
        watch.begin();
        const changes = await comeAndGo(family, { seed, changes: (seconds * 1_000) / everyMs, everyMs });
        watch.end();
        await load.stop();
        await caughtUp(stage, family);
        const { ok, text, figures } = await judged(stage, load, 'members', rowsOf(family));
        const failed = family.members.flatMap(({ news }) => news.filter((one) => one.startsWith('failed')));
        const stall = Math.max(...watch.gaps);
        return {
          ok: ok && stall <= STALL_MS && failed.length === 0,
          measured: `${changes.length} changes: ${text}; longest stall of a partition ${rounded(stall / 1_000, 1)} s`,
          figures: { ...figures, changes, stallMs: rounded(stall), gapP99Ms: watch.p99, failed },
        };
      } finally {
        watch.end();
        await family.end();
      }
    }),
});

interface Changes {
  readonly seed: number;
  readonly changes: number;
  readonly everyMs: number;
}

/** One more or one less each time, as the seed says; never none. What it did, and how many there were then. */
async function comeAndGo(family: Family, { seed, changes, everyMs }: Changes): Promise<string[]> {
  const draw = random(seed);
  const members = [...family.members];
  const done: string[] = [];
  for (let change = 0; change < changes; change++) {
    await sleep(everyMs);
    const grow = members.length === 1 || (members.length < MOST_MEMBERS && draw() < 0.5);
    if (grow) members.push(family.join());
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

/** How long each partition waited for its next row. New records come to all of them all the time. */
class Watch {
  readonly #family: Family;
  readonly #timer: NodeJS.Timeout;
  #last: number[] = [];
  #seen = 0;
  #watching = false;
  gaps: number[] = [0];

  constructor(family: Family) {
    this.#family = family;
    this.#timer = setInterval(() => this.#look(), 50);
  }

  get rows(): number {
    return this.#family.warehouse.rows.length;
  }

  get p99(): number {
    return rounded(quantile(this.gaps, 0.99));
  }

  begin(): void {
    this.#last = Array.from({ length: PARTITIONS }, () => performance.now());
    this.#watching = true;
  }

  /** A partition that waits still counts as well. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#watching) this.gaps.push(...this.#last.map((last) => performance.now() - last));
    this.#watching = false;
  }

  #look(): void {
    const { rows } = this.#family.warehouse;
    const fresh = new Set(rows.slice(this.#seen).map(({ kafka_partition }) => kafka_partition!));
    this.#seen = rows.length;
    if (!this.#watching) return;
    const now = performance.now();
    for (const partition of fresh) {
      this.gaps.push(now - this.#last[partition]!);
      this.#last[partition] = now;
    }
  }
}
