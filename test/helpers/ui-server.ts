/**
 * A small stand-in for `stargate dev`: serves the built pages, streams what a test pushes (src/event/live.ts) and
 * takes the shop's events. Real HTTP, real Server-Sent Events, and the strict policy that `dev` sends.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LiveCounts, LiveEvent } from '../../src/event/live.js';
import { hello, inFlight } from './live-events.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface TrackedEvent {
  readonly id: string;
  readonly name: string;
  readonly data_layer?: unknown;
}

export interface UiServerOptions {
  /** Folder of the built pages. */
  readonly dir: string;
  readonly port?: number;
  /** The tracker's script, for the demo shop. */
  readonly tracker?: string;
}

export interface UiServer {
  readonly url: string;
  readonly port: number;
  /** Events of the shop's tracker, in order of arrival. */
  readonly tracked: readonly TrackedEvent[];
  /** Requests to `/dev/reset`. */
  readonly resets: number;
  /** Streams the events, and counts that hold the invariant. */
  push(events: readonly LiveEvent[]): void;
  /** Ends every connection at once, as a killed process does. */
  close(): Promise<void>;
}

export async function startUiServer(options: UiServerOptions): Promise<UiServer> {
  const events = new Map<string, LiveEvent>();
  const streams = new Set<ServerResponse>();
  const tracked: TrackedEvent[] = [];
  let resets = 0;
  let url = '';

  const send = (stream: ServerResponse, name: string, data: unknown) =>
    stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  const broadcast = (name: string, data: unknown) => {
    for (const stream of streams) send(stream, name, data);
  };

  function push(batch: readonly LiveEvent[]): void {
    for (const event of batch) events.set(event.key, event);
    broadcast('events', batch);
    broadcast('counts', countsOf([...events.values()]));
  }

  function track(body: string): number {
    const received = (JSON.parse(body) as { events: TrackedEvent[] }).events;
    tracked.push(...received);
    const start = events.size;
    push(received.map((event, index) => ({ ...inFlight(start + index, event.name), event_id: event.id })));
    push(received.map((event, index) => stored(start + index, event)));
    return received.length;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url!, 'http://host').pathname;
    response.setHeader('content-security-policy', POLICY);
    if (path === '/dev/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      streams.add(response);
      response.on('close', () => streams.delete(response));
      send(response, 'hello', hello(url));
      send(response, 'events', [...events.values()].slice(-1000));
      send(response, 'counts', countsOf([...events.values()]));
    } else if (path === '/dev/reset' && request.method === 'POST') {
      resets++;
      events.clear();
      broadcast('reset', {});
      json(response, 200, {});
    } else if (path === '/v1/events' && request.method === 'POST') {
      json(response, 202, { accepted: track(await text(request)), rejected: 0 });
    } else if (path === '/stargate.js') {
      response.writeHead(200, { 'content-type': TYPES['.js'] }).end(options.tracker ?? '');
    } else {
      await file(response, options.dir, path);
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    tracked,
    push,
    get resets() {
      return resets;
    },
    close: () =>
      new Promise((done) => {
        if (!server.listening) return done();
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function file(response: ServerResponse, dir: string, path: string): Promise<void> {
  const name =
    path === '/'
      ? 'index.html'
      : path.startsWith('/demo/') || path === '/demo'
        ? 'demo.html'
        : normalize(path);
  try {
    const content = await readFile(join(dir, name));
    response
      .writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' })
      .end(content);
  } catch {
    response.writeHead(404).end();
  }
}

/** What the worker makes of it; the scrubber's work is imitated for the three places that the shop fills. */
function stored(offset: number, { id, name, data_layer }: TrackedEvent): LiveEvent {
  const text = JSON.stringify(data_layer ?? null);
  let redactions = 0;
  const data = JSON.parse(
    text.replace(/"(email|cpf|phone)":"[^"[]+"/g, (_, key: string) => {
      redactions++;
      return `"${key}":"[${key}]"`;
    }),
  );
  const event = inFlight(offset, name);
  return {
    ...event,
    state: 'good',
    event_id: id,
    pii_redactions: redactions,
    queryable_ms: 180,
    hops: { client: 5, log: 3, worker: 90, row: 87 },
    row: {
      event_id: id,
      schema_version: 1,
      received_at: event.received_at,
      event_timestamp: event.received_at,
      event_name: name,
      data_layer: data,
    },
  };
}

export function countsOf(events: readonly LiveEvent[]): LiveCounts {
  const of = (state: LiveEvent['state']) => events.filter((event) => event.state === state).length;
  const scrubbed = events.filter(({ pii_redactions }) => pii_redactions > 0);
  return {
    received: events.length,
    good: of('good'),
    bad: of('bad'),
    in_flight: of('in_flight'),
    scrubbed: {
      values: scrubbed.reduce((sum, { pii_redactions }) => sum + pii_redactions, 0),
      events: scrubbed.length,
    },
    queryable: of('good') ? { p50: 180, p99: 640 } : null,
    skipped: 0,
  };
}
