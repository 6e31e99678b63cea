/** What one pass over the bytes of a JSON text tells before anything is parsed. */
export interface Prescan {
  readonly maxDepth: number;
  readonly refused: 'depth' | 'shape' | null;
  /** Start and end of each element of the top-level array `events`: [start, end, start, end, …]. */
  readonly events: readonly number[];
}

export interface PrescanLimits {
  readonly maxDepth: number;
  /** Commas and colons: each becomes a value, and costs CPU whatever its size. */
  readonly maxSeparators: number;
}

const EVENTS = Buffer.from('events');

/** Depth, separators and the events' places; strings and escapes respected. Never throws, whatever the bytes. */
export function prescan(body: Buffer, limits: PrescanLimits): Prescan {
  let depth = 0;
  let maxDepth = 0;
  let separators = 0;
  let key = 0;
  let keyEnd = 0;
  let inEvents = false;
  let start = 0;
  let events: number[] = [];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === 0x22) {
      const from = ++at;
      while (at < body.length && body[at] !== 0x22) at += body[at] === 0x5c ? 2 : 1;
      if (depth === 1) [key, keyEnd] = [from, at];
    } else if (byte === 0x2c) {
      separators++;
      if (inEvents && depth === 2) {
        events.push(start, at);
        start = at + 1;
      }
    } else if (byte === 0x3a) separators++;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > maxDepth) maxDepth = depth;
      if (
        depth === 2 &&
        byte === 0x5b &&
        keyEnd - key === 6 &&
        body.compare(EVENTS, 0, 6, key, keyEnd) === 0
      ) {
        inEvents = true;
        events = [];
        start = at + 1;
      }
    } else if (byte === 0x5d || byte === 0x7d) {
      if (inEvents && depth === 2) {
        events.push(start, at);
        inEvents = false;
      }
      depth--;
    }
  }
  const refused = maxDepth > limits.maxDepth ? 'depth' : separators > limits.maxSeparators ? 'shape' : null;
  return { maxDepth, refused, events };
}
