/** The admin port: metrics, health in detail, and queries for other processes of this machine. */
import { App } from './app.js';
import { type Handler, json, type Route } from './http.js';
import { type Logger, silent } from './logger.js';
import { loopbackOnly } from './loopback.js';
import { guardedQuery, QUERY_BODY, type Queryable } from './query.js';
import { alive } from './routes/health.js';

export interface AdminDeps {
  readonly registry: { readonly contentType: string; metrics(): Promise<string> };
  /** State and detail of `/readyz`: ready is what turns it red. */
  readonly health: () => Readonly<{ ready: boolean } & Record<string, unknown>>;
  /** The process that owns the warehouse answers queries, for who has the token. */
  readonly queries?: { readonly warehouse: Queryable; readonly token: () => string | null };
  /** Any Host may ask for metrics and health, where the port is opened to a network on purpose. */
  readonly anyHost?: boolean;
  readonly logger?: Logger;
}

export function createAdmin({ registry, health, queries, anyHost, logger = silent }: AdminDeps): App {
  const guard = anyHost ? {} : { guard: loopbackOnly };
  const get = (path: string, handler: Handler): Route => ({
    path,
    methods: { GET: handler },
    detailed: true,
    ...guard,
  });
  const routes = [
    get('/metrics', metricsHandler(registry)),
    get('/healthz', alive),
    get('/readyz', () => {
      const state = health();
      return json(state.ready ? 200 : 503, state);
    }),
  ];
  if (queries) routes.push(queryRoute(queries.warehouse, queries.token));
  return new App({ routes, logger });
}

/** `POST /query` with a bearer token; on loopback names only, whatever the port is bound to. */
export function queryRoute(warehouse: Queryable, token: () => string | null): Route {
  return {
    path: '/query',
    methods: { POST: guardedQuery(warehouse, token) },
    body: QUERY_BODY,
    detailed: true,
    guard: loopbackOnly,
  };
}

function metricsHandler(registry: AdminDeps['registry']): Handler {
  return async () => ({
    status: 200,
    headers: ['content-type', registry.contentType, 'cache-control', 'no-store'],
    body: await registry.metrics(),
  });
}
