/** What is no event, of every kind, by both ways in: by a request, and put into the topic by somebody else. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import { request } from 'undici';
import { row } from '../../warehouse/rows.js';
import type { Spot } from './sink.js';
import type { Stage } from './stage.js';

/** What a collector says: 4xx, or 202 where the event itself is rejected. */
interface Answered {
  readonly kind: string;
  readonly status: number;
  readonly rejected: number;
}

const MIB = 2 ** 20;
const envelope = (events: string, version = 1): Buffer =>
  Buffer.from(`{"v":${version},"k":"dev","sent_at":${Date.now()},"events":[${events}]}`);

const REQUESTS: Readonly<Record<string, () => Buffer>> = {
  'not JSON': () => envelope('{"id":'),
  'a bad version': () => envelope('{"id":"poison","name":"page_view"}', 99),
  'an event that is no object': () => envelope('"poison"'),
  'a name of another type': () =>
    envelope(`{"id":"poison","name":{"a":1},"ts":${Date.now()},"data_layer":{}}`),
  'invalid UTF-8': () =>
    Buffer.concat([envelope('{"id":"poison","name":"'), Buffer.from([0xff, 0xfe, 0x22])]),
  // Less than what a collector reads of a body that it has refused: else the connection may end before its answer is read.
  huge: () => envelope(`{"id":"poison","name":"n","ts":1,"data_layer":{"filling":"${'x'.repeat(2 * MIB)}"}}`),
};

const record = (more: object): Buffer => row(0, { event_id: 'poison', ...more } as never).value;

/** The topic takes up to 1 MiB. */
const RECORDS: Readonly<Record<string, () => Buffer>> = {
  'a record that is not JSON': () => Buffer.from('{"event_id": "poison",'),
  'a record of no bytes': () => Buffer.alloc(0),
  'a record of another schema': () => record({ received_at: 5 }),
  'a record of a later version': () => record({ schema_version: 99 }),
  'a record of invalid UTF-8': () => Buffer.concat([record({}), Buffer.from([0xc3, 0x28])]),
  'a huge record': () => record({ session_id: 'no number', page_title: 'é'.repeat(400_000) }),
};

/** An event in every respect, whose day BigQuery has no partition for. */
const REFUSED = { 'a row that BigQuery refuses': () => record({ received_at: '2099-01-01T00:00:00.000Z' }) };

export class Poison {
  /** Records that somebody else put into the topic: each must be a rejected one. */
  readonly records: (Spot & { readonly kind: string })[] = [];
  readonly answers: Answered[] = [];
  readonly #stage: Stage;
  readonly #producer: Producer;
  readonly #done: Promise<void>;
  #stopped = false;

  private constructor(stage: Stage, producer: Producer, everyMs: number) {
    this.#stage = stage;
    this.#producer = producer;
    this.#done = this.#go(everyMs);
    this.#done.catch(() => {});
  }

  /** One kind after another, every so many ms. */
  static async pour(stage: Stage, everyMs: number): Promise<Poison> {
    const producer = stage.cluster.client().producer({ allowAutoTopicCreation: false });
    await producer.connect();
    return new Poison(stage, producer, everyMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done.finally(() => this.#producer.disconnect());
  }

  /** Answers that are neither a 4xx nor a rejected event. */
  get accepted(): readonly Answered[] {
    return this.answers.filter(({ status, rejected }) => !(status >= 400 && status < 500) && rejected !== 1);
  }
  /** Events that the collector rejected, which are records of the log too. */
  get rejected(): number {
    return this.answers.reduce((sum, { rejected }) => sum + rejected, 0);
  }

  async #go(everyMs: number): Promise<void> {
    const records = { ...RECORDS, ...(this.#stage.options.sink === 'bigquery' && REFUSED) };
    const doses = [
      ...Object.entries(REQUESTS).map(
        ([kind, make]) =>
          () =>
            this.#ask(kind, make()),
      ),
      ...Object.entries(records).map(
        ([kind, make]) =>
          () =>
            this.#put(kind, make()),
      ),
    ];
    const began = performance.now();
    for (let count = 0; !this.#stopped; count++) {
      await doses[count % doses.length]!();
      await sleep(began + (count + 1) * everyMs - performance.now());
    }
  }

  async #ask(kind: string, body: Buffer): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await request(`${this.#stage.base}/v1/events`, { method: 'POST', headers, body });
    const said = (await answer.body.json().catch(() => ({}))) as { rejected?: number };
    this.answers.push({ kind, status: answer.statusCode, rejected: said.rejected ?? 0 });
  }

  async #put(kind: string, value: Buffer): Promise<void> {
    const { topic } = this.#stage;
    const partition = this.records.length % (this.#stage.options.partitions ?? 3);
    const [stored] = await this.#producer.send({ topic, messages: [{ partition, value }] });
    this.records.push({ kind, partition, offset: Number(stored!.baseOffset) });
  }
}
