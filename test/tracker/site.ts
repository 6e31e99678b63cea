import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Builds the tracker as `npm run build` does, into a folder of its own; answers the script's bytes. */
export async function buildTracker(): Promise<Buffer> {
  const outDir = mkdtempSync(join(tmpdir(), 'stargate-tracker-'));
  try {
    const configFile = fileURLToPath(new URL('../../src/tracker/vite.config.ts', import.meta.url));
    await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
    return readFileSync(join(outDir, 'stargate.js'));
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** Waits until `probe` gives something, at most 15 s. */
export async function until<T>(
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within 15 s: ${probe}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface SentEvent {
  readonly id: string;
  readonly name: string;
  readonly ts: number;
  readonly page?: Record<string, string>;
  readonly consent?: Record<string, string>;
  readonly data_layer?: Record<string, unknown>;
  readonly legacy?: Record<string, unknown>;
  readonly truncated?: readonly string[];
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Status that was answered; 0 for a reset connection. */
  readonly status: number;
  readonly at: number;
}

export interface Answer {
  /** 0 resets the connection; -1 never answers. */
  readonly status: number;
  readonly headers?: Record<string, string>;
}

export interface Collector {
  readonly origin: string;
  readonly seen: Seen[];
  /** Decides the answers, from the next request on. */
  answer: (index: number) => Answer;
  /** The events of every request, in order of arrival; of accepted requests only where asked. */
  events(accepted?: boolean): SentEvent[];
  close(): Promise<void>;
}

async function listen(
  handler: Parameters<typeof createServer>[1],
): Promise<{ server: Server; origin: string }> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** First no new connection, then none of the old ones: the browser likes to keep some ready. */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const cors = (origin: string | undefined) => ({
  'access-control-allow-origin': origin ?? 'null',
  'access-control-expose-headers': 'Retry-After',
  vary: 'Origin',
});

/** A collector that only listens: serves the script, keeps every request as it came, answers as it is told. */
export async function openCollector(script: Buffer): Promise<Collector> {
  const seen: Seen[] = [];
  const reply = (response: ServerResponse, { status, headers }: Answer, origin: string | undefined) => {
    if (status === 0) response.socket?.resetAndDestroy();
    if (status <= 0) return;
    response.writeHead(status, { ...cors(origin), ...headers }).end('{"accepted":1,"rejected":0}');
  };
  const { server, origin } = await listen((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(script);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = collector.answer(seen.length);
      const { method = '', url = '', headers } = request;
      const body = Buffer.concat(chunks).toString();
      seen.push({ method, path: url, headers, body, status: answer.status, at: Date.now() });
      reply(response, answer, headers.origin);
    });
  });
  const collector: Collector = {
    origin,
    seen,
    answer: () => ({ status: 202 }),
    events: (accepted = false) =>
      seen
        .filter((one) => !accepted || one.status === 202)
        .flatMap((one) => JSON.parse(one.body).events as SentEvent[]),
    close: () => stop(server),
  };
  return collector;
}

export interface Site {
  readonly origin: string;
  /** Sets the page at a path: its head, and response headers. */
  page(path: string, head: string, headers?: Record<string, string>): string;
  close(): Promise<void>;
}

/** The shop's own web server, on another origin than the collector. */
export async function openSite(): Promise<Site> {
  const pages = new Map<string, { html: string; headers: Record<string, string> }>();
  const { server, origin } = await listen((request, response) => {
    const found = pages.get(new URL(request.url ?? '/', 'http://site').pathname);
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...found?.headers });
    response.end(found?.html ?? '');
  });
  return {
    origin,
    page(path, head, headers = {}) {
      pages.set(new URL(path, origin).pathname, {
        html: `<!doctype html><title>Loja</title>${head}<body><p>Olá</p>`,
        headers,
      });
      return origin + path;
    },
    close: () => stop(server),
  };
}
