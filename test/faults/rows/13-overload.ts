import { execFileSync, spawn } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { emptyLedger } from '../../helpers/ledger-file.js';
import { quantile, rounded } from '../harness/answers.js';
import { check, isClean, summary } from '../harness/check.js';
import { type OpenAnswer, OpenGenerator } from '../harness/open-load.js';
import { onStage, row } from '../harness/row.js';
import type { Stage } from '../harness/stage.js';
import { found } from '../harness/stored.js';

const TIMES = 5;
/** Orders in a request: of 45 KB, so that a connection outlives its refusal. */
const BATCH = 40;
/** Connections that send again as soon as they are answered. The most that any number of them gets is the peak. */
const BUSY = [64, 256, 1_024];
const ACCEPTED_MS = 1_000;
const GOODPUT = 0.8;
const NORMAL_MS = 5_000;

/** How much nicer the collector is than what keeps its core busy: each step is a factor of 1.25, so it gets a quarter. */
const NICE = '5';

/**
 * One process of serve with a quarter of a core, what sends on the other core: else what sends would be the limit long
 * before five times the capacity. A request carries many events, so that one which is accepted costs much more than one
 * which is refused: with small ones, to refuse four times the capacity would itself need more than there is. The peak is
 * measured in the same run.
 */
export default row({
  number: '13',
  title: `Overload at ${TIMES}× capacity`,
  target: 'accepted p99 < 1 s, rest 503, goodput ≥ 80 % of peak, normal in < 5 s',
  // Two and a half minutes, and a build's machine is seldom its own.
  quick: null,
  full: { peakMs: 15_000, overloadMs: 60_000, normalMs: 10_000 },
  missing: () => (process.platform === 'linux' ? null : 'needs taskset'),
  run: (parameters) => {
    const mine = affinity();
    pin(process.pid, '1');
    const hog = spawn('taskset', ['-c', '0', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' });
    const options = {
      processes: 1,
      sink: null,
      before: ['nice', '-n', NICE, 'taskset', '-c', '0'],
    };
    return onStage(options, (stage) => overloaded(stage, parameters)).finally(() => {
      hog.kill('SIGKILL');
      pin(process.pid, mine);
    });
  },
});

interface Parameters {
  readonly peakMs: number;
  readonly overloadMs: number;
  readonly normalMs: number;
}

async function overloaded(stage: Stage, { peakMs, overloadMs, normalMs }: Parameters) {
  const late = monitorEventLoopDelay({ resolution: 5 });
  const load = new OpenGenerator({
    ...{ base: stage.base, run: 'overload', batch: BATCH },
  });
  try {
    await load.closed(BUSY[0]!, peakMs / 2);
    let peak = 0;
    for (const connections of BUSY) {
      const began = performance.now();
      const answers = await load.closed(connections, peakMs);
      peak = Math.max(peak, perSecond(accepted(answers), performance.now() - began));
    }
    late.enable();
    const during = (await load.open(peak * TIMES, overloadMs)).toSorted((a, b) => a.due - b.due);
    late.disable();
    const over = performance.now();
    const after = await load.open(peak / 2, normalMs);
    await stage.quiet();

    const p99 = quantile(
      accepted(during).map(({ took }) => took),
      0.99,
    );
    const began = during[0]!.due;
    // What was answered while it lasted.
    const good = accepted(during).filter(({ due, took }) => due + took < began + overloadMs);
    const goodput = perSecond(good, overloadMs) / peak;
    const others = during.filter(({ status }) => status !== 202 && status !== 503).length;
    const offered = perSecond(during, overloadMs) / peak;
    const normal = normalAfter(after, over);
    const result = await stored(stage, load.answers);
    const sheds = during.some(({ status }) => status === 503);
    const inTime = p99 < ACCEPTED_MS && goodput >= GOODPUT && normal < NORMAL_MS;
    return {
      ok: isClean(result) && others === 0 && sheds && inTime,
      measured: `peak ${rounded(peak)} req/s of ${BATCH} events, offered ${rounded(offered, 1)}×: accepted p99 ${rounded(p99)} ms, ${others} others than 202 and 503 of ${during.length}, goodput ${rounded(goodput * 100)} %, normal after ${rounded(normal / 1_000, 1)} s; ${result.lost.length} lost of ${result.acknowledged}`,
      figures: {
        ...summary(result),
        peak,
        offered,
        p99,
        goodput,
        normalMs: normal,
        statuses: statuses(during),
        // Whether it was the collector that was late, or what sends.
        generatorLateMs: rounded(late.percentile(99) / 1e6),
        collectorLateMs: rounded(quantile(stage.loopDelays(began, over), 0.99)),
      },
    };
  } finally {
    await load.close();
  }
}

const accepted = (answers: readonly OpenAnswer[]): OpenAnswer[] =>
  answers.filter(({ status }) => status === 202);
const perSecond = ({ length }: readonly unknown[], ms: number): number => (length / ms) * 1_000;

function statuses(answers: readonly OpenAnswer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** ms until the last request was due that was refused, or answered late. */
const normalAfter = (answers: readonly OpenAnswer[], since: number): number =>
  Math.max(
    0,
    ...answers
      .filter(({ status, took }) => status !== 202 || took > ACCEPTED_MS)
      .map(({ due }) => due - since),
  );

/** Every event of an accepted request is in the log. */
async function stored(stage: Stage, answers: readonly OpenAnswer[]) {
  const ledger = emptyLedger();
  for (const { number, status } of answers) {
    for (let index = 0; index < BATCH; index++) {
      const id = `overload-0-${number}-${index}`;
      ledger.sent.add(id);
      if (status === 202) ledger.acknowledged.add(id);
    }
  }
  return check(ledger, await found(stage));
}

const affinity = (): string =>
  /: ([\d,-]+)/.exec(execFileSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' }))![1]!;
const pin = (pid: number, cores: string): void =>
  void execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' });
