import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from './batch.js';
import type { Answers, Cluster, ClusterEvents, Leadership, PartitionBytes } from './cluster.js';
import { connect, drop } from './connection.js';
import { Control, type MetadataResponse } from './control.js';
import type { Address, ConnectOptions } from './options.js';
import type { Connection } from './package.js';
import { produce } from './request.js';

/** A broker that refuses connections is tried again after a time that grows between these, in ms. */
const BACK_OFF = { least: 100, most: 1_000 };

interface Node {
  address: Address;
  connection: Connection | null;
  connecting: boolean;
  failures: number;
  notBefore: number;
}

/** What is known of the topic, as of the newest metadata. */
export interface Topic {
  readonly clusterId: string;
  readonly topicId: string;
  readonly partitions: number;
  /** Kafka's error code for the topic; 0 is none. */
  readonly errorCode: number;
}

/** The leaders of a topic and a connection to each, kept up as brokers come and go. */
export class Leaders implements Cluster {
  topic: Topic | null = null;
  readonly #options: ConnectOptions;
  readonly #ackMs: number;
  readonly #events: ClusterEvents;
  readonly #control: Control;
  readonly #nodes = new Map<number, Node>();
  readonly #epochs = new Map<number, { leader: number; epoch: number }>();
  readonly #over = new AbortController();
  #refreshing: Promise<void> | null = null;

  constructor(options: ConnectOptions, ackMs: number, events: ClusterEvents) {
    this.#options = options;
    this.#ackMs = ackMs;
    this.#events = events;
    this.#control = new Control(options, () => this.#addresses());
  }

  /** Asks for the leaders once. Rejects when no broker answers. */
  async look(): Promise<void> {
    this.#apply(await this.#control.metadata());
  }

  connected(node: number): boolean {
    return this.#nodes.get(node)?.connection != null;
  }

  produce(node: number, batches: readonly PartitionBytes[], done: (answers: Answers | null) => void): void {
    const connection = this.#nodes.get(node)?.connection;
    if (connection) produce(connection, this.#options.topic, this.#ackMs, batches, done);
    else setImmediate(done, null);
  }

  abandon(node: number): void {
    const known = this.#nodes.get(node);
    const connection = known?.connection;
    if (!known || !connection) return;
    known.connection = null;
    drop(connection);
    this.refresh();
  }

  refresh(): void {
    if (this.#over.signal.aborted) return;
    this.#refreshing ??= this.#untilWhole()
      .catch(() => {})
      .finally(() => {
        this.#refreshing = null;
      });
  }

  async identity(): Promise<Identity> {
    for (;;) {
      this.#over.signal.throwIfAborted();
      try {
        return await this.#control.identity();
      } catch {
        // A new cluster says for some time that its coordinator is loading.
        await this.#wait(100);
      }
    }
  }

  close(): void {
    this.#over.abort();
    this.#control.close();
    for (const node of this.#nodes.values()) {
      if (node.connection) drop(node.connection);
      node.connection = null;
    }
  }

  #wait(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#over.signal });
  }

  async #untilWhole(): Promise<void> {
    for (let round = 0; ; round++) {
      await this.#wait(round === 0 ? 10 : Math.min(25 * 2 ** Math.min(round, 6), BACK_OFF.most));
      const metadata = await this.#control.metadata().catch(() => null);
      if (metadata && this.#apply(metadata)) return;
      if (metadata === null) this.#events.unreachable();
      // One broker can be behind the others.
      if (round % 4 === 3) this.#control.rotate();
    }
  }

  /** Whom to ask: brokers that are connected, then all others. */
  #addresses(): readonly Address[] {
    const nodes = [...this.#nodes.values()];
    const connected = nodes.filter(({ connection }) => connection).map(({ address }) => address);
    return [...connected, ...nodes.map(({ address }) => address), ...this.#options.brokers];
  }

  /** Takes new metadata in; true when every partition has a leader that is, or is being, connected. */
  #apply({ brokers, topics, clusterId }: MetadataResponse): boolean {
    const topic = topics[0];
    if (!topic || this.#over.signal.aborted) return false;
    for (const { nodeId, host, port } of brokers) this.#meet(nodeId, { host, port });
    const { errorCode, topicId, partitions } = topic;
    if (errorCode !== 0) {
      this.topic ??= { clusterId: clusterId ?? '', topicId, partitions: 0, errorCode };
      return false;
    }
    const remade = this.topic !== null && this.topic.errorCode === 0 && this.topic.topicId !== topicId;
    if (remade) this.#epochs.clear();
    this.topic = { clusterId: clusterId ?? '', topicId, partitions: partitions.length, errorCode };
    const all = partitions.map((one) => this.#leadership(one));
    this.#events.leaders(all, remade);
    const leaders = new Set(all.map(({ leader }) => leader));
    for (const leader of leaders) this.#connect(leader);
    const current = partitions.every(
      ({ partitionIndex: p, leaderEpoch }) => this.#epochs.get(p)!.epoch <= leaderEpoch,
    );
    return current && leaders.size > 0 && [...leaders].every((leader) => this.#alive(leader));
  }

  /** A broker that has just come back can tell of leaders of the past: they do not count. */
  #leadership(told: MetadataResponse['topics'][number]['partitions'][number]): Leadership {
    const { partitionIndex: partition, leaderId: leader, leaderEpoch: epoch } = told;
    const known = this.#epochs.get(partition);
    if (known && epoch < known.epoch) return { partition, leader: known.leader, moved: false };
    this.#epochs.set(partition, { leader, epoch });
    return { partition, leader, moved: known !== undefined && epoch > known.epoch };
  }

  #meet(id: number, address: Address): void {
    const node = this.#nodes.get(id);
    if (!node) {
      this.#nodes.set(id, { address, connection: null, connecting: false, failures: 0, notBefore: 0 });
      return;
    }
    const moved = node.address.host !== address.host || node.address.port !== address.port;
    node.address = address;
    if (moved) node.connection?.socket.destroy();
  }

  #alive(id: number): boolean {
    const node = this.#nodes.get(id);
    return node !== undefined && (node.connection !== null || node.connecting);
  }

  #connect(id: number): void {
    const node = this.#nodes.get(id);
    if (!node || node.connection || node.connecting || performance.now() < node.notBefore) return;
    node.connecting = true;
    void connect(this.#options, node.address)
      .then((connection) => this.#opened(node, connection))
      .catch(() => this.#failed(node))
      .finally(() => {
        node.connecting = false;
      });
  }

  #opened(node: Node, connection: Connection): void {
    if (this.#over.signal.aborted) {
      drop(connection);
      return;
    }
    node.connection = connection;
    node.failures = 0;
    connection.once('close', () => {
      if (node.connection !== connection) return;
      node.connection = null;
      this.#events.changed();
      this.refresh();
    });
    this.#events.changed();
  }

  #failed(node: Node): void {
    this.#events.unreachable();
    node.notBefore = performance.now() + Math.min(BACK_OFF.least * 2 ** node.failures, BACK_OFF.most);
    node.failures = Math.min(node.failures + 1, 4);
    this.refresh();
  }
}
