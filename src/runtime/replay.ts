/** `stargate replay`: what was rejected, or stands in a file, into the log again. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/schema.js';
import { StargateError } from '../errors.js';
import { SCHEMA_VERSION } from '../event/fields.js';
import { createReplayer, type Replayed, type ReplayLine } from '../event/replay.js';
import type { SourcePolicy } from '../event/source.js';
import type { Log, LogRecord } from '../log/port.js';
import type { Warehouse } from '../warehouse/port.js';
import { logOf, queryWarehouse } from './ports.js';

/** What is taken of all there is. */
export interface ReplayFilter {
  /** Only rejected rows with this reason. */
  readonly reason: string | null;
  /** Only events of this name. */
  readonly event: string | null;
  /** Only what first came in at or after this time, ms since 1970. */
  readonly since: number | null;
}

export interface ReplayOptions {
  /** Lines of a file; null for the rejected rows of the warehouse. */
  readonly lines: (() => AsyncIterable<string>) | null;
  readonly filter: ReplayFilter;
  /** Source of lines that name none. */
  readonly source: string | null;
  /** Records a second at most. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly onWarning: (message: string) => void;
}

export interface ReplayCount {
  readonly read: number;
  readonly accepted: number;
  /** By reason. Those stay where they are. */
  readonly refused: Readonly<Record<string, number>>;
}

const BATCH = 50;
const PAGE = 5_000;
/** A partition of an embedded log that no process of a collector has: it can be written beside them. */
const OWN_SLOT = 99;

/** Lines of a file, one at a time. Errors: STG_INPUT_MISSING. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw new StargateError('STG_INPUT_MISSING', {
      message: 'The file cannot be read.',
      ...{ expected: 'a file of one JSON object a line', got: file, cause },
    });
  }
}

/** Reads everything and judges it; what is accepted goes into the log unless `dryRun`. Errors: those of log and warehouse. */
export async function replay(config: Config, options: ReplayOptions, dryRun: boolean): Promise<ReplayCount> {
  const warehouse = options.lines === null ? await queryWarehouse(config) : null;
  const log = dryRun ? null : await logOf(config, { ...options, role: 'append', slot: OWN_SLOT });
  try {
    const items = warehouse ? rejectedLines(warehouse, options.filter) : fileLines(options);
    return await pass(items, log, config, options);
  } finally {
    await log?.close();
    await warehouse?.close();
  }
}

async function pass(
  items: AsyncIterable<ReplayLine>,
  log: Log | null,
  config: Config,
  options: ReplayOptions,
): Promise<ReplayCount> {
  const { filter, rate, signal, source } = options;
  const judge = createReplayer(config.sources, { ...FALLBACK, id: source ?? FALLBACK.id });
  const refused: Record<string, number> = {};
  const sender = paced(log, rate, signal);
  let [read, accepted] = [0, 0];
  for await (const item of items) {
    if (signal.aborted) break;
    read += 1;
    for (const result of judge(item)) {
      if (result.status === 'refused') refused[result.reason] = (refused[result.reason] ?? 0) + 1;
      else if (filter.event === null || filter.event === result.name) {
        accepted += 1;
        await sender.add(recordOf(result, item.receivedAt, config.partitionBy));
      }
    }
  }
  await sender.flush();
  return { read, accepted, refused };
}

const FALLBACK: SourcePolicy = {
  ...{ id: 'replay', kind: 'server', timeZone: 'UTC', consent: 'gtm', anonymous: false },
  scrub: { keys: [], allow: [] },
};

const recordOf = (
  { value, visitor }: Extract<Replayed, { status: 'accepted' }>,
  timestamp: number,
  by: Config['partitionBy'],
): LogRecord => ({
  ...{ value, timestamp, key: by === 'visitor' ? visitor : null },
  headers: { schema_version: String(SCHEMA_VERSION) },
});

/** Appends batch by batch, each acknowledged before the next, never faster than the rate. */
function paced(log: Log | null, rate: number, signal: AbortSignal) {
  const began = performance.now();
  let batch: LogRecord[] = [];
  let sent = 0;
  const flush = async (): Promise<void> => {
    if (log === null || batch.length === 0) return;
    const outcome = await log.append(batch).final;
    if (outcome.state !== 'stored')
      throw new StargateError('STG_LOG_WRITE', {
        got: `${sent} records stored, the next ${batch.length} ${outcome.state}`,
        next: 'Run it again: what is stored already is known by its event_id.',
        cause: outcome.error,
      });
    sent += batch.length;
    batch = [];
    const early = began + (sent / rate) * 1_000 - performance.now();
    if (early > 0) await sleep(early, undefined, { signal }).catch(() => {});
  };
  return {
    flush,
    async add(record: LogRecord): Promise<void> {
      if (log === null) return;
      batch.push(record);
      if (batch.length >= Math.min(BATCH, Math.max(1, rate))) await flush();
    },
  };
}

async function* fileLines({ lines, filter, source }: ReplayOptions): AsyncGenerator<ReplayLine> {
  for await (const text of lines?.() ?? []) {
    if (text.trim() === '') continue;
    const { reason, received_at } = shape(text);
    if (filter.reason !== null && reason !== filter.reason) continue;
    const receivedAt = Number.isFinite(Date.parse(received_at)) ? Date.parse(received_at) : Date.now();
    if (filter.since === null || receivedAt >= filter.since) yield { text, receivedAt, source, id: null };
  }
}

function shape(text: string): { reason: unknown; received_at: string } {
  try {
    const { reason, rejected, received_at } = JSON.parse(text) ?? {};
    return { reason: reason ?? rejected?.reason, received_at: String(received_at) };
  } catch {
    return { reason: undefined, received_at: '' };
  }
}

/** Rejected rows in the order of the log, page by page. */
async function* rejectedLines(warehouse: Warehouse, filter: ReplayFilter): AsyncGenerator<ReplayLine> {
  const since = new Date(filter.since ?? Date.UTC(2000, 0, 1)).toISOString();
  const where = [
    `received_at >= TIMESTAMP '${since}'`,
    ...(filter.reason === null ? [] : [`reason = '${filter.reason.replace(/[\\']/g, '')}'`]),
  ].join(' AND ');
  for (let behind = 'TRUE'; ; ) {
    const { rows, truncated } = await warehouse.query(
      `SELECT received_at, reason, source_id, raw, kafka_topic, kafka_partition, kafka_offset
       FROM ${warehouse.tables.rejected} WHERE ${where} AND ${behind}
       ORDER BY kafka_topic, kafka_partition, kafka_offset LIMIT ${PAGE}`,
      { maxRows: PAGE },
    );
    for (const row of rows)
      yield {
        ...{
          text: JSON.stringify(row),
          receivedAt: Date.parse(String(row.received_at)),
          source: null,
          id: null,
        },
      };
    const last = rows.at(-1);
    // A page of long texts is cut before its last row.
    if (!last || (rows.length < PAGE && !truncated)) return;
    const topic = String(last.kafka_topic).replace(/[\\']/g, '');
    const place = `kafka_partition > ${last.kafka_partition} OR (kafka_partition = ${last.kafka_partition} AND kafka_offset > ${last.kafka_offset})`;
    behind = `(kafka_topic > '${topic}' OR (kafka_topic = '${topic}' AND (${place})))`;
  }
}
