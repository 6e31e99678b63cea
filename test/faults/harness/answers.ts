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
 * ms from `since` until requests are answered with 202 and stay so until `before`: the last request with another answer.
 * Infinity where none was answered so.
 */
export function backAfter(answers: readonly Answer[], since: number, before: number): number {
  const within = answers.filter(({ at, took }) => at + took >= since && at < before);
  if (!within.some(({ status }) => status === 202)) return Number.POSITIVE_INFINITY;
  const bad = within.filter(({ status }) => status !== 202).map(({ at, took }) => at + took);
  return Math.max(0, ...bad.map((at) => at - since));
}

export const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));
