/** The configured sources, ready for requests: who a key belongs to, and which origins may use it. */
import { hash, randomBytes } from 'node:crypto';
import { StargateError } from '../errors.js';
import { createPreparer } from '../event/prepare.js';
import type { SourcePolicy } from '../event/source.js';
import { bearerOf } from './loopback.js';
import { compileOrigins, type OriginTest } from './origins.js';

export interface SourceConfig extends SourcePolicy {
  readonly key: string;
  /** Entries of `compileOrigins`. */
  readonly origins: readonly string[];
}

export interface Source {
  readonly config: SourceConfig;
  readonly prepare: ReturnType<typeof createPreparer>;
  readonly allows: OriginTest;
}

/** Where the legacy route finds no source of its own: nothing is configured, but the bearer is right. */
const FALLBACK: SourceConfig = {
  id: 'legacy',
  kind: 'server',
  key: '',
  origins: [],
  timeZone: 'UTC',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
};

export class Sources {
  /**
   * Keys are looked up by a digest with a secret of this process: how long a look-up takes says nothing about
   * how much of a guessed key was right, however many sources there are.
   */
  readonly #secret = randomBytes(16).toString('hex');
  readonly #legacyBearer: string | null;
  #byKey = new Map<string, Source>();
  /**
   * Keys that were given and were right, so that a digest, of 2 µs, is made once a key. Wrong ones never get in here, and
   * what a Map compares first are hashes, seeded in each process: nor do its times tell anything.
   */
  #given = new Map<string, Source>();
  #all: readonly Source[] = [];
  #fallback: Source;
  #union: OriginTest = () => false;

  /** `legacyBearer`: lower-case hex SHA-256 of API_KEY followed by API_SECRET, or null. */
  constructor(configs: readonly SourceConfig[], legacyBearer: string | null) {
    this.#legacyBearer = legacyBearer && this.#digest(legacyBearer);
    this.#fallback = ready(FALLBACK);
    this.replace(configs);
  }

  /** All or nothing: a list with an error in it throws and leaves the sources as they were. */
  replace(configs: readonly SourceConfig[]): void {
    const all = configs.map(ready);
    const byKey = new Map(all.map((source) => [this.#digest(source.config.key), source]));
    this.#union = compileOrigins(configs.flatMap(({ origins }) => origins));
    this.#all = all;
    this.#byKey = byKey;
    this.#given = new Map();
  }

  /** Whether any source lists the origin. */
  readonly allows: OriginTest = (origin) => this.#union(origin);

  /**
   * The source of a request. A bearer goes before the key in the body, and a server key counts only as a
   * bearer (or where `secret` says that the place is one for secrets): in a body it would be in a page.
   * Errors: STG_KEY_MISSING, STG_KEY_UNKNOWN, STG_ORIGIN_FORBIDDEN.
   */
  authorise(
    key: string | null,
    headers: { authorization?: string | undefined; origin?: string | undefined },
    secret = false,
  ): Source {
    const bearer = bearerOf(headers.authorization);
    const given = bearer ?? key;
    if (!given) throw new StargateError('STG_KEY_MISSING');
    const source = this.#given.get(given) ?? this.#find(given);
    if (!source || (source.config.kind === 'server' && bearer === null && !secret)) {
      throw new StargateError('STG_KEY_UNKNOWN');
    }
    const { origin } = headers;
    if (origin !== undefined && !source.allows(origin)) throw new StargateError('STG_ORIGIN_FORBIDDEN');
    return source;
  }

  /** The legacy route: an allowed Origin or the bearer. Errors: STG_ORIGIN_UNKNOWN. */
  authoriseLegacy(headers: { authorization?: string | undefined; origin?: string | undefined }): Source {
    const { origin } = headers;
    const own = origin === undefined ? undefined : this.#all.find((source) => source.allows(origin));
    if (own) return own;
    const bearer = bearerOf(headers.authorization);
    if (bearer === null || this.#legacyBearer === null || this.#digest(bearer) !== this.#legacyBearer) {
      throw new StargateError('STG_ORIGIN_UNKNOWN');
    }
    return this.#all.find(({ config }) => config.id === FALLBACK.id) ?? this.#all[0] ?? this.#fallback;
  }

  #find(key: string): Source | undefined {
    const source = this.#byKey.get(this.#digest(key));
    if (source) this.#given.set(key, source);
    return source;
  }

  #digest(key: string): string {
    return hash('sha256', this.#secret + key, 'base64');
  }
}

function ready(config: SourceConfig): Source {
  return { config, prepare: createPreparer(config), allows: compileOrigins(config.origins) };
}
