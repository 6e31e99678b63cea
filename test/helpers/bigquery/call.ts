import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { ProtoDescriptor } from './protos.js';
import type { WriteServer } from './server.js';
import { type Answer, CallError } from './store.js';

export interface AppendRequest {
  readonly writeStream?: string;
  readonly offset?: { readonly value?: string } | null;
  readonly protoRows?: {
    readonly writerSchema?: { readonly protoDescriptor: ProtoDescriptor } | null;
    readonly rows?: { readonly serializedRows?: readonly Buffer[] } | null;
  };
}

export type AppendCall = ServerDuplexStream<AppendRequest, object>;

const QUOTA = { code: status.RESOURCE_EXHAUSTED, message: 'injected: quota exceeded', details: [] };
/** The limit of a request, as documented. */
const MOST_BYTES = 10 * 2 ** 20;

/** In order, each when its time has come. */
class Line {
  #last: Promise<void> = Promise.resolve();
  #due = 0;

  add(delayMs: number, step: () => void): void {
    this.#due = Math.max(this.#due, performance.now() + delayMs);
    const due = this.#due;
    this.#last = this.#last.then(async () => {
      const left = due - performance.now();
      if (left > 0.5) await new Promise((resolve) => setTimeout(resolve, left));
      step();
    });
  }
}

/** One AppendRows call: requests take effect in order, answers come in order. */
export class AppendConversation {
  readonly #server: WriteServer;
  readonly #call: AppendCall;
  readonly #arriving = new Line();
  readonly #leaving = new Line();
  #stream: string | null = null;
  #descriptor: ProtoDescriptor | null = null;
  #over = false;
  #mute = false;
  #idle: NodeJS.Timeout | null = null;

  constructor(server: WriteServer, call: AppendCall) {
    this.#server = server;
    this.#call = call;
    call.on('error', () => {});
    call.on('cancelled', () => this.#end());
    call.on('end', () => {
      if (!this.#over) call.end();
      this.#end();
    });
    call.on('data', (request: AppendRequest) => this.#take(request));
    this.#touch();
  }

  #take(request: AppendRequest): void {
    this.#touch();
    const delay = this.#server.delay();
    // What has arrived is with the service: it takes effect also when the client is gone by then.
    this.#arriving.add(delay * 0.6, () => this.#apply(request, delay * 0.4));
  }

  #apply(request: AppendRequest, answerDelay: number): void {
    const server = this.#server;
    server.counts.appends++;
    if (server.draws('unavailable')) this.die(status.UNAVAILABLE, 'injected: unavailable');
    else if (server.draws('quota')) this.#answer({ error: QUOTA }, answerDelay);
    else {
      try {
        this.#applied(this.#append(request), answerDelay);
      } catch (error) {
        const { code = status.INTERNAL, message } = error as CallError;
        this.die(code, message);
      }
    }
  }

  #applied(answer: Answer, answerDelay: number): void {
    const server = this.#server;
    const isStored = 'appendResult' in answer;
    server.note(answer);
    if (isStored && server.draws('lost')) this.die(status.UNAVAILABLE, 'injected: answer lost');
    else if (isStored && server.draws('hang')) this.#mute = true;
    else if (!(isStored && server.draws('swallow'))) this.#answer(answer, answerDelay);
  }

  #append({ writeStream, offset, protoRows }: AppendRequest): Answer {
    this.#stream = writeStream || this.#stream;
    this.#descriptor = protoRows?.writerSchema?.protoDescriptor ?? this.#descriptor;
    if (this.#stream === null || this.#descriptor === null)
      throw new CallError(status.INVALID_ARGUMENT, 'the first request has to name stream and schema');
    const rows = protoRows?.rows?.serializedRows ?? [];
    if (rows.reduce((sum, row) => sum + row.length, 0) > MOST_BYTES)
      throw new CallError(status.INVALID_ARGUMENT, 'request too large: at most 10 MB');
    // Zero travels as an empty message.
    const at = offset ? Number(offset.value ?? 0) : null;
    return this.#server.store.append(this.#stream, at, rows, this.#descriptor);
  }

  #answer(answer: Answer, delayMs: number): void {
    this.#leaving.add(delayMs, () => {
      if (!this.#over && !this.#mute) this.#call.write({ writeStream: this.#stream, ...answer });
    });
  }

  /** Ends the call with a status: `destroy` would send none, and the client would wait for ever. */
  die(code: number, details: string): void {
    if (this.#over) return;
    this.#end();
    this.#call.emit('error', Object.assign(new Error(details), { code, details }));
  }

  #end(): void {
    this.#over = true;
    if (this.#idle) clearTimeout(this.#idle);
  }

  #touch(): void {
    if (this.#idle) clearTimeout(this.#idle);
    const { idleMs } = this.#server.faults;
    if (idleMs === 0 || this.#over) return;
    this.#idle = setTimeout(() => {
      this.#server.counts.idle++;
      this.die(status.ABORTED, 'Closing the stream because server is closing an idle connection');
    }, idleMs);
  }
}
