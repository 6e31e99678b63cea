/** Values of flags that are no settings: read, or refused with the flag's name. */
import { StargateError } from '../errors.js';
import { milliseconds } from '../measure/objectives.js';

export type Flags = Readonly<Record<string, unknown>>;

/** A fault of one flag's value. */
export function refuse(flag: string, expected: string, got: unknown): never {
  throw new StargateError('STG_OPTION_INVALID', {
    message: `The value of ${flag} cannot be used.`,
    expected,
    got: String(got),
  });
}

export function numberOf(flags: Flags, name: string, flag: string, [least, most]: readonly [number, number]) {
  const given = flags[name];
  if (given === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(String(given)) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  return refuse(flag, `a number from ${least} to ${most}`, given);
}

export function wholeOf(flags: Flags, name: string, flag: string, range: readonly [number, number]) {
  const value = numberOf(flags, name, flag, range);
  if (value === undefined || Number.isInteger(value)) return value;
  return refuse(flag, 'a whole number', flags[name]);
}

export function timeOf(flags: Flags, name: string, flag: string): number | undefined {
  const given = flags[name];
  if (given === undefined) return undefined;
  if (given === '0') return 0;
  const h = /^(\d+(?:\.\d+)?)h$/.exec(String(given));
  const value = h ? Number(h[1]) * 3_600_000 : milliseconds(String(given));
  return value ?? refuse(flag, 'a duration with its unit, such as 500ms, 30s or 5m', given);
}

export const textsOf = (flags: Flags, name: string): readonly string[] =>
  (flags[name] ?? []) as readonly string[];
