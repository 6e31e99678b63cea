/** Times of an event: text forms, the date in the site's zone, and the correction of a client's clock. */
import { type Notes, note } from './text.js';

const DAY = 86_400_000;
const two = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
/** Last ms whose year has four digits: what a TIMESTAMP column takes. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

let day = Number.NaN;
let dayText = '';
let last = Number.NaN;
let lastText = '';

/**
 * `YYYY-MM-DDTHH:MM:SS.mmmZ` of ms since 1970; a third of Date's own price, as the day is kept from the call before. So is
 * the whole text: the times of an event, and those of requests that arrive together, are often the same.
 */
export function isoTime(ms: number): string {
  if (ms === last) return lastText;
  const number = Math.floor(ms / DAY);
  if (number !== day) {
    dayText = new Date(ms).toISOString().slice(0, 11);
    day = number;
  }
  const rest = ms - number * DAY;
  const second = Math.floor(rest / 1000);
  const minute = Math.floor(second / 60);
  const milli = rest % 1000;
  const clock = `${two[Math.floor(minute / 60)]}:${two[minute % 60]}:${two[second % 60]}`;
  last = ms;
  lastText = `${dayText}${clock}.${milli < 10 ? '00' : milli < 100 ? '0' : ''}${milli}Z`;
  return lastText;
}

/** Offsets from UTC are multiples of 15 minutes, so a date holds for a whole slot of that length. */
const SLOT = 900_000;
const MAX_SLOTS = 4096;

/** A function that gives YYYY-MM-DD in an IANA time zone. Throws a RangeError for an unknown zone. */
export function datesIn(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const known = new Map<number, string>();
  return (ms) => {
    const slot = Math.floor(ms / SLOT);
    const found = known.get(slot);
    if (found !== undefined) return found;
    const parts = new Map(format.formatToParts(slot * SLOT).map(({ type, value }) => [type, value]));
    const text = `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
    if (known.size >= MAX_SLOTS) known.clear();
    known.set(slot, text);
    return text;
  };
}

/** ms since 1970 as a sender gives them; null and a note where they are no time that a column takes. */
export function readTime(value: unknown, pointer: string, notes: Notes): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && value >= 0 && value <= LATEST) return Math.floor(value);
  note(notes, pointer, 'not a time in ms since 1970, left out');
  return null;
}

const EARLIEST = 72 * 3_600_000;
const AHEAD = 5 * 60_000;

/**
 * When it happened by our clock: the client's time plus what the client's clock was wrong by when it sent,
 * held within −72 h … +5 min of the arrival. Without a client's time it is the arrival.
 */
export function eventTime(
  ts: number | null,
  sentAt: number | null,
  receivedAt: number,
  notes: Notes,
): number {
  if (ts === null) return receivedAt;
  const corrected = ts + (sentAt === null ? 0 : receivedAt - sentAt);
  if (corrected < receivedAt - EARLIEST) {
    note(notes, '/ts', 'more than 72 h before its arrival, set to 72 h before');
    return receivedAt - EARLIEST;
  }
  if (corrected > receivedAt + AHEAD) {
    note(notes, '/ts', 'more than 5 min after its arrival, set to 5 min after');
    return receivedAt + AHEAD;
  }
  return corrected;
}
