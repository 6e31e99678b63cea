import type { Kind } from './kinds.js';

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
  d: 86_400e3,
};

/** Number and unit, spelled in any case: `m` and `M` must not mean different things to a hurried reader. */
function scaled(raw: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,9})?) ?([a-z]+)$/i.exec(raw);
  const unit = Object.keys(units).find((name) => name.toLowerCase() === match?.[2]?.toLowerCase());
  if (!match || !unit) return undefined;
  const value = Math.round(Number(match[1]) * units[unit]!);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The largest unit that shows the value exactly. */
function exact(value: number, units: Readonly<Record<string, number>>): string {
  const [name, factor] = Object.entries(units)
    .filter(([, each]) => value % each === 0)
    .reduce((a, b) => (b[1] > a[1] ? b : a));
  return value === 0 ? '0' : `${value / factor}${name}`;
}

/** Bytes of a size with its unit, or undefined. */
export const bytesOf = (raw: string): number | undefined => scaled(raw, BYTES);

/** Bytes, written as 500MB or 1GiB. A bare number is refused: it leaves the unit to guessing. */
export const size: Kind<number> = {
  schema: { type: 'string', pattern: '^\\d+(\\.\\d+)? ?([KkMmGgTt][Ii]?)?[Bb]$' },
  expected: 'a size above zero with its unit, such as 500MB or 1GiB',
  placeholder: 'SIZE',
  read: (raw, place) => {
    const value = typeof raw === 'string' ? scaled(raw, BYTES) : undefined;
    return value !== undefined && value > 0 ? value : place.refuse(size.expected, raw);
  },
  show: (value) => exact(value, BYTES),
};

/** Node fires a timer at once that is set for longer than this. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Milliseconds, written as 500ms, 30s, 5m, 1h or 7d; 0 needs no unit. */
export const duration: Kind<number> = {
  schema: {
    anyOf: [
      { type: 'string', pattern: '^(0|\\d+(\\.\\d+)? ?([Mm][Ss]|[SsMmHhDd]))$' },
      { type: 'integer', minimum: 0, maximum: 0 },
    ],
  },
  expected: 'a duration with its unit, such as 500ms, 30s or 5m, at most 24d',
  placeholder: 'TIME',
  read: (raw, place) => {
    if (raw === 0 || raw === '0') return 0;
    const value = typeof raw === 'string' ? scaled(raw, MILLISECONDS) : undefined;
    return value !== undefined && value <= LONGEST_TIMER ? value : place.refuse(duration.expected, raw);
  },
  show: (value) => exact(value, MILLISECONDS),
};
