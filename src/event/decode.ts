/** From bytes to a parsed JSON value that is safe to walk: the rules of a body as a whole. */
import { StargateError } from '../errors.js';
import type { RawEvent } from './envelope.js';
import { decodeUtf8, type Prescan, prescan } from './prescan.js';

export const MAX_EVENTS = 50;
/** Levels of an event that is stored as an event; the body as a whole may have LIMITS.maxDepth. */
export const MAX_EVENT_DEPTH = 32;
/** 2 MiB of separators cost half a second of event loop, this many cost 20 ms. */
const LIMITS = { maxDepth: 64, maxSeparators: 50_000 };

export interface Decoded {
  readonly value: unknown;
  readonly scan: Prescan;
}

/** Errors: STG_BODY_NOT_UTF8, STG_BODY_TOO_DEEP, STG_BODY_NOT_JSON, STG_BODY_TOO_LARGE. */
export function decode(body: Buffer): Decoded {
  const text = decodeUtf8(body);
  if (text === null) throw new StargateError('STG_BODY_NOT_UTF8');
  const scan = prescan(body, LIMITS);
  if (scan.refused === 'depth') throw new StargateError('STG_BODY_TOO_DEEP');
  if (scan.refused !== null)
    throw new StargateError('STG_BODY_TOO_LARGE', {
      expected: `at most ${LIMITS.maxSeparators} values`,
      next: 'Send fewer events in a request.',
    });
  try {
    return { value: JSON.parse(text), scan };
  } catch {
    // The parser's own message quotes the body, which is unscrubbed visitor data.
    throw new StargateError('STG_BODY_NOT_JSON');
  }
}

/** The elements of `events` with what the rules about one event need. Errors: STG_TOO_MANY_EVENTS. */
export function rawEvents(events: readonly unknown[], { scan }: Decoded): RawEvent[] {
  if (events.length > MAX_EVENTS)
    throw new StargateError('STG_TOO_MANY_EVENTS', { got: `${events.length} events` });
  const ranges = scan.events.length === events.length * 2 ? scan.events : null;
  return events.map((value, index) => ({
    value,
    original: value,
    pointer: `/events/${index}`,
    bytes: ranges ? ranges[index * 2 + 1]! - ranges[index * 2]! : Buffer.byteLength(JSON.stringify(value)),
    depth: scan.maxDepth <= MAX_EVENT_DEPTH ? scan.maxDepth : depthOf(value),
  }));
}

/** Levels of objects and arrays. Recursion is bounded: the pre-scan lets at most 64 levels pass. */
export function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    const depth = typeof inner === 'object' ? depthOf(inner) : 0;
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}
