import { connect, createServer, type Server, type Socket } from 'node:net';

type Direction = 'up' | 'down';

/** Stands on 127.0.0.1 before a server that can be a bad network. Settings count for bytes that arrive from then on. */
export class TcpProxy {
  /** ms that bytes wait on their way, each direction. */
  latency = 0;
  /** Bytes that arrive are dropped in this direction, the connections stay: `down` loses answers. */
  hole: Direction | 'both' | null = null;
  /** Passes bytes on in pieces of this size. */
  slice = Number.POSITIVE_INFINITY;
  /** New connections are refused (accepted and reset). */
  refuse = false;
  readonly port: number;
  /** Bytes passed on so far. */
  readonly passed = { up: 0, down: 0 };
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a free port before anyone listens on `target`. */
  static start(target: number): Promise<TcpProxy> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(new TcpProxy(server, target)));
    });
  }

  /** Connections open now, counted at the client's side. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Resets every connection that is open now. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.reset();
    await closed;
  }

  #accept(client: Socket): void {
    if (this.refuse) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    this.#pipe(client, server, 'up');
    this.#pipe(server, client, 'down');
  }

  #pipe(from: Socket, to: Socket, direction: Direction): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => this.#pass(bytes, to, direction));
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      // Behind the bytes that are still on their way.
      this.#later(() => to.destroy());
    });
  }

  #pass(bytes: Buffer, to: Socket, direction: Direction): void {
    if (this.hole === direction || this.hole === 'both') return;
    this.#later(() => {
      if (to.destroyed) return;
      this.passed[direction] += bytes.length;
      for (let at = 0; at < bytes.length; at += this.slice) to.write(bytes.subarray(at, at + this.slice));
    });
  }

  #later(job: () => void): void {
    if (this.latency > 0) setTimeout(job, this.latency);
    else job();
  }
}
