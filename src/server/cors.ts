/** Cross-origin headers: only a listed origin is reflected, and every answer says that it depends on Origin. */
import type { Answer, CorsPolicy } from './http.js';
import type { OriginTest } from './origins.js';

const REMEMBERED = 1_000;
const VARY: readonly string[] = ['vary', 'Origin'];

/**
 * `allowed` may change its mind (sources are replaced at run time): call `forget` then. Verdicts are kept by
 * origin, because parsing one on every request would cost more than the rest of the routing.
 */
export class Cors implements CorsPolicy {
  readonly #allowed: OriginTest;
  readonly #known = new Map<string, readonly string[]>();

  constructor(allowed: OriginTest) {
    this.#allowed = allowed;
  }

  headers(origin: string | undefined): readonly string[] {
    if (origin === undefined) return VARY;
    return this.#known.get(origin) ?? this.#learn(origin);
  }

  preflight(origin: string | undefined, methods: string): Answer {
    const headers = this.headers(origin);
    const granted = [
      'access-control-allow-methods',
      methods,
      'access-control-allow-headers',
      'content-type, content-encoding, traceparent',
      'access-control-max-age',
      '7200',
    ];
    return { status: 204, headers: headers === VARY ? ['allow', methods] : granted, body: '' };
  }

  forget(): void {
    this.#known.clear();
  }

  #learn(origin: string): readonly string[] {
    const headers = this.#allowed(origin)
      ? ['access-control-allow-origin', origin, 'access-control-expose-headers', 'Retry-After', ...VARY]
      : VARY;
    // Strangers can invent origins without end: the memory is emptied rather than grown.
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(origin, headers);
    return headers;
  }
}
