/** `POST /api/producer/ga-datalayer`: the one route of Stargate 2.0. */
import { parseLegacy } from '../../event/parse.js';
import type { Handler } from '../http.js';
import type { Ingest } from '../ingest.js';
import type { Sources } from '../sources.js';

export function legacy(sources: Sources, ingest: Ingest): Handler {
  return (request) => {
    const source = sources.authoriseLegacy(request.headers);
    return ingest.store(request, source, parseLegacy(request.body), 'legacy', 201);
  };
}
