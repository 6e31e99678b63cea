/** `POST /v1/events`: the tracker's route. */
import { parseEnvelope } from '../../event/parse.js';
import { flag, type Handler } from '../http.js';
import type { Ingest } from '../ingest.js';
import type { Sources } from '../sources.js';

export function events(sources: Sources, ingest: Ingest): Handler {
  return (request) => {
    const envelope = parseEnvelope(request.body);
    const source = sources.authorise(envelope.key, request.headers);
    if (request.query === '') return ingest.store(request, source, envelope, 'v1', 202);
    const wishes = { validate: flag(request.query, 'validate'), debug: flag(request.query, 'debug') };
    return ingest.store(request, source, envelope, 'v1', 202, wishes);
  };
}
