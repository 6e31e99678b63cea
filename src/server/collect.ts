/** Reads a body within its bounds while it streams, and drops one that nobody wants. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StargateError } from '../errors.js';
import { decompress, isCompressed } from './body.js';
import type { BodyRules } from './http.js';
import type { Inflight } from './inflight.js';

const NOTHING = Buffer.alloc(0);
/** How much of an unwanted body is read and dropped, so that the client gets to read our answer. */
const LINGER_BYTES = 4 * 1024 * 1024;
const LINGER_MS = 2_000;

export interface BodyEvents {
  /** Once, with the whole body, decompressed. */
  readonly whole: (body: Buffer) => void;
  /** Instead of `whole`: STG_BODY_TOO_LARGE, STG_BODY_ENCODING, STG_OVERLOADED. */
  readonly failed: (error: unknown) => void;
  readonly inflated: (ratio: number) => void;
}

/** Every byte that it holds is reserved, as it arrives: an announced length costs the sender nothing. */
export class BodyReader {
  readonly #incoming: IncomingMessage;
  readonly #rules: BodyRules;
  readonly #inflight: Inflight;
  readonly #events: BodyEvents;
  #chunks: Buffer[] = [];
  #size = 0;
  #reserved = 0;
  #over = false;

  constructor(incoming: IncomingMessage, rules: BodyRules, inflight: Inflight, events: BodyEvents) {
    this.#incoming = incoming;
    this.#rules = rules;
    this.#inflight = inflight;
    this.#events = events;
    incoming.on('data', (chunk: Buffer) => this.#take(chunk));
    incoming.on('end', () => this.#complete());
  }

  /** Gives back what was reserved; the body is of no more use. */
  release(): void {
    this.#over = true;
    this.#chunks = [];
    this.#inflight.release(this.#reserved);
    this.#reserved = 0;
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#size += chunk.length;
      if (this.#size > this.#rules.wireBytes) throw new StargateError('STG_BODY_TOO_LARGE');
      this.#reserve(chunk.length);
      this.#chunks.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  #complete(): void {
    if (this.#over) return;
    const body =
      this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.#size) : (this.#chunks[0] ?? NOTHING);
    this.#chunks = [];
    if (isCompressed(this.#incoming.headers)) this.#inflate(body).catch((error) => this.#fail(error));
    else this.#events.whole(body);
  }

  async #inflate(body: Buffer): Promise<void> {
    const inflated = await decompress(body, this.#rules.inflatedBytes);
    this.#events.inflated(inflated.length / Math.max(1, body.length));
    if (this.#over) return;
    this.#reserve(inflated.length);
    this.#events.whole(inflated);
  }

  #reserve(bytes: number): void {
    this.#inflight.reserve(bytes);
    this.#reserved += bytes;
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.release();
    this.#events.failed(error);
  }
}

/**
 * Reads and drops the rest of a body after an early answer, then ends the response: a connection that is
 * closed on a client in the middle of sending takes our answer with it.
 */
export function linger(incoming: IncomingMessage, response: ServerResponse): void {
  let dropped = 0;
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  incoming.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) end();
  });
  incoming.on('end', end);
  response.on('close', () => clearTimeout(timer));
}
