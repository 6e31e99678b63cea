import type { Kind } from './kinds.js';
import { nearest } from './nearest.js';
import { ORIGIN_SCHEMA, readOrigin } from './origins.js';
import type { Place } from './place.js';
import { HIDDEN, readSecret, SECRET_SCHEMA } from './secrets.js';

/** A site or server that may send events. Fits SourcePolicy of event/source.ts. */
export interface Source {
  readonly id: string;
  /** A browser key is public and bound to origins; a server key authenticates. */
  readonly kind: 'browser' | 'server';
  readonly key: string;
  /** Normalised: `https://www.example.com`, `https://*.example.com`, or `null`. Empty for a server. */
  readonly origins: readonly string[];
  /** IANA name. */
  readonly timeZone: string;
  readonly consent: 'gtm' | 'strict';
  readonly anonymous: boolean;
  readonly scrub: { readonly keys: readonly string[]; readonly allow: readonly string[] };
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const names = { type: 'array', items: { type: 'string', minLength: 1 } } as const;
const scrub = {
  type: 'object',
  properties: { keys: names, allow: names },
  additionalProperties: false,
} as const;
const PROPERTIES = {
  id: { type: 'string', pattern: ID.source, description: 'Stored with every event as source_id.' },
  kind: {
    enum: ['browser', 'server'],
    description: 'A browser key is public and bound to origins; a server key authenticates.',
  },
  key: { ...SECRET_SCHEMA, description: 'The write key. Without it, the write keys file must have one.' },
  origins: { type: 'array', items: ORIGIN_SCHEMA, description: 'Origins that may use a browser key.' },
  timeZone: { type: 'string', default: 'UTC', description: 'IANA time zone that decides event_date.' },
  consent: {
    enum: ['gtm', 'strict'],
    default: 'gtm',
    description: 'What unset consent means: granted (gtm) or denied (strict).',
  },
  anonymous: {
    type: 'boolean',
    default: false,
    description: 'Collect without ids and address where consent is denied, instead of rejecting.',
  },
  scrub: { ...scrub, description: 'Further keys to remove, and keys that the built-in rules leave alone.' },
} as const;

type Fields = Readonly<Record<string, unknown>>;

function refuseUnknown(value: Fields, known: object, place: Place): void {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(known, key)) continue;
    const close = nearest(key, Object.keys(known));
    place
      .in(key)
      .fault(
        `one of ${Object.keys(known).join(', ')}`,
        'an unknown key',
        close ? `Did you mean ${close}?` : undefined,
      );
  }
}

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function readNames(raw: unknown, place: Place): readonly string[] {
  if (raw === undefined) return [];
  if (Array.isArray(raw) && raw.every((name) => typeof name === 'string' && name !== '')) return raw;
  place.refuse('a list of names', raw);
  return [];
}

function readScrub(raw: unknown, place: Place): Source['scrub'] {
  if (raw !== undefined && !isObject(raw)) place.refuse('an object with keys and allow', raw);
  const value = isObject(raw) ? raw : {};
  refuseUnknown(value, scrub.properties, place);
  return { keys: readNames(value.keys, place.in('keys')), allow: readNames(value.allow, place.in('allow')) };
}

function readTimeZone(raw: unknown, place: Place): string {
  try {
    if (raw === undefined) return 'UTC';
    if (typeof raw === 'string' && !/^[+-]/.test(raw))
      return new Intl.DateTimeFormat('en', { timeZone: raw }).resolvedOptions().timeZone;
  } catch {
    // Refused below.
  }
  place.refuse('an IANA time zone such as America/Sao_Paulo', raw);
  return 'UTC';
}

function readOrigins(raw: unknown, kind: unknown, place: Place): readonly string[] {
  if (kind === 'server') {
    if (raw !== undefined) place.refuse('no origins: a server sends none', raw);
    return [];
  }
  if (!Array.isArray(raw) || raw.length === 0) {
    place.refuse('a list of origins such as ["https://www.example.com"]', raw);
    return [];
  }
  const found = raw.flatMap((entry, i) =>
    typeof entry === 'string'
      ? (readOrigin(entry, place.in(i)) ?? [])
      : (place.in(i).refuse('text', entry) ?? []),
  );
  return [...new Set(found)];
}

function oneOf<T>(raw: unknown, fallback: T | undefined, choices: readonly T[], place: Place): T {
  if (raw === undefined && fallback !== undefined) return fallback;
  const found = choices.find((choice) => choice === raw);
  if (found === undefined) place.refuse(choices.join(' or '), raw);
  return found ?? choices[0]!;
}

function readSource(raw: unknown, place: Place): Source | undefined {
  if (!isObject(raw)) return place.refuse('an object', raw);
  refuseUnknown(raw, PROPERTIES, place);
  if (typeof raw.id !== 'string' || !ID.test(raw.id))
    place.in('id').refuse('1 to 63 letters, digits, _ and -', raw.id);
  return {
    id: String(raw.id),
    kind: oneOf(raw.kind, undefined, ['browser', 'server'], place.in('kind')),
    // An absent key may still come from the write keys file; `load` looks at what is left over.
    key: raw.key === undefined ? '' : (readSecret(raw.key, place.in('key')) ?? HIDDEN),
    origins: readOrigins(raw.origins, raw.kind, place.in('origins')),
    timeZone: readTimeZone(raw.timeZone, place.in('timeZone')),
    consent: oneOf(raw.consent, 'gtm', ['gtm', 'strict'], place.in('consent')),
    anonymous: oneOf(raw.anonymous, false, [false, true], place.in('anonymous')),
    scrub: readScrub(raw.scrub, place.in('scrub')),
  };
}

export const sources: Kind<readonly Source[]> = {
  schema: {
    type: 'array',
    items: {
      type: 'object',
      properties: PROPERTIES,
      required: ['id', 'kind'],
      additionalProperties: false,
    },
  },
  expected: 'a list of sources',
  placeholder: null,
  read: (raw, place) => {
    if (!Array.isArray(raw)) return place.refuse(sources.expected, raw);
    return raw.flatMap((entry, i) => readSource(entry, place.in(i)) ?? []);
  },
  show: (value) => value.map(({ id, kind }) => `${id} (${kind})`).join(', ') || '-',
};

/** A server source with the defaults of the table, as the write keys file can name one. */
export const serverSource = (id: string, key: string): Source => ({
  id,
  kind: 'server',
  key,
  origins: [],
  timeZone: 'UTC',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
});

export const isSourceId = (text: string): boolean => ID.test(text);
