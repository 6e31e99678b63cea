/** From a request's body to an envelope, for each door. Bodies that are none throw; single events never do. */
import { StargateError } from '../errors.js';
import { readContext } from './context.js';
import { decode, rawEvents } from './decode.js';
import type { Envelope } from './envelope.js';
import { isLegacyName } from './legacy.js';
import { mpContext, mpEvent } from './mp.js';
import { isBag, type Notes } from './text.js';
import { readTime } from './time.js';

export type { Envelope, RawEvent } from './envelope.js';

/**
 * `POST /v1/events` and the pixel: `{"v":1,"k","sent_at","ctx","events":[…]}`; further keys are ignored.
 * Errors: STG_BODY_NOT_JSON, STG_BODY_NOT_UTF8, STG_BODY_TOO_DEEP, STG_BODY_TOO_LARGE, STG_BODY_NOT_ENVELOPE,
 * STG_TOO_MANY_EVENTS.
 */
export function parseEnvelope(body: Buffer): Envelope {
  const decoded = decode(body);
  const { value } = decoded;
  if (!isBag(value) || value.v !== 1 || !Array.isArray(value.events))
    throw new StargateError('STG_BODY_NOT_ENVELOPE');
  const notes: Notes = [];
  return {
    key: typeof value.k === 'string' ? value.k : null,
    sentAt: readTime(value.sent_at, '/sent_at', notes),
    context: readContext(value.ctx, notes),
    events: rawEvents(value.events, decoded),
    notes,
  };
}

/**
 * The route of Stargate 2.0: one flat object is one event. What is not among the ten fields, or does not fit
 * into a text, stays in `data_layer`. Errors: as parseEnvelope, and STG_BODY_NOT_FLAT.
 */
export function parseLegacy(body: Buffer): Envelope {
  const { value, scan } = decode(body);
  if (!isBag(value)) throw new StargateError('STG_BODY_NOT_FLAT');
  const legacy: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const bag = isLegacyName(key) && typeof field !== 'object' ? legacy : others;
    if (key !== '__proto__') bag[key] = field;
  }
  const event = { legacy, data_layer: Object.keys(others).length > 0 ? others : undefined };
  const notes: Notes = [];
  return {
    key: null,
    sentAt: null,
    context: readContext(undefined, notes),
    events: [{ value: event, original: value, pointer: '', bytes: body.length, depth: scan.maxDepth }],
    notes,
  };
}

/**
 * The shape of GA4's Measurement Protocol; `api_secret` in the query is the key.
 * Errors: as parseEnvelope.
 */
export function parseMp(body: Buffer, query: URLSearchParams): Envelope {
  const decoded = decode(body);
  const { value } = decoded;
  if (!isBag(value) || !Array.isArray(value.events))
    throw new StargateError('STG_BODY_NOT_ENVELOPE', {
      next: 'Send {"client_id":"1.2","events":[{"name":"hello","params":{}}]}.',
    });
  const notes: Notes = [];
  return {
    key: query.get('api_secret'),
    sentAt: null,
    context: readContext(mpContext(value), notes),
    events: rawEvents(value.events, decoded).map((raw) => ({ ...raw, value: mpEvent(raw.value, value) })),
    notes,
  };
}
