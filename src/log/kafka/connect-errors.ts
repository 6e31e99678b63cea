import { StargateError } from '../../errors.js';

/** Kafka's numbers, as far as Stargate decides by them (kafka.apache.org/protocol, "Error Codes"). */
export const CODE = {
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  TOPIC_ALREADY_EXISTS: 36,
  GROUP_ID_NOT_FOUND: 69,
  MEMBER_ID_REQUIRED: 79,
  FENCED_INSTANCE_ID: 82,
} as const;

interface Failed {
  readonly name?: string;
  readonly message?: string;
  /** Of Node, text; of kafkajs, Kafka's number. */
  readonly code?: string | number;
  /** Kafka's name, of kafkajs. */
  readonly type?: string;
  readonly apiCode?: number;
  readonly apiId?: string;
  readonly errors?: readonly unknown[];
  readonly cause?: unknown;
  readonly response?: unknown;
}

/** An error and everything it was made of, outermost first. */
function* chain(error: unknown): Generator<Failed> {
  if (error === null || typeof error !== 'object') return;
  const failed = error as Failed;
  yield failed;
  for (const inner of failed.errors ?? []) yield* chain(inner);
  yield* chain(failed.cause);
}

/** Kafka's number for what a broker answered; null where no broker did. */
export function codeOf(error: unknown): number | null {
  for (const { apiCode, code } of chain(error)) {
    if (apiCode !== undefined) return apiCode;
    if (typeof code === 'number') return code;
  }
  return null;
}

/** The whole answer of a request that failed in part. */
export const answerOf = (error: unknown): unknown => (error as Failed | null)?.response;

const SASL_ERROR = 'KafkaJSSASLAuthenticationError';
const DENIED: readonly (number | null)[] = [
  CODE.TOPIC_AUTHORIZATION_FAILED,
  CODE.GROUP_AUTHORIZATION_FAILED,
  CODE.CLUSTER_AUTHORIZATION_FAILED,
];

/** What a person can read of an error, in a few words and without its stack. */
export function wordsOf(error: unknown): string {
  const words = [...chain(error)].map(
    ({ apiId, type, code, message }) => apiId ?? type ?? message ?? `${code ?? ''}`,
  );
  return words.filter((word, i) => word !== '' && words.indexOf(word) === i).join(' ← ') || 'no reason given';
}

/** A failure that no later try mends: the broker or the certificate says no. Null for all others. */
export function refusal(error: unknown, what: string): StargateError | null {
  const failures = [...chain(error)];
  const own = failures.find((failure) => failure instanceof StargateError);
  if (own) return own;
  const got = wordsOf(error);
  if (DENIED.includes(codeOf(error)))
    return new StargateError('STG_LOG_DENIED', { expected: `the right to ${what}`, got, cause: error });
  if (failures.some(({ code, name }) => code === 'PLT_KFK_AUTHENTICATION' || name === SASL_ERROR))
    return new StargateError('STG_LOG_DENIED', {
      expected: 'a user and password, or a token, that the brokers know',
      got,
      next: 'Check sasl in the URL of --log, and STARGATE_KAFKA_USERNAME and STARGATE_KAFKA_PASSWORD, or the token in the file of STARGATE_KAFKA_TOKEN_FILE.',
      cause: error,
    });
  if (failures.some(({ code }) => /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(`${code ?? ''}`)))
    return new StargateError('STG_LOG_DENIED', {
      message: "The brokers' certificate could not be verified.",
      expected: 'a certificate for the name in --log, signed by an authority that is trusted here',
      got,
      next: 'Set STARGATE_KAFKA_CA to the PEM file of the authority that signed it.',
      cause: error,
    });
  return null;
}

/** What passes by itself: brokers are restarted, and one that has just started may not know the topic yet. */
const PASSING: readonly string[] = ['STG_LOG_UNREACHABLE', 'STG_LOG_TOPIC_MISSING'];

/** A refusal that ends what has been running: of those that a start would end with, some pass. */
export function lasting(error: unknown, what: string): StargateError | null {
  const final = refusal(error, what);
  return final && PASSING.includes(final.code) ? null : final;
}

/** Nobody of the brokers answered, or none could do it now. */
export const unreachable = (
  error: unknown,
  brokers: readonly { host: string; port: number }[],
): StargateError =>
  new StargateError('STG_LOG_UNREACHABLE', {
    expected: `an answer of ${brokers.map(({ host, port }) => `${host}:${port}`).join(' or ')}`,
    got: wordsOf(error),
    cause: error,
  });
