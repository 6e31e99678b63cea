/**
 * Who watches the harness: builds that are broken on purpose, each in a way that was seen elsewhere, under a schedule
 * that the build of this checkout passes. A harness that has nothing to say about one of them is worth nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { type Generator, generator, type Verdict } from '../helpers/ledger.js';
import { describeWith } from '../helpers/needs.js';
import { endAll, eventually } from '../helpers/running.js';
import { brokenBuild, type Patch } from './harness/broken-build.js';
import { type Check, isClean } from './harness/check.js';
import { Embedded } from './harness/embedded.js';
import { schedule, unleash } from './harness/nemesis.js';
import { Stage } from './harness/stage.js';

const SEED = 20_261_125;

/** Runs `body` with a broken build. */
async function broken<T>(patches: readonly Patch[], body: (bin: string) => Promise<T>): Promise<T> {
  const build = await brokenBuild(patches);
  try {
    return await body(build.bin);
  } finally {
    await endAll();
    build.remove();
  }
}

const acknowledged = (load: Generator, count: number) =>
  eventually(
    () => load.ledger.acknowledged.size >= count,
    () => `${count} events acknowledged`,
  );

describe('a broken build', () => {
  it('is not made from a text that is missing or there twice', async () => {
    const patch = { file: 'log/embedded/codec.js', to: '' };
    await expect(brokenBuild([{ ...patch, from: 'no such text' }])).rejects.toThrow('0 times');
    await expect(brokenBuild([{ ...patch, from: 'export' }])).rejects.toThrow(/\d+ times/);
  });
});

describe('over the embedded log', () => {
  afterEach(endAll);

  async function tornTail(bin?: string): Promise<Verdict> {
    const stage = new Embedded(bin);
    try {
      const load = generator({ run: 'torn' });
      const collector = await stage.serve();
      load.target(collector.ready.collector!);
      await acknowledged(load, 20);
      await load.stop();
      await collector.kill();
      await stage.tear((value) => value.replace('"torn-', '"page-'));
      await stage.serve();
      await stage.worker();
      return await stage.verdict(load);
    } finally {
      await stage.close();
    }
  }

  it('no CRC: invents an event out of a torn tail', async () => {
    expect(await tornTail()).toEqual({ lost: [], duplicates: [], phantoms: [] });
    const patch = {
      file: 'log/embedded/codec.js',
      from: 'crc32(bytes.subarray(at + FRAME, at + size)) === bytes.readUInt32LE(at + 4)',
      to: 'size > 0',
    };
    const { phantoms } = await broken([patch], tornTail);
    expect(phantoms).toEqual([expect.stringMatching(/^page-/)]);
  });

  /** A backlog, and a worker that is killed at several points of it. */
  async function killedWorker(bin?: string): Promise<Verdict> {
    const stage = new Embedded(bin);
    try {
      const load = generator({ run: 'backlog', batch: 50 });
      load.target((await stage.serve()).ready.collector!);
      await acknowledged(load, 10_000);
      await load.stop();
      for (let round = 0; round < 4; round++) {
        const worker = await stage.worker();
        await sleep(40 + round * 80);
        await worker.kill();
      }
      await stage.worker();
      return await stage.verdict(load, 10_000);
    } finally {
      await stage.close();
    }
  }

  it('commit before append: loses what a killed worker had committed', async () => {
    expect(await killedWorker()).toEqual({ lost: [], duplicates: [], phantoms: [] });
    const patch = {
      file: 'worker/partition.js',
      from: 'this.#queue.push(work);',
      to: `await this.#committer.now({ behind: work.behind, saved: this.#done.saved });
           this.#queue.push(work);`,
    };
    const { lost } = await broken([patch], killedWorker);
    expect(lost.length).toBeGreaterThan(0);
  });
});

describeWith('kafka', 'over Kafka', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ fastFailOver: true });
  });
  afterAll(() => cluster?.close());
  afterEach(endAll);

  /** The broker is killed once under load; only the log is looked at. */
  async function killedBroker(bin?: string): Promise<Check> {
    const stage = await Stage.open({
      cluster,
      partitions: 1,
      ack: 'log',
      processes: 1,
      sink: null,
      ...(bin && { bin }),
    });
    try {
      const load = stage.load({ run: 'broken', senders: 3, batch: 1 });
      await acknowledged(load, 200);
      const strikes = { strikes: 1, parts: ['broker'], faults: ['kill'], after: [0, 500] } as const;
      await unleash(stage, schedule(SEED, { ...strikes, lasts: [500, 1_000] }));
      await acknowledged(load, load.ledger.acknowledged.size + 20);
      await load.stop();
      return await stage.check('broken');
    } finally {
      await stage.close();
    }
  }

  it('is passed by the build as it is', async () => {
    const check = await killedBroker();
    expect(isClean(check), JSON.stringify(check).slice(0, 2_000)).toBe(true);
    expect(check.doubledEvents).toEqual([]);
  });

  it('acknowledge before Kafka: loses what was under way, and what came while the broker was away', async () => {
    const patch = {
      file: 'server/ingest.js',
      from: 'return answer.then((outcome) => {',
      to: "return Promise.resolve({ state: 'stored' }).then((outcome) => {",
    };
    const { lost } = await broken([patch], killedBroker);
    expect(lost.length).toBeGreaterThan(0);
    expect(new Set(lost.map(({ where }) => where))).toEqual(new Set(['log']));
  });

  /** Two requests under way, whose batches carry the same numbers: the broker takes the second for the first again. */
  const TWO_IN_FLIGHT: readonly Patch[] = [
    {
      file: 'log/kafka/dispatch.js',
      from: 'if (leader.request || leader.partitions.length',
      to: 'if ((leader.flying ?? 0) > 1 || leader.partitions.length',
    },
    { file: 'log/kafka/dispatch.js', from: 'young < this.#options.maxRequests', to: 'young < 2' },
    {
      file: 'log/kafka/dispatch.js',
      from: 'leader.request = request;',
      to: 'leader.request = request; leader.flying = (leader.flying ?? 0) + 1;',
    },
    {
      file: 'log/kafka/dispatch.js',
      from: 'if (leader.request !== request)\n            return;',
      to: 'leader.flying -= 1;',
    },
    { file: 'log/kafka/dispatch.js', from: 'partitions[at].busy ? null : ', to: '' },
    {
      file: 'log/kafka/dispatch.js',
      from: 'if (partition.batch !== batch)\n',
      to: 'partition.batch = batch;\n            if (batch === null)\n',
    },
    // Ours would see the lie by the offset.
    { file: 'log/kafka/verdict.js', from: 'first > lastOffset\n', to: 'first >= 0\n' },
  ];

  it('two sends in flight: loses what the broker takes for a repetition', async () => {
    const { lost } = await broken(TWO_IN_FLIGHT, killedBroker);
    expect(lost.length).toBeGreaterThan(0);
    expect(new Set(lost.map(({ where }) => where))).toEqual(new Set(['log']));
  });
});
