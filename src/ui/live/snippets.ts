import type { LiveEvent } from '../../event/live.js';
import { payloadOf } from './payload.js';

/** A POSIX shell reads it as one word, whatever is in it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export function curl(collector: string, writeKey: string, event: unknown = { name: 'hello' }): string {
  const body = JSON.stringify({ v: 1, k: writeKey, events: [event] });
  return [
    `curl -sS ${collector}/v1/events \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d ${shellQuote(body)}`,
  ].join('\n');
}

/** Sends the event once more, as a new one: the id stays out, or the deduplicated view would hide it. */
export function curlOf(event: LiveEvent, collector: string, writeKey: string): string {
  if (event.state === 'bad') return curl(collector, writeKey, payloadOf(event) ?? { name: event.event_name });
  const data = payloadOf(event);
  return curl(collector, writeKey, { name: event.event_name, ...(data !== null && { data_layer: data }) });
}

/** Finds the event in BigQuery as in DuckDB; the day narrows it to one partition. */
export function sqlOf(event: LiveEvent): string {
  const table = event.state === 'bad' ? 'events_rejected' : 'events';
  const day = event.received_at.slice(0, 10);
  return `SELECT *\nFROM ${table}\nWHERE received_at >= TIMESTAMP '${day}'\n  AND ${placeOf(event)}`;
}

/**
 * By id where it is a plain one: the two dialects quote differently, and a hostile id must not become SQL in
 * somebody's terminal. Else by the place in the log, which is unique and all numbers.
 */
function placeOf({ event_id, state, key }: LiveEvent): string {
  if (state !== 'bad' && event_id !== null && /^[\w.:-]+$/.test(event_id)) return `event_id = '${event_id}'`;
  const [partition, offset] = key.split(':');
  return `kafka_partition = ${Number(partition)} AND kafka_offset = ${Number(offset)}`;
}

export function htmlTag(collector: string, writeKey: string): string {
  return `<script async src="${collector}/stargate.js" data-key="${writeKey}"></script>`;
}

export function gtmCommand(collector: string, writeKey: string, then: string): string {
  return `stargate gtm --host ${collector} --key ${writeKey} --out gtm/\n# ${then}`;
}
