import { setTimeout as sleep } from 'node:timers/promises';
import { protoMessage } from '../../event/derive/protobuf.js';
import type { Field } from '../../event/fields.js';
import type { AppendAnswer, StorageClient } from './client.js';
import { Connection } from './connection.js';
import { type EncodeRow, encoder, Unfit } from './encode.js';
import { failed } from './errors.js';

const TRIES = 5;
const BACKOFF_MS = { first: 50, most: 2_000 };
/** A request may have 10 MB. */
const MOST_BYTES = 8 * 2 ** 20;

export interface SinkSettings {
  readonly table: string;
  readonly message: string;
  readonly fields: readonly Field[];
  readonly answerMs: number;
}

/** Rows of one `append`, or a part of them, and who waits. */
interface Job {
  readonly rows: readonly Buffer[];
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Rows of a small table by its default stream, at least once: tried again with back-off, a few times. One request at a
 * time: its answers have no offsets, so behind one that is missing the next would be taken for it, and rows that were
 * refused for stored ones. What comes meanwhile shares the next request.
 */
export class Sink {
  readonly #open: () => Connection;
  readonly #encode: EncodeRow;
  readonly #jobs: Job[] = [];
  #isSending = false;
  #connection: Connection | null = null;

  constructor(client: StorageClient, { table, message, fields, answerMs }: SinkSettings) {
    const stream = `${table}/streams/_default`;
    const descriptor = protoMessage(message, fields);
    this.#open = () => new Connection(client, { stream, descriptor, answerMs });
    this.#encode = encoder(fields, MOST_BYTES);
  }

  /** Resolves when all are stored. Errors: STG_WAREHOUSE_UNREACHABLE. */
  async append(rows: readonly object[]): Promise<void> {
    let batch: Buffer[] = [];
    let bytes = 0;
    for (const row of rows) {
      const encoded = this.#encode(row, JSON.stringify(row).length);
      if (encoded instanceof Unfit) throw failed('take a row', encoded);
      if (bytes + encoded.length > MOST_BYTES) {
        await this.#queued(batch, bytes);
        [batch, bytes] = [[], 0];
      }
      batch.push(encoded);
      bytes += encoded.length;
    }
    if (batch.length > 0) await this.#queued(batch, bytes);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  #queued(rows: readonly Buffer[], bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ rows, bytes, resolve, reject });
      if (!this.#isSending) void this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    while (this.#jobs.length > 0) await this.#sendSome(this.#jobs.splice(0, this.#fitting()));
    this.#isSending = false;
  }

  async #sendSome(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#persistently(jobs.flatMap(({ rows }) => rows));
      for (const job of jobs) job.resolve();
    } catch (error) {
      for (const job of jobs) job.reject(error);
    }
  }

  /** How many of the oldest jobs one request holds; at least one. */
  #fitting(): number {
    let bytes = 0;
    for (const [index, job] of this.#jobs.entries()) {
      bytes += job.bytes;
      if (index > 0 && bytes > MOST_BYTES) return index;
    }
    return this.#jobs.length;
  }

  async #persistently(rows: readonly Buffer[]): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.#send(rows);
      } catch (error) {
        if (failures + 1 >= TRIES) throw failed('store rows', error);
        const whole = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures);
        await sleep(whole / 2 + (Math.random() * whole) / 2);
      }
    }
  }

  async #send(rows: readonly Buffer[]): Promise<void> {
    if (this.#connection?.broken) this.#connection = null;
    this.#connection ??= this.#open();
    const { error, rowErrors } = await this.#connection.send(rows, null);
    if (error) throw Object.assign(new Error(told(error.message, rowErrors)), { code: error.code });
  }
}

const told = (message: string | null | undefined, rowErrors: AppendAnswer['rowErrors']): string =>
  [message, rowErrors?.[0]?.message].filter(Boolean).join(': ');
