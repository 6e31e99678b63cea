import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { freePorts } from '../ports.js';
import { TcpProxy } from '../proxy.js';
import { javaArguments, type KafkaVersion, loggingOf } from './home.js';
import { makeCertificates } from './pem.js';
import { JavaProcess, runJava } from './process.js';
import { type NodeSettings, type Ports, scramArguments, serverProperties } from './properties.js';

export interface ClusterOptions {
  /** 4.4.0 (KRaft, default) or 3.9.2 (with a ZooKeeper). */
  readonly version?: KafkaVersion;
  /** Combined nodes: 1 (default) or 3. Killing one of three also takes a controller: never two at a time. */
  readonly nodes?: 1 | 3;
  /** Adds a listener with TLS; `ca` of the cluster is what to trust. */
  readonly tls?: boolean;
  /** Adds SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) to that listener: name → password. SCRAM not with 3.9.2. */
  readonly users?: Readonly<Record<string, string>>;
  /** A proxy before each node, and a listener that advertises it. */
  readonly proxied?: boolean;
  /** Default: 2 of three nodes, else 1. */
  readonly minIsr?: number;
  /** Quick replacement of a dead leader. Default: with three nodes. */
  readonly fastFailOver?: boolean;
  /** Further lines of server.properties. */
  readonly properties?: Readonly<Record<string, string | number>>;
}

export interface TopicOptions {
  readonly partitions?: number;
  readonly replicas?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** One broker. `id` counts from 1, as in the cluster's metadata. */
export interface KafkaNode
  extends Pick<JavaProcess, 'pid' | 'start' | 'kill' | 'term' | 'stop' | 'cont' | 'output'> {
  readonly id: number;
  readonly ports: Ports;
  readonly proxy: TcpProxy | null;
}

const PATIENCE_MS = 60_000;
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qk';

export class Cluster {
  readonly nodes: readonly KafkaNode[];
  /** PEM of the authority behind the `tls` listener. */
  readonly ca: string | null;
  readonly admin: Admin;
  readonly #folder: string;
  readonly #zookeeper: JavaProcess | null;

  constructor(nodes: readonly KafkaNode[], ca: string | null, folder: string, zookeeper: JavaProcess | null) {
    this.nodes = nodes;
    this.ca = ca;
    this.#folder = folder;
    this.#zookeeper = zookeeper;
    this.admin = this.client().admin();
  }

  /** `host:port` of every node, without TLS and users. */
  get brokers(): string[] {
    return this.nodes.map(({ ports }) => `127.0.0.1:${ports.plain}`);
  }
  /** The listener with TLS or users. */
  get secureBrokers(): string[] {
    return this.nodes.map(({ ports }) => `127.0.0.1:${ports.secure}`);
  }
  /** Through the proxies, also for every later connection of a client. */
  get proxiedBrokers(): string[] {
    return this.nodes.map(({ proxy }) => `127.0.0.1:${proxy!.port}`);
  }

  node(id: number): KafkaNode {
    return this.nodes[id - 1]!;
  }

  /** A plain kafkajs client that says nothing. */
  client(): Kafka {
    return new Kafka({ clientId: 'test', brokers: this.brokers, logLevel: logLevel.NOTHING });
  }

  /** Makes a topic and waits until every partition has a leader. */
  async createTopic(
    topic: string,
    { partitions = 1, replicas, config = {} }: TopicOptions = {},
  ): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const replicationFactor = replicas ?? this.nodes.length;
    await this.admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
      waitForLeaders: false,
    });
    await this.#ready(topic, partitions);
  }

  /** Adds partitions up to that many, and waits until they have leaders. */
  async addPartitions(topic: string, count: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count }] });
    await this.#ready(topic, count);
  }

  async #ready(topic: string, partitions: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await this.#known(topic, partitions))) {
      if (performance.now() > deadline)
        throw new Error(`topic ${topic} has not got ${partitions} partitions with leaders`);
      await sleep(20);
    }
  }

  /** Whether every broker that runs knows the leaders, and those know that they lead: each takes a moment. */
  async #known(topic: string, partitions: number): Promise<boolean> {
    const asked = this.brokers.map(async (broker) => {
      const admin = new Kafka({ clientId: 'test', brokers: [broker], logLevel: logLevel.NOTHING }).admin();
      try {
        await admin.connect();
        return (await admin.fetchTopicOffsets(topic)).length === partitions;
      } catch (error) {
        // One that was stopped or killed need not know.
        return (error as { type?: string }).type === undefined;
      } finally {
        await admin.disconnect().catch(() => {});
      }
    });
    return (await Promise.all(asked)).every(Boolean);
  }

  /** The leader of each partition, by partition. */
  async leaders(topic: string): Promise<KafkaNode[]> {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]!.partitions.toSorted((a, b) => a.partitionId - b.partitionId);
    return partitions.map(({ leader }) => this.node(leader));
  }

  /** Ends everything that was started, and removes the data. */
  async close(): Promise<void> {
    await this.admin.disconnect().catch(() => {});
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.#zookeeper?.kill();
    await Promise.all(this.nodes.map(({ proxy }) => proxy?.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a cluster and waits until it serves. Close it in `afterAll`. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'stargate-kafka-'));
  const count = options.nodes ?? 1;
  const ports = await portsOf(count);
  const secure = options.tls ? makeCertificates(folder) : null;
  const zookeeper = options.version === '3.9.2' ? await startZooKeeper(folder) : null;
  const nodes = await Promise.all(
    ports.map(async (own, index) => {
      const proxy = options.proxied ? await TcpProxy.start(own.proxied) : null;
      const settings = settingsOf(options, { id: index + 1, ports, folder, proxy: proxy?.port ?? null });
      const node = await prepare({
        ...settings,
        keystore: secure?.keystore ?? null,
        zookeeper: zookeeper?.port ?? null,
      });
      return Object.assign(node, { id: index + 1, ports: own, proxy });
    }),
  );
  const cluster = new Cluster(nodes, secure?.ca ?? null, folder, zookeeper?.process ?? null);
  try {
    await Promise.all(nodes.map((node) => node.start()));
    await complete(cluster);
    await cluster.admin.connect();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

/** Every broker has registered, and one of them is the controller. */
async function complete(cluster: Cluster): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const admin = cluster.client().admin();
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster().finally(() => admin.disconnect());
    if (brokers.length === cluster.nodes.length && controller !== null && controller >= 0) return;
    if (performance.now() > deadline)
      throw new Error(`the cluster is not complete: ${JSON.stringify(brokers)}`);
    await sleep(100);
  }
}

async function portsOf(count: number): Promise<Ports[]> {
  const free = await freePorts(4 * count);
  return Array.from({ length: count }, (_, i) => {
    const [plain, controller, secure, proxied] = free.slice(4 * i, 4 * i + 4) as [
      number,
      number,
      number,
      number,
    ];
    return { plain, controller, secure, proxied };
  });
}

function settingsOf(
  { version = '4.4.0', nodes = 1, users, minIsr, fastFailOver, properties }: ClusterOptions,
  own: Pick<NodeSettings, 'id' | 'ports' | 'folder' | 'proxy'>,
): NodeSettings {
  return {
    ...own,
    folder: join(own.folder, `node-${own.id}`),
    version,
    users: users ?? null,
    minIsr: minIsr ?? (nodes === 3 ? 2 : 1),
    fastFailOver: fastFailOver ?? nodes === 3,
    more: properties ?? {},
    keystore: null,
    zookeeper: null,
  };
}

/** Writes a broker's files, and formats its storage where that is needed. */
async function prepare(node: NodeSettings): Promise<JavaProcess> {
  mkdirSync(node.folder);
  const [properties, logging] = ['server.properties', 'log.properties'].map((name) =>
    join(node.folder, name),
  );
  writeFileSync(properties!, serverProperties(node));
  writeFileSync(logging!, loggingOf(node.version));
  const java = javaArguments(node.version, logging!);
  if (node.zookeeper === null) {
    const format = ['format', '-t', CLUSTER_ID, '-c', properties!, ...scramArguments(node.users)];
    await runJava([...java, 'kafka.tools.StorageTool', ...format]);
  }
  const started = node.zookeeper === null ? /Kafka Server started/ : /\[KafkaServer id=\d+\] started/;
  const port = node.ports[node.id - 1]!.plain;
  return new JavaProcess([...java, 'kafka.Kafka', properties!], node.folder, started, port);
}

async function startZooKeeper(parent: string): Promise<{ process: JavaProcess; port: number }> {
  const folder = join(parent, 'zookeeper');
  mkdirSync(folder);
  const [port] = (await freePorts(1)) as [number];
  const [properties, logging] = ['zk.properties', 'log.properties'].map((name) => join(folder, name));
  writeFileSync(
    properties!,
    `dataDir=${folder}/data\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n`,
  );
  writeFileSync(logging!, loggingOf('3.9.2'));
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const args = [...javaArguments('3.9.2', logging!, 128), main, properties!];
  const process = new JavaProcess(args, folder, /binding to port/, port);
  await process.start();
  return { process, port };
}
