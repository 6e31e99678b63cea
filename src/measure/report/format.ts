/**
 * Numbers and times as a person reads them, in English: 12,500/s, 1.2 s, 0.003 %, 2:07, 23 Nov 2026. Nothing here
 * depends on the machine's locale or time zone.
 */

const NONE = '–';
/** Between a figure and its unit: they are never parted at the end of a line. */
const NB = '\u00a0';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Thousands with commas; three significant digits below 100, so that small figures are not rounded away. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  if (Math.abs(rounded) >= 1e15 || (rounded !== 0 && Math.abs(rounded) < 1e-6)) return String(rounded);
  const [whole = '0', fraction] = String(rounded).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
}

export const count = (value: number): string => number(Math.round(value));
export const perSecond = (value: number): string => `${number(value)}/s`;

/** `1 request`, `2 requests`, `1,000 requests`. */
export const many = (value: number, one: string, more = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : more}`;

/** A length of time from ms: 0.31 ms, 36 ms, 1.2 s, 2.5 min, 6 h. */
export function time(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return NONE;
  if (ms >= 2 * HOUR) return `${number(ms / HOUR)}${NB}h`;
  if (ms >= 2 * MINUTE) return `${number(ms / MINUTE)}${NB}min`;
  if (ms >= 1000) return `${number(Number((ms / 1000).toPrecision(3)))}${NB}s`;
  return `${number(Number(ms.toPrecision(3)))}${NB}ms`;
}

/** A share 0 … 1 in percent. Never 100 % for what is less, nor 0 % for what is more. */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NONE;
  const value = share * 100;
  if (value > 99.99 && value < 100) return `>${NB}99.99${NB}%`;
  if (value > 0 && value < 0.001) return `<${NB}0.001${NB}%`;
  return `${Number(value.toFixed(value >= 10 ? 2 : 3))}${NB}%`;
}

/** A moment of the run, ms from its start: 1:24, 2:05:00. */
export function clock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000 + 1e-6);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** How to read the clock of a run this long. */
export const clockName = (endMs: number): string => (endMs >= HOUR ? 'h:min:s' : 'min:s');

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 23 Nov 2026 */
export function day(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** 14:32:41 UTC */
export const timeOfDay = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)} UTC`;

/** 742 bytes, 5.3 MB */
export function bytes(value: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  if (value < 1000) return many(value, 'byte');
  const power = Math.min(units.length, Math.floor(Math.log10(value) / 3));
  return `${number(value / 1000 ** power)}${NB}${units[power - 1]}`;
}

/** "a", "a and b", "a, b and c". */
export function list(texts: readonly string[]): string {
  return texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

/** An expression that is not to be parted at the end of a line. */
export const unbroken = (text: string): string => text.replaceAll(' ', NB);
