import { describe, expect, it } from 'vitest';
import type { TopicWishes } from '../../../src/log/kafka/admin-plan.js';
import * as health from '../../../src/log/kafka/topic-health.js';

const judge = { ...health };

const DAY_MS = 86_400_000;
const WISHES: TopicWishes = { partitions: 6, replicas: 3, retentionMs: 7 * DAY_MS, chosen: [] };
const SOUND = {
  ...{ 'retention.ms': String(7 * DAY_MS), 'min.insync.replicas': '2', 'compression.type': 'producer' },
  ...{
    'cleanup.policy': 'delete',
    'unclean.leader.election.enable': 'false',
    'max.message.bytes': '1048588',
  },
};
const partition = (isr: readonly number[], leaderId = 1) => ({
  ...{ leaderId, replicaNodes: [1, 2, 3], isrNodes: isr },
});

interface Changes {
  readonly configs?: Record<string, string>;
  readonly replicas?: number;
  readonly wishes?: Partial<TopicWishes>;
  readonly partitions?: health.TopicHealth['partitions'];
}

const topic = ({ configs, replicas = 3, wishes, partitions }: Changes = {}): health.TopicHealth => ({
  ...{ topic: 't', wishes: { ...WISHES, ...wishes }, setup: 'SETUP', alter: (what) => `ALTER ${what}` },
  found: { partitions: 6, replicas, configs: { ...SOUND, ...configs } },
  partitions: partitions ?? Array(6).fill(partition([1, 2, 3])),
});

describe('a topic', () => {
  it('is sound as setup makes it', () => {
    const states = Object.values(judge).map((each) => each(topic()).state);
    expect(states).toEqual(states.map(() => 'ok'));
  });

  it.each<[string, keyof typeof judge, Changes, object]>([
    [
      'fewer partitions than chosen',
      'judgePartitions',
      { wishes: { partitions: 9, chosen: ['partitions'] } },
      { state: 'warning', detail: '6 partitions, expected 9', fix: 'SETUP' },
    ],
    ['one replica', 'judgeReplicas', { replicas: 1 }, { state: 'warning', detail: '1 replica, expected 3' }],
    [
      'one in sync of three',
      'judgeMinInsync',
      { configs: { 'min.insync.replicas': '1' } },
      { state: 'failed', detail: expect.stringContaining('1, expected 2: '), fix: 'SETUP' },
    ],
    [
      'retention for ever',
      'judgeRetention',
      { configs: { 'retention.ms': '-1' } },
      { state: 'warning', detail: 'for ever, expected 7d: 7d', fix: 'SETUP' },
    ],
    [
      'another retention than chosen',
      'judgeRetention',
      { wishes: { retentionMs: DAY_MS, chosen: ['retentionMs'] } },
      { state: 'warning', detail: '7d, expected 1d: 1d' },
    ],
    ['compaction', 'judgeCleanup', { configs: { 'cleanup.policy': 'compact' } }, { state: 'failed' }],
    [
      'another compression',
      'judgeCompression',
      { configs: { 'compression.type': 'zstd' } },
      { state: 'warning' },
    ],
    [
      'unclean election',
      'judgeUnclean',
      { configs: { 'unclean.leader.election.enable': 'true' } },
      { state: 'failed', fix: 'ALTER unclean.leader.election.enable=false' },
    ],
    [
      'small messages',
      'judgeMessageSize',
      { configs: { 'max.message.bytes': '100000' } },
      { state: 'failed', fix: 'ALTER max.message.bytes=1048588' },
    ],
    [
      'no leader',
      'judgeInSync',
      { partitions: [partition([], -1), partition([1, 2, 3])] },
      {
        state: 'failed',
        detail: '1 of 2 partitions have no leader',
        fix: expect.stringContaining('node 1, node 2'),
      },
    ],
    [
      'too few in sync',
      'judgeInSync',
      { partitions: [partition([1])] },
      { state: 'failed', detail: expect.stringContaining('below min.insync.replicas (2)') },
    ],
    [
      'a replica behind',
      'judgeInSync',
      { partitions: [partition([1, 3])] },
      { state: 'warning', fix: expect.stringContaining('node 2') },
    ],
  ])('with %s is told', (_, name, changes, told) => {
    expect(judge[name](topic(changes))).toMatchObject(told);
  });

  it('of one replica keeps one in sync', () => {
    const single = topic({ replicas: 1, configs: { 'min.insync.replicas': '1' } });
    expect(judge.judgeMinInsync(single).state).toBe('ok');
  });
});
