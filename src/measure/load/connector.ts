/** Opens connections before the clock starts, hands them to undici's clients, and knows what went over them. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildConnector } from 'undici';

export type Phase = 'connecting' | 'securing' | 'open';

/** One connection of the run: it may be opened again, and counts on. */
export class Line {
  phase: Phase = 'connecting';
  #socket: Socket | null = null;
  #sent = 0;
  #received = 0;

  get bytesSent(): number {
    return this.#sent + (this.#socket?.bytesWritten ?? 0);
  }
  get bytesReceived(): number {
    return this.#received + (this.#socket?.bytesRead ?? 0);
  }

  use(socket: Socket): void {
    this.#sent = this.bytesSent;
    this.#received = this.bytesReceived;
    this.#socket = socket;
    this.phase = 'open';
  }
}

export class Connector {
  readonly #connect;
  readonly #options;
  readonly #secure: boolean;

  constructor(url: URL, timeoutMs: number) {
    this.#secure = url.protocol === 'https:';
    this.#connect = buildConnector({ timeout: timeoutMs, allowH2: false, keepAliveInitialDelay: 60_000 });
    this.#options = {
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      host: url.host,
      protocol: url.protocol,
      port: url.port,
    };
  }

  /** Opens a connection, or gives the error. */
  open(line: Line, done: buildConnector.Callback): void {
    line.phase = 'connecting';
    this.#connect(this.#options, (...[error, socket]) => {
      if (error) return done(error, null);
      line.use(socket);
      done(null, socket);
    });
    // The address is found and connected before TLS begins; from the outside only the end of it shows.
    if (this.#secure) line.phase = 'securing';
  }

  /** For a client of undici: the connection opened ahead first, new ones later. */
  forClient(line: Line, ahead: Socket | null): buildConnector.connector {
    let waiting = ahead;
    return (_options, done) => {
      const socket = waiting;
      waiting = null;
      // Not at once: the client is not ready for an answer while it asks.
      if (socket && !socket.destroyed && socket.readable) queueMicrotask(() => done(null, socket));
      else this.open(line, done);
    };
  }

  /**
   * Opens connections ahead, a few at a time, so that the target's accept queue is not what is measured. Where one
   * fails the first request on it will tell.
   */
  async openAhead(lines: readonly Line[]): Promise<readonly (Socket | null)[]> {
    const sockets: (Socket | null)[] = [];
    for (let from = 0; from < lines.length; from += AT_ONCE) {
      const opened = lines.slice(from, from + AT_ONCE).map(
        (line) =>
          new Promise<Socket | null>((resolve) =>
            this.open(line, (...[error, socket]) => {
              // An error of a connection that waits is found when it is used.
              socket?.on('error', () => {});
              resolve(error ? null : socket);
            }),
          ),
      );
      sockets.push(...(await Promise.all(opened)));
      if (sockets.at(-1) === null) return [...sockets, ...lines.slice(sockets.length).map(() => null)];
      await sleep(PAUSE_MS);
    }
    return sockets;
  }
}

const AT_ONCE = 20;
const PAUSE_MS = 2;
