/** Clients that connect and say nothing, so many that the server runs out of descriptors. */
import { connect, type Socket } from 'node:net';

const AGAIN_MS = 100;

export class Crowd {
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  #over = false;
  /** Connections that the server took, or that its kernel took for it; and those that it ended. */
  connected = 0;
  ended = 0;

  constructor(base: string, clients: number) {
    this.#port = Number(new URL(base).port);
    for (let client = 0; client < clients; client++) this.#come();
  }

  leave(): void {
    this.#over = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Who is turned away comes again. */
  #come(): void {
    if (this.#over) return;
    const socket = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    socket.on('connect', () => {
      this.connected++;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended++;
      this.#sockets.delete(socket);
      setTimeout(() => this.#come(), AGAIN_MS);
    });
    // Something must read, or the end of the other side is never seen.
    socket.resume();
  }
}
