import type { ProtoMessage } from '../../event/derive/protobuf.js';
import type { AppendAnswer, AppendCall, StorageClient } from './client.js';
import { failed } from './errors.js';

/** A request that has been sent and not been answered. */
interface Flight {
  /** Null on a default stream, which has no offsets. */
  readonly offset: number | null;
  /** ms on the clock of `performance.now()`. */
  readonly due: number;
  resolve(answer: AppendAnswer): void;
  reject(error: Error): void;
}

export interface ConnectionSettings {
  readonly stream: string;
  readonly descriptor: ProtoMessage;
  /** ms until a request without an answer counts as failed. */
  readonly answerMs: number;
}

/**
 * One stream's call. Answers come in the order of the requests and do not say which one they are for: a missing one
 * would be taken for the next one's, so that each is compared with the offset that was sent. After the first failure
 * nothing counts any more, and nothing can be sent. Only a call that ends while nothing is under way (the service
 * closes idle ones after 10 minutes) is replaced by another.
 */
export class Connection {
  readonly #client: StorageClient;
  readonly #settings: ConnectionSettings;
  readonly #flights: Flight[] = [];
  #call: AppendCall | null = null;
  #timer: NodeJS.Timeout | null = null;
  #broken: Error | null = null;

  constructor(client: StorageClient, settings: ConnectionSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#flights.length;
  }

  get broken(): boolean {
    return this.#broken !== null;
  }

  /** Sends rows for `offset`. The answer may hold an error; a rejection means that what happened is not known. */
  send(serializedRows: readonly Buffer[], offset: number | null): Promise<AppendAnswer> {
    if (this.#broken) return Promise.reject(this.#broken);
    const isFirst = this.#call === null;
    this.#call ??= this.#open();
    const { stream, descriptor, answerMs } = this.#settings;
    this.#call.write({
      // The service keeps name and schema for the life of the call.
      ...(isFirst && { writeStream: stream }),
      ...(offset !== null && { offset: { value: offset } }),
      protoRows: {
        ...(isFirst && { writerSchema: { protoDescriptor: descriptor } }),
        rows: { serializedRows },
      },
    });
    this.#timer ??= setTimeout(() => this.#watch(), answerMs);
    return new Promise((resolve, reject) => {
      this.#flights.push({ offset, due: performance.now() + answerMs, resolve, reject });
    });
  }

  /** What is under way fails. */
  close(): void {
    this.#fail(new Error('the connection was closed'));
  }

  #open(): AppendCall {
    const call = this.#client.append(this.#settings.stream);
    const current = () => this.#call === call;
    call.on('data', (answer: AppendAnswer) => {
      if (current()) this.#answered(answer);
    });
    call.on('error', (error: Error) => {
      if (current()) this.#ended(error);
    });
    call.on('status', () => {
      if (current()) this.#ended(new Error('the service ended the connection'));
    });
    return call;
  }

  #answered(answer: AppendAnswer): void {
    const offset = this.#flights[0]?.offset;
    const told = Number(answer.appendResult?.offset?.value ?? 0);
    if (offset === undefined) this.#fail(new Error('an answer to nothing'));
    else if (offset !== null && !answer.error && told !== offset)
      this.#fail(new Error(`an answer for offset ${told}, where ${offset} was sent`));
    else this.#flights.shift()?.resolve(answer);
  }

  #ended(error: Error): void {
    if (this.#flights.length > 0) this.#fail(error);
    else this.#call = null;
  }

  #fail(error: Error): void {
    if (this.#broken) return;
    this.#broken = failed('answer', error);
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const call = this.#call;
    this.#call = null;
    call?.cancel();
    for (const { reject } of this.#flights.splice(0)) reject(this.#broken);
  }

  /** Looks at the oldest request; one timer a connection, whatever is under way. */
  #watch(): void {
    this.#timer = null;
    const oldest = this.#flights[0];
    if (!oldest) return;
    const left = oldest.due - performance.now();
    if (left > 0) this.#timer = setTimeout(() => this.#watch(), Math.max(1, left));
    else this.#fail(new Error(`no answer within ${this.#settings.answerMs} ms`));
  }
}
