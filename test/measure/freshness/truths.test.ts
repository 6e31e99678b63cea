/** The engine against pipelines of known delay: its bounds must hold in every run. */
import { describe, expect, it } from 'vitest';
import { microBatch } from '../../../src/measure/freshness/batches.js';
import { counted, endsOf, intervalOf, percentileBounds } from '../../../src/measure/freshness/bounds.js';
import { rankOf } from '../../../src/measure/freshness/order.js';
import type { Pipeline } from './simulation.js';
import { simulate } from './simulation.js';

const RUNS = 200;
const POLLS = [500, 1_000, 2_000, 5_000];
const PERCENTILES = [0.5, 0.9, 0.99];
const TIMEOUT = 60_000;
/** ms between send and arrival in the simulation: uniform, 1 … 5. */
const NETWORK = { least: 1, most: 5 };

interface Known {
  readonly name: string;
  readonly visibleAt: Pipeline['visibleAt'];
  /** The population's percentile, ms from the send, give or take the network. */
  readonly quantile: (p: number) => number;
}

const EVERY = 5_000;
const WORK = 800;

const KNOWN: readonly Known[] = [
  { name: 'fixed 1.3 s', visibleAt: (at) => at + 1_300, quantile: () => 1_300 },
  {
    name: 'uniform 0.2 to 4 s',
    visibleAt: (at, random) => at + 200 + 3_800 * random(),
    quantile: (p) => 200 + 3_800 * p,
  },
  {
    name: 'exponential, mean 2 s',
    visibleAt: (at, random) => at - 2_000 * Math.log(1 - random()),
    quantile: (p) => -2_000 * Math.log(1 - p),
  },
  {
    name: 'micro-batch of 5 s',
    visibleAt: (at) => Math.ceil(at / EVERY) * EVERY + WORK,
    quantile: (p) => WORK + EVERY * p,
  },
];

describe.each(KNOWN)('$name', { timeout: 60_000 }, ({ visibleAt, quantile }) => {
  it.each(POLLS)('lies within the bounds when polled every %s ms', async (pollMs) => {
    const covered = new Map(PERCENTILES.map((p) => [p, 0]));
    for (let seed = 1; seed <= RUNS; seed++) {
      const plan = { probes: 400, ratePerSecond: 4, pollMs, timeoutMs: TIMEOUT };
      const { run, truth } = await simulate({ seed: seed * 7919 + pollMs, plan, pipeline: { visibleAt } });
      for (const probe of run.ledger.probes) {
        const { lower, upper } = intervalOf(probe);
        const actual = truth.delays[probe.sequence]!;
        if (!(lower >= 0 && lower <= actual && actual <= upper))
          expect.fail(`run ${seed}, ${probe.id}: ${actual} is not within ${lower} to ${upper}`);
      }
      const ends = endsOf(counted(run.ledger.probes).map(intervalOf));
      const sorted = [...truth.delays].sort((a, b) => a - b);
      for (const p of PERCENTILES) {
        const { lower, upper, population } = percentileBounds(ends, p, TIMEOUT);
        const actual = sorted[rankOf(p, 400) - 1]!;
        if (!(lower! <= actual && actual <= upper!))
          expect.fail(`run ${seed}: p${p * 100} is ${actual}, said to be between ${lower} and ${upper}`);
        const [least, most] = [quantile(p) + NETWORK.least, quantile(p) + NETWORK.most];
        if (population!.lower! <= most && least <= population!.upper!) covered.set(p, covered.get(p)! + 1);
      }
    }
    for (const [p, times] of covered) expect([p, times / RUNS >= 0.95]).toEqual([p, true]);
  });

  it('shows a micro-batch where there is one, and only there', async () => {
    const isBatch = visibleAt(1, Math.random) === EVERY + WORK;
    const seen: (number | null)[] = [];
    for (let seed = 1; seed <= 20; seed++)
      for (const pollMs of [200, 500, 1_000, 2_000])
        for (const ratePerSecond of [1, 4, 20]) {
          const plan = { probes: 400, ratePerSecond, pollMs, timeoutMs: TIMEOUT };
          const { run } = await simulate({ seed, plan, pipeline: { visibleAt } });
          const batches = 400 / ratePerSecond / 5;
          const found = microBatch(run.ledger.probes, pollMs);
          // At 20 a second 400 probes meet four batches: too few to tell.
          if (isBatch && pollMs <= 1_000 && batches > 6) {
            if (found === null || Math.abs(found - EVERY) > 250)
              expect.fail(`poll ${pollMs}, ${ratePerSecond}/s, seed ${seed}: ${found}`);
          }
          if (!isBatch) seen.push(found);
        }
    expect(seen.filter((found) => found !== null)).toEqual([]);
  });
});
