/** What the event model needs to know of a configured source. `config/` has a type that fits into it. */
export interface SourcePolicy {
  readonly id: string;
  /** A browser key is public and bound to origins; a server key authenticates and may set address, agent, time. */
  readonly kind: 'browser' | 'server';
  /** IANA name; decides event_date. */
  readonly timeZone: string;
  /** What unset consent means: granted (`gtm`) or denied (`strict`). */
  readonly consent: 'gtm' | 'strict';
  /** Whether denied consent is collected without ids, address and storage instead of being rejected. */
  readonly anonymous: boolean;
  readonly scrub: ScrubPolicy;
}

export interface ScrubPolicy {
  /** Further key names whose values are removed, in any usual spelling (camelCase, snake_case, with dots). */
  readonly keys: readonly string[];
  /** Key names that the built-in rules must leave alone. */
  readonly allow: readonly string[];
}

/** What the collector knows of a request, apart from its body. */
export interface RequestFacts {
  /** ms since 1970 when the whole request had arrived. */
  readonly receivedAt: number;
  readonly ingestPath: 'v1' | 'legacy' | 'gif' | 'mp';
  /** The Origin header, or null. */
  readonly origin: string | null;
  readonly userAgent: string;
  /** The client's whole address: used for geo and truncation only, never stored. */
  readonly address: string | null;
}

/** One event of a request, ready for the log. `value` is the whole record. */
export type PreparedEvent =
  | {
      readonly status: 'accepted';
      readonly id: string;
      readonly value: Buffer;
      readonly visitor: string | null;
    }
  | {
      readonly status: 'rejected';
      readonly id: string | null;
      readonly reason: string;
      /** JSON pointer relative to the envelope, such as /events/2/ts. */
      readonly pointer: string;
      readonly value: Buffer;
    };
