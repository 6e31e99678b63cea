const BASE_MS = 1000;
const MAX_MS = 60_000;
/** A longer Retry-After is taken for a mistake; setTimeout would overflow and fire at once after 24 days. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** ms to wait after the n-th failure in a row (from 0): doubling, with jitter from half to one and a half. */
export function backoff(failures: number, random = Math.random()): number {
  return Math.min(MAX_MS, BASE_MS * 2 ** Math.min(failures, 10)) * (0.5 + random);
}

/** ms that a Retry-After header asks for, in seconds or as a date; 0 for anything else. */
export function retryAfter(header: string | null, now: number): number {
  const ms = /^\s*\d+\s*$/.test(header || '') ? Number(header) * 1000 : Date.parse(header || '') - now;
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms || 0));
}

/** True when sending the same again cannot help: 4xx but for 408 and 429. */
export function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
