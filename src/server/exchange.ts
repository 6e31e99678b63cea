/** One request on its way through node:http: its head is judged, its body collected, its answer written. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StargateError } from '../errors.js';
import type { Admission, App } from './app.js';
import { declaredLength } from './body.js';
import { BodyReader, linger } from './collect.js';
import { type Answer, asStargateError, type Head } from './http.js';

const NOTHING = Buffer.alloc(0);
/** node:http reads and drops what is left of a body when its answer has ended. */
const SMALL = 64 * 1024;

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
  #reader: BodyReader | null = null;
  /** The handler has the request: what was reserved stays so until it answers, also without a client. */
  #handled = false;
  #finished = false;

  constructor(context: ExchangeContext, incoming: IncomingMessage, response: ServerResponse) {
    this.#context = context;
    this.#incoming = incoming;
    this.#response = response;
    this.head = headOf(incoming);
    context.active++;
    response.on('close', () => this.#finish());
  }

  /** Not finished yet. */
  get pending(): boolean {
    return !this.#finished;
  }

  /** Its answer has begun, though the request may not be all here. */
  get answered(): boolean {
    return this.#response.headersSent && !(this.#finished && this.#incoming.complete);
  }

  /** Begins; `proceed` is called when the body is wanted (Expect: 100-continue). */
  start(proceed?: () => void): void {
    const { app } = this.#context;
    const admitted = ambiguous(this.#incoming)
      ? app.refuse(this.head, new StargateError('STG_REQUEST_MALFORMED'))
      : app.admit(this.head);
    if ('status' in admitted) {
      this.#answerEarly(admitted);
    } else if (admitted.route.body) {
      proceed?.();
      this.#read(admitted);
    } else {
      this.#handle(admitted, NOTHING);
    }
  }

  #read(admission: Admission): void {
    const { app, inflated } = this.#context;
    this.#reader = new BodyReader(this.#incoming, admission.route.body!, app.inflight, {
      inflated,
      whole: (body) => this.#handle(admission, body),
      failed: (error) => this.#answerEarly(app.refuse(this.head, asStargateError(error))),
    });
  }

  #handle(admission: Admission, body: Buffer): void {
    this.#handled = true;
    const { method, path, query, headers, peer } = this.head;
    const request = { method, path, query, headers, peer, body, receivedAt: Date.now() };
    const answer = this.#context.app.respond(admission, request);
    if (answer instanceof Promise) answer.then((settled) => this.#write(settled));
    else this.#write(answer);
  }

  #write(answer: Answer): void {
    this.#reader?.release();
    this.#context.answered(answer.status);
    const response = this.#response;
    if (response.destroyed) return;
    if (answer.stream) {
      this.#stream(answer, answer.stream);
      return;
    }
    response.writeHead(answer.status, this.#headers(answer, this.#context.closing || answer.status === 408));
    if (typeof answer.body === 'string') response.end(answer.body, 'utf8');
    else response.end(answer.body);
  }

  #headers({ status, headers, body }: Answer, last: boolean): string[] {
    const written = [...headers];
    if (status !== 204 && status !== 304) written.push('content-length', String(Buffer.byteLength(body)));
    if (last) written.push('connection', 'close');
    return written;
  }

  #stream({ status, headers }: Answer, stream: NonNullable<Answer['stream']>): void {
    const response = this.#response;
    response.writeHead(status, headers as string[]);
    response.flushHeaders();
    stream({
      get backlog() {
        return response.writableLength;
      },
      write: (text) => void response.write(text),
      end: () => void response.end(),
      onClose: (listener) => void response.on('close', listener),
    });
  }

  /** Answers although the body may not be all here. A connection is worth waiting for a small rest, else it ends. */
  #answerEarly(answer: Answer): void {
    if (this.#incoming.complete || restIsSmall(this.head)) {
      this.#write(answer);
      return;
    }
    this.#context.answered(answer.status);
    this.#response.writeHead(answer.status, this.#headers(answer, true));
    this.#response.write(answer.body);
    linger(this.#incoming, this.#response);
  }

  /** The answer is out, or the client is gone. */
  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (!this.#handled) this.#reader?.release();
    if (--this.#context.active === 0) this.#context.idle();
  }
}

/** The path alone decides: a URL in absolute form may name any host. */
function headOf({ method = '', url = '', headers, socket }: IncomingMessage): Head {
  const target = url.startsWith('/') ? url : originForm(url);
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

function originForm(url: string): string {
  const authority = url.indexOf('://') + 3;
  if (authority < 3) return url;
  const slash = url.indexOf('/', authority);
  return slash < 0 ? '/' : url.slice(slash);
}

/**
 * What node:http lets pass although a proxy before us may have read it otherwise: of two Host headers it keeps
 * the first, and it takes HTTP/0.9 and 2.0 in the request line for one of its own versions.
 */
function ambiguous({ rawHeaders, httpVersionMajor }: IncomingMessage): boolean {
  return httpVersionMajor !== 1 || duplicateHost(rawHeaders);
}

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

function restIsSmall({ headers }: Head): boolean {
  return headers['transfer-encoding'] === undefined && declaredLength(headers) <= SMALL;
}
