import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import kafkajs, { type ISocketFactoryArgs, Kafka, type KafkaConfig, type LogEntry } from 'kafkajs';
import { CODECS } from './codecs.js';
import type { KafkaSettings } from './connect.js';
import { compressionsAlgorithms } from './package.js';

// Node does not find these names in a package of the old kind.
const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs;

/** As long as one request may take. */
const REQUEST_MS = 3_000;

export interface ClientOptions {
  /** ms that an answer may take; default 3,000. */
  readonly requestMs?: number;
  /** Lines of kafkajs' log of level ERROR: some things it tells nobody but the log. */
  readonly onError?: (entry: LogEntry['log']) => void;
}

/** A client that is not connected yet, and the connections that it opens. */
export interface Client {
  readonly kafka: Kafka;
  readonly sockets: Sockets;
}

/** kafkajs, connecting as the settings say. */
export function clientOf(settings: KafkaSettings, options: ClientOptions = {}): Client {
  prepare();
  const { onError = () => {}, requestMs: requestTimeout = REQUEST_MS } = options;
  const { brokers, clientId, connectMs = 3_000, tls, sasl } = settings;
  const sockets = new Sockets();
  const kafka = new Kafka({
    ...{ clientId, brokers: brokers.map(({ host, port }) => `${host}:${port}`) },
    ...{ connectionTimeout: connectMs, authenticationTimeout: connectMs, requestTimeout },
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl: saslOf(sasl) }),
    socketFactory: (args) => sockets.open(args),
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 2 },
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log }) =>
        onError(log),
  });
  return { kafka, sockets };
}

function saslOf(sasl: NonNullable<KafkaSettings['sasl']>): NonNullable<KafkaConfig['sasl']> {
  if (sasl.mechanism === 'OAUTHBEARER')
    return {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: await sasl.token() }),
    };
  const { username, password } = sasl;
  const mechanism = sasl.mechanism.toLowerCase() as 'plain' | 'scram-sha-256' | 'scram-sha-512';
  return { mechanism, username, password } as NonNullable<KafkaConfig['sasl']>;
}

/** The connections of a client: kafkajs itself keeps one whose peer no longer answers. */
export class Sockets {
  readonly #open = new Map<Socket, string>();
  #closed = false;

  open({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
    // kafkajs would connect anew for what it still tries when it is closed.
    if (this.#closed) throw new Error('closed');
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl
      ? openTls({ host, port, ...servername, ...ssl }, onConnect)
      : openTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, 60_000).setNoDelay(true);
    this.#open.set(socket, `${host}:${port}`);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  }

  /** Ends the connections to that broker (`host:port`); kafkajs hears of it as of a broken one. */
  drop(broker: string): void {
    for (const [socket, place] of this.#open)
      if (place === broker) socket.destroy(new Error('no answer in time'));
  }

  /** Ends all of them, and lets none be opened. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#open.keys()) socket.destroy(new Error('closed'));
  }
}

let prepared = false;

/** What is set once for the process: codecs that kafkajs lacks, and the one warning that is its own mistake. */
function prepare(): void {
  if (prepared) return;
  prepared = true;
  for (const [name, type] of [
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
  ] as const) {
    CompressionCodecs[type] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => CODECS[name]!.compress(buffer),
      decompress: async (bytes: Buffer) => compressionsAlgorithms[name].decompressSync(bytes),
    });
  }
  withoutNegativeTimeouts();
}

const KAFKAJS = /node_modules[\\/]kafkajs[\\/]/;

/** kafkajs sets timers for times that have passed; newer Node warns of it. Of others' such timers it still does. */
function withoutNegativeTimeouts(): void {
  const emit = process.emitWarning;
  process.emitWarning = (...args: unknown[]): void => {
    const hidden = args[1] === 'TimeoutNegativeWarning' && KAFKAJS.test(new Error().stack ?? '');
    if (!hidden) Reflect.apply(emit, process, args);
  };
}
