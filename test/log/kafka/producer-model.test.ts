import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { crc32c } from '../../../src/log/kafka/codecs.js';
import { PRODUCE_DEFAULTS } from '../../../src/log/kafka/options.js';
import { partitionOf } from '../../../src/log/kafka/partitioning.js';
import { Producer } from '../../../src/log/kafka/producer.js';
import type { Append, AppendOutcome } from '../../../src/log/port.js';
import { type Fault, ScriptedCluster } from './scripted.js';
import { scriptedTime } from './scripted-time.js';

/**
 * The producer against brokers that follow Kafka's rules for sequences and do whatever a random script says: error
 * codes before and after the append, lost answers, requests that are worked on when nobody waits any more, leaders that
 * move, a topic made anew of which brokers tell later, a log that an election cut back. Time is faked. Whatever happens: what is called stored is there once, at its position, and what is called not
 * stored is not there.
 */
const PARTITIONS = 3;
const MAX_RECORDS = 5;
const OPTIONS = {
  ...PRODUCE_DEFAULTS,
  ...{ compression: 'none' as const, requestMs: 300, answerMs: 1_000, maxBatchBytes: 2_000 },
};

const anytime = [3, 5, 6, 56, 74, 7, 20, 999];
const before = [2, 19, 10, 87, 29, 45, 47, 59, 90];
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fault>({ kind: 'none' }) },
  fc.record({ kind: fc.constant('code' as const), code: fc.constantFrom(...anytime), append: fc.boolean() }),
  fc.record({
    kind: fc.constant('code' as const),
    code: fc.constantFrom(...before),
    append: fc.constant(false),
  }),
  fc.record({ kind: fc.constantFrom('missing' as const, 'lost' as const), append: fc.boolean() }),
  fc.record({ kind: fc.constant('hang' as const), later: fc.nat(2_000) }),
  fc.constant<Fault>({ kind: 'forgetful' }),
);
const call = fc.record({
  gap: fc.oneof(fc.constant(0), fc.nat(40), fc.nat(1_500)),
  records: fc.integer({ min: 1, max: 4 }),
  key: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
  patience: fc.constantFrom(100, 1_000, 3_000),
  /** Whether its first record is one that the broker refuses. */
  poisoned: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
});
const move = fc.record({ at: fc.nat(4_000), partition: fc.nat(PARTITIONS - 1), leader: fc.nat(1) });
/** The topic is made anew, and brokers tell of it so much later. */
const remake = fc.record({ at: fc.nat(4_000), later: fc.nat(1_500) });
const cut = fc.record({ at: fc.nat(4_000), partition: fc.nat(PARTITIONS - 1), records: fc.nat(4) });
const script = fc.record({
  calls: fc.array(call, { minLength: 1, maxLength: 40 }),
  faults: fc.array(fault, { maxLength: 40 }),
  moves: fc.array(move, { maxLength: 4 }),
  remakes: fc.array(remake, { maxLength: 2 }),
  cuts: fc.array(cut, { maxLength: 2 }),
  maxRequests: fc.constantFrom(1, 2),
  finalMs: fc.constantFrom(200, 4_000),
});
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

interface Sent {
  readonly texts: readonly string[];
  readonly key: string | null;
  readonly append: Append;
  readonly answerBy: number;
  answeredAt: number;
}

interface Played {
  readonly cluster: ScriptedCluster;
  readonly producer: Producer;
  readonly sent: readonly Sent[];
}

const limits = {
  refuse: (texts: readonly string[]) =>
    texts.some((text) => text.startsWith('poison')) ? 87 : texts.length > MAX_RECORDS ? 10 : 0,
};

async function play({ calls, faults, moves, remakes, cuts, maxRequests, finalMs }: Script): Promise<Played> {
  let cluster!: ScriptedCluster;
  const producer = new Producer(
    { ...OPTIONS, maxRequests, finalMs },
    {
      ...{ codec: null, crc32c, warn: () => {} },
      connect: (events) => {
        cluster = new ScriptedCluster(events, [0, 0, 1], faults, limits);
        return cluster;
      },
    },
  );
  cluster.tell();
  for (const { at, partition, leader } of moves) setTimeout(() => cluster.move(partition, leader), at);
  for (const { at, later } of remakes) setTimeout(() => cluster.remake(later), at);
  for (const { at, partition, records } of cuts) setTimeout(() => cluster.cut(partition, records), at);
  const sent: Sent[] = [];
  for (const [i, { gap, records, key, patience, poisoned }] of calls.entries()) {
    await vi.advanceTimersByTimeAsync(gap);
    const texts = Array.from(
      { length: records },
      (_, n) => `${poisoned && n === 0 ? 'poison' : 'text'}.${i}.${n}`,
    );
    const answerBy = performance.now() + patience;
    const append = producer.append(
      texts.map((text) => ({ key, value: Buffer.from(text), timestamp: i })),
      { answerBy },
    );
    const one: Sent = { texts, key, append, answerBy, answeredAt: Number.POSITIVE_INFINITY };
    void append.answer.then(() => {
      one.answeredAt = performance.now();
    });
    sent.push(one);
  }
  // Longer than any outcome and any late request takes.
  await vi.advanceTimersByTimeAsync(12_000);
  return { cluster, producer, sent };
}

/** The outcome, which must be there by now. */
const settled = (promise: Promise<AppendOutcome>): Promise<AppendOutcome | 'pending'> =>
  Promise.race([promise, Promise.resolve('pending' as const)]);

async function check({ cluster, producer, sent }: Played): Promise<void> {
  const lives = cluster.replicas.flatMap((replica, partition) =>
    replica.lives.map((log, life) => ({ partition, life, log })),
  );
  const lastOf = new Map<string, number>();
  for (const { texts, key, append, answerBy, answeredAt } of sent) {
    const [answer, final] = [await settled(append.answer), await settled(append.final)];
    if (answer === 'pending' || final === 'pending') throw new Error(`${texts[0]} has no outcome`);
    expect(answeredAt, `${texts[0]} answered`).toBeLessThanOrEqual(answerBy + 50);
    if (answer.state !== 'unknown') expect(final).toEqual(answer);
    for (const { log } of lives)
      for (const text of texts)
        expect(log.filter((one) => one === text).length, `${text} twice`).toBeLessThanOrEqual(1);
    const there = lives.filter(({ log }) => texts.some((text) => log.includes(text)));
    if (final.state === 'not_stored') expect(there, `${texts[0]} is there`).toEqual([]);
    if (final.state !== 'stored') continue;
    const { partition, first } = final;
    // What was acknowledged was there, until the topic went or its log was cut back; of a call in parts, each part.
    const own = there.filter((one) => one.partition === partition);
    for (const text of texts)
      if (!own.some(({ log }) => log.includes(text))) throw new Error(`${text} is lost`);
    const home = own.find(({ log }) => log[first ?? log.indexOf(texts[0]!)] === texts[0]);
    if (!home) throw new Error(`${texts[0]} is not at ${partition}/${first}`);
    const places = texts.map((text) => home.log.indexOf(text)).filter((place) => place >= 0);
    expect(places, `${texts[0]} in order`).toEqual(places.toSorted((a, b) => a - b));
    if (key === null) continue;
    expect(partition).toBe(partitionOf(key, PARTITIONS));
    const lane = `${partition} ${home.life}`;
    expect(places[0], `${texts[0]} behind earlier ones`).toBeGreaterThan(lastOf.get(lane) ?? -1);
    lastOf.set(lane, places.at(-1)!);
  }
  expect(producer.inflightBytes).toBe(0);
  expect(vi.getTimerCount(), 'timers when idle').toBe(0);
}

scriptedTime();

describe('the producer against scripted brokers', () => {
  it('loses nothing acknowledged, doubles nothing, keeps order, and answers in time', async () => {
    const seen = { stored: 0, not_stored: 0, unknown: 0, resends: 0, splits: 0 };
    await fc.assert(
      fc.asyncProperty(script, async (given) => {
        const played = await play(given);
        await check(played);
        for (const { append } of played.sent) seen[(await append.final).state] += 1;
        seen.resends += played.producer.counters.resends;
        seen.splits += played.producer.counters.splits;
        await played.producer.close();
        vi.clearAllTimers();
      }),
      { numRuns: 400 },
    );
    // A model that never meets a fault proves nothing.
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(100);
  });

  it('takes a topic made anew for what it is: all is stored there, and nothing is sent twice', async () => {
    let told = 0;
    const given = fc.record({
      calls: fc.array(call, { minLength: 1, maxLength: 40 }),
      remakes: fc.array(remake, { minLength: 1, maxLength: 1 }),
      maxRequests: fc.constantFrom(1, 2),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ calls, remakes, maxRequests }) => {
        const patient = calls.map((one) => ({ ...one, poisoned: false, patience: 3_000 as const }));
        const whole = { faults: [], moves: [], cuts: [], finalMs: 4_000 as const };
        const played = await play({ ...whole, calls: patient, remakes, maxRequests });
        await check(played);
        for (const { append, texts } of played.sent) {
          const { state } = await append.final;
          const held = played.cluster.replicas.flatMap(({ lives }) => lives);
          expect([state, held.filter((log) => log.includes(texts[0]!)).length], texts[0]).toEqual([
            'stored',
            1,
          ]);
        }
        told += played.producer.counters.identities - 1;
        await played.producer.close();
        vi.clearAllTimers();
      }),
      { numRuns: 200 },
    );
    // About 50 of 200, by chance: the remake must come while something is under way.
    expect(told).toBeGreaterThan(15);
  });
});
