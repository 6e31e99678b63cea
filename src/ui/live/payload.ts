import type { EventRow, RejectedRow } from '../../event/fields.js';
import type { LiveEvent } from '../../event/live.js';

export function eventRow(event: LiveEvent): EventRow | null {
  return event.state === 'good' ? (event.row as EventRow | null) : null;
}

export function rejectedRow(event: LiveEvent): RejectedRow | null {
  return event.state === 'bad' ? (event.row as RejectedRow | null) : null;
}

/** What the page pushed: `data_layer` of a good event, the text of a bad one where it is JSON. Null without. */
export function payloadOf(event: LiveEvent): unknown {
  return event.state === 'bad' ? parsed(rejectedRow(event)?.raw) : parsed(eventRow(event)?.data_layer);
}

/** A JSON column may come as text or as its value. */
function parsed(value: unknown): unknown {
  if (value === undefined || value === '') return null;
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

/** Everything that is known of the event, as a person wants to paste it into a ticket. */
export function documentOf(event: LiveEvent): unknown {
  const { key, row, ...known } = event;
  if (!row) return known;
  const data = payloadOf(event);
  return event.state === 'bad'
    ? { ...row, ...(data !== null && { raw: data }) }
    : { ...row, data_layer: data };
}
