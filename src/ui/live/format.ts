import type { Language } from '../language.js';

const locale = (language: Language) => (language === 'pt' ? 'pt-BR' : 'en');

export interface Format {
  /** 1,284 or 1.284 */
  count(value: number): string;
  /** One fraction digit. */
  rate(value: number): string;
  /** Milliseconds as seconds: 0.18, 12.4. */
  seconds(ms: number): string;
  ms(ms: number): string;
}

const made = new Map<Language, Format>();

export function format(language: Language): Format {
  let found = made.get(language);
  if (!found) {
    const fixed = (digits: number) =>
      new Intl.NumberFormat(locale(language), {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
    const [none, one, two] = [fixed(0), fixed(1), fixed(2)];
    found = {
      count: (value) => none.format(value),
      rate: (value) => one.format(value),
      seconds: (ms) => (ms < 10_000 ? two : one).format(ms / 1000),
      ms: (ms) => none.format(ms),
    };
    made.set(language, found);
  }
  return found;
}

const two = (value: number) => String(value).padStart(2, '0');

/** Time of day here, with ms: 14:32:08.914. */
export function clock(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const seconds = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${seconds}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** Enough of an id to tell visitors apart: 9035…4418. */
export function short(id: string | null): string {
  if (!id) return '–';
  return id.length > 10 ? `${id.slice(0, 4)}…${id.slice(-4)}` : id;
}
