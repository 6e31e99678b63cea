/** node:http around an App: bounds on time and connections, answers to what is no request, and the way out. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../errors.js';
import type { App } from './app.js';
import { answerBroken } from './broken.js';
import { descriptors } from './descriptors.js';
import { Exchange, type ExchangeContext } from './exchange.js';
import { type Logger, silent } from './logger.js';
import type { CollectorMetrics } from './metrics.js';

export interface Timeouts {
  /** ms until the head must be complete, and until the whole request must be. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** ms that a connection may idle: more than Google's balancer keeps its own (600 s). */
  readonly keepAliveMs: number;
  /** ms without a byte in either direction while an answer is due or on its way. */
  readonly stalledMs: number;
  /** ms between two looks at slow requests. */
  readonly checkMs: number;
}

export const TIMEOUTS: Timeouts = {
  headersMs: 10_000,
  requestMs: 20_000,
  keepAliveMs: 620_000,
  stalledMs: 120_000,
  checkMs: 1_000,
};

const MOST_CONNECTIONS = 10_000;
/** Descriptors that connections must leave to the log, the spool and the way to the primary. */
const RESERVED = 96;

/** ms between the last connection taken and the end of those on which nothing has come. */
const GRACE_MS = 100;

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  readonly timeouts?: Partial<Timeouts>;
  /** Default 10,000, or what the system's limit on descriptors leaves for them. */
  readonly maxConnections?: number;
  readonly metrics?: CollectorMetrics;
  readonly logger?: Logger;
}

export interface Listener {
  readonly port: number;
  /** http://127.0.0.1:8000, with the loopback name where it listens on every interface. */
  readonly url: string;
  connections(): Promise<number>;
  /**
   * Leaves without dropping a request: for `waitMs` answers end their connections while new ones are still
   * taken; then nothing new is accepted, connections that stay idle for a moment are closed, and answers under
   * way are awaited until `deadlineMs` have passed. Resolves to the number of exchanges that were cut off.
   */
  drain(options?: { readonly waitMs?: number; readonly deadlineMs?: number }): Promise<number>;
}

/** Errors: STG_PORT_TAKEN, STG_CONFIG_INVALID for a certificate that cannot be used. */
export async function listen(app: App, options: ListenOptions): Promise<Listener> {
  const { metrics } = options;
  const context: ExchangeContext = {
    app,
    answered: metrics ? (status) => metrics.request(status) : () => {},
    inflated: metrics ? (ratio) => metrics.inflated(ratio) : () => {},
    closing: false,
    active: 0,
    idle: () => {},
  };
  const server = configure(create(options), context, options);
  await bind(server, options);
  const { port, family } = server.address() as AddressInfo;
  const shown = /^(0\.0\.0\.0|::)$/.test(options.host) ? '127.0.0.1' : options.host;
  const name = family === 'IPv6' && shown.includes(':') ? `[${shown}]` : shown;
  return {
    port,
    url: `${options.tls ? 'https' : 'http'}://${name}:${port}`,
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count ?? 0))),
    drain: ({ waitMs = 0, deadlineMs = 10_000 } = {}) => drain(server, context, waitMs, deadlineMs),
  };
}

function create({ tls, timeouts }: ListenOptions): Server {
  const { headersMs, requestMs, keepAliveMs, checkMs } = { ...TIMEOUTS, ...timeouts };
  const settings = {
    headersTimeout: Math.min(headersMs, requestMs),
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: checkMs,
    maxHeaderSize: 8 * 1024,
    insecureHTTPParser: false,
    requireHostHeader: true,
  };
  if (!tls) return createServer(settings);
  try {
    return createSecureServer({ ...settings, ...tls, handshakeTimeout: headersMs, minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw new StargateError('STG_CONFIG_INVALID', {
      message: 'The TLS certificate or key cannot be used.',
      cause,
    });
  }
}

/** The exchange that a connection is at. A WeakMap costs more, at every request and at every collection of garbage. */
const CURRENT = Symbol('exchange');
type Served = Socket & { [CURRENT]?: Exchange };

function configure(server: Server, context: ExchangeContext, options: ListenOptions): Server {
  const { logger = silent } = options;
  const begin = (incoming: IncomingMessage, response: ServerResponse, proceed?: () => void) => {
    const exchange = new Exchange(context, incoming, response);
    (incoming.socket as Served)[CURRENT] = exchange;
    exchange.start(proceed);
  };
  server.on('request', begin);
  server.on('checkContinue', (incoming: IncomingMessage, response: ServerResponse) =>
    begin(incoming, response, () => response.writeContinue()),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const status = answerBroken(context.app, error, socket, (socket as Served)[CURRENT] ?? null);
    if (status) context.answered(status);
  });
  // A handshake that fails is the client's affair; without a listener the socket would stay.
  server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
  bound(server, options);
  server.on('error', (error: NodeJS.ErrnoException) =>
    logger('listener_error', { code: error.code ?? 'unknown' }),
  );
  server.setTimeout({ ...TIMEOUTS, ...options.timeouts }.stalledMs);
  return server;
}

/**
 * Ends connections over the limit. Not by `maxConnections` of node: a process of a cluster would hand them back to the
 * primary, and that to the next one, round and round.
 */
function bound(server: Server, { maxConnections, metrics }: ListenOptions): void {
  const most = maxConnections ?? Math.min(MOST_CONNECTIONS, Math.max(1, descriptors() - RESERVED));
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open++;
    socket.once('close', () => open--);
    if (open <= most) return;
    if (metrics) metrics.dropped++;
    socket.destroy();
  });
}

function bind(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new StargateError('STG_PORT_TAKEN', { got: String(port), cause })
          : cause,
      );
    };
    server.once('error', failed);
    // A burst that is longer than the queue of the kernel waits a second for its second try.
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

async function drain(
  server: Server,
  context: ExchangeContext,
  waitMs: number,
  deadlineMs: number,
): Promise<number> {
  context.closing = true;
  if (waitMs > 0) await sleep(waitMs);
  const idle = new Promise<void>((resolve) => {
    context.idle = resolve;
  });
  const closed = new Promise<void>((resolve) => {
    // Only the listening socket: http's own close would not wait for what is under way either.
    NetServer.prototype.close.call(server, () => resolve());
  });
  const deadline = new AbortController();
  const late = sleep(deadlineMs, undefined, { signal: deadline.signal }).catch(() => {});
  // A request may be on its way on a connection that looks idle: closed now, its client would hear nothing.
  await Promise.race([sleep(GRACE_MS), late]);
  server.closeIdleConnections();
  if (context.active > 0) await Promise.race([idle, late]);
  server.closeIdleConnections();
  await Promise.race([closed, late, sleep(50)]);
  const cut = context.active;
  server.closeAllConnections();
  // Stops the timer that looks for slow requests; the socket itself is closed already.
  server.close(() => {});
  deadline.abort();
  await closed;
  return cut;
}
