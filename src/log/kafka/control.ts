import type { Identity } from './batch.js';
import { connect, drop } from './connection.js';
import type { Address, ConnectOptions } from './options.js';
import { type API, type Connection, initProducerIdV4, metadataV12 } from './package.js';

export type MetadataResponse = ReturnType<typeof metadataV12.parseResponse>;

/**
 * Questions about the cluster, on a connection of their own: a broker answers one request of a connection at a time, so
 * behind a produce request that is stuck no answer would come. A broker that does not answer is replaced by the next.
 */
export class Control {
  readonly #options: ConnectOptions;
  readonly #brokers: () => readonly Address[];
  #connection: Promise<Connection> | null = null;
  #at = 0;
  #closed = false;

  /** `brokers`: whom to ask, likely ones first. */
  constructor(options: ConnectOptions, brokers: () => readonly Address[]) {
    this.#options = options;
    this.#brokers = brokers;
  }

  /** The topic and its leaders. A topic that is missing or has no leader is told by error codes in the answer. */
  async metadata(): Promise<MetadataResponse> {
    try {
      return await this.#ask(metadataV12.api, [[this.#options.topic], false, false]);
    } catch (error) {
      // The package throws when any partition has an error code; the whole answer comes with it.
      const { response } = error as { response?: MetadataResponse };
      if (response?.topics) return response;
      throw error;
    }
  }

  async identity(): Promise<Identity> {
    const { producerId, producerEpoch } = await this.#ask(initProducerIdV4.api, [null, 60_000, -1n, -1]);
    return { producerId, epoch: producerEpoch };
  }

  /** Asks another broker from now on. */
  rotate(): void {
    this.#at += 1;
    this.#drop();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #ask<Q extends unknown[], A>(api: API<Q, A>, question: Q): Promise<A> {
    let last: unknown = new Error('closed');
    const rounds = this.#brokers().length + 1;
    for (let i = 0; i < rounds && !this.#closed; i++) {
      this.#connection ??= this.#connect();
      const asked = this.#connection;
      try {
        const connection = await asked;
        return await within(this.#options.controlMs ?? 1_000, api.async(connection, ...question));
      } catch (error) {
        // An error in the answer is an answer.
        if ((error as { response?: unknown }).response) throw error;
        last = error;
        if (this.#connection === asked) this.rotate();
      }
    }
    throw last;
  }

  async #connect(): Promise<Connection> {
    const brokers = this.#brokers();
    const connection = await connect(this.#options, brokers[this.#at % brokers.length]!);
    if (this.#closed) drop(connection);
    return connection;
  }

  #drop(): void {
    this.#connection?.then(drop, () => {});
    this.#connection = null;
  }
}

/** The answer, or a rejection after `ms`. */
function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
