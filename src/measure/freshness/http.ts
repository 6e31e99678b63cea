/** Probes over HTTP, as events that the collector takes from anybody who has a key. */
import { Pool } from 'undici';
import { StargateError } from '../../errors.js';
import { PROBE_EVENT } from '../../event/probe.js';
import type { ProbeSender, Sent } from './ports.js';

export interface Target {
  /** The address that events go to. */
  readonly url: URL;
  /** Browser key, in the envelope; null beside a bearer. */
  readonly key: string | null;
  /** Server key, as a bearer. */
  readonly bearer: string | null;
}

export interface HttpSender extends ProbeSender {
  /** Whether the target would take a probe; stores nothing. Errors: STG_TARGET_UNREACHABLE, STG_TARGET_REFUSED. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const ANSWER_MS = 30_000;
/** Probes are few; so many only wait for answers at once when the collector hangs. */
const CONNECTIONS = 32;

interface Answered {
  readonly status: number;
  readonly body: { readonly accepted?: unknown; readonly error?: { code?: unknown; message?: unknown } };
}

export function httpSender({ url, key, bearer }: Target): HttpSender {
  const pool = new Pool(url.origin, { connections: CONNECTIONS });
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'stargate-latency',
    ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
  };
  async function post(id: string, sentAt: number, parameters = ''): Promise<Answered> {
    const { statusCode, body } = await pool.request({
      path: url.pathname + parameters,
      method: 'POST',
      headers,
      body: envelope(id, sentAt, key),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    });
    const text = await body.text();
    return { status: statusCode, body: parsed(text) };
  }
  return {
    async send({ id, sentAt }) {
      try {
        return verdict(await post(id, sentAt));
      } catch (error) {
        return { accepted: false, status: null, reason: reasonOf(error) };
      }
    },
    async check() {
      const answer = await post('probe-check', Date.now(), '?validate=1').catch((cause) => {
        throw new StargateError('STG_TARGET_UNREACHABLE', {
          got: `${reasonOf(cause)} at ${url.origin}`,
          cause,
        });
      });
      if (answer.status !== 200 || answer.body.accepted !== 1) throw refusal(answer, url);
    },
    close: () => pool.destroy(),
  };
}

/** Consent as granted: a probe is nobody's visit, and a strict source would refuse it otherwise. */
const envelope = (id: string, sentAt: number, key: string | null): string =>
  JSON.stringify({
    v: 1,
    ...(key !== null && { k: key }),
    sent_at: sentAt,
    ctx: { consent: { analytics_storage: 'granted', ad_storage: 'denied' } },
    events: [{ id, name: PROBE_EVENT, ts: sentAt }],
  });

function parsed(text: string): Answered['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function verdict({ status, body }: Answered): Sent {
  const accepted = status >= 200 && status < 300 && body.accepted === 1;
  return { accepted, status, reason: accepted ? null : told({ status, body }) };
}

/** What the answer says, for a person. */
function told({ status, body }: Answered): string {
  const { code, message } = body.error ?? {};
  if (typeof code === 'string') return `${status} ${code}: ${typeof message === 'string' ? message : ''}`;
  return status < 300 ? `${status}, and the event was rejected` : String(status);
}

function refusal(answer: Answered, url: URL): StargateError {
  const denied = answer.status === 401 || answer.status === 403;
  return new StargateError('STG_TARGET_REFUSED', {
    expected: `a collector that takes a probe at ${url.href}`,
    got: told(answer),
    next: denied
      ? 'Give a key that this collector knows: --key KEY, or a server key as STARGATE_WRITE_KEY.'
      : 'Give the address of a Stargate collector, such as http://127.0.0.1:8000.',
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
