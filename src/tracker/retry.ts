const BASE_MS = 1000;
/** Some 64 s at most. */
const MAX_DOUBLINGS = 6;
/** A longer Retry-After is taken for a mistake; setTimeout would overflow and fire at once after 24 days. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** ms to wait after the n-th failure in a row (from 0): doubling, with jitter from half to one and a half. */
export function backoff(failures: number, random = Math.random()): number {
  return BASE_MS * 2 ** Math.min(failures, MAX_DOUBLINGS) * (0.5 + random);
}

/** ms that a Retry-After header asks for, in seconds or as a date; 0 for anything else. */
export function retryAfter(header: string | null, now: number): number {
  const ms = Number(header) * 1000 || Date.parse(String(header)) - now || 0;
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
}

/** True when an event is done with: stored (2xx), or refused so that sending it again cannot help (4xx). */
export function isFinal(status: number): boolean {
  return status >= 200 && status < 500 && status !== 408 && status !== 429;
}
