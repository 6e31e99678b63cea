/**
 * The state behind the write server: tables, streams, offsets. Semantics as documented for the Storage Write API
 * (cloud.google.com/bigquery/docs/write-api): offsets checked, a request stored whole or not at all.
 */
import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { Field } from '../../../src/event/fields.js';
import { decodeRow, type ProtoDescriptor, rowType, type StorageCode, status as statusOf } from './protos.js';
import { rowError } from './values.js';

export type Row = Readonly<Record<string, unknown>>;

export interface Stream {
  readonly name: string;
  readonly isDefault: boolean;
  count: number;
  /** ms on the clock of `performance.now()`. */
  finalizedAt: number | null;
}

export interface Table {
  readonly fields: readonly Field[] | null;
  rows: Row[];
  /** Rows of a server that does not decode them. */
  undecoded: number;
}

/** A failure of a whole call. */
export class CallError extends Error {
  readonly code: number;
  readonly details: string;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
    this.details = message;
  }
}

export type Answer =
  | { readonly appendResult: { readonly offset?: { readonly value: number } } }
  | {
      readonly error: ReturnType<typeof statusOf>;
      readonly rowErrors?: readonly { index: number; code: string; message: string }[];
    };

const refused = (code: number, message: string, storage: StorageCode, entity: string): Answer => ({
  error: statusOf(code, message, storage, entity),
});

export interface StoreOptions {
  readonly decode: boolean;
  readonly refuseEvery: () => number;
  readonly finalizeLagMs: () => number;
  /** Columns of a row that are kept once it has been checked; null for all. */
  readonly keep: readonly string[] | null;
  readonly onStored: (rows: readonly Row[]) => void;
}

const LEAST_FOR_TABLE = /^(projects\/[^/]+\/datasets\/[^/]+\/tables\/[^/]+)\/(?:streams\/)?([^/]+)$/;

export class Store {
  readonly tables = new Map<string, Table>();
  readonly streams = new Map<string, Stream>();
  readonly #options: StoreOptions;
  readonly #types = new Map<string, ReturnType<typeof rowType>>();
  #anyTable = false;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Makes a table; `fields` are checked as BigQuery does. */
  table(path: string, fields: readonly Field[]): void {
    this.tables.set(path, { fields, rows: [], undecoded: 0 });
  }

  /** Takes rows for any table, without checks. */
  takeAnyTable(): void {
    this.#anyTable = true;
  }

  create(parent: string): Stream {
    this.tableOf(parent);
    const name = `${parent}/streams/${randomUUID().replaceAll('-', '')}`;
    return this.#add({ name, isDefault: false, count: 0, finalizedAt: null });
  }

  stream(name: string): Stream {
    const known = this.streams.get(name);
    if (known) return known;
    const [, path, id] = LEAST_FOR_TABLE.exec(name) ?? [];
    if (path === undefined || id !== '_default')
      throw new CallError(status.NOT_FOUND, `Requested entity was not found. Entity: ${name}`);
    this.tableOf(path);
    return this.#add({ name, isDefault: true, count: 0, finalizedAt: null });
  }

  finalize(name: string): number {
    const stream = this.stream(name);
    if (stream.isDefault)
      throw new CallError(status.INVALID_ARGUMENT, 'a default stream cannot be finalized');
    stream.finalizedAt ??= performance.now();
    return stream.count;
  }

  /** The stream is gone, as when its table was made anew (hole 7). */
  forget(name: string): void {
    this.streams.delete(name);
  }

  append(name: string, offset: number | null, bytes: readonly Buffer[], proto: ProtoDescriptor): Answer {
    const stream = this.stream(name);
    const { INVALID_ARGUMENT, ALREADY_EXISTS, OUT_OF_RANGE } = status;
    if (this.#isClosed(stream))
      return refused(
        INVALID_ARGUMENT,
        'Stream has been finalized and cannot be appended.',
        'STREAM_FINALIZED',
        name,
      );
    const told = `expected offset ${stream.count}, received ${offset}`;
    if (offset !== null && offset < stream.count)
      return refused(ALREADY_EXISTS, `The offset is within stream, ${told}`, 'OFFSET_ALREADY_EXISTS', name);
    if (offset !== null && offset > stream.count)
      return refused(OUT_OF_RANGE, `The offset is beyond stream, ${told}`, 'OFFSET_OUT_OF_RANGE', name);
    return (
      this.#store(stream, bytes, proto) ?? {
        appendResult: stream.isDefault ? {} : { offset: { value: offset ?? stream.count - bytes.length } },
      }
    );
  }

  tableOf(path: string): Table {
    const known = this.tables.get(path);
    if (known) return known;
    if (!this.#anyTable)
      throw new CallError(status.NOT_FOUND, `Requested entity was not found. Entity: ${path}`);
    const table: Table = { fields: null, rows: [], undecoded: 0 };
    this.tables.set(path, table);
    return table;
  }

  #add(stream: Stream): Stream {
    this.streams.set(stream.name, stream);
    return stream;
  }

  #isClosed({ finalizedAt }: Stream): boolean {
    return finalizedAt !== null && performance.now() >= finalizedAt + this.#options.finalizeLagMs();
  }

  #store(stream: Stream, bytes: readonly Buffer[], proto: ProtoDescriptor): Answer | null {
    const table = this.tableOf(stream.name.replace(/\/streams\/[^/]+$/, ''));
    if (!this.#options.decode) {
      stream.count += bytes.length;
      table.undecoded += bytes.length;
      return null;
    }
    const extra = extraFields(table, proto);
    if (extra.length > 0)
      return refused(
        status.INVALID_ARGUMENT,
        `Input schema has more fields than BigQuery schema: ${extra.join(', ')}`,
        'SCHEMA_MISMATCH_EXTRA_FIELDS',
        stream.name,
      );
    const type = this.#typeOf(proto);
    const rows = bytes.map((row) => decodeRow(type, row));
    const rowErrors = rows.flatMap((row, index) => {
      const message = rowError(row, table.fields, this.#options.refuseEvery());
      return message === null ? [] : [{ index, code: 'FIELDS_ERROR', message }];
    });
    if (rowErrors.length > 0)
      return {
        error: statusOf(
          status.INVALID_ARGUMENT,
          'Errors found while processing rows. Please refer to the row_errors field for details.',
        ),
        rowErrors,
      };
    stream.count += rows.length;
    for (const row of rows) table.rows.push(this.#kept(row));
    this.#options.onStored(rows);
    return null;
  }

  #kept(row: Row): Row {
    const { keep } = this.#options;
    return keep === null ? row : Object.fromEntries(keep.map((name) => [name, row[name]]));
  }

  #typeOf(proto: ProtoDescriptor): ReturnType<typeof rowType> {
    const key = JSON.stringify(proto);
    const type = this.#types.get(key) ?? rowType(proto);
    this.#types.set(key, type);
    return type;
  }
}

function extraFields({ fields }: Table, { field = [] }: ProtoDescriptor): string[] {
  if (fields === null) return [];
  const known = new Set(fields.map(({ name }) => name.toLowerCase()));
  return field.map(({ name }) => name).filter((name) => !known.has(name.toLowerCase()));
}
