/**
 * A request's body as bytes with holes: made once, filled for each request without parsing or printing JSON.
 *
 * Holes keep their width: 8 hex digits of the request's number inside each event id, 13 digits of a time in ms, a
 * visitor's client id (21 characters) and session id (10 digits).
 */

export interface TemplateEvent {
  readonly name: string;
  readonly data_layer?: unknown;
  readonly [more: string]: unknown;
}

export interface TemplateEnvelope {
  readonly ctx: Readonly<Record<string, unknown>>;
  readonly events: readonly TemplateEvent[];
}

type Hole = 'sequence' | 'time' | 'client' | 'session';

/** What stands in a hole until it is filled: texts that no event has. */
const MARKS: Readonly<Record<Hole, string>> = {
  sequence: 'hole0seq',
  time: '4747474747474',
  client: '4848484848.4848484848',
  session: '4949494949',
};

export interface Template {
  readonly bytes: Buffer;
  readonly holes: Readonly<Record<Hole, readonly number[]>>;
}

export const CLIENT_BYTES = MARKS.client.length;
export const SESSION_BYTES = MARKS.session.length;

function find(bytes: Buffer, mark: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) found.push(at);
  return found;
}

/** `lt-7f3a91-01-0000002a-07`: run, process, request, place in the request. */
export const eventId = (run: string, worker: number, sequence: string, index: number): string =>
  `${run}-${worker.toString(16).padStart(2, '0')}-${sequence}-${String(index).padStart(2, '0')}`;

export const hex8 = (sequence: number): string => sequence.toString(16).padStart(8, '0');

/** Makes a template of an envelope. Ids, times and the visitor of its events are replaced. */
export function template({ ctx, events }: TemplateEnvelope, key: string | null, run: string, worker: number) {
  const time = Number(MARKS.time);
  const envelope = {
    v: 1,
    ...(key !== null && { k: key }),
    sent_at: time,
    ctx: {
      ...ctx,
      ids: {
        ...(ctx.ids as object | undefined),
        client_id: MARKS.client,
        session_id: Number(MARKS.session),
      },
    },
    events: events.map((event, index) => ({
      ...event,
      id: eventId(run, worker, MARKS.sequence, index),
      ts: time,
    })),
  };
  return templateOf(Buffer.from(JSON.stringify(envelope)));
}

function templateOf(bytes: Buffer): Template {
  const { sequence, time, client, session } = MARKS;
  return {
    bytes,
    holes: {
      sequence: find(bytes, sequence),
      time: find(bytes, time),
      client: find(bytes, client),
      session: find(bytes, session),
    },
  };
}

const DIGITS = Buffer.from('0123456789abcdef');

/** The time of the last request as digits: thousands of requests share a millisecond. */
const clock = Buffer.alloc(13);
let shown = -1;

function put(to: Buffer, from: Buffer, start: number, length: number, at: number): void {
  for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
}

/**
 * A new body.
 * @param visitor where in `visitors` the client id and then the session id stand
 */
export function filled(
  { bytes, holes }: Template,
  sequence: number,
  now: number,
  visitors: Buffer,
  visitor: number,
): Buffer {
  // Not used again: undici may still hold the bytes of a request that was answered early.
  const body = Buffer.allocUnsafe(bytes.length);
  bytes.copy(body);
  if (now !== shown) {
    clock.write(String(now), 'latin1');
    shown = now;
  }
  for (const at of holes.sequence)
    for (let i = 7, rest = sequence; i >= 0; i--, rest >>>= 4) body[at + i] = DIGITS[rest & 15]!;
  for (const at of holes.time) put(body, clock, 0, 13, at);
  for (const at of holes.client) put(body, visitors, visitor, CLIENT_BYTES, at);
  for (const at of holes.session) put(body, visitors, visitor + CLIENT_BYTES, SESSION_BYTES, at);
  return body;
}
