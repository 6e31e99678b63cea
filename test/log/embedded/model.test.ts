import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Disk } from '../../../src/log/embedded/disk.js';
import { type EmbeddedLog, openEmbedded } from '../../../src/log/embedded/index.js';
import { after as behind, type Position } from '../../../src/log/port.js';
import { CrashDisk } from '../../helpers/crash-disk.js';
import { Collector, record, until } from '../../helpers/log.js';

const RUNS = Number(process.env.STARGATE_TEST_RUNS ?? 80);

type Step = { do: 'append'; sizes: number[] } | { do: 'wait' } | { do: 'commit'; share: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.nat(200), { minLength: 1, maxLength: 4 })
      .map((sizes) => ({ do: 'append' as const, sizes })),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'wait' as const }) },
  {
    weight: 2,
    arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((share) => ({ do: 'commit' as const, share })),
  },
);
/** One life of the process: what it does, and after how many steps of its disk it dies. */
const life = fc.record({
  steps: fc.array(step, { maxLength: 12 }),
  dies: fc.integer({ min: 0, max: 5_000 }),
  /** A power cut: this share of what was not synced survives, and the published end does not. */
  power: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
});

/** What the world outside knows for certain. */
class Model {
  /** Text by position of every record that was answered `stored`. */
  readonly stored = new Map<number, string>();
  /** Of appends without an answer, and of those answered: everything ever given to the log. */
  readonly given = new Set<string>();
  readonly refused = new Set<string>();
  committed = 0;
  /** A commit called and not answered may stand or not. */
  perhaps = new Set<number>();
  #count = 0;

  texts(sizes: number[]): string[] {
    const texts = sizes.map((size) => `${this.#count++}:${'x'.repeat(size)}`);
    for (const text of texts) this.given.add(text);
    return texts;
  }
}

const options = {
  role: 'both',
  segmentBytes: 1_500,
  onWarning: (text: string) => expect.fail(text),
} as const;

/** As when the process has ended: a test cannot end itself. */
async function dropLocks(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (/owner\.\d+$/.test(name)) await rm(join(folder, name));
  }
}

async function live(folder: string, disk: Disk, steps: readonly Step[], model: Model): Promise<void> {
  const log = await openEmbedded(folder, { ...options, onWarning: () => {} }, disk);
  const seen = new Collector();
  try {
    const consumer = await log.consume('g', seen);
    consumer.done.catch(() => {});
    const under: Promise<void>[] = [];
    for (const one of steps) await play(log, seen, one, model, under);
    await Promise.all(under);
  } finally {
    await log.close().catch(() => {});
  }
}

async function play(log: EmbeddedLog, seen: Collector, one: Step, model: Model, under: Promise<void>[]) {
  if (one.do === 'append') {
    const texts = model.texts(one.sizes);
    const noted = log.append(texts.map((text) => record(text))).final.then(({ state, first }) => {
      for (const [i, text] of texts.entries()) {
        if (state === 'stored') model.stored.set(first! + i, text);
        if (state === 'not_stored') model.refused.add(text);
      }
    });
    under.push(noted);
  } else if (one.do === 'wait') {
    await Promise.all(under.splice(0));
    // The consumer sees what is stored; after a crash it may have ended.
    const newest = Math.max(-1, ...model.stored.keys());
    const sees = () => (seen.records.at(-1)?.position ?? -1) >= newest || seen.revoked.length > 0;
    await until('the consumer', sees, 1_000).catch(() => {});
  } else if (seen.assignments[0] && seen.records.length > 0) {
    const at = seen.records[Math.floor(one.share * (seen.records.length - 1))]!.position;
    model.perhaps.add(behind(at));
    under.push(commit(seen, behind(at), model));
  }
}

const commit = (seen: Collector, at: Position, model: Model): Promise<void> =>
  seen.assignments[0]!.commit(at, `saved ${at}`).then(
    () => {
      model.committed = at;
      model.perhaps = new Set();
    },
    () => {},
  );

/** Everything acknowledged is there, in order, whole; everything there was given; commits are as answered. */
async function check(folder: string, model: Model): Promise<void> {
  const log = await openEmbedded(folder, options);
  try {
    const all = new Collector();
    const consumer = await log.consume('checker', all);
    const [lag] = await log.lag('nobody');
    await until('all records', () => all.records.length >= lag!.records);
    await consumer.close();
    const found = new Map(all.records.map(({ position, value }) => [position as number, value.toString()]));
    for (const [position, text] of model.stored) expect(found.get(position)).toBe(text);
    for (const text of found.values()) expect(model.given.has(text) && !model.refused.has(text)).toBe(true);
    expect(all.records.map(({ position }) => position)).toEqual([...found.keys()].sort((a, b) => a - b));
    // Whatever survived an unanswered append is from now on as good as acknowledged.
    for (const [position, text] of found) model.stored.set(position, text);
    const [mine] = await log.lag('g');
    if (mine!.committed !== model.committed && mine!.committed !== null) {
      expect(model.perhaps).toContain(mine!.committed);
    } else expect(mine!.committed ?? 0).toBe(model.committed);
    model.committed = mine!.committed ?? 0;
    model.perhaps = new Set();
  } finally {
    await log.close();
  }
}

it('keeps every acknowledged record and commit through crashes at any byte', {
  timeout: 120_000 + RUNS * 2_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      const folder = await mkdtemp(join(tmpdir(), 'stargate-model-'));
      const model = new Model();
      try {
        for (const { steps, dies, power } of lives) {
          // A death while opening is a life without deeds.
          await live(folder, new CrashDisk(dies, power), steps, model).catch(() => {});
          await dropLocks(folder);
          if (power !== null) await rm(join(folder, '00000', 'end'), { force: true });
          await check(folder, model);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: RUNS },
  );
});
