/** Credentials beside the URL. Files hold PEM; all come from the configuration, never from the URL. */
export interface KafkaCredentials {
  readonly username?: string | null;
  readonly password?: string | null;
  /** Paths of PEM files: who signed the brokers' certificates, and our own certificate where brokers ask for one. */
  readonly ca?: string | null;
  readonly cert?: string | null;
  readonly key?: string | null;
  /** Gives the bearer token of OAUTHBEARER. Asked for at every connection, so it may be short-lived. */
  readonly token?: (() => Promise<string>) | null;
}

/** What speaks with the brokers of a log in Kafka. */
export type KafkaDriver = 'own' | 'kafkajs';

/** How a log is opened. */
export interface OpenLogOptions {
  /** Written to `kafka_topic`. Default `stargate_v2.realtime`. */
  readonly topic?: string;
  /** `append` and `both` own a slot for writing; `read` only consumes. */
  readonly role: 'append' | 'read' | 'both';
  /** Which partition this process writes; default 0. */
  readonly slot?: number;
  /** Size limit of the log in bytes (`--data-max`); default 10 GiB. */
  readonly maxBytes?: number;
  /** Age in ms at which what every group has read may be deleted; default: when its room is needed. */
  readonly retentionMs?: number;
  /** Size at which a new segment file begins; default 64 MiB, and at most an eighth of `maxBytes`. */
  readonly segmentBytes?: number;
  /** Bytes appended and not yet durable, over which `append` answers STG_OVERLOADED; default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** Groups to register at once, so that retention keeps what they have not committed. */
  readonly groups?: readonly string[];
  /** How batches are compressed on their way to a log that is elsewhere. Default gzip. */
  readonly compression?: 'none' | 'snappy' | 'lz4' | 'gzip';
  /** For a log that asks for a user or a certificate. */
  readonly credentials?: KafkaCredentials;
  /** For a log in Kafka; default `own`. */
  readonly kafkaDriver?: KafkaDriver;
  /**
   * Where a consumer of a log in Kafka notes its membership, so that the next one on this machine need not wait for its
   * session to end when its process was killed. Default: nowhere.
   */
  readonly membersFolder?: string;
  /** Told, in a sentence, of damage found and what was done about it. Default: a process warning. */
  readonly onWarning?: (message: string) => void;
}

export const DEFAULT_TOPIC = 'stargate_v2.realtime';
export const DEFAULT_MAX_BYTES = 10 * 2 ** 30;
export const DEFAULT_PENDING_BYTES = 64 * 2 ** 20;

/** A warning must be seen even where nobody listens. */
export const warnOf = (options: OpenLogOptions): ((message: string) => void) =>
  options.onWarning ?? ((message) => process.emitWarning(message, 'StargateWarning'));
