import { splitList } from '../origins.js';
import type { Place } from '../place.js';
import type { SettingName } from '../schema.js';
import { type Environment, type Found, type Layer, variable } from './layer.js';

/** Names that Stargate 2.0 had for what is a setting of ours. */
const SAME: Readonly<Record<string, SettingName>> = {
  ALLOWED_HOSTS: 'allowedHosts',
  API_KEY: 'apiKey',
  API_SECRET: 'apiSecret',
  KAFKA_CONSUMER_GROUP: 'group',
  KAFKA_TOPIC_REPLICAS: 'replicas',
};

/** What Stargate 2.0 let people turn down, and what delivery needs as it is. Read, reported, never followed. */
const IGNORED: Readonly<Record<string, string>> = {
  KAFKA_TOPIC_ACKS: 'every record waits for acks=all',
  KAFKA_TOPIC_ENABLE_IDEMPOTENCE: 'the producer is always idempotent',
  KAFKA_TOPIC_IDEMPOTENCE: 'the producer is always idempotent',
  KAFKA_TOPIC_RETRIES: 'a batch is sent again until its outcome is known',
  KAFKA_TOPIC_INFLIGHT_REQS: 'the producer decides it',
  KAFKA_TOPIC_LINGER_MS: 'batches form without a timer',
  KAFKA_TOPIC_PARTIOTIONER: '--partition-by decides it',
  KAFKA_TOPIC_PARTITIONER: '--partition-by decides it',
};

const found = (raw: string, ...names: readonly string[]): Found => ({
  raw,
  origin: `environment ${names.join(', ')} (Stargate 2.0)`,
  at: names.join(', '),
  text: true,
});

/** BOOTSTRAP_SERVERS and KAFKA_TOPIC_NAME make one log URL; either alone says too little. */
function log(env: Environment, place: (at: string) => Place): Found | undefined {
  const servers = variable(env, 'BOOTSTRAP_SERVERS');
  const topic = variable(env, 'KAFKA_TOPIC_NAME');
  if (servers && topic)
    return found(`kafka://${splitList(servers).join(',')}/${topic}`, 'BOOTSTRAP_SERVERS', 'KAFKA_TOPIC_NAME');
  if (servers) place('KAFKA_TOPIC_NAME').refuse('a topic, beside BOOTSTRAP_SERVERS', undefined);
  return undefined;
}

/** The table is the part of the topic's name behind its last dot, as Stargate 2.0 read it. */
function warehouse(env: Environment): Found | undefined {
  const dataset = variable(env, 'BIGQUERY_DATASET');
  const project = variable(env, 'PROJECT_ID');
  const table = variable(env, 'KAFKA_TOPIC_NAME')?.split('.').at(-1);
  if (!dataset || !project || !table) return undefined;
  const names = ['PROJECT_ID', 'BIGQUERY_DATASET', 'KAFKA_TOPIC_NAME'];
  return found(`bigquery://${project}/${dataset}.${table}`, ...names);
}

/** The environment of Stargate 2.0. `decided` are settings that a stronger layer has: nothing is asked for those. */
export function fromLegacy(env: Environment, decided: Layer, place: (at: string) => Place): Layer {
  const pairs = Object.entries(SAME).flatMap(([name, setting]) => {
    const raw = variable(env, name);
    return raw === undefined ? [] : [[setting, found(raw, name)] as const];
  });
  const logFound = decided.log ? undefined : log(env, place);
  const warehouseFound = warehouse(env);
  return {
    ...Object.fromEntries(pairs),
    ...(logFound && { log: logFound }),
    ...(warehouseFound && { warehouse: warehouseFound }),
  };
}

/** One sentence for each old name that is set and not followed. */
export function ignoredLegacy(env: Environment): readonly string[] {
  const notices = Object.entries(IGNORED)
    .filter(([name]) => variable(env, name))
    .map(([name, why]) => `${name} (Stargate 2.0) is ignored: ${why}.`);
  const half = variable(env, 'BIGQUERY_DATASET') && !warehouse(env);
  return half
    ? [
        ...notices,
        'BIGQUERY_DATASET (Stargate 2.0) is ignored: it needs PROJECT_ID and KAFKA_TOPIC_NAME beside it.',
      ]
    : notices;
}
