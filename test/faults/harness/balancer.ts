/**
 * A load balancer as sites have one before several collectors: it asks each for `/readyz`, sends requests to those that
 * are ready, in turn, and reuses connections. It never sends a request twice: whatever a collector drops is seen.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const LOOK_MS = 200;
const PATIENCE_MS = 1_000;
/** Looks in a row without an answer until a collector is out. One that says itself that it is not ready is out at once. */
const SILENCES = 3;

interface Backend {
  readonly base: string;
  readonly pool: Pool;
  ready: boolean;
  silences: number;
  /** One look at a time: an answer from before a red one must not count behind it. */
  looking: boolean;
}

export class Balancer {
  readonly base: string;
  readonly #server: Server;
  readonly #backends: Backend[];
  readonly #timer: NodeJS.Timeout;
  #turn = 0;

  private constructor(server: Server, bases: readonly string[]) {
    this.#server = server;
    this.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#backends = bases.map((base) => ({
      base,
      pool: new Pool(base, { connections: 64 }),
      ready: false,
      silences: 0,
      looking: false,
    }));
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    server.on('request', (request, response) => void this.#pass(request, response));
  }

  /** Before collectors that keep their addresses when they are started again. */
  static async start(bases: readonly string[]): Promise<Balancer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const balancer = new Balancer(server, bases);
    await balancer.#look();
    return balancer;
  }

  /** Collectors that get requests now. */
  get ready(): number {
    return this.#backends.filter(({ ready }) => ready).length;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.all(this.#backends.map(({ pool }) => pool.destroy()));
  }

  /** As balancers do, on a connection of its own. */
  async #look(): Promise<void> {
    await Promise.all(
      this.#backends.map(async (backend) => {
        if (backend.looking) return;
        backend.looking = true;
        const init = { headers: { connection: 'close' }, signal: AbortSignal.timeout(PATIENCE_MS) };
        const answer = await fetch(`${backend.base}/readyz`, init).catch(() => null);
        await answer?.arrayBuffer().catch(() => {});
        backend.looking = false;
        backend.silences = answer ? 0 : backend.silences + 1;
        if (answer || backend.silences >= SILENCES) backend.ready = answer?.ok ?? false;
      }),
    );
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ready = this.#backends.filter((backend) => backend.ready);
    const backend = ready[this.#turn++ % ready.length];
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await backend?.pool
      .request({
        path: request.url!,
        method: request.method as 'POST',
        headers: { 'content-type': request.headers['content-type'] ?? 'text/plain' },
        body: Buffer.concat(chunks),
      })
      .catch(() => null);
    const body = await answer?.body.arrayBuffer().catch(() => null);
    // 502 is nobody's answer but ours.
    response.writeHead(body ? answer!.statusCode : 502);
    response.end(body ? Buffer.from(body) : '');
  }
}
