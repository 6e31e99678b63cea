/** `GET /v1/p.gif?d=…`: one envelope in base64url, for places that can only load an image. */
import { StargateError } from '../../errors.js';
import { parseEnvelope } from '../../event/parse.js';
import type { Answer, Handler } from '../http.js';
import type { Ingest } from '../ingest.js';
import type { Sources } from '../sources.js';

/** 43 bytes: one transparent pixel. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const IMAGE: Answer = {
  status: 200,
  headers: [
    'content-type',
    'image/gif',
    'cache-control',
    'no-store',
    'cross-origin-resource-policy',
    'cross-origin',
  ],
  body: GIF,
};

export function pixel(sources: Sources, ingest: Ingest, maxBytes: number): Handler {
  return async (request) => {
    const envelope = parseEnvelope(payload(request.query, maxBytes));
    const source = sources.authorise(envelope.key, request.headers);
    await ingest.store(request, source, envelope, 'gif', 200);
    return IMAGE;
  };
}

function payload(query: string, maxBytes: number): Buffer {
  const encoded = new URLSearchParams(query).get('d') ?? '';
  if (encoded.length > maxBytes) throw new StargateError('STG_PIXEL_TOO_LARGE');
  // Buffer passes over what is not base64url; a wrong letter must not change an event silently.
  if (!/^[\w-]*={0,2}$/.test(encoded))
    throw new StargateError('STG_BODY_ENCODING', { message: 'd is not base64url.' });
  return Buffer.from(encoded, 'base64url');
}
