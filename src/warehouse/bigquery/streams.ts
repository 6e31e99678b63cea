/** Which rows of a partition are stored already, and a new stream behind them (exactly-once.md, steps 3 and 4). */
import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../../errors.js';
import type { StorageClient, TableColumn, WriteStream } from './client.js';
import { failed, isUnknownStream } from './errors.js';
import { decodeSaved, RULES, type Saved } from './saved.js';

export interface StreamsSettings {
  /** `projects/P/datasets/D/tables/T`. */
  readonly table: string;
  readonly tableId: string;
  /** ms between two counts of a finalized stream, which must be equal; null where the first one counts. */
  readonly recountMs: number | null;
}

/** Rows stored behind the committed position, or why that is not known. */
export interface Counted {
  readonly skip: number;
  readonly restart: boolean;
  readonly uncounted: string | null;
}

const NOTHING: Counted = { skip: 0, restart: false, uncounted: null };

export class Streams {
  readonly #client: StorageClient;
  readonly #settings: StreamsSettings;

  constructor(client: StorageClient, settings: StreamsSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /** Fences whatever wrote for `saved`, and counts. Errors: STG_WAREHOUSE_MISMATCH, STG_WAREHOUSE_UNREACHABLE. */
  async count(saved: string | null): Promise<Counted> {
    if (saved === null) return NOTHING;
    const before = decodeSaved(saved);
    if (before.t !== this.#settings.tableId) return { ...NOTHING, restart: true };
    const rows = before.s === null ? 0 : await this.#rowsOf(before.s);
    if (rows === null)
      return { ...NOTHING, uncounted: 'BigQuery no longer knows the stream that was written to' };
    const skip = rows - before.r;
    if (skip < 0) throw falseAcknowledgement(before, rows);
    if (skip > 0 && before.v !== RULES)
      return {
        ...NOTHING,
        uncounted: 'another version of Stargate wrote, which counts records by other rules',
      };
    return { ...NOTHING, skip };
  }

  /** Closes a stream for good and counts its rows. */
  async finalize(stream: string): Promise<number> {
    const { recountMs } = this.#settings;
    let rows = await this.#client.finalize(stream);
    if (recountMs === null) return rows;
    // Were an append to land behind the fence, it would be seen here.
    for (let again = -1; again !== rows; ) {
      if (again >= 0) rows = again;
      await sleep(recountMs);
      again = await this.#client.finalize(stream);
    }
    return rows;
  }

  async create(): Promise<WriteStream> {
    try {
      return await this.#client.create(this.#settings.table);
    } catch (error) {
      throw failed('open a stream', error);
    }
  }

  async #rowsOf(id: string): Promise<number | null> {
    try {
      return await this.finalize(`${this.#settings.table}/streams/${id}`);
    } catch (error) {
      if (isUnknownStream(error)) return null;
      throw failed('finalize a stream', error);
    }
  }
}

function falseAcknowledgement({ s, r }: Saved, rows: number): StargateError {
  return new StargateError('STG_WAREHOUSE_MISMATCH', {
    expected: `at least ${r} rows in stream ${s}`,
    got: `${rows} rows`,
  });
}

/** Columns that a table lacks, as `items.price`. */
export function missingColumns(
  wanted: readonly TableColumn[],
  there: readonly TableColumn[],
  path = '',
): string[] {
  const known = new Map(there.map((column) => [column.name.toLowerCase(), column]));
  return wanted.flatMap(({ name, fields = [] }) => {
    const found = known.get(name.toLowerCase());
    return found ? missingColumns(fields, found.fields ?? [], `${path}${name}.`) : [path + name];
  });
}
