import { setTimeout as sleep } from 'node:timers/promises';
import { SESSION_MS } from '../../../src/log/kafka/consumer.js';
import { eventually, type Running } from '../../helpers/running.js';
import { rounded } from '../harness/answers.js';
import { judged, onStage, row } from '../harness/row.js';
import type { BigquerySink } from '../harness/sink-bigquery.js';
import type { Stage } from '../harness/stage.js';

const PARTITIONS = 6;
/** Answers take so long that rows wait behind those under way at any time: what a zombie sends when it wakes. */
const ANSWER_TIMES = 10;
const STORED = 'stargate_worker_rows_total';

/** Whoever owns the partitions is stopped, and goes on when another has them. DuckDB has one owner: BigQuery it is. */
export default row({
  number: '6',
  title: 'The owner paused past its session, another takes over, it resumes (BigQuery)',
  target: '0 duplicates; it rejoins by itself',
  quick: { rounds: 1, pastMs: 2_000, perSecond: 200 },
  full: { rounds: 3, pastMs: 60_000, perSecond: 400 },
  shownBy: 'test/integration/kafka/bigquery.test.ts, “SIGSTOP past the session”',
  run: ({ rounds, pastMs, perSecond }, { say }) =>
    onStage({ sink: 'bigquery', partitions: PARTITIONS }, async (stage) => {
      await (stage.sink as BigquerySink).faults({}, ANSWER_TIMES);
      const pair = [stage.worker!, await stage.join()] as const;
      const load = stage.load({ run: 'paused', senders: 32, batch: 2, perSecond });
      await owning(stage, pair);
      const taken: number[] = [];
      const back: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const owner = pair[round % 2]!;
        owner.signal('SIGSTOP');
        taken.push(await takenOver(stage, SESSION_MS + pastMs));
        owner.signal('SIGCONT');
        back.push(await owning(stage, pair));
        say(`round ${round + 1}: others had all after ${taken.at(-1)} ms, back after ${back.at(-1)} ms`);
      }
      const { ok, text, figures } = await judged(stage, load, 'paused');
      const said = pair.map((worker) => worker.stderr().slice(-1_000));
      return {
        ok,
        measured: `${rounds} pauses of ${(SESSION_MS + pastMs) / 1_000} s: ${text}; another stores from all partitions after ${rounded(Math.max(...taken) / 1_000, 1)} s, both again ${rounded(Math.max(...back) / 1_000, 1)} s after it resumes`,
        figures: { ...figures, takenMs: taken, backMs: back, workers: said },
      };
    }),
});

/** Waits `ms`, and tells after how many of them every partition had rows behind those that were there then. */
async function takenOver(stage: Stage, ms: number): Promise<number> {
  const began = performance.now();
  const ends = await stage.ends();
  await eventually(
    async () => {
      const done = await stage.committed();
      return [...ends].every(([partition, end]) => (done.get(partition) ?? 0) > end);
    },
    () => 'another worker that stores from every partition',
  );
  const took = performance.now() - began;
  await sleep(Math.max(0, ms - took));
  return rounded(took);
}

/**
 * Waits until both are members with partitions, and each has stored rows since: answers to what was sent before a pause
 * come behind it and are no sign of life. Tells how long that took.
 */
async function owning(stage: Stage, pair: readonly Running[]): Promise<number> {
  const began = performance.now();
  await eventually(
    () => stage.shared(pair.length),
    () => `a group of ${pair.length} with partitions each`,
  );
  const before = await Promise.all(pair.map((worker) => stage.metric(STORED, worker)));
  await eventually(
    async () => {
      const now = await Promise.all(pair.map((worker) => stage.metric(STORED, worker)));
      return now.every((rows, index) => rows > before[index]!);
    },
    () => `rows by both; they said:\n${pair.map((worker) => worker.stderr().slice(-2_000)).join('\n')}`,
  );
  return rounded(performance.now() - began);
}
