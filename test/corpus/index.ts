/**
 * The corpus: what pages push, the request that the tracker makes of it, and the rows that must come of it.
 *
 * A case file holds what is particular about the case; what every request of the corpus has in common (clock,
 * visitor, device, consent) is here, and is merged into complete rows. A row's `null` takes a common column away.
 *
 * To add a case: write NN-name.json with title, proves, pushes and rows; list nothing; run the event tests.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventRecord, RejectedRecord } from '../../src/event/fields.js';
import { sanitise } from '../../src/event/sanitise.js';
import type { RequestFacts, SourcePolicy } from '../../src/event/source.js';
import { hostile } from './hostile.js';
import { revive } from './values.js';

export interface CorpusCase {
  readonly name: string;
  readonly title: string;
  /** What the case is for, and why its rows are what they are. */
  readonly proves: string;
  /** What the page pushes; live values, as a page has them. Empty where the request is made by hand. */
  readonly pushes: readonly unknown[];
  readonly request: {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer;
  };
  readonly expected: {
    readonly status: number;
    /** Code of the answer where the whole request is refused. */
    readonly code: string | null;
    readonly rows: readonly EventRecord[];
    readonly rejected: readonly RejectedRecord[];
  };
}

export const RECEIVED_AT = Date.parse('2026-11-23T14:32:04.655Z');
/** The client's clock is 55 ms behind ours: event_timestamp is client_timestamp and 55 ms. */
const SENT_AT = RECEIVED_AT - 55;
export const WRITE_KEY = 'sgw_corpus_0123456789';
const SITE = 'https://www.casaipe.example';
const AGENT =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36';

export const corpusPolicy: SourcePolicy = {
  id: 'loja',
  kind: 'browser',
  timeZone: 'America/Sao_Paulo',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
};

/** What the collector knows of a corpus request: the clock stands still, the peer is a documentation address. */
export const factsOf = ({ request }: Pick<CorpusCase, 'request'>): RequestFacts => ({
  receivedAt: RECEIVED_AT,
  ingestPath: 'v1',
  origin: request.headers.origin ?? null,
  userAgent: request.headers['user-agent'] ?? '',
  address: '203.0.113.77',
});

/** Columns that depend on the moment and the place of a test: leave them out where the clock is a real one. */
export const MOMENT_COLUMNS = [
  'received_at',
  'event_timestamp',
  'event_date',
  'ip_truncated',
  'issues',
] as const;

const CONSENT = {
  ad_storage: 'granted',
  ad_user_data: 'granted',
  ad_personalization: 'granted',
  analytics_storage: 'granted',
  functionality_storage: 'unset',
  personalization_storage: 'unset',
  security_storage: 'unset',
};
const DEVICE = {
  language: 'pt-BR',
  screen: '412x915',
  viewport: '412x785',
  time_zone: 'America/Sao_Paulo',
};
const IDS = {
  client_id: '1234567890.1795440000',
  client_id_source: 'ga',
  session_id: 1795444000,
  session_number: 3,
};
const GTM = { container_id: 'GTM-IPE0001', container_version: '12', mode: 'push' };
const PAGE = { location: `${SITE}/`, title: 'Casa Ipê: cozinha e mesa', referrer: '' };

/** Columns of every row, unless its case says otherwise. */
const COMMON: EventRecord = {
  event_id: '',
  schema_version: 1,
  received_at: '2026-11-23T14:32:04.655Z',
  event_timestamp: '',
  client_timestamp: '',
  sent_at: '2026-11-23T14:32:04.600Z',
  event_name: '',
  event_date: '2026-11-23',
  source_id: 'loja',
  origin: SITE,
  ingest_path: 'v1',
  tracker_version: '1.0.0',
  user_pseudo_id: IDS.client_id,
  client_id_source: IDS.client_id_source,
  session_id: IDS.session_id,
  session_number: IDS.session_number,
  page_location: PAGE.location,
  page_hostname: 'www.casaipe.example',
  page_path: '/',
  page_title: PAGE.title,
  device_category: 'mobile',
  browser: 'Chrome',
  browser_version: '131.0.0.0',
  os: 'Android',
  ...DEVICE,
  ip_truncated: '203.0.113.0',
  consent: CONSENT,
  collection_mode: 'full',
  gtm: GTM,
  is_bot: false,
  pii_redactions: 0,
};

type Bag = Readonly<Record<string, unknown>>;

interface CaseFile {
  readonly title: string;
  readonly proves: string;
  readonly origin?: string;
  readonly page?: Bag;
  /** State when the envelope's context was made. */
  readonly consent?: Bag;
  /** For each sent event, the state that differs from the context's, or null. */
  readonly eventConsent?: readonly (Bag | null)[];
  /** Ids of the sent events; without them NAME-1, NAME-2, … */
  readonly ids?: readonly string[];
  readonly pushes: readonly unknown[];
  readonly rows: readonly Bag[];
}

interface WireEvent {
  readonly id: string;
  readonly name: string;
  readonly ts: number;
  readonly data_layer: unknown;
}

/** The events that the tracker makes of pushes: only what has an event name is sent (events.md §3, §5). */
function wireEvents(name: string, file: CaseFile, pushes: readonly unknown[]): WireEvent[] {
  const named = pushes.flatMap((push): Bag[] => {
    if (typeof push !== 'object' || push === null) return [];
    return typeof (push as Bag).event === 'string' ? [push as Bag] : [];
  });
  return named.map((push, index) => ({
    id: file.ids?.[index] ?? `${name}-${index + 1}`,
    name: push.event as string,
    ts: SENT_AT - 100 + index * 10,
    ...(file.eventConsent?.[index] && { consent: file.eventConsent[index] }),
    data_layer: sanitise(push).value,
  }));
}

function rowOf(file: CaseFile, event: WireEvent, different: Bag): EventRecord {
  const row: Record<string, unknown> = {
    ...COMMON,
    event_id: event.id,
    event_name: event.name,
    client_timestamp: new Date(event.ts).toISOString(),
    event_timestamp: new Date(event.ts + RECEIVED_AT - SENT_AT).toISOString(),
    origin: file.origin ?? SITE,
    payload_bytes: Buffer.byteLength(JSON.stringify(event)),
    ...different,
  };
  for (const [column, value] of Object.entries(row)) if (value === null) delete row[column];
  return row as unknown as EventRecord;
}

function load(name: string): CorpusCase {
  const file = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as CaseFile;
  const pushes = file.pushes.map(revive);
  const events = wireEvents(name, file, pushes);
  const ctx = {
    page: file.page ?? PAGE,
    ids: IDS,
    consent: file.consent ?? CONSENT,
    mode: 'full',
    gtm: GTM,
    device: DEVICE,
    tracker: '1.0.0',
  };
  const envelope = { v: 1, k: WRITE_KEY, sent_at: SENT_AT, ctx, events };
  return {
    name,
    title: file.title,
    proves: file.proves,
    pushes,
    request: request(Buffer.from(JSON.stringify(envelope)), file.origin),
    expected: {
      status: 202,
      code: null,
      rows: events.map((event, index) => rowOf(file, event, file.rows[index] ?? {})),
      rejected: [],
    },
  };
}

export const request = (body: Buffer, origin = SITE): CorpusCase['request'] => ({
  path: '/v1/events',
  headers: { 'content-type': 'text/plain;charset=UTF-8', origin, 'user-agent': AGENT },
  body,
});

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => /^\d\d-.*\.json$/.test(file))
  .map((file) => file.slice(0, -5))
  .sort();

export const corpus: readonly CorpusCase[] = [
  ...names.map(load),
  ...hostile({ common: COMMON, request, key: WRITE_KEY }),
];
