/**
 * From an envelope to its answer: prepare, append as one, answer when the log has said how it went.
 * A 2xx means that every event of the request, the rejected ones too, is durable.
 */
import { StargateError } from '../errors.js';
import { SCHEMA_VERSION } from '../event/fields.js';
import type { Envelope } from '../event/parse.js';
import type { PreparedEvent, RequestFacts } from '../event/source.js';
import type { AppendOutcome, Log, LogRecord, Position } from '../log/port.js';
import type { clientAddress } from './address.js';
import { type Answer, jsonText, type Request } from './http.js';
import type { Limits } from './limits.js';
import type { Logger } from './logger.js';
import type { CollectorMetrics } from './metrics.js';
import { RateLimit } from './rate.js';
import type { Source } from './sources.js';

/** Hears of every acknowledged request, in the order of the log. Called synchronously; must not throw. */
export interface CollectorObserver {
  acknowledged(
    partition: number,
    first: Position,
    prepared: readonly PreparedEvent[],
    receivedAt: number,
    at: number,
  ): void;
}

export interface IngestDeps {
  readonly log: Log;
  readonly metrics: CollectorMetrics;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly address: ReturnType<typeof clientAddress>;
  readonly partitionBy: 'none' | 'visitor';
  readonly observer: CollectorObserver | null;
}

/** What the sender wants to hear: nothing stored, or each event's fate. */
export interface Wishes {
  readonly validate: boolean;
  readonly debug: boolean;
}
const NO_WISHES: Wishes = { validate: false, debug: false };

const VERSION = String(SCHEMA_VERSION);
const PLAIN_HEADERS = { schema_version: VERSION };
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export class Ingest {
  readonly #deps: IngestDeps;
  readonly #perKey: RateLimit | null;
  /** Bodies by count of accepted events, for the usual case that none is rejected. */
  readonly #bodies = Array.from({ length: 51 }, (_, n) => `{"accepted":${n},"rejected":0}`);

  constructor(deps: IngestDeps) {
    this.#deps = deps;
    this.#perKey = deps.limits.perKey && new RateLimit(deps.limits.perKey);
  }

  /** Stores all events by one append. Errors: STG_RATE_LIMITED; rejects with STG_NOT_STORED where the log did not store. */
  store(
    request: Request,
    { config, prepare }: Source,
    envelope: Envelope,
    path: RequestFacts['ingestPath'],
    success: 200 | 201 | 202,
    wishes = NO_WISHES,
  ): Answer | Promise<Answer> {
    const { address, metrics, log, limits } = this.#deps;
    if (this.#perKey && !this.#perKey.take(config.id)) throw new StargateError('STG_RATE_LIMITED');
    const { headers, receivedAt } = request;
    const prepared = prepare(envelope, {
      receivedAt,
      ingestPath: path,
      origin: headers.origin ?? null,
      userAgent: headers['user-agent'] ?? '',
      address: address(request.peer, headers['x-forwarded-for'] as string | undefined),
    });
    if (wishes.validate) return this.#answer(200, prepared, true);
    metrics.received += prepared.length;
    if (prepared.length === 0) return this.#answer(success, prepared, wishes.debug);
    const began = performance.now();
    const records = this.#records(request, prepared);
    const { answer } = log.append(records, { answerBy: began + limits.answerMs });
    return answer.then((outcome) => {
      this.#settle(outcome, prepared, receivedAt, config.id);
      metrics.ackSeconds((performance.now() - began) / 1_000);
      return this.#answer(success, prepared, wishes.debug);
    });
  }

  #records({ headers, receivedAt }: Request, prepared: readonly PreparedEvent[]): LogRecord[] {
    const traceparent = headers.traceparent;
    const traced = typeof traceparent === 'string' && TRACEPARENT.test(traceparent);
    const recordHeaders = traced ? { schema_version: VERSION, traceparent } : PLAIN_HEADERS;
    const byVisitor = this.#deps.partitionBy === 'visitor';
    const records = new Array<LogRecord>(prepared.length);
    for (let index = 0; index < prepared.length; index++) {
      const event = prepared[index]!;
      const key = byVisitor && event.status === 'accepted' ? event.visitor : null;
      records[index] = { key, value: event.value, headers: recordHeaders, timestamp: receivedAt };
    }
    return records;
  }

  /** Counts and tells; throws unless the outcome is `stored`. */
  #settle(
    outcome: AppendOutcome,
    prepared: readonly PreparedEvent[],
    receivedAt: number,
    source: string,
  ): void {
    const { metrics, observer, logger } = this.#deps;
    if (outcome.state !== 'stored') {
      metrics.producerError(outcome.state);
      const code = outcome.error instanceof StargateError ? outcome.error.code : 'STG_LOG_WRITE';
      logger('append_failed', { state: outcome.state, code, source, events: prepared.length });
      throw new StargateError('STG_NOT_STORED', { cause: outcome.error });
    }
    metrics.acknowledged += prepared.length;
    for (const event of prepared) if (event.status === 'rejected') metrics.rejected(event.reason);
    observer?.acknowledged(outcome.partition!, outcome.first!, prepared, receivedAt, Date.now());
  }

  #answer(status: number, prepared: readonly PreparedEvent[], each: boolean): Answer {
    let rejected = 0;
    for (const event of prepared) if (event.status === 'rejected') rejected++;
    if (each) return jsonText(status, detailedBody(prepared, rejected));
    const accepted = prepared.length - rejected;
    const body = rejected === 0 ? this.#bodies[accepted] : undefined;
    return jsonText(status, body ?? `{"accepted":${accepted},"rejected":${rejected}}`);
  }
}

function detailedBody(prepared: readonly PreparedEvent[], rejected: number): string {
  const events = prepared.map((event, index) => ({
    index,
    id: event.id,
    status: event.status,
    ...(event.status === 'rejected' && { reason: event.reason, pointer: event.pointer }),
  }));
  return JSON.stringify({ accepted: prepared.length - rejected, rejected, events });
}
