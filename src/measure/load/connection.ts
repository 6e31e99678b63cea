/** One connection that sends one request at a time, through a client of undici. */
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { type Connector, Line, type Phase } from './connector.js';

export interface Owner {
  /** The whole answer is here. */
  onAnswer(connection: Connection, status: number, retryAfter: boolean, body: Buffer | null): void;
  /** There will be none. */
  onFailure(connection: Connection, error: unknown, phase: Phase): void;
}

/** An answer's body is kept up to here; more of it is counted and dropped. */
const KEPT_BYTES = 4096;

const retryHeader = Buffer.from('retry-after');

export class Connection {
  readonly line = new Line();
  /** Of the request under way, ms from the start. */
  plannedMs = 0;
  sentMs = 0;
  waited = false;
  /** Whether few connections were busy when it was sent. */
  free = false;
  sequence = 0;
  busy = false;
  readonly #owner: Owner;
  readonly #origin: string;
  readonly #connector: Connector;
  #client: Client | null = null;
  #status = 0;
  #retryAfter = false;
  #body: Buffer | null = null;
  readonly #options: Dispatcher.DispatchOptions;
  /** Counts clients: what an abandoned one still says is not about this request. */
  #life = 0;

  constructor(owner: Owner, url: URL, headers: readonly string[], connector: Connector) {
    this.#owner = owner;
    this.#origin = url.origin;
    this.#connector = connector;
    this.#options = {
      // Said here, since undici would read it off a URL for each request.
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: [...headers],
      body: null,
    };
  }

  /** @param ahead a connection that is open already, or null */
  open(ahead: Socket | null): void {
    const life = ++this.#life;
    this.#client = new Client(this.#origin, {
      pipelining: 1,
      connect: this.#connector.forClient(this.line, ahead),
      // Deadlines are the sender's: they count from when the request left the queue.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 600_000,
    });
    this.#handler = this.#handlerOf(life);
  }

  send(body: Buffer): void {
    this.busy = true;
    this.#status = 0;
    this.#body = null;
    this.#options.body = body;
    this.#client!.dispatch(this.#options, this.#handler!);
  }

  /** Gives the request under way up, and the connection with it. */
  abandon(): void {
    const old = this.#client!;
    this.busy = false;
    this.open(null);
    old.destroy(null, () => {});
  }

  close(): void {
    this.#life++;
    this.#client?.destroy(null, () => {});
  }

  #handler: Dispatcher.DispatchHandler | null = null;

  /** One handler for all requests of a client: only one is under way. */
  #handlerOf(life: number): Dispatcher.DispatchHandler {
    return {
      onConnect() {},
      onHeaders: (status, headers) => {
        this.#status = status;
        this.#retryAfter = (status === 429 || status === 503) && hasRetryAfter(headers);
        return true;
      },
      onData: (chunk) => {
        if (this.#body === null) this.#body = chunk;
        else if (this.#body.length < KEPT_BYTES) this.#body = Buffer.concat([this.#body, chunk]);
        return true;
      },
      onComplete: () => {
        if (life !== this.#life) return;
        this.busy = false;
        this.#owner.onAnswer(this, this.#status, this.#retryAfter, this.#body);
      },
      onError: (error) => {
        if (life !== this.#life) return;
        this.busy = false;
        this.#owner.onFailure(this, error, this.line.phase);
      },
    };
  }
}

function hasRetryAfter(headers: readonly Buffer[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    if (name.length === retryHeader.length && name.toString('latin1').toLowerCase() === 'retry-after')
      return true;
  }
  return false;
}
