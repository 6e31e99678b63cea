/**
 * Numbers and times as a person reads them, in English: 12,500/s, 1.2 s, 0.003 %, 2:07, 23 Nov 2026. Nothing here
 * depends on the machine's locale or time zone.
 */

/** Thousands with commas; three significant digits below 100, so that small rates are not rounded away. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  const [whole = '0', fraction] = String(rounded).split('.');
  if (/e/.test(whole + (fraction ?? ''))) return String(rounded);
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
}

export const count = (value: number): string => number(Math.round(value));
export const perSecond = (value: number): string => `${number(value)}/s`;
