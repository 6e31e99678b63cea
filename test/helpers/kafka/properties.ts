import type { KafkaVersion } from './home.js';

/** The ports of one broker. `plain` is always there; the others by the cluster's options. */
export interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly secure: number;
  /** Listener whose advertised address is the proxy's. */
  readonly proxied: number;
}

export interface NodeSettings {
  readonly version: KafkaVersion;
  readonly id: number;
  readonly ports: readonly Ports[];
  readonly folder: string;
  readonly zookeeper: number | null;
  readonly keystore: string | null;
  readonly users: Readonly<Record<string, string>> | null;
  /** Port of the proxy before this node. */
  readonly proxy: number | null;
  readonly fastFailOver: boolean;
  readonly minIsr: number;
  readonly more: Readonly<Record<string, string | number>>;
}

type Properties = Record<string, string | number>;

/** A leader that is gone is replaced after 2 to 4 s instead of about 10. */
const FAST: Properties = {
  'broker.session.timeout.ms': 2_000,
  'broker.heartbeat.interval.ms': 400,
  'controller.quorum.fetch.timeout.ms': 1_500,
  'controller.quorum.election.timeout.ms': 500,
  'controller.quorum.election.backoff.max.ms': 300,
  'controller.quorum.request.timeout.ms': 1_000,
  'replica.lag.time.max.ms': 6_000,
};

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** The text of `server.properties` of one broker. */
export function serverProperties(node: NodeSettings): string {
  const replicas = Math.min(node.ports.length, 3);
  const all: Properties = {
    ...identity(node),
    ...listeners(node),
    'log.dirs': `${node.folder}/data`,
    'auto.create.topics.enable': 'false',
    'min.insync.replicas': node.minIsr,
    'default.replication.factor': replicas,
    'offsets.topic.num.partitions': 5,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': node.minIsr,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
    ...(node.fastFailOver && node.zookeeper === null ? FAST : {}),
    ...(node.version === '4.4.0' && {
      'share.coordinator.state.topic.replication.factor': replicas,
      'share.coordinator.state.topic.min.isr': node.minIsr,
    }),
    ...node.more,
  };
  return Object.entries(all)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function identity({ id, ports, zookeeper }: NodeSettings): Properties {
  if (zookeeper !== null) return { 'broker.id': id, 'zookeeper.connect': `127.0.0.1:${zookeeper}` };
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': ports.map((p, i) => `${i + 1}@127.0.0.1:${p.controller}`).join(','),
    'controller.listener.names': 'CONTROLLER',
  };
}

function listeners(node: NodeSettings): Properties {
  const { plain, controller, secure, proxied } = node.ports[node.id - 1]!;
  const secured = node.keystore !== null || node.users !== null;
  const at = (name: string, port: number): string => `${name}://127.0.0.1:${port}`;
  const protocol = `${node.users ? 'SASL_' : ''}${node.keystore ? 'SSL' : 'PLAINTEXT'}`;
  const both = [at('PLAINTEXT', plain), ...(secured ? [at('SECURE', secure)] : [])];
  return {
    listeners: [
      ...both,
      ...(node.proxy === null ? [] : [at('PROXIED', proxied)]),
      ...(node.zookeeper === null ? [at('CONTROLLER', controller)] : []),
    ].join(),
    'advertised.listeners': [...both, ...(node.proxy === null ? [] : [at('PROXIED', node.proxy)])].join(),
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT,SECURE:${protocol}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    ...(node.keystore && { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': node.keystore }),
    ...(node.users && sasl(node.users)),
  };
}

function sasl(users: Readonly<Record<string, string>>): Properties {
  const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  const login = 'org.apache.kafka.common.security';
  return {
    'listener.name.secure.sasl.enabled.mechanisms': MECHANISMS.join(),
    'listener.name.secure.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required ${known.join(' ')};`,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
  };
}

/** Arguments of the storage tool for the users of SCRAM. */
export const scramArguments = (users: Readonly<Record<string, string>> | null): string[] =>
  Object.entries(users ?? {}).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
