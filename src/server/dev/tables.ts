/** What the dev API reads from the warehouse: good and bad means what a query finds. */
import type { EventRow, RejectedRow } from '../../event/fields.js';
import type { Warehouse } from '../../warehouse/port.js';
import type { Baseline, Survivors } from './feed.js';
import { badEvent, goodEvent, idAndName, keyOf } from './live-event.js';
import { literal, timeLiteral } from './sql.js';

export interface Filter {
  readonly eventName: string | null;
  readonly eventId: string | null;
  readonly since: string | null;
  readonly limit: number;
}

type Row = Readonly<Record<string, unknown>>;
export type Reading = Pick<Warehouse, 'query' | 'tables'>;

/** A rejected event has no column for its name: that many of the newest are looked through for it. */
const SEARCHED = 10_000;
const SHOWN_AT_START = 200;
const NEWEST_FIRST = 'ORDER BY received_at DESC, kafka_partition DESC, kafka_offset DESC';

/** Rows of the event table, newest first. */
export async function goodRows(warehouse: Reading, filter: Filter): Promise<Row[]> {
  const where = [
    ...(filter.eventName === null ? [] : [`event_name = ${literal(filter.eventName)}`]),
    ...(filter.eventId === null ? [] : [`event_id = ${literal(filter.eventId)}`]),
    ...(filter.since === null ? [] : [`received_at >= ${timeLiteral(filter.since)}`]),
  ];
  const sql = `SELECT * FROM ${warehouse.tables.events} ${whereText(where)} ${NEWEST_FIRST} LIMIT ${filter.limit}`;
  const { rows } = await warehouse.query(sql, { maxRows: filter.limit || 1 });
  return rows.map(withJson);
}

/** Rejected rows, newest first; name and id are those that the raw text gives. */
export async function badRows(warehouse: Reading, filter: Filter): Promise<Row[]> {
  const where = filter.since === null ? [] : [`received_at >= ${timeLiteral(filter.since)}`];
  const named = filter.eventName !== null || filter.eventId !== null;
  const limit = named ? SEARCHED : filter.limit;
  const sql = `SELECT * FROM ${warehouse.tables.rejected} ${whereText(where)} ${NEWEST_FIRST} LIMIT ${limit}`;
  const { rows } = await warehouse.query(sql, { maxRows: limit || 1 });
  if (!named) return [...rows];
  return rows.filter((row) => matches(String(row.raw ?? ''), filter)).slice(0, filter.limit);
}

export async function countNamed(warehouse: Reading, name: string): Promise<number> {
  const sql = `SELECT count(*) AS n FROM ${warehouse.tables.events} WHERE event_name = ${literal(name)}`;
  return number((await warehouse.query(sql)).rows[0]?.n);
}

/** What is in the event table when it has just been emptied. Errors: those of the warehouse. */
export async function readSurvivors(
  warehouse: Reading & Pick<Warehouse, 'lastPosition'>,
  log: { readonly id: string; readonly topic: string },
  partitions: readonly number[],
): Promise<Survivors> {
  const last = new Map<number, number>();
  // Before the rows: a row that is stored in between lies behind `last`, and is taken as one still to come.
  for (const partition of partitions) {
    const position = await warehouse.lastPosition({ log: log.id, topic: log.topic, partition });
    if (position !== null) last.set(partition, position);
  }
  const sql = `SELECT kafka_partition AS p, kafka_offset AS o FROM ${warehouse.tables.events}`;
  const { rows } = await warehouse.query(sql, { maxRows: 1_000_000 });
  return { last, keys: new Set(rows.map(({ p, o }) => keyOf(number(p), number(o)))) };
}

/** What is there before the worker starts. */
export async function readBaseline(warehouse: Reading): Promise<Baseline> {
  const { tables } = warehouse;
  const summary = async (table: string, redactions: string) => {
    const sql = `SELECT kafka_partition AS p, count(*) AS n, max(kafka_offset) AS last, ${redactions} FROM ${table} GROUP BY kafka_partition`;
    return (await warehouse.query(sql)).rows;
  };
  const events = await summary(
    tables.events,
    'coalesce(sum(pii_redactions), 0)::BIGINT AS v, count(*) FILTER (pii_redactions > 0) AS e',
  );
  const rejected = await summary(tables.rejected, '0 AS v, 0 AS e');
  const total = (rows: readonly Row[], column: string) =>
    rows.reduce((sum, row) => sum + number(row[column]), 0);
  const floor = (rows: readonly Row[], partition: number) => {
    const row = rows.find(({ p }) => number(p) === partition);
    return row ? number(row.last) + 1 : 0;
  };
  const partitions = new Set([...events, ...rejected].map(({ p }) => number(p)));
  return {
    good: total(events, 'n'),
    bad: total(rejected, 'n'),
    scrubbed: { values: total(events, 'v'), events: total(events, 'e') },
    floors: new Map(
      [...partitions].map((p) => [p, { events: floor(events, p), rejected: floor(rejected, p) }]),
    ),
    events: await newestEvents(warehouse),
  };
}

async function newestEvents(warehouse: Reading): Promise<Baseline['events']> {
  const newest: Filter = { eventName: null, eventId: null, since: null, limit: SHOWN_AT_START };
  const key = (row: EventRow | RejectedRow) => keyOf(row.kafka_partition ?? 0, row.kafka_offset ?? 0);
  const good = (await goodRows(warehouse, newest)).map(withoutNulls) as unknown as EventRow[];
  const bad = (await badRows(warehouse, newest)).map(withoutNulls) as unknown as RejectedRow[];
  return [
    ...good.map((row) => goodEvent(key(row), row, null)),
    ...bad.map((row) => badEvent(key(row), row, null)),
  ]
    .sort((a, b) => (a.received_at < b.received_at ? -1 : 1))
    .slice(-SHOWN_AT_START);
}

function matches(raw: string, { eventName, eventId }: Filter): boolean {
  const { id, name } = idAndName(raw);
  return (eventName === null || name === eventName) && (eventId === null || id === eventId);
}

const whereText = (conditions: readonly string[]) =>
  conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';

/** Counts come as text where they leave the safe range. */
const number = (value: unknown): number => Number(value ?? 0);

/** The JSON column as JSON, as the event had it. */
function withJson(row: Row): Row {
  return typeof row.data_layer === 'string' ? { ...row, data_layer: JSON.parse(row.data_layer) } : row;
}

/** As the live rows are: an absent column is null. */
function withoutNulls(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
