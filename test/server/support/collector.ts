/** A collector on a real socket, with everything that a test may want to reach. */
import { connect, type Socket } from 'node:net';
import { describe as asset } from '../../../src/server/assets.js';
import { type Collector, type CollectorDeps, createCollector } from '../../../src/server/collector.js';
import { type Listener, type ListenOptions, listen } from '../../../src/server/listen.js';
import { CollectorMetrics } from '../../../src/server/metrics.js';
import type { SourceConfig } from '../../../src/server/sources.js';
import { ScriptedLog } from './log.js';

export const SHOP: SourceConfig = {
  id: 'shop',
  kind: 'browser',
  key: 'pk_shop',
  origins: ['https://shop.example', 'https://*.shop.example'],
  timeZone: 'America/Sao_Paulo',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
};
export const BLOG: SourceConfig = { ...SHOP, id: 'blog', key: 'pk_blog', origins: ['https://blog.example'] };
export const BACKEND: SourceConfig = {
  ...SHOP,
  id: 'backend',
  kind: 'server',
  key: 'sk_backend',
  origins: [],
};

export const TRACKER = await asset(
  Buffer.from(`/* ${'stargate '.repeat(200)}*/`),
  'text/javascript; charset=utf-8',
);

export interface Running {
  readonly log: ScriptedLog;
  readonly metrics: CollectorMetrics;
  readonly collector: Collector;
  readonly listener: Listener;
  readonly url: string;
  readonly logged: { event: string; fields: unknown }[];
  /** Value of a metric with these labels, 0 where it was never counted. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  stop(): Promise<void>;
}

const running = new Set<Running>();

/** For `afterEach`: nothing is left listening. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((one) => one.stop()));
}

export async function start(
  deps: Partial<Omit<CollectorDeps, 'metrics'>> = {},
  options: Partial<ListenOptions> = {},
): Promise<Running> {
  const log = new ScriptedLog();
  const metrics = new CollectorMetrics('3.0.0-test');
  const logged: Running['logged'] = [];
  const logger = (event: string, fields: unknown = {}) => void logged.push({ event, fields });
  const collector = createCollector({
    log,
    metrics,
    logger,
    sources: [SHOP, BLOG, BACKEND],
    legacyBearer: null,
    trustedProxies: [],
    assets: { tracker: TRACKER, ui: new Map() },
    version: '3.0.0-test',
    ...deps,
  });
  const listener = await listen(collector.app, { host: '127.0.0.1', port: 0, metrics, logger, ...options });
  const one: Running = {
    log,
    metrics,
    collector,
    listener,
    url: listener.url,
    logged,
    metric: (name, labels = {}) => metricOf(metrics, name, labels),
    async stop() {
      if (!running.delete(one)) return;
      log.release();
      collector.close();
      await listener.drain({ deadlineMs: 500 });
    },
  };
  running.add(one);
  return one;
}

async function metricOf(
  metrics: CollectorMetrics,
  name: string,
  labels: Record<string, string>,
): Promise<number> {
  const found = (await metrics.registry.getMetricsAsJSON()).find((metric) => metric.name === name);
  const values =
    (found as unknown as { values: { value: number; labels: Record<string, string> }[] } | undefined)
      ?.values ?? [];
  const fits = values.find((one) =>
    Object.entries(labels).every(([key, value]) => String(one.labels[key]) === value),
  );
  return fits?.value ?? 0;
}

export interface Post {
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

export const envelope = (
  events: unknown[] = [{ id: 'e1', name: 'page_view' }],
  key: string | null = 'pk_shop',
) => JSON.stringify({ v: 1, ...(key !== null && { k: key }), events });

export function post(
  url: string,
  body: string | Uint8Array,
  { path = '/v1/events', headers = {} }: Post = {},
) {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as BodyInit,
  });
}

export interface RawAnswer {
  readonly text: string;
  /** Status lines, in order. */
  readonly statuses: number[];
  /** Whether the server closed the connection. */
  readonly closed: boolean;
}

/** Writes bytes to a socket, collects what comes back until the server closes or `ms` have passed. */
export function raw(
  port: number,
  parts: string | Buffer | readonly (string | Buffer)[],
  ms = 3_000,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      resolve({
        text,
        closed,
        statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code)),
      });
    };
    const timer = setTimeout(() => finish(false), ms);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
    socket.on('connect', () => {
      for (const part of Array.isArray(parts) ? parts : [parts as string | Buffer]) socket.write(part);
    });
  });
}

/** Polls until `holds`, for at most `ms`. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what = 'it',
  ms = 15_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not become true within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
