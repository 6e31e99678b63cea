/** Every route of the public server, in one table. */
import type { Assets } from '../assets.js';
import type { Cors } from '../cors.js';
import type { Head, Route } from '../http.js';
import { json } from '../http.js';
import type { Ingest } from '../ingest.js';
import type { Limits } from '../limits.js';
import type { Sources } from '../sources.js';
import { apiDocs } from './docs.js';
import { events } from './events.js';
import { alive, readiness, root } from './health.js';
import { legacy } from './legacy.js';
import { mp } from './mp.js';
import { openApiDocument } from './openapi.js';
import { pixel } from './pixel.js';
import { tracker } from './tracker.js';

export interface CollectorParts {
  readonly sources: Sources;
  readonly ingest: Ingest;
  readonly limits: Limits;
  readonly cors: Cors;
  readonly state: () => 'ready' | 'draining' | 'not_storing';
  readonly assets: Assets;
  readonly version: string;
  /** Throws where a request must be refused before its body is read. */
  readonly gate: (head: Head) => void;
}

export function collectorRoutes(parts: CollectorParts): Route[] {
  const { sources, ingest, limits, cors, gate, version } = parts;
  const body = { wireBytes: limits.wireBytes, inflatedBytes: limits.inflatedBytes };
  const document = openApiDocument(version);
  const page = apiDocs(document);
  const post = (path: string, handler: Route['methods'][string]): Route => ({
    path,
    methods: { POST: handler },
    body,
    cors,
    guard: gate,
  });
  const get = (path: string, handler: Route['methods'][string]): Route => ({
    path,
    methods: { GET: handler },
    cors,
  });
  return [
    post('/v1/events', events(sources, ingest)),
    post('/v1/mp', mp(sources, ingest)),
    post('/api/producer/ga-datalayer', legacy(sources, ingest)),
    { ...get('/v1/p.gif', pixel(sources, ingest, limits.pixelBytes)), guard: gate, effects: true },
    get('/stargate.js', tracker(parts.assets, 'public, max-age=300')),
    get('/stargate.v1.js', tracker(parts.assets, 'public, max-age=31536000, immutable')),
    get('/openapi.json', () => json(200, document)),
    get('/docs', () => page),
    get('/healthz', alive),
    get('/readyz', readiness(parts.state)),
    get('/', root(version)),
  ];
}
