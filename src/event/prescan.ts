import { isUtf8 } from 'node:buffer';

/** What one pass over the bytes of a JSON text tells before anything is parsed. */
export interface Prescan {
  readonly maxDepth: number;
  /** Commas and colons outside strings. */
  readonly separators: number;
  /** Why the text must not be given to JSON.parse. */
  readonly refused: 'depth' | 'shape' | null;
  /**
   * Start and end of each element of the top-level array `events`, without white space around:
   * [start, end, start, end, …]. Empty where it cannot be told from the bytes alone; a reader compares the
   * number of pairs with the parsed array.
   */
  readonly events: readonly number[];
}

export interface PrescanLimits {
  readonly maxDepth: number;
  /** Each comma or colon becomes a value, and costs CPU whatever its size. */
  readonly maxSeparators: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const EVENTS = [...Buffer.from('"events"')].reverse();

/** Nothing but these bytes changes the shape; everything else is skipped by one table look-up. */
const SHAPE = new Uint8Array(256);
for (const byte of Buffer.from('",:[]{}')) SHAPE[byte] = 1;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Whether the bytes before `at` are `"events"` and a colon. */
function followsEvents(body: Uint8Array, at: number): boolean {
  let before = at - 1;
  while (isSpace(body[before])) before--;
  if (body[before--] !== COLON) return false;
  while (isSpace(body[before])) before--;
  return EVENTS.every((byte, index) => body[before - index] === byte);
}

/**
 * Depth, separators and the places of the events, strings and escapes respected. Does not check that the text
 * is JSON; never throws, whatever the bytes. Stops at the first limit that is passed.
 */
export function prescan(body: Uint8Array, limits: PrescanLimits): Prescan {
  const { maxDepth: deepest, maxSeparators: most } = limits;
  const end = body.length;
  let depth = 0;
  let maxDepth = 0;
  let separators = 0;
  let inEvents = false;
  let hasEscapedKey = false;
  let events: number[] = [];

  for (let at = 0; at < end; at++) {
    const byte = body[at]!;
    if (SHAPE[byte] === 0) continue;
    if (byte === QUOTE) {
      at++;
      while (at < end && body[at] !== QUOTE) {
        if (body[at] === BACKSLASH) {
          at++;
          hasEscapedKey ||= depth === 1;
        }
        at++;
      }
    } else if (byte === COMMA || byte === COLON) {
      if (++separators > most) break;
      if (inEvents && depth === 2 && byte === COMMA) events.push(at, at + 1);
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > maxDepth) maxDepth = depth;
      if (depth > deepest) break;
      if (depth === 2 && byte === 0x5b && followsEvents(body, at)) {
        inEvents = true;
        events = [at + 1];
      }
    } else {
      if (inEvents && depth === 2) {
        inEvents = false;
        events.push(at);
      }
      depth--;
    }
  }
  const refused = maxDepth > deepest ? 'depth' : separators > most ? 'shape' : null;
  // An escaped key could spell "events" too, and the last of equal keys wins in JSON.parse.
  const isKnown = refused === null && !inEvents && !hasEscapedKey;
  return { maxDepth, separators, refused, events: isKnown ? trim(body, events) : [] };
}

/** Takes the white space off each range; an array without elements has no range. */
function trim(body: Uint8Array, ranges: number[]): number[] {
  for (let at = 0; at < ranges.length; at += 2) {
    let start = ranges[at]!;
    let end = ranges[at + 1]!;
    while (start < end && isSpace(body[start])) start++;
    while (end > start && isSpace(body[end - 1])) end--;
    ranges[at] = start;
    ranges[at + 1] = end;
  }
  return ranges.length === 2 && ranges[0] === ranges[1] ? [] : ranges;
}

/** The text of a body, without a byte order mark; null where the bytes are not valid UTF-8. */
export function decodeUtf8(body: Buffer): string | null {
  if (!isUtf8(body)) return null;
  const start = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  return body.toString('utf8', start);
}
