/** The collector put together: every route of the public server over a log. Opens nothing; `listen` does. */
import { StargateError } from '../errors.js';
import type { Log } from '../log/port.js';
import { clientAddress, type TrustedProxies } from './address.js';
import { App } from './app.js';
import type { Assets } from './assets.js';
import { declaredLength } from './body.js';
import { Cors } from './cors.js';
import type { Head, Route } from './http.js';
import { Inflight } from './inflight.js';
import { type CollectorObserver, Ingest } from './ingest.js';
import { LIMITS, type Limits } from './limits.js';
import { type Logger, silent } from './logger.js';
import type { CollectorMetrics } from './metrics.js';
import { addressPrefix, RateLimit } from './rate.js';
import { type CollectorParts, collectorRoutes } from './routes/index.js';
import { ShedControl, Turn, watchEventLoop } from './shed.js';
import { type SourceConfig, Sources } from './sources.js';

export interface CollectorDeps {
  readonly log: Log;
  readonly sources: readonly SourceConfig[];
  /** Lower-case hex SHA-256 of API_KEY followed by API_SECRET; null switches the legacy bearer off. */
  readonly legacyBearer: string | null;
  readonly trustedProxies: TrustedProxies;
  readonly metrics: CollectorMetrics;
  readonly assets: Assets;
  readonly version: string;
  readonly limits?: Partial<Limits>;
  readonly partitionBy?: 'none' | 'visitor';
  readonly observer?: CollectorObserver;
  readonly logger?: Logger;
  /** Further routes, such as those of `dev`; they take the place of ours with the same path. */
  readonly routes?: readonly Route[];
}

export interface Collector {
  readonly app: App;
  /** All or nothing. Errors: STG_CONFIG_INVALID, and the old sources stay. */
  replaceSources(sources: readonly SourceConfig[]): void;
  /** Turns readiness red; requests are still served. */
  startDraining(): void;
  readonly ready: boolean;
  /** Stops watching the event loop. */
  close(): void;
}

export function createCollector(deps: CollectorDeps): Collector {
  const { log, metrics, logger = silent } = deps;
  const limits = { ...LIMITS, ...deps.limits };
  const sources = new Sources(deps.sources, deps.legacyBearer);
  const cors = new Cors(sources.allows);
  const inflight = new Inflight(limits.inflightBytes);
  const shed = new ShedControl(limits.lateMs);
  const address = clientAddress(deps.trustedProxies);
  const ingest = new Ingest({
    log,
    metrics,
    limits,
    logger,
    address,
    partitionBy: deps.partitionBy ?? 'none',
    observer: deps.observer ?? null,
  });
  let draining = false;
  const state = () => (draining ? 'draining' : log.writable ? 'ready' : 'not_storing');
  const parts: CollectorParts = {
    sources,
    ingest,
    limits,
    cors,
    state,
    assets: deps.assets,
    version: deps.version,
    gate: gate(log, inflight, shed, limits, address),
  };
  metrics.watchInflight(() => inflight.bytes + log.inflightBytes);
  const app = new App({
    routes: [...collectorRoutes(parts), ...(deps.routes ?? [])],
    logger,
    inflight,
    cors,
  });
  return {
    app,
    replaceSources(configs) {
      sources.replace(configs);
      cors.forget();
      logger('sources_replaced', { count: configs.length });
    },
    startDraining: () => {
      draining = true;
    },
    get ready() {
      return state() === 'ready';
    },
    close: watchEventLoop(shed),
  };
}

/** What an event route asks before it reads a body. Errors: STG_OVERLOADED, STG_RATE_LIMITED. */
function gate(
  log: Log,
  inflight: Inflight,
  shed: ShedControl,
  limits: Limits,
  address: ReturnType<typeof clientAddress>,
): (head: Head) => void {
  const perAddress = limits.perAddress && new RateLimit(limits.perAddress);
  const turn = new Turn(limits.lateMs);
  return ({ method, headers, peer }) => {
    // A preflight carries nothing, and one that is refused keeps the page from ever sending again.
    if (method === 'OPTIONS') return;
    const full = inflight.bytes + declaredLength(headers) > limits.inflightBytes;
    if (full || log.inflightBytes > limits.inflightBytes || turn.isOver() || shed.refuse())
      throw new StargateError('STG_OVERLOADED');
    if (!perAddress) return;
    const from = address(peer, headers['x-forwarded-for'] as string | undefined);
    if (from !== null && !perAddress.take(addressPrefix(from))) throw new StargateError('STG_RATE_LIMITED');
  };
}
