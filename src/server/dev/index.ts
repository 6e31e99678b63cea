/** The dev API, the live page and the demo shop, as routes that stand beside those of the collector. */
import type { RejectedRow } from '../../event/fields.js';
import type { AppendRow, Warehouse } from '../../warehouse/port.js';
import { queryRoute } from '../admin.js';
import type { Assets } from '../assets.js';
import { Cors } from '../cors.js';
import { type Handler, json, type Route } from '../http.js';
import { isLoopbackOrigin, loopbackOnly, tokenRequired } from '../loopback.js';
import { QUERY_BODY, queryHandler } from '../query.js';
import { Feed } from './feed.js';
import { assetHandler, pageHandler, toDemo } from './pages.js';
import { LIVE_GROUPS, schemaDocument } from './schema.js';
import { wholeNumber } from './sql.js';
import { Stream } from './stream.js';
import { badRows, type Filter, goodRows, readBaseline, readSurvivors } from './tables.js';
import { waitHandler } from './wait.js';

export interface DevDeps {
  readonly warehouse: Warehouse;
  readonly log: { readonly id: string; readonly topic: string };
  /** As `--log` and `--warehouse` name them, for people to read. */
  readonly names: { readonly log: string; readonly warehouse: string };
  /** http://127.0.0.1:8000; asked when it is needed, because the port is known only after listening. */
  readonly collectorUrl: () => string;
  readonly writeKey: string;
  readonly version: string;
  readonly assets: Assets;
  /** Resolves when everything acknowledged so far is stored. */
  readonly settle: () => Promise<void>;
  /** Lets in who has it, under any host name; null: loopback names only. */
  readonly token: string | null;
  /** Token of `Warehouse.publishEndpoint`, for `POST /query`; null where there is none. */
  readonly queryToken: () => string | null;
}

/** Fits the worker's observer: what the feed hears of the worker. */
export interface WorkerVoice {
  read(batch: unknown, rows: readonly AppendRow[], rejected: readonly RejectedRow[]): void;
  skipped(rows: readonly AppendRow[]): void;
  stored(rows: readonly AppendRow[]): void;
  rejected(rows: readonly RejectedRow[]): void;
}

export interface Dev {
  /** For `CollectorDeps.routes`. */
  readonly routes: readonly Route[];
  /** For `CollectorDeps.observer`. */
  readonly feed: Feed;
  readonly worker: WorkerVoice;
  /** Ends the streams, so that the listener can drain. */
  close(): void;
}

const PAGE_LIMIT = 100;
const MOST_ROWS = 10_000;

/** Reads what the warehouse holds: call it after `applySchema` and before the worker starts. */
export async function createDev(deps: DevDeps): Promise<Dev> {
  const { warehouse } = deps;
  const feed = new Feed(await readBaseline(warehouse));
  const stream = new Stream(feed, () => ({
    version: deps.version,
    collector: deps.collectorUrl(),
    writeKey: deps.writeKey,
    ...deps.names,
    groups: LIVE_GROUPS,
  }));
  return {
    routes: devRoutes(deps, feed, stream),
    feed,
    worker: workerVoice(feed),
    close: () => stream.close(),
  };
}

function devRoutes(deps: DevDeps, feed: Feed, stream: Stream): Route[] {
  const { warehouse, assets } = deps;
  const cors = new Cors(isLoopbackOrigin);
  const common = {
    cors,
    guard: deps.token === null ? loopbackOnly : tokenRequired(deps.token),
    detailed: true,
  } as const;
  const get = (path: string, handler: Handler): Route => ({ path, methods: { GET: handler }, ...common });
  const post = (path: string, handler: Handler): Route => ({ path, methods: { POST: handler }, ...common });
  const demo = pageHandler(assets, 'demo.html');
  return [
    get('/dev/all', () => {
      const { received, good, bad } = feed.counts;
      return json(200, { total: received, good, bad });
    }),
    get('/dev/good', async ({ query }) => json(200, await goodRows(warehouse, filterOf(query)))),
    get('/dev/bad', async ({ query }) => json(200, await badRows(warehouse, filterOf(query)))),
    get('/dev/wait', waitHandler(feed, warehouse)),
    get('/dev/schema', () => json(200, schemaDocument(warehouse.tables))),
    { ...get('/dev/stream', stream.handler), effects: true },
    post('/dev/reset', resetHandler(deps, feed)),
    { ...post('/dev/query', queryHandler(warehouse)), body: QUERY_BODY },
    queryRoute(warehouse, deps.queryToken),
    get('/', pageHandler(assets, 'index.html')),
    get('/assets/*', assetHandler(assets)),
    get('/demo', toDemo),
    get('/demo/*', demo),
  ];
}

function filterOf(query: string): Filter {
  const parameters = new URLSearchParams(query);
  return {
    eventName: parameters.get('event_name'),
    eventId: parameters.get('event_id'),
    since: parameters.get('since'),
    limit: wholeNumber(parameters, 'limit', PAGE_LIMIT, MOST_ROWS),
  };
}

/** One reset at a time; another that comes meanwhile shares it. */
function resetHandler({ warehouse, log, settle }: DevDeps, feed: Feed): Handler {
  let running: Promise<void> | null = null;
  const reset = async () => {
    await settle();
    await feed.reset(
      () => warehouse.clear(),
      (partitions) => readSurvivors(warehouse, log, partitions),
    );
  };
  return async () => {
    running ??= reset().finally(() => {
      running = null;
    });
    await running;
    return json(200, { total: 0, good: 0, bad: 0 });
  };
}

function workerVoice(feed: Feed): WorkerVoice {
  const events = (rows: readonly AppendRow[]) => rows.map(({ event }) => event);
  return {
    read: (_, rows, rejected) => feed.read(events(rows), rejected, Date.now()),
    // Stored before a failure that hid it, so nobody was told.
    skipped: (rows) => feed.stored(events(rows), Date.now()),
    stored: (rows) => feed.stored(events(rows), Date.now()),
    rejected: (rows) => feed.rejected(rows, Date.now()),
  };
}
