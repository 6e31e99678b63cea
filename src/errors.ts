/**
 * Every error of Stargate, once: its stable code, what kind of failure it is, the exit status of a
 * command that ends with it, the HTTP status of an answer that carries it, and the sentence a person reads.
 *
 * `user`: the person can mend it, and `next` says how. `bug`: ours; the text asks for a report.
 */
export interface ErrorDefinition {
  readonly kind: 'user' | 'bug';
  /** Exit status of a command (cli.md): 1 failure, 2 usage, 3 unhealthy, 4 confirmation, 5 inconclusive, 130 interrupted. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 130;
  /** HTTP status, where a collector answer can carry the code. */
  readonly http?: number;
  readonly message: string;
  readonly next?: string;
}

const usage = (message: string, next?: string): ErrorDefinition => ({
  kind: 'user',
  exit: 2,
  message,
  ...(next && { next }),
});
const failure = (message: string, next?: string): ErrorDefinition => ({
  kind: 'user',
  exit: 1,
  message,
  ...(next && { next }),
});
const answer = (http: number, message: string, next?: string): ErrorDefinition => ({
  kind: 'user',
  exit: 1,
  http,
  message,
  ...(next && { next }),
});

export const ERRORS = {
  // The command line and its configuration
  STG_COMMAND_UNKNOWN: usage('There is no such command.', 'stargate --help lists every command.'),
  STG_OPTION_UNKNOWN: usage('There is no such option.', 'Add --help to the command to see its options.'),
  STG_OPTION_INVALID: usage('An option has a value that it cannot take.'),
  STG_INPUT_MISSING: usage('Answers are missing, and there is no terminal to ask on.'),
  STG_TARGET_FOREIGN: usage(
    'Load is sent to this machine only, unless you say that the target is yours.',
    'Add --i-own-this-target, if it is.',
  ),
  STG_CONFIRMATION_NEEDED: {
    kind: 'user',
    exit: 4,
    message: 'This has to be confirmed.',
    next: 'Run it at a terminal, or add --yes.',
  },
  STG_CONFIG_INVALID: usage(
    'The configuration is not valid.',
    'stargate config shows every effective value.',
  ),
  STG_CONFIG_UNREADABLE: usage('The configuration file cannot be read.'),
  STG_CONNECTION_UNSUPPORTED: usage(
    'No adapter speaks that connection.',
    'stargate --help lists the schemes.',
  ),
  STG_PORT_TAKEN: failure(
    'The port is already in use.',
    'Choose another with --port, or --port 0 for any free one.',
  ),
  STG_NODE_UNSUPPORTED: failure('This version of Node is too old.', 'Install Node 20.19 or newer.'),
  STG_OUTPUT_WRITE: failure('The output could not be written.'),
  STG_PROCESS_FAILED: failure(
    'A process of the collector could not start.',
    'Its own error stands above this one.',
  ),
  STG_NOT_BUILT: failure('A built file is missing.', 'Run npm run build.'),

  // The log
  STG_LOG_LOCKED: failure('Another process owns this log.', 'Stop it, or choose another folder with --log.'),
  STG_LOG_FULL: failure('The log has no room left.', 'Free disk space, or raise --data-max.'),
  STG_LOG_CORRUPT: failure('The log has a record that cannot be read.'),
  STG_LOG_VERSION: failure(
    'The log was written by a newer Stargate.',
    'Update stargate, or choose another folder with --log.',
  ),
  STG_LOG_FENCED: failure('This consumer no longer owns the partition.'),
  STG_LOG_CLOSED: failure('The log is closed.'),
  STG_LOG_POSITION: failure('A consumer position lies outside the log.'),
  STG_LOG_WRITE: failure('The log could not be written.'),
  STG_LOG_UNREACHABLE: failure(
    'No broker of the Kafka cluster can be reached.',
    'Check the addresses in --log, and that the brokers run.',
  ),
  STG_LOG_DENIED: failure('The Kafka cluster refused.'),
  STG_LOG_TOPIC_MISSING: failure(
    'The Kafka topic does not exist.',
    'Run stargate setup with the same --log to create it.',
  ),
  STG_LOG_REFUSED: failure('Kafka refuses these records.', 'Compare the settings of the topic.'),
  STG_KAFKA_REPLICAS: failure('The Kafka cluster has fewer brokers than a topic is to have replicas.'),
  STG_SETUP_FAILED: failure('Setting up failed at a step.'),
  STG_GROUP_LOCKED: failure(
    'Another process already consumes with this group.',
    'Stop it, or choose another name with --group.',
  ),

  // The warehouse
  STG_WAREHOUSE_LOCKED: failure('Another process owns the warehouse file.'),
  STG_WAREHOUSE_UNREACHABLE: failure(
    'The warehouse cannot be reached.',
    'Check the file, or choose another with --warehouse.',
  ),
  STG_WAREHOUSE_DENIED: failure('The warehouse refused access.'),
  STG_WAREHOUSE_MISSING: failure(
    'There is no warehouse yet.',
    'Start stargate dev or stargate worker first.',
  ),
  STG_WAREHOUSE_VERSION: failure('The warehouse was written by a newer Stargate.', 'Update stargate.'),
  STG_WAREHOUSE_SCHEMA: failure('The table does not have the columns that it should.'),
  STG_WAREHOUSE_FENCED: failure('Another worker has taken over the partition.'),
  STG_WAREHOUSE_MISMATCH: failure(
    'The log says that more rows are stored than the warehouse holds.',
    'Do not delete either. Compare stargate_positions with the log, then choose a new --group.',
  ),
  STG_FORGET_INCOMPLETE: failure(
    'Some rows of the person are still there.',
    'Run the same command again later.',
  ),
  STG_QUERY_REFUSED: { ...usage('Only one SELECT, EXPLAIN or DESCRIBE statement can be run.'), http: 400 },
  STG_QUERY_FAILED: { ...failure('The query failed.'), http: 400 },
  STG_QUERY_COST: failure(
    'The query would read more than it may.',
    'Filter received_at, name fewer columns, or raise --max-bytes.',
  ),
  STG_QUERY_TIMEOUT: {
    ...failure('The query took too long and was stopped.', 'Narrow it, or add a LIMIT.'),
    http: 408,
  },

  // Measuring a target
  STG_TARGET_UNREACHABLE: failure(
    'The target cannot be reached.',
    'Check the address, and that the collector runs.',
  ),
  STG_TARGET_REFUSED: failure('The target does not take the probe.'),
  STG_PROBES_UNSEEN: {
    ...failure(
      'The collector accepts probes, and the warehouse shows none of them.',
      'Check that the worker runs, and that --warehouse is what it writes to.',
    ),
    exit: 3,
  },

  // Answers of the collector
  STG_BODY_NOT_JSON: answer(400, 'The body is not JSON.'),
  STG_BODY_NOT_UTF8: answer(400, 'The body is not valid UTF-8.'),
  STG_BODY_TOO_DEEP: answer(400, 'The body is nested too deeply.', 'At most 64 levels.'),
  STG_BODY_NOT_ENVELOPE: answer(
    400,
    'The body is not an envelope.',
    'Send {"v":1,"k":"KEY","events":[{"name":"hello"}]}.',
  ),
  STG_BODY_NOT_FLAT: answer(400, 'The body is not one flat JSON object.'),
  STG_BODY_ENCODING: answer(400, 'The body could not be decompressed.'),
  STG_BODY_TOO_LARGE: answer(413, 'The body is too large.', 'At most 512 KiB sent, 2 MiB decompressed.'),
  STG_TOO_MANY_EVENTS: answer(400, 'The envelope holds too many events.', 'At most 50 events in a request.'),
  STG_PIXEL_TOO_LARGE: answer(413, 'The pixel parameter is too large.', 'At most 2 KB in d.'),
  STG_REQUEST_MALFORMED: answer(400, 'The request is malformed.'),
  STG_HOST_FORBIDDEN: answer(
    403,
    'This page answers only on loopback names.',
    'Open it as http://127.0.0.1.',
  ),
  STG_KEY_MISSING: answer(401, 'The write key is missing.', 'Put it in "k" of the envelope.'),
  STG_KEY_UNKNOWN: answer(401, 'The write key is not known here.'),
  STG_ORIGIN_UNKNOWN: answer(
    401,
    'Neither an allowed Origin nor a valid bearer token came with the request.',
  ),
  STG_ORIGIN_FORBIDDEN: answer(403, 'This origin may not use this key.'),
  STG_ROUTE_UNKNOWN: answer(404, 'There is nothing at this path.'),
  STG_METHOD_UNKNOWN: answer(405, 'This path does not take that method.'),
  STG_REQUEST_TIMEOUT: answer(408, 'The request took too long to arrive.'),
  STG_CONTENT_TYPE: answer(
    415,
    'Send text/plain or application/json.',
    "With curl: -H 'content-type: application/json'.",
  ),
  STG_CONTENT_ENCODING: answer(415, 'Send the body as it is, or with content-encoding gzip.'),
  STG_HEADERS_TOO_LARGE: answer(431, 'The request headers are too large.'),
  STG_RATE_LIMITED: answer(429, 'Too many requests.'),
  STG_OVERLOADED: answer(
    503,
    'The collector has no room for more right now.',
    'Send again after Retry-After seconds.',
  ),
  STG_NOT_STORED: answer(503, 'The events could not be stored.', 'Send again after Retry-After seconds.'),
  STG_DRAINING: answer(503, 'The collector is shutting down.', 'Send again; another one will answer.'),

  STG_INTERRUPTED: { kind: 'user', exit: 130, message: 'Interrupted.' },
  STG_BUG: {
    kind: 'bug',
    exit: 1,
    http: 500,
    message: 'Something went wrong inside Stargate.',
    next: 'Please report it with the output of --verbose.',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

/** Why an event inside an accepted request was not stored as an event. Kept in `events_rejected.reason`. */
export const REASONS = {
  field_type: 'A field has another type than its column takes.',
  field_missing: 'A field that every event needs is missing.',
  event_too_large: 'The event is larger than 64 KiB.',
  event_too_deep: 'The event is nested deeper than 32 levels.',
  event_not_object: 'The event is not a JSON object.',
  consent_denied: 'Consent for analytics was denied, and the source does not collect anonymously.',
  record_not_json: 'The log record is not one JSON object in UTF-8.',
  record_invalid: 'The log record does not match the event schema.',
  record_version: 'The log record has a schema version that is not known.',
  warehouse_refused: 'The warehouse refused the row.',
  erased: 'The event was erased from the log at the wish of a person.',
} as const;

export type Reason = keyof typeof REASONS;

/** One of several faults that an error reports together: where it is, and what is wrong there. */
export interface ErrorItem {
  readonly at: string;
  readonly text: string;
}

export interface ErrorDetails {
  readonly expected?: string;
  readonly got?: string;
  /** Replaces the table's `next`, where the place knows better. */
  readonly next?: string;
  /** Replaces the table's sentence. */
  readonly message?: string;
  /** Every fault, where there can be more than one. */
  readonly items?: readonly ErrorItem[];
  readonly cause?: unknown;
}

/** The one error class. `got` must never carry a secret or unscrubbed visitor data. */
export class StargateError extends Error {
  override readonly name = 'StargateError';
  readonly code: ErrorCode;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly next: string | undefined;
  readonly items: readonly ErrorItem[];

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const definition: ErrorDefinition = ERRORS[code];
    super(details.message ?? definition.message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.expected = details.expected;
    this.got = details.got;
    this.next = details.next ?? definition.next;
    this.items = details.items ?? [];
  }

  get definition(): ErrorDefinition {
    return ERRORS[this.code];
  }
}

/** True for a Stargate error, of the given code where one is named. */
export function isStargateError(error: unknown, code?: ErrorCode): error is StargateError {
  return error instanceof StargateError && (code === undefined || error.code === code);
}
