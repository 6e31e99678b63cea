import { onTestFinished } from 'vitest';
import { type OpenedProducer, openProducer } from '../../../src/log/kafka/open-producer.js';
import type { ConnectOptions, ProduceOptions } from '../../../src/log/kafka/options.js';
import type { Producer } from '../../../src/log/kafka/producer.js';
import type { Append, AppendOutcome } from '../../../src/log/port.js';
import type { Stored } from '../../helpers/kafka/read.js';
import { until } from '../../helpers/log.js';

export { readAll } from '../../helpers/kafka/read.js';

export const addresses = (brokers: readonly string[]): ConnectOptions['brokers'] =>
  brokers.map((broker) => {
    const [host, port] = broker.split(':');
    return { host: host!, port: Number(port) };
  });

export const plain = (brokers: readonly string[], topic: string): ConnectOptions => ({
  ...{ brokers: addresses(brokers), topic, clientId: 'test', tls: null, sasl: null },
});

/** A producer that is connected to every leader, and closed after the test. */
export async function connected(
  connect: ConnectOptions,
  more: Partial<ProduceOptions> = {},
): Promise<OpenedProducer> {
  const opened = openProducer(connect, more, () => {});
  onTestFinished(() => opened.producer.close());
  const ready = async (): Promise<boolean> => {
    await opened.leaders.look();
    return opened.producer.writable && opened.leaders.topic?.errorCode === 0;
  };
  await until('a leader', ready, 30_000);
  return opened;
}

interface Sent {
  readonly ids: readonly string[];
  readonly key: string | null;
  readonly answer: AppendOutcome;
  /** ms from append to answer. */
  readonly took: number;
  readonly final: Append['final'];
}

/** Callers that each append one to three records, wait for the answer, and go on; half of them always with a key. */
export class Load {
  readonly sent: Sent[] = [];
  readonly #loops: Promise<void>[];
  #stopped = false;

  constructor(producer: Producer, callers = 30, answerMs = 10_000) {
    this.#loops = Array.from({ length: callers }, (_, caller) => this.#loop(producer, caller, answerMs));
  }

  get stored(): number {
    return this.sent.filter(({ answer }) => answer.state === 'stored').length;
  }

  /** Stops when all is answered, and waits for every final outcome. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    await Promise.all(this.sent.map(({ final }) => final));
  }

  async #loop(producer: Producer, caller: number, answerMs: number): Promise<void> {
    const key = caller % 2 === 0 ? null : `visitor.${caller}`;
    for (let i = 0; !this.#stopped; i++) {
      const ids = Array.from({ length: 1 + (i % 3) }, (_, n) => `${caller}.${i}.${n}`);
      const records = ids.map((id) => ({
        key,
        value: Buffer.from(`${id} ${'x'.repeat(300)}`),
        timestamp: Date.now(),
      }));
      const begin = performance.now();
      const append = producer.append(records, { answerBy: begin + answerMs });
      const answer = await append.answer;
      this.sent.push({ ids, key, answer, took: performance.now() - begin, final: append.final });
      // As a collector that says 503: nobody comes back at once.
      if (answer.state === 'not_stored') await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export interface Judgement {
  readonly stored: number;
  readonly unknown: number;
  readonly notStored: number;
  /** Called stored, and not there or not at the position told. */
  readonly lost: string[];
  readonly duplicates: string[];
  /** Called not stored, and there. */
  readonly phantoms: string[];
  /** Records of one caller and key behind later ones. */
  readonly disordered: string[];
}

/** Sets what was said beside what is there. */
export async function judge(load: Load, log: readonly Stored[]): Promise<Judgement> {
  const places = new Map<string, Stored[]>();
  for (const one of log) {
    const id = one.value.toString().split(' ')[0]!;
    places.set(id, [...(places.get(id) ?? []), one]);
  }
  const of = (id: string): Stored[] => places.get(id) ?? [];
  const counts = { stored: 0, not_stored: 0, unknown: 0 };
  const [lost, phantoms, disordered]: [string[], string[], string[]] = [[], [], []];
  const last = new Map<string, number>();
  for (const { ids, key, answer, final } of load.sent) {
    const { state, partition, first } = await final;
    if (answer.state !== 'unknown' && answer.state !== state)
      throw new Error(`${ids[0]} was answered ${answer.state}`);
    counts[state] += 1;
    if (state === 'not_stored') phantoms.push(...ids.filter((id) => of(id).length > 0));
    if (state !== 'stored') continue;
    for (const [n, id] of ids.entries()) {
      const [one] = of(id);
      if (one?.partition !== partition || (first !== undefined && one?.offset !== first + n)) lost.push(id);
      const caller = id.split('.')[0]!;
      if (key !== null && one && one.offset < (last.get(caller) ?? -1)) disordered.push(id);
      if (one) last.set(caller, one.offset);
    }
  }
  const duplicates = [...places].filter(([, all]) => all.length > 1).map(([id]) => id);
  return {
    ...{ lost, duplicates, phantoms, disordered },
    ...{ stored: counts.stored, unknown: counts.unknown },
    notStored: counts.not_stored,
  };
}

export const CLEAN = { lost: [], duplicates: [], phantoms: [], disordered: [] };
