/** One request on its way through node:http: the head is judged, the body is collected within its bounds, the answer written. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, StargateError } from '../errors.js';
import type { Admission, App } from './app.js';
import { declaredLength, decompress, isCompressed } from './body.js';
import { type Answer, asStargateError, type Head, type Request } from './http.js';

const NOTHING = Buffer.alloc(0);
/** How much of an unwanted body is read and dropped, so that the client gets to read our answer. */
const LINGER_BYTES = 4 * 1024 * 1024;
const LINGER_MS = 2_000;

/** What all exchanges of a listener share. */
export interface ExchangeContext {
  readonly app: App;
  /** Told the status of every answer. */
  readonly answered: (status: number) => void;
  /** Told the ratio of sizes of a compressed body. */
  readonly inflated: (ratio: number) => void;
  /** While true, every answer ends its connection. */
  closing: boolean;
  /** Exchanges that have begun and are not finished. */
  active: number;
  /** Called when `active` has become 0. */
  idle: () => void;
}

export class Exchange {
  readonly head: Head;
  readonly #context: ExchangeContext;
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  #admission: Admission | null = null;
  #first: Buffer | null = null;
  #chunks: Buffer[] | null = null;
  #size = 0;
  #reserved = 0;
  #finished = false;

  constructor(context: ExchangeContext, incoming: IncomingMessage, response: ServerResponse) {
    this.#context = context;
    this.#incoming = incoming;
    this.#response = response;
    this.head = headOf(incoming);
    context.active++;
    response.on('close', () => this.#finish());
  }

  /** Begins; `proceed` is called when the body is wanted (Expect: 100-continue). */
  start(proceed?: () => void): void {
    if (duplicateHost(this.#incoming.rawHeaders)) return this.#refuse('STG_REQUEST_MALFORMED');
    const admitted = this.#context.app.admit(this.head);
    if ('status' in admitted) return this.#answerEarly(admitted);
    this.#admission = admitted;
    if (!admitted.route.body) return this.#respond(NOTHING);
    proceed?.();
    this.#collect(admitted.route.body.wireBytes);
  }

  /** Not finished yet. */
  get pending(): boolean {
    return !this.#finished;
  }

  /** An answer is on its way. */
  get answering(): boolean {
    return this.#response.headersSent;
  }

  #collect(wireBytes: number): void {
    const incoming = this.#incoming;
    try {
      this.#reserve(declaredLength(this.head.headers));
    } catch (error) {
      return this.#refuseWith(error);
    }
    incoming.on('data', (chunk: Buffer) => this.#take(chunk, wireBytes));
    incoming.on('end', () => this.#complete());
  }

  #take(chunk: Buffer, wireBytes: number): void {
    if (this.#response.headersSent) return;
    this.#size += chunk.length;
    if (this.#size > wireBytes) return this.#refuse('STG_BODY_TOO_LARGE');
    try {
      if (this.#size > this.#reserved) this.#reserve(this.#size - this.#reserved);
    } catch (error) {
      return this.#refuseWith(error);
    }
    if (this.#first === null) this.#first = chunk;
    else this.#chunks = [...(this.#chunks ?? [this.#first]), chunk];
  }

  #complete(): void {
    if (this.#response.headersSent) return;
    const body = this.#chunks ? Buffer.concat(this.#chunks, this.#size) : (this.#first ?? NOTHING);
    this.#first = this.#chunks = null;
    if (!isCompressed(this.head.headers)) this.#respond(body);
    else
      this.#inflate(body).then(
        (inflated) => this.#respond(inflated),
        (error) => this.#refuseWith(error),
      );
  }

  async #inflate(body: Buffer): Promise<Buffer> {
    const inflated = await decompress(body, this.#admission!.route.body!.inflatedBytes);
    this.#context.inflated(inflated.length / Math.max(1, body.length));
    this.#reserve(inflated.length);
    return inflated;
  }

  #respond(body: Buffer): void {
    const { method, path, query, headers, peer } = this.head;
    const request: Request = { method, path, query, headers, peer, body, receivedAt: Date.now() };
    const answer = this.#context.app.respond(this.#admission!, request);
    if (answer instanceof Promise) answer.then((settled) => this.#write(settled));
    else this.#write(answer);
  }

  #write(answer: Answer): void {
    this.#release();
    this.#context.answered(answer.status);
    const response = this.#response;
    if (response.destroyed || response.headersSent) return;
    if (answer.stream) return this.#stream(answer);
    response.writeHead(answer.status, this.#headers(answer) as string[]);
    if (typeof answer.body === 'string') response.end(answer.body, 'latin1');
    else response.end(answer.body);
  }

  #headers({ status, headers, body }: Answer): readonly string[] {
    const sized =
      status === 204 || status === 304 ? [...headers] : [...headers, 'content-length', String(body.length)];
    if (this.#context.closing || status === 408) sized.push('connection', 'close');
    return sized;
  }

  #stream({ status, headers, stream }: Answer): void {
    const response = this.#response;
    response.writeHead(status, headers as string[]);
    response.flushHeaders();
    stream!({
      get backlog() {
        return response.writableLength;
      },
      write: (text) => void response.write(text),
      end: () => response.end(),
      onClose: (listener) => void response.on('close', listener),
    });
  }

  #refuse(code: ErrorCode): void {
    this.#refuseWith(new StargateError(code));
  }

  #refuseWith(error: unknown): void {
    this.#answerEarly(this.#context.app.refuse(this.head, asStargateError(error)));
  }

  /**
   * Answers although the body is not all here. The rest is read and dropped for a while: a connection that is
   * closed on a client in the middle of sending takes our answer with it.
   */
  #answerEarly(answer: Answer): void {
    const incoming = this.#incoming;
    if (incoming.complete || !expectsBody(this.head)) return this.#write(answer);
    this.#release();
    this.#context.answered(answer.status);
    this.#first = this.#chunks = null;
    const headers = this.#headers(answer);
    this.#response.writeHead(answer.status, [
      ...headers,
      ...(headers.includes('connection') ? [] : ['connection', 'close']),
    ]);
    this.#response.write(answer.body);
    let dropped = 0;
    const end = () => {
      clearTimeout(timer);
      this.#response.end();
    };
    const timer = setTimeout(end, LINGER_MS);
    incoming.on('data', (chunk: Buffer) => {
      dropped += chunk.length;
      if (dropped > LINGER_BYTES) end();
    });
    incoming.on('end', end);
    this.#response.on('close', () => clearTimeout(timer));
  }

  #reserve(bytes: number): void {
    this.#context.app.inflight.reserve(bytes);
    this.#reserved += bytes;
  }

  #release(): void {
    this.#context.app.inflight.release(this.#reserved);
    this.#reserved = 0;
  }

  /** The answer is out, or the client is gone. An append that is under way goes on and holds its bytes. */
  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (!this.#response.headersSent && !this.#incoming.complete) this.#release();
    if (--this.#context.active === 0) this.#context.idle();
  }
}

/** The path alone decides: a URL in absolute form may name any host. */
function headOf({ method = '', url = '', headers, socket }: IncomingMessage): Head {
  let target = url;
  if (!target.startsWith('/')) {
    const slash = target.indexOf('/', target.indexOf('://') + 3);
    target =
      target.includes('://') && slash >= 0 ? target.slice(slash) : target.includes('://') ? '/' : target;
  }
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    method,
    path,
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    peer: socket.remoteAddress ?? '',
  };
}

/** node:http keeps the first of two Host headers; what stands before us may have believed the second. */
function duplicateHost(raw: readonly string[]): boolean {
  let seen = false;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (seen) return true;
    seen = true;
  }
  return false;
}

function expectsBody({ headers }: Head): boolean {
  return headers['transfer-encoding'] !== undefined || declaredLength(headers) > 0;
}
