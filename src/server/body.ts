/** What a body may be, judged from the head; and its bytes, decompressed within bounds. */
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { StargateError } from '../errors.js';
import type { BodyRules } from './http.js';

const inflate = promisify(gunzip);

/** Errors: STG_CONTENT_TYPE, STG_CONTENT_ENCODING, STG_BODY_TOO_LARGE. */
export function checkBody(headers: IncomingHttpHeaders, rules: BodyRules): void {
  const type = headers['content-type'];
  if (type === undefined || !acceptable(type)) throw new StargateError('STG_CONTENT_TYPE');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && !/^(gzip|identity)$/i.test(encoding)) {
    throw new StargateError('STG_CONTENT_ENCODING');
  }
  if (declaredLength(headers) > rules.wireBytes) throw new StargateError('STG_BODY_TOO_LARGE');
}

/** Bytes that the head announces; 0 for a chunked body. */
export function declaredLength(headers: IncomingHttpHeaders): number {
  return Number(headers['content-length'] ?? 0);
}

/** text/plain and application/json, with any parameters. */
function acceptable(type: string): boolean {
  if (type === 'application/json' || type.startsWith('text/plain;')) return true;
  return /^(text\/plain|application\/json)\s*(;|$)/i.test(type.trim());
}

/** Asynchronous, because a bomb would otherwise hold the event loop. Errors: STG_BODY_TOO_LARGE, STG_BODY_ENCODING. */
export async function decompress(body: Buffer, maxOutputLength: number): Promise<Buffer> {
  try {
    return await inflate(body, { maxOutputLength });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new StargateError(code === 'ERR_BUFFER_TOO_LARGE' ? 'STG_BODY_TOO_LARGE' : 'STG_BODY_ENCODING', {
      cause,
    });
  }
}

export function isCompressed(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding'];
  return encoding !== undefined && encoding.toLowerCase() === 'gzip';
}
