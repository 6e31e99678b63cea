import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type Running } from '../../helpers/running.js';
import { rate, rounded } from '../harness/answers.js';
import { Balancer } from '../harness/balancer.js';
import { judged, onStage, row } from '../harness/row.js';
import type { Stage } from '../harness/stage.js';

const DRAIN_MS = 10_000;
const OPTIONS = { processes: 1, serve: ['--drain-wait', '2s'] } as const;

/** A deployment: two collectors behind a balancer, each ended by SIGTERM and started again in its turn. */
export default row({
  number: '10',
  title: 'Rolling SIGTERM restarts behind a balancer',
  target: '0 failed requests, drain < 10 s, exit 0',
  quick: { restarts: 2, perSecond: 200 },
  full: { restarts: 10, perSecond: 1_000 },
  run: ({ restarts, perSecond }, _) =>
    onStage(OPTIONS, async (stage) => {
      const pair = await Pair.of(stage);
      const balancer = await Balancer.start([stage.base, pair.base]);
      try {
        const load = stage.load({ run: 'rolling', senders: 64, batch: 1, perSecond });
        load.target(balancer.base);
        const ends: Ended[] = [];
        for (let restart = 0; restart < restarts; restart++) {
          await eventually(
            () => balancer.ready === 2,
            () => 'two collectors that are ready',
          );
          await sleep(1_000);
          ends.push(await (restart % 2 === 0 ? pair.restartFirst() : pair.restartSecond()));
        }
        await sleep(1_000);
        await load.stop();
        await pair.quiet();
        const { ok, text, figures } = await judged(stage, load, 'rolling');
        const failed = load.answers.filter(({ status }) => status !== 202).length;
        const slowest = Math.max(...ends.map(({ ms }) => ms));
        const reached = rounded(rate(load.answers));
        return {
          ok: ok && failed === 0 && slowest < DRAIN_MS && ends.every(({ status }) => status === 0),
          measured: `${restarts} restarts at ${reached} req/s: ${failed} failed of ${load.answers.length}; drain ${rounded(slowest / 1_000, 1)} s at most, exit ${ends.map(({ status }) => status).join(' ')}; ${text}`,
          figures: { ...figures, requestsPerSecond: reached, ends },
        };
      } finally {
        await balancer.close();
        await pair.close();
      }
    }),
});

interface Ended {
  readonly status: number | null;
  /** From the signal until the process is gone. */
  readonly ms: number;
}

/** The stage's collector and one more. */
class Pair {
  readonly #stage: Stage;
  readonly base: string;
  #second: Running;

  private constructor(stage: Stage, second: Running) {
    this.#stage = stage;
    this.#second = second;
    this.base = second.ready.collector!;
  }

  static async of(stage: Stage): Promise<Pair> {
    return new Pair(stage, await stage.serve('0', Pair.#spool(stage)));
  }

  static #spool = (stage: Stage): string => join(stage.folder, 'second-spool');

  async restartFirst(): Promise<Ended> {
    const ended = await ending(this.#stage.collector);
    await this.#stage.startCollector();
    return ended;
  }

  async restartSecond(): Promise<Ended> {
    const ended = await ending(this.#second);
    this.#second = await this.#stage.serve(new URL(this.base).port, Pair.#spool(this.#stage));
    return ended;
  }

  /** Nothing waits in the second one's spool. The stage asks its own. */
  async quiet(): Promise<void> {
    const { admin } = this.#second.ready;
    await eventually(
      async () =>
        /^stargate_spool_records 0$/m.test(await fetch(`${admin}/metrics`).then((answer) => answer.text())),
      () => `an empty spool; serve said:\n${this.#second.stderr().slice(-3_000)}`,
    );
  }

  close(): Promise<void> {
    return this.#second.kill();
  }
}

async function ending(collector: Running): Promise<Ended> {
  const began = performance.now();
  const status = await collector.stop();
  return { status, ms: rounded(performance.now() - began) };
}
