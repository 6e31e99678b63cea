/** Token buckets by name: an average rate with bursts, in bounded memory. */
import { isIPv4 } from 'node:net';
import type { Rate } from './limits.js';

const REMEMBERED = 50_000;

interface Bucket {
  tokens: number;
  at: number;
}

export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** `now`: ms of a clock that never goes back. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes a token; false where there is none. */
  take(name: string): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(name) ?? this.#open(name, now);
    const { perSecond, burst } = this.#rate;
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #open(name: string, now: number): Bucket {
    // The oldest bucket goes: whoever it belonged to starts anew with a full one.
    if (this.#buckets.size >= REMEMBERED) this.#buckets.delete(this.#buckets.keys().next().value!);
    const bucket = { tokens: this.#rate.burst, at: now };
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

/** /24 of an IPv4 address, /48 of an IPv6 one: what one household or one attacker has at least. */
export function addressPrefix(address: string): string {
  if (isIPv4(address)) return address.slice(0, address.lastIndexOf('.'));
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':') : [];
  if (tail !== undefined) while (groups.length + rest.length < 8) groups.push('0');
  return [...groups, ...rest]
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
