/** One collector process: a log with a slot of its own, the app over it, a listening socket. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/schema.js';
import { StargateError } from '../errors.js';
import { loadAssets } from '../server/assets.js';
import { type Collector, type CollectorDeps, createCollector } from '../server/collector.js';
import type { Listener, ListenOptions } from '../server/listen.js';
import type { Logger } from '../server/logger.js';
import type { CollectorMetrics } from '../server/metrics.js';
import type { SourceConfig } from '../server/sources.js';
import { bind } from './bind.js';

const DRAIN_DEADLINE_MS = 10_000;

/** What both `serve` and `dev` build their collector with. */
export async function collectorDeps(
  config: Config,
): Promise<Pick<CollectorDeps, 'legacyBearer' | 'trustedProxies' | 'assets' | 'partitionBy'>> {
  const { apiKey, apiSecret } = config;
  return {
    legacyBearer:
      apiKey && apiSecret
        ? createHash('sha256')
            .update(apiKey + apiSecret)
            .digest('hex')
        : null,
    trustedProxies: config.trustedProxies,
    assets: await loadAssets(fileURLToPath(new URL('..', import.meta.url))),
    partitionBy: config.partitionBy,
  };
}

/** Further origins count for every browser source; without a source they are who may use the Stargate 2.0 route. */
export function sourcesOf({ sources, allowedHosts }: Config): readonly SourceConfig[] {
  if (allowedHosts.length === 0) return sources;
  const widened = sources.map((source) =>
    source.kind === 'browser' ? { ...source, origins: [...source.origins, ...allowedHosts] } : source,
  );
  return widened.some(({ kind }) => kind === 'browser') ? widened : [...widened, legacySource(allowedHosts)];
}

const legacySource = (origins: readonly string[]): SourceConfig => ({
  id: 'legacy',
  kind: 'browser',
  // Nobody knows it: this source is reached by its origins alone.
  key: randomBytes(32).toString('hex'),
  origins,
  timeZone: 'UTC',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
});

/** The certificate, where one is configured. Errors: STG_CONFIG_INVALID. */
function tlsOf({ tlsCert, tlsKey }: Config): Pick<ListenOptions, 'tls'> {
  return tlsCert && tlsKey ? { tls: { cert: pem(tlsCert), key: pem(tlsKey) } } : {};
}

function pem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new StargateError('STG_CONFIG_INVALID', {
      message: 'The TLS certificate or key cannot be read.',
      expected: 'a PEM file that this user can read',
      got: `${(cause as NodeJS.ErrnoException).code ?? 'an error'}: ${file}`,
      next: 'Check --tls-cert and --tls-key.',
      cause,
    });
  }
}

export interface OpenCollector {
  readonly collector: Collector;
  readonly listener: Listener;
  /** Readiness red, serve on for `drainWait`, answer what is under way. Resolves to the exchanges cut off. */
  drain(): Promise<number>;
}

export async function openCollector(
  config: Config,
  deps: CollectorDeps,
  metrics: CollectorMetrics,
  logger: Logger,
): Promise<OpenCollector> {
  const collector = createCollector(deps);
  const { host, port } = config;
  let listener: Listener;
  try {
    listener = await bind(collector.app, { flag: '--port', host, port, ...tlsOf(config), metrics, logger });
  } catch (error) {
    collector.close();
    throw error;
  }
  return {
    collector,
    listener,
    async drain() {
      collector.startDraining();
      const cut = await listener.drain({ waitMs: config.drainWait, deadlineMs: DRAIN_DEADLINE_MS });
      collector.close();
      return cut;
    },
  };
}
