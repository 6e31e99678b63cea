import { describe, expect, it, vi } from 'vitest';
import { crc32c } from '../../../src/log/kafka/codecs.js';
import { PRODUCE_DEFAULTS, type ProduceOptions } from '../../../src/log/kafka/options.js';
import { partitionOf } from '../../../src/log/kafka/partitioning.js';
import { Producer } from '../../../src/log/kafka/producer.js';
import { record } from '../../helpers/log.js';
import { type Fault, ScriptedCluster } from './scripted.js';
import { scriptedTime } from './scripted-time.js';

interface Setup {
  readonly leaders?: readonly number[];
  readonly faults?: readonly Fault[];
  readonly options?: Partial<ProduceOptions>;
  readonly refuse?: (texts: readonly string[]) => number;
}

function open({ leaders = [0], faults = [], options = {}, refuse = () => 0 }: Setup = {}) {
  let cluster!: ScriptedCluster;
  const warnings: string[] = [];
  const producer = new Producer(
    { ...PRODUCE_DEFAULTS, ...options },
    {
      ...{ codec: null, crc32c, warn: (message: string) => void warnings.push(message) },
      connect: (events) => {
        cluster = new ScriptedCluster(events, leaders, faults, { refuse });
        return cluster;
      },
    },
  );
  cluster.tell();
  const append = (...texts: string[]) => producer.append(texts.map((text) => record(text)));
  return { cluster, producer, append, warnings };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

scriptedTime();

describe('sending', () => {
  it('puts what arrives together into one batch, and needs one producer id', async () => {
    const { append, producer, cluster } = open();
    for (let round = 0; round < 20; round++) {
      const outcomes = Promise.all(Array.from({ length: 50 }, (_, i) => append(`${round}.${i}`).answer));
      await pass(20);
      expect((await outcomes).map(({ first }) => first)).toEqual(
        Array.from({ length: 50 }, (_, i) => 50 * round + i),
      );
    }
    expect(producer.counters).toEqual({
      ...{ requests: 20, batches: 20, resends: 0, splits: 0, identities: 1, bytes: cluster.bytes },
      // There before anything has failed: an alert could not see them grow otherwise.
      errors: {
        UNREACHABLE: 0,
        UNANSWERED: 0,
        NOT_ENOUGH_REPLICAS: 0,
        NOT_ENOUGH_REPLICAS_AFTER_APPEND: 0,
      },
    });
    expect(cluster.replicas[0]!.log).toHaveLength(1_000);
  });

  it('rotates over leaders and their partitions', async () => {
    const { append, cluster } = open({ leaders: [0, 1, 0, 1, 0, 1] });
    await pass(1);
    for (let i = 0; i < 60; i++) {
      void append(`${i}`);
      await pass(20);
    }
    for (const { log } of cluster.replicas) expect(log).toHaveLength(10);
  });

  it('has one young request at a time under way over all leaders, but for a stopped one', async () => {
    const hang: Fault = { kind: 'hang', later: 60_000 };
    const { append, cluster } = open({ leaders: [0, 1, 2], faults: [hang] });
    for (let i = 0; i < 10; i++) {
      void append(`${i}`);
      await pass(15);
    }
    expect(cluster.requests).toHaveLength(1);
    await pass(200);
    expect(cluster.requests.length).toBeGreaterThan(1);
    expect(new Set(cluster.requests.slice(1).map(({ node }) => node))).not.toContain(0);
  });

  it('finds partitions that were added, within minutes of appends', async () => {
    const { append, cluster } = open();
    cluster.grow(0);
    for (let minute = 0; minute < 12; minute++) {
      void append(`${minute}`);
      await pass(60_000);
    }
    expect(cluster.replicas.map(({ log }) => log.length)).toEqual([10, 2]);
  });

  it('spreads a backlog over the partitions of a leader, each up to the size of a batch', async () => {
    const { append, cluster } = open({ leaders: [0, 0, 0], options: { maxBatchBytes: 1_000 } });
    const all = Promise.all(Array.from({ length: 100 }, (_, i) => append(`${i}${'x'.repeat(50)}`).answer));
    await pass(100);
    expect((await all).every(({ state }) => state === 'stored')).toBe(true);
    expect(cluster.requests[0]!.partitions).toHaveLength(3);
  });

  it('gives a broker that has not answered no new records until it answers', async () => {
    const hangs: Fault[] = [
      { kind: 'hang', later: 10 },
      { kind: 'hang', later: 10 },
    ];
    const { append, cluster } = open({ leaders: [0, 1], faults: hangs });
    const first = append('first');
    await pass(3_500);
    for (let i = 0; i < 20; i++) {
      void append(`${i}`);
      await pass(50);
    }
    expect(cluster.replicas[0]!.log).toEqual(['first']);
    expect(cluster.replicas[1]!.log.length).toBeGreaterThan(15);
    await pass(5_000);
    expect(await first.answer).toMatchObject({ state: 'stored', partition: 0, first: 0 });
    for (const text of ['again', 'and again']) {
      void append(text);
      await pass(20);
    }
    expect(cluster.replicas[0]!.log.length).toBeGreaterThan(1);
  });
});

describe('outcomes', () => {
  it('answers `unknown` at the deadline and tells the outcome later', async () => {
    const { append } = open({
      faults: [{ kind: 'hang', later: 30_000 }, ...Array(4).fill({ kind: 'hang', later: 1 })],
    });
    const { answer, final } = append('a');
    await pass(10_000);
    expect(await answer).toMatchObject({ state: 'unknown', error: { code: 'STG_LOG_WRITE' } });
    await pass(10_000);
    expect(await final).toMatchObject({ state: 'stored', first: 0 });
  });

  it('is sure that it is not stored what was never sent', async () => {
    const { append, cluster } = open({ leaders: [0, 1] });
    cluster.connect(0, false);
    cluster.connect(1, false);
    const { answer, final } = append('a');
    await pass(10_000);
    expect(await answer).toMatchObject({ state: 'not_stored', error: { code: 'STG_LOG_WRITE' } });
    expect(await final).toEqual(await answer);
  });

  it('is sure that it is not stored what was only refused', async () => {
    const { append, cluster } = open({ faults: Array(100).fill({ kind: 'code', code: 19, append: false }) });
    const early = append('a');
    await pass(9_990);
    expect(await early.answer).toMatchObject({ state: 'not_stored' });
    expect(await early.final).toEqual(await early.answer);
    await pass(30_000);
    expect(cluster.replicas[0]!.log).toEqual([]);
  });

  it('refuses only the record that is too large, and keeps the ones beside it', async () => {
    const { append, producer } = open({ refuse: (texts) => (texts.includes('huge') ? 10 : 0) });
    const all = ['a', 'b', 'huge', 'c', 'd'].map((text) => append(text).final);
    await pass(200);
    const outcomes = await Promise.all(all);
    expect(outcomes.map(({ state }) => state)).toEqual([
      'stored',
      'stored',
      'not_stored',
      'stored',
      'stored',
    ]);
    expect(outcomes[2]).toMatchObject({ error: { code: 'STG_LOG_REFUSED', got: 'MESSAGE_TOO_LARGE' } });
    expect(producer.counters).toMatchObject({ splits: expect.any(Number), identities: 1 });
  });

  it('of a call that is stored in part says `unknown`', async () => {
    const { append } = open({ refuse: (texts) => (texts.includes('huge') ? 10 : 0) });
    const { final } = append('a', 'b', 'huge');
    await pass(200);
    expect((await final).state).toBe('unknown');
  });

  it('doubts an acknowledgement at an offset that was given before, and goes on under new numbers', async () => {
    const { append, producer, cluster } = open({ faults: [{ kind: 'none' }, { kind: 'lie' }] });
    const [a, b, c] = ['a', 'b', 'c'].map((text) => ({ text }));
    const outcomes = [];
    for (const { text } of [a!, b!, c!]) {
      const { final } = append(text);
      await pass(5_000);
      outcomes.push((await final).state);
    }
    expect(outcomes).toEqual(['stored', 'unknown', 'stored']);
    expect(producer.counters.identities).toBe(2);
    expect(cluster.replicas[0]!.log).toEqual(['a', 'c']);
  });

  it.each([0, 1_500])(
    'stores in a topic made anew, of which it is told %i ms later, and sends nothing twice',
    async (laterMs) => {
      const { append, producer, cluster } = open();
      const before = append('a', 'b', 'c');
      await pass(50);
      expect((await before.answer).first).toBe(0);
      cluster.remake(laterMs);
      const after = append('d');
      await pass(laterMs + 100);
      expect(await after.answer).toMatchObject({ state: 'stored', first: 0 });
      // Those of the old topic are of no use any more.
      const later = append('e', 'f');
      await pass(50);
      expect(await later.answer).toMatchObject({ state: 'stored', first: 1 });
      expect([cluster.replicas[0]!.log, producer.counters.identities]).toEqual([['d', 'e', 'f'], 2]);
      expect(producer.counters.resends).toBe(0);
    },
  );

  it('doubts what a log that was cut back acknowledges, once it has heard that the topic is the same', async () => {
    const { append, cluster } = open();
    for (const text of ['a', 'b', 'c']) {
      void append(text);
      await pass(50);
    }
    cluster.cut(0, 2);
    const { answer, final } = append('d');
    await pass(5_000);
    expect(await answer).toMatchObject({
      state: 'unknown',
      error: { got: expect.stringContaining('offset 1') },
    });
    expect(await final).toEqual(await answer);
    // From then on it is that log which grows.
    const next = append('e');
    await pass(50);
    expect(await next.answer).toMatchObject({ state: 'stored', first: 2 });
    expect(cluster.replicas[0]!.log).toEqual(['a', 'd', 'e']);
  });

  it('answers in time also while it does not know whether the topic is the same', async () => {
    const { append, producer, cluster } = open({ options: { answerMs: 1_000 } });
    void append('a', 'b', 'c');
    await pass(50);
    cluster.remake(2_000);
    const { answer, final } = append('d');
    await pass(1_000);
    expect((await answer).state).toBe('unknown');
    await pass(1_500);
    expect(await final).toMatchObject({ state: 'stored', first: 0 });
    expect(producer.inflightBytes).toBe(0);
  });

  it('believes offsets of a new topic also where an answer of the old one comes behind the news', async () => {
    const { append, cluster } = open();
    void append('a', 'b', 'c');
    await pass(50);
    const under = append('under way');
    await pass(1);
    cluster.remake(0);
    cluster.tell();
    await pass(50);
    expect(await under.answer).toMatchObject({ state: 'stored', first: 3 });
    const next = append('d');
    await pass(50);
    expect(await next.answer).toMatchObject({ state: 'stored', first: 0 });
  });

  it.each([
    [29, 'STG_LOG_DENIED'],
    [76, 'STG_LOG_WRITE'],
  ])('on code %i every record is refused at once, as %s', async (code, as) => {
    const { append, cluster } = open({ faults: [{ kind: 'code', code, append: false }] });
    const refused = [append('a'), append('b')];
    await pass(100);
    for (const { answer } of refused)
      expect(await answer).toMatchObject({ state: 'not_stored', error: { code: as } });
    const next = append('c');
    await pass(100);
    expect((await next.answer).state).toBe('stored');
    expect(cluster.replicas[0]!.log).toEqual(['c']);
  });

  it('warns when a broker calls the sequence out of order, and sends under new numbers', async () => {
    const { append, warnings } = open({ faults: [{ kind: 'code', code: 45, append: false }] });
    const { final } = append('a');
    await pass(200);
    expect((await final).state).toBe('stored');
    expect(warnings).toEqual([expect.stringContaining('OUT_OF_ORDER_SEQUENCE_NUMBER')]);
  });
});

describe('too few replicas', () => {
  const some = [{ key: null, value: Buffer.from('x'), timestamp: 0 }];
  const few = (times: number): Fault[] => Array(times).fill({ kind: 'code', code: 19, append: false });

  it('are known from the last answer on, until a better one', async () => {
    const { append, producer } = open({ faults: few(3) });
    expect(producer.accepts(some)).toBe(true);
    const { answer } = append('a');
    await pass(20);
    expect([producer.accepts(some), producer.writable]).toEqual([false, true]);
    await pass(5_000);
    expect((await answer).state).toBe('stored');
    expect(producer.accepts(some)).toBe(true);
  });

  it('are forgotten when nobody has tried for a while', async () => {
    const { append, producer } = open({ faults: few(99), options: { answerMs: 500 } });
    void append('a');
    await pass(1_000);
    expect(producer.accepts(some)).toBe(false);
    await pass(6_000);
    expect(producer.accepts(some)).toBe(true);
  });

  it('of one partition concern what has to go there, and nothing else', async () => {
    const keyOf = (partition: number): string => {
      for (let i = 0; ; i++) if (partitionOf(`${i}`, 2) === partition) return `${i}`;
    };
    const { producer, cluster } = open({ leaders: [0, 1], faults: few(99) });
    const of = (partition: number) => [record('x', { key: keyOf(partition) })];
    void producer.append(of(0));
    await pass(100);
    expect([of(0), of(1), some].map((records) => producer.accepts(records))).toEqual([false, true, true]);
    // The leader of the other one is gone: there is nobody left who would take what may go anywhere.
    cluster.connect(1, false);
    expect(producer.accepts(some)).toBe(false);
  });
});

describe('limits', () => {
  it('refuses at once what does not fit the bound on bytes, and takes more when there is room', async () => {
    const { append, producer } = open({ options: { maxPendingBytes: 2_000 } });
    const large = 'x'.repeat(1_500);
    const first = append(large);
    expect(await append(large).answer).toMatchObject({
      state: 'not_stored',
      error: { code: 'STG_OVERLOADED' },
    });
    expect(producer.inflightBytes).toBeGreaterThan(1_500);
    await pass(20);
    expect([(await first.answer).state, producer.inflightBytes]).toEqual(['stored', 0]);
    const again = append(large);
    await pass(20);
    expect((await again.answer).state).toBe('stored');
  });

  it('refuses at once when no partition has had a reachable leader for 500 ms', async () => {
    const { append, producer, cluster } = open({ leaders: [0, 1] });
    cluster.connect(0, false);
    await pass(1_000);
    expect(producer.writable).toBe(true);
    cluster.connect(1, false);
    expect(producer.writable).toBe(true);
    await pass(501);
    expect(producer.writable).toBe(false);
    expect(await append('a').answer).toMatchObject({
      state: 'not_stored',
      error: { code: 'STG_LOG_UNREACHABLE' },
    });
    cluster.connect(1, true);
    const { answer } = append('b');
    await pass(20);
    expect([(await answer).state, producer.writable]).toEqual(['stored', true]);
  });

  it('has no timer when nothing is outstanding', async () => {
    const { append } = open();
    await pass(1);
    expect(vi.getTimerCount()).toBe(0);
    void append('a');
    await pass(1);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await pass(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('closes when all is answered, at the latest by the deadline', async () => {
    const { append, producer } = open({ faults: Array(99).fill({ kind: 'hang', later: 99_000 }) });
    const { answer, final } = append('a');
    const closed = producer.close().then(() => performance.now());
    const begin = performance.now();
    expect(await append('b').answer).toMatchObject({
      state: 'not_stored',
      error: { code: 'STG_LOG_CLOSED' },
    });
    await pass(11_000);
    expect((await closed) - begin).toBeLessThanOrEqual(10_050);
    expect([(await answer).state, (await final).state]).toEqual(['unknown', 'unknown']);
    expect([producer.inflightBytes, producer.writable]).toEqual([0, false]);
  });
});
