import { StargateError } from '../../errors.js';
import type { SetupPlan, SetupStep } from '../port.js';

const DAY_MS = 86_400_000;
/** As long as brokers remember, by default, the positions of a group that is away. */
const LONGEST_MS = 7 * DAY_MS;

export interface TopicWishes {
  readonly partitions: number;
  readonly replicas: number;
  readonly retentionMs: number;
  /** Which of them somebody chose. What is only a default changes nothing of a topic that is there. */
  readonly chosen: readonly ('partitions' | 'replicas' | 'retentionMs')[];
}

export interface TopicFacts {
  readonly topic: string;
  readonly brokers: number;
  /** Null where the topic does not exist. */
  readonly found: {
    readonly partitions: number;
    /** The fewest of any of its partitions. */
    readonly replicas: number;
    readonly configs: Readonly<Record<string, string>>;
  } | null;
}

/** One request to the brokers. */
export type TopicStep = SetupStep &
  (
    | {
        readonly do: 'create';
        readonly partitions: number;
        readonly replicas: number;
        readonly configs: Readonly<Record<string, string>>;
      }
    | { readonly do: 'grow'; readonly partitions: number }
    | { readonly do: 'configure'; readonly configs: Readonly<Record<string, string>> }
  );

/** What is to be done for the wishes, given the facts. Errors: STG_KAFKA_REPLICAS, STG_OPTION_INVALID. */
export function planTopic(wishes: TopicWishes, facts: TopicFacts): SetupPlan<TopicStep> {
  if (wishes.retentionMs > LONGEST_MS || wishes.retentionMs < 60_000)
    throw new StargateError('STG_OPTION_INVALID', {
      expected: 'a retention of the topic from 1m to 7d, as long as brokers keep the positions of a group',
      got: days(wishes.retentionMs),
      next: 'Set --topic-retention (STARGATE_KAFKA_RETENTION).',
    });
  return facts.found === null ? creating(wishes, facts) : changing(wishes, facts, facts.found);
}

function creating(
  { partitions, replicas, retentionMs }: TopicWishes,
  facts: TopicFacts,
): SetupPlan<TopicStep> {
  const { topic, brokers } = facts;
  if (replicas > brokers)
    throw new StargateError('STG_KAFKA_REPLICAS', {
      expected: `at least ${replicas} brokers for ${replicas} replicas`,
      got: brokers === 1 ? '1 broker' : `${brokers} brokers`,
      next: `Start more brokers, or set --replicas (STARGATE_KAFKA_REPLICAS) to at most ${brokers}.`,
    });
  const configs = {
    'min.insync.replicas': String(inSync(replicas)),
    'retention.ms': String(retentionMs),
    'compression.type': 'producer',
    'cleanup.policy': 'delete',
  };
  const title = `create topic ${topic}: ${count(partitions, 'partition')}, ${count(replicas, 'replica')}, min.insync.replicas ${inSync(replicas)}, retention ${days(retentionMs)}`;
  return { steps: [{ do: 'create', partitions, replicas, configs, title }], notes: weak(topic, replicas) };
}

function changing(
  wishes: TopicWishes,
  { topic }: TopicFacts,
  found: NonNullable<TopicFacts['found']>,
): SetupPlan<TopicStep> {
  const steps: TopicStep[] = [];
  const notes = [...weak(topic, found.replicas)];
  const { partitions, replicas, chosen } = wishes;
  if (chosen.includes('partitions') && partitions > found.partitions)
    steps.push({
      do: 'grow',
      partitions,
      title: `add ${partitions - found.partitions} partitions to topic ${topic}: ${found.partitions} → ${partitions}`,
    });
  if (chosen.includes('partitions') && partitions < found.partitions)
    notes.push(`Topic ${topic} keeps its ${found.partitions} partitions: Kafka cannot take partitions away.`);
  if (chosen.includes('replicas') && replicas !== found.replicas)
    notes.push(
      `Topic ${topic} keeps its ${count(found.replicas, 'replica')}: change that with kafka-reassign-partitions.`,
    );
  for (const { name, to, why } of deviations(wishes, found))
    steps.push({
      do: 'configure',
      configs: { [name]: to },
      title: `set ${name} of topic ${topic}: ${found.configs[name] ?? 'not set'} → ${to} (${why})`,
    });
  return { steps, notes };
}

/** Settings of the topic by which Stargate would lose what it promised, or do work twice. */
export function deviations(
  { retentionMs, chosen }: TopicWishes,
  { replicas, configs }: NonNullable<TopicFacts['found']>,
) {
  const found: { name: string; to: string; why: string }[] = [];
  const retention = Number(configs['retention.ms'] ?? LONGEST_MS);
  const tooLong = retention < 0 || retention > LONGEST_MS;
  if (tooLong || (chosen.includes('retentionMs') && retention !== retentionMs))
    found.push({ name: 'retention.ms', to: String(retentionMs), why: days(retentionMs) });
  if (Number(configs['min.insync.replicas'] ?? 1) !== inSync(replicas) && replicas >= 3)
    found.push({
      name: 'min.insync.replicas',
      to: String(inSync(replicas)),
      why: 'an acknowledged event is on two brokers, and one may be away',
    });
  if ((configs['compression.type'] ?? 'producer') !== 'producer')
    found.push({ name: 'compression.type', to: 'producer', why: 'brokers do not compress anew' });
  if ((configs['cleanup.policy'] ?? 'delete') !== 'delete')
    found.push({
      name: 'cleanup.policy',
      to: 'delete',
      why: 'events have no key by which older ones may go',
    });
  return found;
}

const inSync = (replicas: number): number => (replicas >= 3 ? 2 : 1);

const weak = (topic: string, replicas: number): string[] =>
  replicas >= 3
    ? []
    : [
        `Topic ${topic} has ${count(replicas, 'replica')}: an event that was acknowledged is lost with its broker. Three replicas are the default for that reason.`,
      ];

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** A span of ms as people write it in the configuration. */
export const days = (ms: number): string =>
  ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 60_000}m`;
