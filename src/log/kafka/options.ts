export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type Sasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: () => Promise<string> };

/** How brokers are reached. */
export interface ConnectOptions {
  readonly brokers: readonly Address[];
  readonly topic: string;
  readonly clientId: string;
  /** Null: no TLS. Certificates are always verified. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
  readonly sasl: Sasl | null;
  /** ms for TCP, TLS and SASL together; default 3,000. */
  readonly connectMs?: number;
  /** ms for the answer to a question about the cluster, after which another broker is asked; default 1,000. */
  readonly controlMs?: number;
}

/** How records are sent. All times in ms. */
export interface ProduceOptions {
  readonly compression: Compression;
  /** Upper bound of a batch before compression; below the topic's max.message.bytes. */
  readonly maxBatchBytes: number;
  /** Bytes appended and not yet final, over which appends are refused. */
  readonly maxPendingBytes: number;
  /** Requests with new records under way at a time, over all leaders. One makes the largest batches; 2 or 3 pay over a long way. */
  readonly maxRequests: number;
  /** What a leader may wait for its followers. */
  readonly ackMs: number;
  /** What an answer may take; the connection is given up after it. */
  readonly requestMs: number;
  /** A leader whose request ended without an answer gets no new records for so long, or until it answers. */
  readonly suspectMs: number;
  /** Answer of an append without a deadline of its own. */
  readonly answerMs: number;
  /** For so long an append without certainty is sent again. */
  readonly finalMs: number;
}

export const PRODUCE_DEFAULTS = {
  compression: 'gzip',
  maxBatchBytes: 900_000,
  maxPendingBytes: 64 * 2 ** 20,
  maxRequests: 1,
  ackMs: 1_500,
  requestMs: 3_000,
  suspectMs: 0,
  answerMs: 10_000,
  finalMs: 120_000,
} as const satisfies ProduceOptions;
