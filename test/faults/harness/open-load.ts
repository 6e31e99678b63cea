/**
 * A generator of the open model: requests are due at a rate, whatever the answers are, and time counts from when they
 * were due. It keeps what was accepted, by request: the events of request N have ids RUN-0-N-INDEX.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';

export interface OpenAnswer {
  readonly number: number;
  /** When it was due, and ms from then until it was answered. */
  readonly due: number;
  readonly took: number;
  /** 0: none came. */
  readonly status: number;
}

export interface OpenLoad {
  readonly base: string;
  readonly run: string;
  /** Events a request. */
  readonly batch: number;
}

const TICK_MS = 5;
/** Longer than any answer should take: what has no status was cut off by the other side. */
const TIMEOUT_MS = 60_000;

export class OpenGenerator {
  readonly answers: OpenAnswer[] = [];
  readonly #load: OpenLoad;
  /** Connections that wait for a request. A pool of undici would look through all of them for each. */
  readonly #free: Client[] = [];
  readonly #under = new Set<Promise<void>>();
  #count = 0;

  constructor(load: OpenLoad) {
    this.#load = load;
  }

  /** Sends `perSecond` requests a second for `ms`, and waits for their answers; gives those. */
  async open(perSecond: number, ms: number): Promise<OpenAnswer[]> {
    const before = this.answers.length;
    const began = performance.now();
    for (let sent = 0; performance.now() - began < ms; await sleep(TICK_MS)) {
      const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
      for (; sent < due; sent++) this.#begin(began + (sent / perSecond) * 1_000);
    }
    await Promise.all(this.#under);
    return this.answers.slice(before);
  }

  /** Each connection sends again when it is answered: what the target can do at most. */
  async closed(connections: number, ms: number): Promise<OpenAnswer[]> {
    const before = this.answers.length;
    const until = performance.now() + ms;
    const loop = async (): Promise<void> => {
      while (performance.now() < until) await this.#send(performance.now());
    };
    await Promise.all(Array.from({ length: connections }, loop));
    return this.answers.slice(before);
  }

  async close(): Promise<void> {
    await Promise.all(this.#free.splice(0).map((client) => client.destroy()));
  }

  #begin(due: number): void {
    const one = this.#send(due).finally(() => this.#under.delete(one));
    this.#under.add(one);
  }

  async #send(due: number): Promise<void> {
    const number = this.#count++;
    const { base, run, batch } = this.#load;
    const now = Date.now();
    const events = Array.from({ length: batch }, (_, index) => order(`${run}-0-${number}-${index}`, now));
    const body = JSON.stringify({ v: 1, k: 'dev', sent_at: now, events });
    const status = await this.#post(base, body);
    this.answers.push({ number, due, took: performance.now() - due, status });
  }
  /** Visitors do not share connections, and none waits for another's answer: where none is free there is one more. */
  async #post(base: string, body: string): Promise<number> {
    const client =
      this.#free.pop() ?? new Client(base, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
    const headers = { 'content-type': 'application/json' };
    try {
      const answer = await client.request({ path: '/v1/events', method: 'POST', headers, body });
      await answer.body.dump();
      this.#free.push(client);
      return answer.statusCode;
    } catch {
      await client.destroy();
      return 0;
    }
  }
}

/** An order of four items, 1.1 KB: what costs the collector most, and the sender little. */
function order(id: string, now: number) {
  const items = ITEMS.map((item, index) => ({ ...item, item_id: `SKU-${id}-${index}` }));
  const ecommerce = {
    transaction_id: `T-${id}`,
    value: 517.6,
    currency: 'BRL',
    tax: 12.5,
    shipping: 19.9,
    items,
  };
  return { id, name: 'purchase', ts: now, data_layer: { event: 'purchase', ecommerce } };
}

const ITEMS = ['Chaleira Gota', 'Moedor Ipê', 'Café Serra do Caparaó 250 g', 'Filtro de papel 03'].map(
  (item_name, index) => ({
    item_name,
    item_brand: 'Casa Ipê',
    item_category: 'cafe',
    item_variant: 'preto',
    price: 129.4 + index,
    quantity: 1,
    index,
  }),
);
