/** Rows and prepared events as the live page shows them. Pure. */
import type { EventRow, RejectedRow } from '../../event/fields.js';
import type { LiveEvent, LiveHops } from '../../event/live.js';
import type { PreparedEvent } from '../../event/source.js';

export const keyOf = (partition: number, position: number): string => `${partition}:${position}`;

export interface Passed {
  /** ms since 1970; null where it is not known. */
  readonly durable: number | null;
  readonly read: number | null;
  readonly queryable: number;
}

const NOTHING = {
  event_id: null,
  event_name: null,
  page_path: null,
  user_pseudo_id: null,
  pii_redactions: 0,
  issues: 0,
  queryable_ms: null,
  hops: null,
  reason: null,
  pointer: null,
  row: null,
} as const;

export function goodEvent(key: string, row: EventRow, passed: Passed | null): LiveEvent {
  return {
    ...NOTHING,
    ...summary(row),
    key,
    state: 'good',
    queryable_ms: passed && passed.queryable - Date.parse(row.received_at),
    hops: passed && hopsOf(row, passed),
    row,
  };
}

export function badEvent(key: string, row: RejectedRow, passed: Passed | null): LiveEvent {
  const { id, name } = idAndName(row.raw ?? '');
  return {
    ...NOTHING,
    key,
    state: 'bad',
    received_at: row.received_at,
    event_id: id,
    event_name: name,
    queryable_ms: passed && passed.queryable - Date.parse(row.received_at),
    reason: row.reason,
    pointer: row.pointer ?? null,
    row,
  };
}

/** An event that is in the log and not yet in the table. */
export function inFlightEvent(key: string, prepared: PreparedEvent, receivedAt: number): LiveEvent {
  const common = {
    ...NOTHING,
    key,
    state: 'in_flight',
    received_at: new Date(receivedAt).toISOString(),
  } as const;
  const record = parse(prepared.value.toString());
  if (prepared.status === 'accepted') return { ...common, ...summary(record as unknown as EventRow) };
  const { name } = idAndName(String(record.raw ?? ''));
  return {
    ...common,
    event_id: prepared.id,
    event_name: name,
    reason: prepared.reason,
    pointer: prepared.pointer,
  };
}

function summary(row: EventRow) {
  return {
    received_at: row.received_at,
    event_id: row.event_id,
    event_name: row.event_name,
    page_path: row.page_path ?? null,
    user_pseudo_id: row.user_pseudo_id ?? null,
    pii_redactions: row.pii_redactions ?? 0,
    issues: row.issues?.length ?? 0,
  };
}

function hopsOf(row: EventRow, { durable, read, queryable }: Passed): LiveHops {
  const received = Date.parse(row.received_at);
  return {
    client: row.sent_at ? received - Date.parse(row.sent_at) : null,
    log: durable === null ? null : durable - received,
    // The worker may have the record before the collector's turn has come to note that it is durable.
    worker: durable === null || read === null ? null : Math.max(0, read - durable),
    row: read === null ? null : queryable - read,
  };
}

/** What the raw text of a rejected event says of itself, by the rules for an event's name. */
export function idAndName(raw: string): { id: string | null; name: string | null } {
  const event = parse(raw);
  const layer = parseObject(event.data_layer);
  const legacy = parseObject(event.legacy);
  const name = [event.name, layer.event, event.event, event.hitType, legacy.hitType].find(isText);
  return { id: [event.id, event.event_id].find(isText) ?? null, name: name ?? null };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function parse(text: string): Record<string, unknown> {
  try {
    return parseObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function parseObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
