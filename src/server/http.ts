/** Requests and answers as plain data: what the application sees of HTTP, and all it sees. */
import type { IncomingHttpHeaders } from 'node:http';
import { StargateError } from '../errors.js';

export interface Head {
  readonly method: string;
  /** Path without query, as sent: never decoded, never normalised. */
  readonly path: string;
  /** What stands behind the question mark, undecoded; empty without one. */
  readonly query: string;
  /** Names in lower case, as node:http gives them. */
  readonly headers: IncomingHttpHeaders;
  /** Address of the socket's other end. */
  readonly peer: string;
}

export interface Request extends Head {
  readonly body: Buffer;
  /** ms since 1970 when the whole request had arrived. */
  readonly receivedAt: number;
}

/** Where an answer without an end is written to. */
export interface Sink {
  /** Bytes that the client has not taken yet. */
  readonly backlog: number;
  write(text: string): void;
  end(): void;
  /** Called once, when the client has gone or `end` was called. */
  onClose(listener: () => void): void;
}

export interface Answer {
  readonly status: number;
  /** Name, value, name, value …; `content-length` is added by whoever writes the answer. */
  readonly headers: readonly string[];
  readonly body: string | Buffer;
  /** Takes over after the headers: the answer has no length and no end of its own. */
  readonly stream?: (sink: Sink) => void;
}

export type Handler = (request: Request) => Answer | Promise<Answer>;

/** Who may read an answer: gives the headers to add for an Origin, or none. */
export interface CorsPolicy {
  headers(origin: string | undefined): readonly string[];
  preflight(origin: string | undefined, methods: string): Answer;
}

export interface BodyRules {
  /** Bytes on the wire. */
  readonly wireBytes: number;
  /** Bytes after decompression. */
  readonly inflatedBytes: number;
}

export interface Route {
  /** Exact, or a prefix when it ends with `/*`. */
  readonly path: string;
  readonly methods: Readonly<Record<string, Handler>>;
  /** Routes without it ignore a body. */
  readonly body?: BodyRules;
  readonly cors?: CorsPolicy;
  /** Throws a StargateError for a request that must not come in; runs before the body is read. */
  readonly guard?: (head: Head) => void;
  /** GET has an effect, or no end: HEAD is not answered by it. */
  readonly effects?: true;
  /** Errors say what was expected and got: only where the answer stays on this machine. */
  readonly detailed?: true;
}

const JSON_HEADERS: readonly string[] = ['content-type', 'application/json', 'cache-control', 'no-store'];

/** An answer whose body is already JSON. */
export function jsonText(status: number, body: string, headers = JSON_HEADERS): Answer {
  return { status, headers, body };
}

export function json(status: number, value: unknown): Answer {
  return jsonText(status, JSON.stringify(value));
}

/** True where the query carries NAME=1. */
export function flag(query: string, name: string): boolean {
  return query !== '' && new URLSearchParams(query).get(name) === '1';
}

/** Seconds that a client waits before it sends again; where the code asks for it. */
const RETRY_AFTER: Readonly<Record<string, string>> = {
  STG_OVERLOADED: '1',
  STG_NOT_STORED: '2',
  STG_DRAINING: '1',
  STG_RATE_LIMITED: '1',
};

/**
 * `{"error":{"code","message"}}`. The texts are ours alone: nothing of the request is ever echoed.
 * `detailed` adds what was expected and got, for answers that only this machine can see.
 */
export function errorAnswer(error: StargateError, detailed = false): Answer {
  const { code, message, expected, got, next } = error;
  const body = detailed
    ? { code, message, expected, got, next }
    : { code, message: next ? `${message} ${next}` : message };
  const retryAfter = RETRY_AFTER[code];
  const headers = retryAfter ? [...JSON_HEADERS, 'retry-after', retryAfter] : JSON_HEADERS;
  return jsonText(error.definition.http ?? 500, JSON.stringify({ error: body }), headers);
}

/** The error itself when it is ours, else STG_BUG around it. */
export function asStargateError(error: unknown): StargateError {
  return error instanceof StargateError ? error : new StargateError('STG_BUG', { cause: error });
}
