/** `POST /v1/mp`: the shape of GA4's Measurement Protocol; `api_secret` in the query is the key. */
import { parseMp } from '../../event/parse.js';
import type { Handler } from '../http.js';
import type { Ingest } from '../ingest.js';
import type { Sources } from '../sources.js';

export function mp(sources: Sources, ingest: Ingest): Handler {
  return (request) => {
    const envelope = parseMp(request.body, new URLSearchParams(request.query));
    // Senders of this protocol know no other place for a secret than the query.
    const source = sources.authorise(envelope.key, request.headers, true);
    return ingest.store(request, source, envelope, 'mp', 202);
  };
}
