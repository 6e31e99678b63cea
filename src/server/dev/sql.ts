/** SQL of the dev API, for DuckDB. */
import { StargateError } from '../../errors.js';

/**
 * A text as SQL. Written as bytes: nothing in it can end the literal, and no word in it (an event may be named
 * `checkpoint`) can be taken for part of the statement by who checks it.
 */
export function literal(text: string): string {
  return `decode(unhex('${Buffer.from(text).toString('hex')}'))`;
}

/** ISO text of a time as a query parameter gives it. Errors: STG_REQUEST_MALFORMED. */
export function timeLiteral(text: string): string {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  const at = new Date(ms);
  if (Number.isNaN(at.getTime())) throw wrongParameter('since', 'an ISO time or ms since 1970', text);
  return `TIMESTAMPTZ '${at.toISOString()}'`;
}

/** A whole number from the query, within bounds. Errors: STG_REQUEST_MALFORMED. */
export function wholeNumber(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw wrongParameter(name, 'a whole number', text);
  return Math.min(Number(text), most);
}

export function wrongParameter(name: string, expected: string, got: string): StargateError {
  return new StargateError('STG_REQUEST_MALFORMED', {
    message: `The parameter ${name} is not valid.`,
    expected,
    got: got.slice(0, 100),
  });
}
