/**
 * A generator that keeps a ledger of what it sent and what was acknowledged, and a checker that compares the
 * ledger with the rows. It never sends an event twice, so that a row that appears twice is our fault.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { answered, emptyLedger, type Ledger, LedgerFile } from './ledger-file.js';

export type { Ledger } from './ledger-file.js';

/** One request and its answer. Times are ms on the clock of performance.now(). */
export interface Answer {
  readonly at: number;
  readonly took: number;
  readonly status: number;
  readonly retryAfter: boolean;
}

export interface Generator {
  readonly ledger: Ledger;
  /** Every answer, in the order of their arrival. */
  readonly answers: readonly Answer[];
  /** Where to send from now on; null pauses. */
  target(base: string | null): void;
  /** Stops when everything is answered. */
  stop(): Promise<void>;
}

export interface GeneratorOptions {
  readonly run: string;
  readonly senders?: number;
  readonly batch?: number;
  readonly writeKey?: string;
  /** Bytes of text more in each event. */
  readonly padding?: number;
  /** Requests a second over all senders; without it each sends as fast as it is answered. */
  readonly perSecond?: number;
  /** A ledger on disk as well: nothing is sent before it is there. */
  readonly file?: string;
}

/** Sends all the time from several loops, one request at a time each. Ids are RUN-SENDER-SEQUENCE-INDEX. */
export function generator(options: GeneratorOptions): Generator {
  const { run, senders = 8, batch = 3, writeKey = 'dev', padding = 0 } = options;
  const filling = 'x'.repeat(padding);
  const [ledger, answers] = [emptyLedger(), [] as Answer[]];
  const file = options.file === undefined ? null : LedgerFile.create(options.file);
  const turn = paced(options.perSecond ?? Number.POSITIVE_INFINITY);
  const agent = new Agent({
    connections: senders,
    connectTimeout: 2_000,
    bodyTimeout: 15_000,
    headersTimeout: 15_000,
  });
  let base: string | null = null;
  let stopped = false;

  async function once(sender: number, sequence: number): Promise<void> {
    const ids = Array.from({ length: batch }, (_, index) => `${run}-${sender}-${sequence}-${index}`);
    await (await file)?.note(`sent ${Date.now()} ${ids.join(' ')}`);
    for (const id of ids) ledger.sent.add(id);
    const at = performance.now();
    const { status, retryAfter } = await post(agent, base!, writeKey, ids, filling);
    answers.push({ at, took: performance.now() - at, status, retryAfter });
    void (await file)?.note(`${status} ${Date.now()} ${ids.join(' ')}`);
    answered(ledger, status, ids);
    if (status !== 202) await sleep(10);
  }

  async function loop(sender: number): Promise<void> {
    for (let sequence = 0; ; ) {
      await turn();
      if (stopped) return;
      if (base === null) await sleep(5);
      else await once(sender, sequence++);
    }
  }
  const loops = Array.from({ length: senders }, (_, sender) => loop(sender));
  let stopping: Promise<void> | null = null;
  async function stop(): Promise<void> {
    stopped = true;
    await Promise.all(loops);
    await (await file)?.close();
    await agent.destroy();
  }

  return {
    ledger,
    answers,
    target: (next) => (base = next),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Resolves `perSecond` times a second. What fell behind by more than a second is not caught up. */
function paced(perSecond: number): () => Promise<void> {
  const step = 1_000 / perSecond;
  let next = performance.now();
  return async () => {
    const now = performance.now();
    next = Math.max(next + step, now - 1_000);
    if (next > now + 1) await sleep(next - now);
  };
}

async function post(
  agent: Agent,
  base: string,
  key: string,
  ids: readonly string[],
  filling: string,
): Promise<Pick<Answer, 'status' | 'retryAfter'>> {
  const now = Date.now();
  const events = ids.map((id) => ({
    id,
    name: 'page_view',
    ts: now,
    data_layer: { event: 'page_view', page_title: 'Casa Ipê', ...(filling && { filling }) },
  }));
  try {
    const answer = await request(`${base}/v1/events`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ v: 1, k: key, sent_at: now, events }),
    });
    await answer.body.dump();
    return { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after']) > 0 };
  } catch {
    return { status: 0, retryAfter: false };
  }
}

export interface Verdict {
  readonly lost: string[];
  readonly duplicates: string[];
  readonly phantoms: string[];
}

/** `stored`: event_id → number of rows. Acknowledged must be stored, once; what was never sent must not be there. */
export function judge({ sent, acknowledged }: Ledger, stored: ReadonlyMap<string, number>): Verdict {
  return {
    lost: [...acknowledged].filter((id) => !stored.has(id)),
    duplicates: [...stored].filter(([, rows]) => rows > 1).map(([id]) => id),
    phantoms: [...stored.keys()].filter((id) => !sent.has(id)),
  };
}
