import { describe, expect, it } from 'vitest';
import { planTopic, type TopicFacts, type TopicWishes } from '../../../src/log/kafka/admin-plan.js';

const DAY_MS = 86_400_000;
const wishes = (more: Partial<TopicWishes> = {}): TopicWishes => ({
  ...{ partitions: 6, replicas: 3, retentionMs: 7 * DAY_MS, chosen: [] },
  ...more,
});
const missing = (brokers: number): TopicFacts => ({ topic: 'events', brokers, found: null });
const GOOD = {
  'retention.ms': String(7 * DAY_MS),
  'min.insync.replicas': '2',
  'compression.type': 'producer',
  'cleanup.policy': 'delete',
};
const there = (more: Partial<NonNullable<TopicFacts['found']>> = {}): TopicFacts => ({
  ...{ topic: 'events', brokers: 3 },
  found: { partitions: 6, replicas: 3, configs: GOOD, ...more },
});

describe('the plan of a topic', () => {
  it('makes one that is not there', () => {
    const { steps, notes } = planTopic(wishes(), missing(3));
    expect(steps).toEqual([
      {
        ...{ do: 'create', partitions: 6, replicas: 3, configs: GOOD },
        title: 'create topic events: 6 partitions, 3 replicas, min.insync.replicas 2, retention 7d',
      },
    ]);
    expect(notes).toEqual([]);
  });

  it('refuses more replicas than brokers, and names the flag and the variable', () => {
    expect(() => planTopic(wishes(), missing(1))).toThrow(
      expect.objectContaining({
        code: 'STG_KAFKA_REPLICAS',
        expected: 'at least 3 brokers for 3 replicas',
        got: '1 broker',
        next: 'Start more brokers, or set --replicas (STARGATE_KAFKA_REPLICAS) to at most 1.',
      }),
    );
  });

  it('says what fewer replicas cost', () => {
    const { steps, notes } = planTopic(wishes({ replicas: 2, chosen: ['replicas'] }), missing(2));
    expect(steps[0]).toMatchObject({ replicas: 2, configs: { 'min.insync.replicas': '1' } });
    expect(notes.join()).toContain('is lost with its broker');
  });

  it.each([0, 59_999, 7 * DAY_MS + 1])('refuses a retention of %i ms', (retentionMs) => {
    expect(() => planTopic(wishes({ retentionMs }), missing(3))).toThrow(
      expect.objectContaining({ code: 'STG_OPTION_INVALID' }),
    );
  });

  it('finds nothing to do where all is as it should be, whatever the defaults say', () => {
    expect(planTopic(wishes(), there())).toEqual({ steps: [], notes: [] });
    expect(planTopic(wishes(), there({ partitions: 3 }))).toEqual({ steps: [], notes: [] });
    const short = { ...GOOD, 'retention.ms': String(DAY_MS) };
    expect(planTopic(wishes(), there({ configs: short }))).toEqual({ steps: [], notes: [] });
  });

  it('does what was chosen, as far as Kafka can', () => {
    const chosen = ['partitions', 'replicas', 'retentionMs'] as const;
    const more = planTopic(wishes({ partitions: 8, replicas: 2, retentionMs: DAY_MS, chosen }), there());
    expect(more.steps.map(({ title }) => title)).toEqual([
      'add 2 partitions to topic events: 6 → 8',
      'set retention.ms of topic events: 604800000 → 86400000 (1d)',
    ]);
    expect(more.notes.join()).toContain('kafka-reassign-partitions');
    const fewer = planTopic(wishes({ partitions: 2, chosen }), there());
    expect(fewer.steps).toEqual([]);
    expect(fewer.notes.join()).toContain('keeps its 6 partitions');
  });

  it('corrects what would lose events or deliver them twice', () => {
    const bad = {
      ...{ 'retention.ms': '-1', 'min.insync.replicas': '1' },
      ...{ 'compression.type': 'zstd', 'cleanup.policy': 'compact,delete' },
    };
    const { steps } = planTopic(wishes(), there({ configs: bad }));
    expect(Object.assign({}, ...steps.map((step) => (step.do === 'configure' ? step.configs : {})))).toEqual(
      GOOD,
    );
    // After that there is nothing left.
    expect(planTopic(wishes(), there({ configs: GOOD })).steps).toEqual([]);
  });
});
