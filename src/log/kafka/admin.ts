import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../../errors.js';
import type { LogSetup, SetupPlan } from '../port.js';
import { planTopic, type TopicFacts, type TopicStep, type TopicWishes } from './admin-plan.js';
import type { KafkaSettings } from './connect.js';
import { Brokers, isCode, request } from './connect-brokers.js';
import { CODE, refusal, unreachable, wordsOf } from './connect-errors.js';
import {
  type API,
  createPartitionsV3,
  createTopicsV7,
  describeConfigsV4,
  incrementalAlterConfigsV1,
} from './package.js';

const REQUEST_MS = 30_000;
const LEADERS_MS = 15_000;
const TOPIC = 2;
const SET = 0;
const POSITIONS = '__consumer_offsets';
const CONFIGS = [
  ...['retention.ms', 'min.insync.replicas', 'compression.type', 'cleanup.policy'],
  ...['unclean.leader.election.enable', 'max.message.bytes'],
];

/** A partition as the brokers describe it. */
export interface PartitionFacts {
  /** Below 0 where there is none. */
  readonly leaderId: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
}

export interface TopicLook {
  readonly facts: TopicFacts;
  readonly partitions: readonly PartitionFacts[];
}

/** Makes the topic, or brings it to what delivery needs. Nothing is done before `apply`. */
export class KafkaSetup implements LogSetup {
  readonly #cluster: Brokers;
  readonly #wishes: TopicWishes;
  #controller = -1;

  constructor(settings: KafkaSettings, wishes: TopicWishes) {
    this.#cluster = new Brokers(settings);
    this.#wishes = wishes;
  }

  /** Errors: STG_KAFKA_REPLICAS, STG_OPTION_INVALID, STG_LOG_UNREACHABLE, STG_LOG_DENIED. */
  async plan(): Promise<SetupPlan> {
    return planTopic(this.#wishes, (await this.look()).facts);
  }

  /** What there is: for a plan, and of each partition. Errors: STG_LOG_UNREACHABLE, STG_LOG_DENIED. */
  async look(): Promise<TopicLook> {
    const { topic } = this.#cluster;
    const { brokers, topics, controllerId } = await this.#cluster.describe();
    this.#controller = controllerId;
    const [described] = topics;
    const facts = { topic, brokers: brokers.length, found: null };
    if (!described || described.errorCode === CODE.UNKNOWN_TOPIC_OR_PARTITION)
      return { facts, partitions: [] };
    const { partitions, errorCode } = described;
    if (errorCode !== 0) throw this.#denied(errorCode);
    const replicas = Math.min(...partitions.map(({ replicaNodes }) => replicaNodes.length));
    const found = { partitions: partitions.length, replicas, configs: await this.#configs() };
    return { facts: { ...facts, found }, partitions };
  }

  /** Whether the brokers keep positions of any group yet; true where they do not say. */
  async hasGroups(): Promise<boolean> {
    const { topics } = await this.#cluster.describe(POSITIONS);
    return topics[0]?.errorCode !== CODE.UNKNOWN_TOPIC_OR_PARTITION;
  }

  /** Errors as of `plan`. A step that somebody else did meanwhile counts as done. */
  async apply(plan: SetupPlan): Promise<void> {
    for (const step of plan.steps as readonly TopicStep[]) await this.#do(step);
    if (plan.steps.length > 0) await this.#settled();
  }

  close(): void {
    this.#cluster.close();
  }

  #denied(code: number): StargateError {
    return new StargateError('STG_LOG_DENIED', {
      expected: `the right to describe topic ${this.#cluster.topic}`,
      got: `code ${code}`,
    });
  }

  async #configs(): Promise<Record<string, string>> {
    const resource = {
      resourceType: TOPIC,
      resourceName: this.#cluster.topic,
      configurationKeys: CONFIGS,
    } as const;
    // Any broker knows them: the controller may be the one that has just gone.
    const { results } = await this.#cluster.anyone((connection) =>
      request(connection, describeConfigsV4.api, REQUEST_MS, [resource], false, false),
    );
    const configs = results.flatMap((result) => result.configs);
    return Object.fromEntries(configs.map(({ name, value }) => [name, value ?? '']));
  }

  async #do(step: TopicStep): Promise<void> {
    const name = this.#cluster.topic;
    if (step.do === 'create') {
      const configs = Object.entries(step.configs).map(([key, value]) => ({ name: key, value }));
      const { partitions: numPartitions, replicas: replicationFactor } = step;
      const topic = { name, numPartitions, replicationFactor, assignments: [], configs };
      await this.#ask(createTopicsV7.api, [topic], REQUEST_MS, false).catch((error) => {
        if (!isCode(error, CODE.TOPIC_ALREADY_EXISTS)) throw error;
      });
    } else if (step.do === 'grow') {
      await this.#ask(
        createPartitionsV3.api,
        [{ name, count: step.partitions, assignments: null }],
        REQUEST_MS,
        false,
      );
    } else {
      const configs = Object.entries(step.configs).map(([key, value]) => {
        return { name: key, configOperation: SET, value } as const;
      });
      const resource = { resourceType: TOPIC, resourceName: name, configs } as const;
      await this.#ask(incrementalAlterConfigsV1.api, [resource], false);
    }
  }

  /** Of a new topic, and of new partitions, leaders are elected a moment later. */
  async #settled(): Promise<void> {
    const until = performance.now() + LEADERS_MS;
    for (;;) {
      const { leaders } = await this.#cluster.refresh().catch((error) => {
        if (isCode(error, CODE.UNKNOWN_TOPIC_OR_PARTITION) || performance.now() < until)
          return { leaders: [-1] };
        throw error;
      });
      if (leaders.every((leader) => leader >= 0)) return;
      if (performance.now() > until)
        throw new StargateError('STG_LOG_UNREACHABLE', {
          expected: 'a leader for every partition',
          got: `none for ${leaders.filter((leader) => leader < 0).length} of ${leaders.length} after ${LEADERS_MS / 1_000} s`,
        });
      await sleep(200);
    }
  }

  /** Only the controller of a cluster with ZooKeeper makes topics; in others every broker passes the request on. */
  async #ask<A extends unknown[], R>(api: API<A, R>, ...args: A): Promise<R> {
    try {
      const connection = await this.#cluster.to(this.#controller, 'ask');
      return await request(connection, api, REQUEST_MS, ...args);
    } catch (error) {
      if (isCode(error, CODE.TOPIC_ALREADY_EXISTS)) throw error;
      const final = refusal(error, `set up topic ${this.#cluster.topic}`);
      if (final) throw final;
      if (isCode(error, ...REFUSED))
        throw new StargateError('STG_SETUP_FAILED', { got: wordsOf(error), cause: error });
      throw unreachable(error, this.#cluster.settings.brokers);
    }
  }
}

/** INVALID_PARTITIONS to POLICY_VIOLATION: the brokers understood, and will not. */
const REFUSED = [37, 38, 39, 40, 42, 44];
