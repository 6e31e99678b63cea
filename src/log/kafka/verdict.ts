/**
 * What an answer of a broker to one batch means: the table on which "acknowledged" rests. Pure.
 *
 * A batch is ambiguous once an attempt may have been stored without our knowing: no answer came, or an answer
 * that a broker can also give after it appended. An ambiguous batch is only ever sent again as the same bytes under
 * the same numbers, so that a broker recognises it; it is never reported as not stored.
 */

/** A partition's answer; `null`: the request was answered, but not for this partition. */
export type Answer = { readonly code: number; readonly baseOffset: number } | null;

/** What is known of the batch when its answer comes. */
export interface Asked {
  /** An earlier attempt may have been stored. */
  readonly ambiguous: boolean;
  readonly attempts: number;
  readonly records: number;
  /** Offset of the partition's last acknowledged record; -1 before the first. */
  readonly lastOffset: number;
}

export type Verdict =
  /** Stored; `first` is -1 where the broker no longer knows the offset. */
  | { readonly do: 'store'; readonly first: number }
  /** The same bytes again, after new metadata where a leader may have changed. */
  | { readonly do: 'again'; readonly ambiguous: boolean; readonly refresh: boolean }
  /** Certainly not stored: under numbers never used before. */
  | { readonly do: 'renumber' }
  /** Certainly not stored: in halves, so that only the record at fault is refused. */
  | { readonly do: 'split' }
  /** Certainly not stored: `as` says what for, and so whether a later try can help. */
  | { readonly do: 'refuse'; readonly as: Refusal }
  /**
   * Acknowledged at an offset that was given before: by a topic that was made anew, and then it is stored; or for
   * another batch, or by a log that was cut back, and then nobody can tell. The topic's id says which.
   */
  | { readonly do: 'ask'; readonly first: number; readonly why: string }
  /** Nobody can tell any more. Its numbers are never used again. */
  | { readonly do: 'doubt'; readonly why: string };

/**
 * STG_LOG_REFUSED: a record is at fault, and will be for as long as the topic's settings stay. The other two would meet
 * every record, and pass when somebody mends it: a right that was taken away, or settings of cluster or topic.
 */
export type Refusal = 'STG_LOG_REFUSED' | 'STG_LOG_DENIED' | 'STG_LOG_WRITE';

const NAMES: Readonly<Record<number, string>> = {
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  10: 'MESSAGE_TOO_LARGE',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  21: 'INVALID_REQUIRED_ACKS',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  35: 'UNSUPPORTED_VERSION',
  42: 'INVALID_REQUEST',
  43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  56: 'KAFKA_STORAGE_ERROR',
  59: 'UNKNOWN_PRODUCER_ID',
  74: 'FENCED_LEADER_EPOCH',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
  87: 'INVALID_RECORD',
  90: 'PRODUCER_FENCED',
};

/** Kafka's name of an error code. */
export const nameOf = (code: number): string => NAMES[code] ?? `error code ${code}`;

/** The same for counting: of names that there are only so many of. */
export const kindOf = (code: number): string => NAMES[code] ?? 'OTHER';

/** Refused before the append; the same bytes may be taken later. */
const NOT_NOW = new Set([2, 19]);
/** Refused before the append because of a record in it, or of its size. */
const RECORD_AT_FAULT = new Set([10, 18, 32, 87]);
/** Refused before the append, whatever the records are: until somebody gives the right back, or mends a setting. */
const DENIED = new Set([29, 31, 53]);
const NOT_SO = new Set([17, 21, 35, 42, 43, 76]);
/** The leader is there, but too few replicas are, or they do not answer: what is sent next would wait as well. */
const TOO_FEW = new Set([7, 19, 20]);
/** The broker knows another owner of the producer id, or none. */
const FENCED = new Set([47, 59, 90]);

/** Whether the answer says that the partition takes nothing now. */
export const isTooFew = (answer: Answer): boolean => answer !== null && TOO_FEW.has(answer.code);

export function judge(answer: Answer, asked: Asked): Verdict {
  // Also for codes that nobody here has heard of: what is not certain is ambiguous.
  if (answer === null) return { do: 'again', ambiguous: true, refresh: true };
  const { code, baseOffset } = answer;
  if (code === 0) return acknowledged(baseOffset, asked);
  if (code === 46) return duplicate(asked);
  // A resend of what is stored is acknowledged, so out of order is certain even after an unanswered attempt.
  if (code === 45) return { do: 'renumber' };
  if (NOT_NOW.has(code)) return { do: 'again', ambiguous: false, refresh: code === 19 };
  const refusal = refusalOf(code);
  if (refusal === null && !FENCED.has(code)) return { do: 'again', ambiguous: true, refresh: true };
  if (asked.ambiguous) return { do: 'doubt', why: `${nameOf(code)} after an attempt without an answer` };
  if (refusal === null) return { do: 'renumber' };
  if (refusal === 'STG_LOG_REFUSED' && asked.records > 1) return { do: 'split' };
  return { do: 'refuse', as: refusal };
}

function refusalOf(code: number): Refusal | null {
  if (RECORD_AT_FAULT.has(code)) return 'STG_LOG_REFUSED';
  if (DENIED.has(code)) return 'STG_LOG_DENIED';
  return NOT_SO.has(code) ? 'STG_LOG_WRITE' : null;
}

/** An offset that does not lie behind all earlier ones: of another topic, of another batch, or of a log cut back. */
const acknowledged = (first: number, { lastOffset }: Asked): Verdict =>
  first > lastOffset
    ? { do: 'store', first }
    : {
        do: 'ask',
        first,
        why: `acknowledged at offset ${first}, although ${lastOffset} was acknowledged before`,
      };

const duplicate = ({ ambiguous, attempts }: Asked): Verdict =>
  ambiguous && attempts > 1
    ? { do: 'store', first: -1 }
    : { do: 'doubt', why: 'called a duplicate although it had not been sent before' };
