/** What `doctor` asks the brokers. Nothing is changed. */
import type { CheckCode } from '../../doctor/codes.js';
import {
  type Check,
  type Checks,
  type Commands,
  failed,
  type Observation,
  ok,
  shared,
  warning,
  word,
} from '../../doctor/port.js';
import { StargateError } from '../../errors.js';
import { judgeLag } from '../lag.js';
import { KafkaSetup, type TopicLook } from './admin.js';
import type { TopicWishes } from './admin-plan.js';
import type { KafkaSettings } from './connect.js';
import { request } from './connect-brokers.js';
import { answerOf, refusal, wordsOf } from './connect-errors.js';
import { connect, drop } from './connection.js';
import { KafkaLag, withoutGroups } from './lag.js';
import type { Address } from './options.js';
import { metadataV12 } from './package.js';
import * as judge from './topic-health.js';

export interface KafkaCheckOptions {
  readonly wishes: TopicWishes;
  readonly group: string;
  readonly commands: Commands;
}

/** ms for an answer to the first question. */
const GREETING_MS = 5_000;

const TOPIC: Partial<Record<CheckCode, (topic: judge.TopicHealth) => Observation>> = {
  STG_TOPIC_PARTITIONS: judge.judgePartitions,
  STG_TOPIC_REPLICAS: judge.judgeReplicas,
  STG_TOPIC_IN_SYNC: judge.judgeInSync,
  STG_TOPIC_MIN_INSYNC: judge.judgeMinInsync,
  STG_TOPIC_RETENTION: judge.judgeRetention,
  STG_TOPIC_CLEANUP: judge.judgeCleanup,
  STG_TOPIC_COMPRESSION: judge.judgeCompression,
  STG_TOPIC_UNCLEAN: judge.judgeUnclean,
  STG_TOPIC_MESSAGE_SIZE: judge.judgeMessageSize,
};

export function kafkaChecks(settings: KafkaSettings, options: KafkaCheckOptions): Checks {
  const { wishes, group, commands } = options;
  const setup = new KafkaSetup(settings, wishes);
  let lag: KafkaLag | null = null;
  const look = shared(() => setup.look());
  const topic = async (): Promise<judge.TopicHealth> => {
    const { facts, partitions } = await look();
    const { found } = facts;
    if (found === null) throw new StargateError('STG_LOG_TOPIC_MISSING', { got: `no topic ${facts.topic}` });
    const { setup: mend } = commands;
    return { topic: facts.topic, wishes, found, partitions, setup: mend, alter: alterOf(settings) };
  };
  const ofTopic = Object.entries(TOPIC).map(
    ([code, judged]): Check => ({
      code: code as CheckCode,
      look: async () => judged(await topic()),
    }),
  );
  const checks: Check[] = [
    { code: 'STG_KAFKA', look: () => reach(settings) },
    { code: 'STG_TOPIC', look: async () => existence(await look(), wishes, commands.setup) },
    ...ofTopic,
    {
      code: 'STG_GROUP_LAG',
      async look() {
        const ms = Number((await topic()).found.configs['retention.ms'] ?? -1);
        const terms = { group, retention: ms < 0 ? null : ms / 1_000, worker: commands.worker };
        const groups = await setup.hasGroups();
        lag = groups ? new KafkaLag(settings) : new KafkaLag(settings, withoutGroups(settings));
        return judgeLag(await lag.measure(group), terms);
      },
    },
  ];
  return {
    checks,
    async close() {
      setup.close();
      lag?.close();
    },
  };
}

/** Each address of the URL by itself: one that answers hides those that do not. */
async function reach(settings: KafkaSettings): Promise<Observation> {
  const { brokers, tls, sasl } = settings;
  const tries = await Promise.allSettled(brokers.map((to) => greet(settings, to)));
  const how = `${tls ? 'TLS' : 'no TLS'}, ${sasl?.mechanism ?? 'no user'}`;
  const away = tries.flatMap((tried, i) => (tried.status === 'rejected' ? [shown(brokers[i]!)] : []));
  if (away.length === 0) return ok(`${brokers.map(shown).join(', ')} answer: ${how}`);
  const error = (tries.find(({ status }) => status === 'rejected') as PromiseRejectedResult).reason;
  const told = `${away.join(', ')} ${away.length === 1 ? 'does' : 'do'} not answer: ${wordsOf(error)}`;
  const final = refusal(error, 'connect');
  if (final) return failed(`${final.message} ${wordsOf(error)}`, final.next);
  const fix = `start the broker; nc -vz ${away[0]?.replace(/:(\d+)$/, ' $1')} shows whether it can be reached`;
  return away.length === brokers.length ? failed(told, fix) : warning(told, fix);
}

/** A connection alone proves nothing: whoever stands in between may take it. */
async function greet(settings: KafkaSettings, to: Address): Promise<void> {
  const connection = await connect(settings, to);
  try {
    await request(connection, metadataV12.api, GREETING_MS, [settings.topic], false, false);
  } catch (error) {
    // That the topic is missing is an answer too.
    if (!answerOf(error)) throw error;
  } finally {
    drop(connection);
  }
}

const shown = ({ host, port }: Address): string => `${host}:${port}`;

function existence({ facts }: TopicLook, wishes: TopicWishes, setup: string): Observation {
  if (facts.found) return ok(facts.topic);
  const few = wishes.replicas > facts.brokers;
  const note = few ? `, and ${facts.brokers} of the ${wishes.replicas} brokers that its replicas need` : '';
  return failed(
    `there is no topic ${facts.topic}${note}`,
    few ? `${setup} --replicas ${facts.brokers}` : setup,
  );
}

const alterOf = ({ brokers, topic }: KafkaSettings) => {
  const server = brokers.map(shown).join(',');
  return (setting: string): string =>
    `kafka-configs.sh --bootstrap-server ${word(server)} --alter --entity-type topics --entity-name ${word(topic)} --add-config ${setting}`;
};
