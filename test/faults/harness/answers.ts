/** Figures of answers. Times are ms. */
import type { Answer } from '../../helpers/ledger.js';

/** Nearest rank; 0 of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

/** Requests a second between the first and the last one. */
export function rate(answers: readonly Answer[]): number {
  const [first, last] = [answers[0], answers.at(-1)];
  return first && last && last.at > first.at ? (answers.length / (last.at - first.at)) * 1_000 : 0;
}

/** Answers to requests that were sent in [from, to). */
export const sentWithin = (answers: readonly Answer[], from: number, to: number): Answer[] =>
  answers.filter(({ at }) => at >= from && at < to);

/**
 * ms from `since` until requests are answered with 202 and stay so until `before`: the last other answer. Infinity where
 * there was no 202.
 */
export function backAfter(answers: readonly Answer[], since: number, before: number): number {
  // By the time of the answer: those under way when the next strike falls belong to that one.
  const within = answers.map(({ at, took, status }) => ({ at: at + took, status }));
  const told = within.filter(({ at }) => at >= since && at < before);
  if (!told.some(({ status }) => status === 202)) return Number.POSITIVE_INFINITY;
  return Math.max(0, ...told.filter(({ status }) => status !== 202).map(({ at }) => at - since));
}

export const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));
