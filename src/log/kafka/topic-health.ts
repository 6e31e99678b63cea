/** What a topic is like, judged as `setup` would, and by what setting up leaves alone. Pure. */
import { count, failed, type Observation, ok, warning } from '../../doctor/port.js';
import type { PartitionFacts } from './admin.js';
import { days, deviations, type TopicFacts, type TopicWishes } from './admin-plan.js';
import { PRODUCE_DEFAULTS } from './options.js';

export interface TopicHealth {
  readonly topic: string;
  readonly wishes: TopicWishes;
  readonly found: NonNullable<TopicFacts['found']>;
  readonly partitions: readonly PartitionFacts[];
  /** A command that mends what setting up mends. */
  readonly setup: string;
  /** A command that sets one setting of the topic, `name=value`. */
  readonly alter: (setting: string) => string;
}

export function judgePartitions({ wishes, found, setup }: TopicHealth): Observation {
  const told = count(found.partitions, 'partition');
  if (wishes.chosen.includes('partitions') && found.partitions < wishes.partitions)
    return warning(`${told}, expected ${wishes.partitions}`, setup);
  return ok(told);
}

export function judgeReplicas({ found, wishes, topic }: TopicHealth): Observation {
  const told = count(found.replicas, 'replica');
  const wanted = wishes.chosen.includes('replicas') ? wishes.replicas : 3;
  if (found.replicas >= wanted) return ok(told);
  return warning(
    `${told}, expected ${wanted}`,
    `kafka-reassign-partitions.sh for topic ${topic}: setup does not move replicas`,
  );
}

export function judgeInSync({ partitions, found }: TopicHealth): Observation {
  const least = Number(found.configs['min.insync.replicas'] ?? 1);
  const without = partitions.filter(({ leaderId }) => leaderId < 0).length;
  const below = partitions.filter(({ isrNodes }) => isrNodes.length < least).length;
  const behind = partitions.filter(
    ({ isrNodes, replicaNodes }) => isrNodes.length < replicaNodes.length,
  ).length;
  const of = `of ${count(partitions.length, 'partition')}`;
  const away = `start the brokers that are away: ${absent(partitions)}`;
  if (without > 0) return failed(`${without} ${of} have no leader`, away);
  if (below > 0)
    return failed(`${below} ${of} are below min.insync.replicas (${least}), and take nothing`, away);
  if (behind > 0) return warning(`${behind} ${of} have replicas that are away or behind`, away);
  return ok('every replica');
}

/** Nodes that hold a replica and are not in sync anywhere where they should be. */
function absent(partitions: readonly PartitionFacts[]): string {
  const missing = partitions.flatMap(({ replicaNodes, isrNodes }) =>
    replicaNodes.filter((node) => !isrNodes.includes(node)),
  );
  return (
    [...new Set(missing)]
      .sort((a, b) => a - b)
      .map((node) => `node ${node}`)
      .join(', ') || 'see their logs'
  );
}

/** `worst`: how bad it is to differ from what setting up would set. */
function judgeSetting(name: string, worst: typeof failed, shown = (value: string) => value) {
  return ({ wishes, found, setup }: TopicHealth): Observation => {
    const is = shown(found.configs[name] ?? 'not set');
    const differs = deviations(wishes, found).find((each) => each.name === name);
    return differs ? worst(`${is}, expected ${shown(differs.to)}: ${differs.why}`, setup) : ok(is);
  };
}

export const judgeMinInsync = judgeSetting('min.insync.replicas', failed);
export const judgeCleanup = judgeSetting('cleanup.policy', failed);
export const judgeCompression = judgeSetting('compression.type', warning);
export const judgeRetention = judgeSetting('retention.ms', warning, (ms) =>
  Number(ms) < 0 ? 'for ever' : Number.isNaN(Number(ms)) ? ms : days(Number(ms)),
);

export function judgeUnclean({ found, alter }: TopicHealth): Observation {
  const name = 'unclean.leader.election.enable';
  if (found.configs[name] !== 'true') return ok('off');
  return failed(`${name} is on, expected off`, alter(`${name}=false`));
}

export function judgeMessageSize({ found, alter }: TopicHealth): Observation {
  const name = 'max.message.bytes';
  const most = Number(found.configs[name] ?? 1_048_588);
  const needed = PRODUCE_DEFAULTS.maxBatchBytes;
  if (most >= needed) return ok(`${most}`);
  return failed(`${most}, expected ${needed} or more`, alter(`${name}=1048588`));
}
