import { isIP } from 'node:net';
import type { Address, ConnectOptions } from './options.js';
import { AuthenticationError, Connection } from './package.js';

/** The longest timer of Node. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * Opens a connection to a broker, with TLS and SASL as the options say. The connection never gives up a request by
 * itself: one of the package's that did could not be used again.
 */
export async function connect(options: ConnectOptions, to: Address): Promise<Connection> {
  const { clientId, connectMs = 3_000, tls, sasl } = options;
  const connection = new Connection(clientId, {
    connectTimeout: connectMs,
    requestTimeout: NEVER_MS,
    ...(tls && { tls: { ...tls } }),
    // Node checks the certificate against the host by itself, but names it to the broker only when told to.
    ...(tls && isIP(to.host) === 0 && { tlsServerName: to.host }),
    ...(sasl && { sasl: { ...sasl, ...(sasl.mechanism === 'OAUTHBEARER' && { authBytesValidator }) } }),
  });
  // Without a listener an error would end the process; a close follows each.
  connection.on('error', () => {});
  try {
    await connection.connect(to.host, to.port);
    return connection;
  } catch (error) {
    drop(connection);
    throw error;
  }
}

/**
 * A broker that does not take a token says so in an answer without an error code, and waits for one more word (RFC 7628,
 * 3.2.2 and 3.2.3). The package takes that for a success, and every later question fails for another reason.
 */
function authBytesValidator(answer: Buffer, done: (error: Error | null, answer?: Buffer) => void): void {
  if (answer.length === 0) done(null, answer);
  else done(new AuthenticationError(`the token was refused: ${answer.toString().slice(0, 200)}`));
}

/** Ends a connection at once: a peer that does not answer would keep `close` alone waiting for ever. */
export function drop(connection: Connection): void {
  connection.socket?.destroy();
  // Also ends the timer by which it would authenticate again.
  connection.close(() => {});
}
