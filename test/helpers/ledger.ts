/**
 * A generator that keeps a ledger of what it sent and what was acknowledged, and a checker that compares the
 * ledger with the rows. It never sends an event twice, so that a row that appears twice is our fault.
 */
import { Agent, request } from 'undici';

export interface Ledger {
  readonly sent: Set<string>;
  readonly acknowledged: Set<string>;
  /** Answers by status; 0 stands for a connection that broke. */
  readonly answers: Map<number, number>;
}

export interface Generator {
  readonly ledger: Ledger;
  /** Where to send from now on; null pauses. */
  target(base: string | null): void;
  stop(): Promise<void>;
}

export interface GeneratorOptions {
  readonly run: string;
  readonly senders?: number;
  readonly batch?: number;
  readonly writeKey?: string;
}

/** Sends all the time from several loops, one request at a time each. */
export function generator({ run, senders = 8, batch = 3, writeKey = 'dev' }: GeneratorOptions): Generator {
  const ledger: Ledger = { sent: new Set(), acknowledged: new Set(), answers: new Map() };
  const agent = new Agent({
    connections: senders,
    connectTimeout: 2_000,
    bodyTimeout: 15_000,
    headersTimeout: 15_000,
  });
  let base: string | null = null;
  let stopped = false;

  async function loop(sender: number): Promise<void> {
    for (let sequence = 0; !stopped; sequence++) {
      if (base === null) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const ids = Array.from({ length: batch }, (_, index) => `${run}-${sender}-${sequence}-${index}`);
      for (const id of ids) ledger.sent.add(id);
      const status = await post(agent, base, writeKey, ids);
      ledger.answers.set(status, (ledger.answers.get(status) ?? 0) + 1);
      if (status === 202) for (const id of ids) ledger.acknowledged.add(id);
      else await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const loops = Array.from({ length: senders }, (_, sender) => loop(sender));

  return {
    ledger,
    target: (next) => (base = next),
    async stop() {
      stopped = true;
      await Promise.all(loops);
      await agent.destroy();
    },
  };
}

async function post(agent: Agent, base: string, key: string, ids: readonly string[]): Promise<number> {
  const now = Date.now();
  const events = ids.map((id) => ({
    id,
    name: 'page_view',
    ts: now,
    data_layer: { event: 'page_view', page_title: 'Casa Ipê' },
  }));
  try {
    const answer = await request(`${base}/v1/events`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ v: 1, k: key, sent_at: now, events }),
    });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 0;
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
