/** Answers to what node:http could not read: 400, 408, 413 or 431 by hand, then the socket is destroyed. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, StargateError } from '../errors.js';
import type { App } from './app.js';
import type { Exchange } from './exchange.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'STG_REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'STG_HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'STG_BODY_TOO_LARGE',
};

/** ms until a socket is destroyed whose client does not take the answer. */
const FLUSH_MS = 1_000;

/** Returns the status that was sent, or 0 where nothing could be. */
export function answerBroken(
  app: App,
  error: NodeJS.ErrnoException,
  socket: Socket,
  exchange: Exchange | null,
): number {
  // A second answer to one request would be read as the answer to the next.
  if (error.code === 'ECONNRESET' || !socket.writable || exchange?.answered) {
    socket.destroy();
    return 0;
  }
  const refusal = new StargateError(CODES[error.code ?? ''] ?? 'STG_REQUEST_MALFORMED');
  // A request that is under way has a head, and with it an Origin that may read the answer.
  const pending = exchange?.pending ? exchange : null;
  const { status, headers, body } = app.refuse(pending?.head ?? null, refusal);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    `Content-Length: ${body.length}`,
  ];
  for (let index = 0; index < headers.length; index += 2)
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  // `end` alone would keep a socket whose client never reads.
  const timer = setTimeout(() => socket.destroy(), FLUSH_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  return status;
}
