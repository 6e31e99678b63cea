import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../../errors.js';
import type { KafkaSettings } from './connect.js';
import { answerOf, CODE, codeOf, refusal, unreachable } from './connect-errors.js';
import { connect, drop } from './connection.js';
import type { Address } from './options.js';
import { type API, type Connection, findCoordinatorV4, metadataV12 } from './package.js';

const REQUEST_MS = 10_000;
const COORDINATOR_MS = 10_000;

/**
 * A broker answers the requests of one connection one after another, so what waits long has a connection of its own:
 * `fetch` for records to come, `group` for a join. `ask` is for everything else.
 */
export type Purpose = 'ask' | 'group' | 'fetch';

type Metadata = ReturnType<typeof metadataV12.parseResponse>;

interface Topology {
  readonly clusterId: string | null;
  readonly topicId: string;
  readonly nodes: ReadonlyMap<number, Address>;
  /** Node id of each partition's leader, −1 where there is none now. */
  readonly leaders: readonly number[];
}

/** The brokers of one topic: who leads what, and a connection to each, opened when it is needed. */
export class Brokers {
  readonly settings: KafkaSettings;
  readonly #connections = new Map<string, Promise<Connection>>();
  #topology: Topology | null = null;
  #refreshing: Promise<Topology> | null = null;
  #closed = false;

  constructor(settings: KafkaSettings) {
    this.settings = settings;
  }

  get topic(): string {
    return this.settings.topic;
  }

  /** Empty before the first `refresh`, and where brokers tell none. */
  get clusterId(): string {
    return this.#topology?.clusterId ?? '';
  }

  get nodes(): ReadonlyMap<number, Address> {
    return this.#topology?.nodes ?? new Map();
  }

  /** Node id of the partition's leader, or −1; by partition. Empty before the first `refresh`. */
  get leaders(): readonly number[] {
    return this.#topology?.leaders ?? [];
  }

  /**
   * Asks the brokers anew who leads what. Errors: STG_LOG_UNREACHABLE, STG_LOG_DENIED, STG_LOG_TOPIC_MISSING.
   * Callers at the same time share one request.
   */
  refresh(): Promise<Topology> {
    this.#refreshing ??= this.anyone((connection) => this.#look(connection)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** Does something with one broker after another until one can. */
  async anyone<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    let last: unknown = new Error('no broker is known');
    for (const place of [...this.nodes.values(), ...this.settings.brokers]) {
      try {
        return await work(await this.#open(place, 'ask'));
      } catch (error) {
        last = error;
        const final = refusal(error, `read about topic ${this.topic}`);
        if (final) throw final;
      }
    }
    throw unreachable(last, this.settings.brokers);
  }

  /** Node id of the group's coordinator. A cluster that has never had a group needs a moment to name one. */
  async coordinator(group: string): Promise<number> {
    const until = performance.now() + COORDINATOR_MS;
    for (;;) {
      try {
        const { coordinators } = await this.anyone((connection) =>
          request(connection, findCoordinatorV4.api, REQUEST_MS, 0, [group]),
        );
        const { nodeId } = coordinators[0]!;
        if (!this.nodes.has(nodeId)) await this.refresh();
        return nodeId;
      } catch (error) {
        if (!isCode(error, CODE.COORDINATOR_NOT_AVAILABLE) || performance.now() > until) throw error;
        await sleep(100);
      }
    }
  }

  /** A connection to that node. Rejects when it is not known or does not answer. */
  async to(nodeId: number, purpose: Purpose): Promise<Connection> {
    const place = this.nodes.get(nodeId);
    if (!place) throw new Error(`node ${nodeId} is not among the brokers`);
    return this.#open(place, purpose);
  }

  /** Ends every connection at once; what is under way is rejected. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.then(drop, () => {});
    this.#connections.clear();
  }

  #open(place: Address, purpose: Purpose): Promise<Connection> {
    if (this.#closed) return Promise.reject(new StargateError('STG_LOG_CLOSED'));
    const key = `${purpose} ${place.host}:${place.port}`;
    const known = this.#connections.get(key);
    if (known) return known;
    const forget = (): void => {
      if (this.#connections.get(key) === opening) this.#connections.delete(key);
    };
    const opening = this.#connect(place, forget);
    this.#connections.set(key, opening);
    opening.catch(forget);
    return opening;
  }

  async #connect(place: Address, gone: () => void): Promise<Connection> {
    const connection = await connect(this.settings, place);
    connection.on('close', gone);
    if (this.#closed) drop(connection);
    return connection;
  }

  /** Brokers and a topic as one of the brokers knows them; a topic that is missing has an error code in the answer. */
  async describe(topic = this.topic): Promise<Metadata> {
    const answer = await this.anyone((connection) => this.#ask(connection, topic));
    this.#topology ??= { clusterId: null, topicId: '', nodes: new Map(), leaders: [] };
    this.#topology = { ...this.#topology, nodes: nodesOf(answer) };
    return answer;
  }

  async #ask(connection: Connection, topic = this.topic): Promise<Metadata> {
    try {
      return await request(connection, metadataV12.api, REQUEST_MS, [topic], false, false);
    } catch (error) {
      // A partition without a leader makes the whole answer an error; the rest of it is right.
      const answer = answerOf(error) as Metadata | undefined;
      if (answer?.topics) return answer;
      throw error;
    }
  }

  async #look(connection: Connection): Promise<Topology> {
    const answer = await this.#ask(connection);
    const topic = answer.topics[0];
    if (topic?.errorCode !== 0) throw this.#missing(topic?.errorCode);
    const leaders: number[] = [];
    for (const { partitionIndex, leaderId } of topic.partitions) leaders[partitionIndex] = leaderId;
    const topology = {
      ...{ clusterId: answer.clusterId ?? null, topicId: topic.topicId },
      ...{ nodes: nodesOf(answer), leaders },
    };
    this.#topology = topology;
    return topology;
  }

  #missing(code: number | undefined): Error {
    if (code === CODE.UNKNOWN_TOPIC_OR_PARTITION || code === undefined)
      return new StargateError('STG_LOG_TOPIC_MISSING', { got: `no topic ${this.topic}` });
    if (code === CODE.TOPIC_AUTHORIZATION_FAILED)
      return new StargateError('STG_LOG_DENIED', { expected: `the right to read topic ${this.topic}` });
    return new Error(`the brokers answered code ${code} for topic ${this.topic}`);
  }
}

const nodesOf = ({ brokers }: Metadata): Map<number, Address> =>
  new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));

/** One request with an end of its own. A broker that is too late loses its connection: its answers are out of step. */
export async function request<A extends unknown[], R>(
  connection: Connection,
  api: API<A, R>,
  ms: number,
  ...args: A
): Promise<R> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    drop(connection);
  }, ms);
  try {
    return await api.async(connection, ...args);
  } catch (error) {
    if (late) throw new Error(`no answer within ${ms} ms`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

export const isCode = (error: unknown, ...codes: readonly number[]): boolean =>
  codes.includes(codeOf(error) ?? -1);
