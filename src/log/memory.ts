import { randomUUID } from 'node:crypto';
import { StargateError } from '../errors.js';
import { type Commits, ConsumerRun, type Readable, type Reader } from './consumer.js';
import { DEFAULT_TOPIC, type OpenLogOptions } from './options.js';
import type {
  Append,
  AppendOutcome,
  ConsumedRecord,
  ConsumeHandlers,
  ConsumeOptions,
  Consumer,
  Log,
  LogFeatures,
  LogRecord,
  PartitionLag,
  Position,
} from './port.js';

/** Without a limit of the caller: a log in memory must not eat the machine. */
const MAX_BYTES = 256 * 2 ** 20;

interface Committed {
  readonly at: Position;
  readonly saved: string;
}

interface GroupState {
  committed: Committed | null;
  owned: boolean;
}

/** What all logs opened by one name share. */
class Store {
  readonly id: string = randomUUID();
  readonly groups = new Map<string, GroupState>();
  readonly waiting = new Set<() => void>();
  records: ConsumedRecord[] = [];
  bytes = 0;

  get start(): Position {
    return (this.records[0]?.position ?? this.end) as Position;
  }
  end = 0 as Position;

  group(name: string): GroupState {
    const state = this.groups.get(name) ?? { committed: null, owned: false };
    this.groups.set(name, state);
    return state;
  }

  add(records: readonly LogRecord[]): Position {
    const first = this.end;
    for (const { key, value, headers, timestamp } of records) {
      // The caller may use its buffer again.
      this.records.push({ key, value: Buffer.from(value), headers, timestamp, position: this.end });
      this.bytes += value.length;
      this.end = (this.end + 1) as Position;
    }
    for (const check of this.waiting) check();
    return first;
  }

  /** Forgets what every registered group has committed. */
  trim(): void {
    const needed = [...this.groups.values()].map(({ committed }) => committed?.at ?? 0);
    const behind = Math.min(this.end, ...needed) - this.start;
    for (const { value } of this.records.splice(0, behind)) this.bytes -= value.length;
  }
}

const stores = new Map<string, Store>();

/** Opens the log of that name in this process; without a name a new one. */
export function openMemory(name: string, options: OpenLogOptions): MemoryLog {
  const store = stores.get(name) ?? new Store();
  if (name !== '') stores.set(name, store);
  for (const group of options.groups ?? []) store.group(group);
  return new MemoryLog(store, options);
}

/** One partition in memory, by the same contract as the others. */
export class MemoryLog implements Log {
  readonly id: string;
  readonly topic: string;
  readonly features: LogFeatures = {
    durable: false,
    sharedGroups: false,
    lateOutcomes: false,
    bounded: true,
  };
  readonly inflightBytes = 0;
  readonly #store: Store;
  readonly #options: OpenLogOptions;
  readonly #consumers = new Set<Consumer>();
  #closed = false;

  constructor(store: Store, options: OpenLogOptions) {
    this.#store = store;
    this.#options = options;
    this.id = store.id;
    this.topic = options.topic ?? DEFAULT_TOPIC;
  }

  get writable(): boolean {
    return !this.#closed && this.#options.role !== 'read' && this.#fits(1);
  }

  append(records: readonly LogRecord[]): Append {
    const answer = Promise.resolve(this.#append(records));
    return { answer, final: answer };
  }

  async consume(group: string, handlers: ConsumeHandlers, options: ConsumeOptions = {}): Promise<Consumer> {
    if (this.#closed) throw new StargateError('STG_LOG_CLOSED');
    const state = this.#store.group(group);
    if (state.owned) throw new StargateError('STG_GROUP_LOCKED', { got: `group ${group} in this process` });
    state.owned = true;
    const run = new ConsumerRun(handlers, options, commitsOf(state));
    this.#consumers.add(run);
    const forget = (): void => void this.#consumers.delete(run);
    run.done.then(forget, forget);
    run.add(readableOf(this.#store));
    return run;
  }

  async lag(group: string): Promise<readonly PartitionLag[]> {
    const { start, end, records: all } = this.#store;
    const committed = this.#store.groups.get(group)?.committed?.at ?? null;
    const from = Math.max(committed ?? 0, start);
    const oldest = all[from - start];
    const seconds = oldest ? Math.max(0, (Date.now() - oldest.timestamp) / 1_000) : 0;
    return [{ partition: 0, committed, end, records: end - from, seconds }];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
  }

  #append(records: readonly LogRecord[]): AppendOutcome {
    const refuse = (error: StargateError): AppendOutcome => ({ state: 'not_stored', error });
    if (this.#closed) return refuse(new StargateError('STG_LOG_CLOSED'));
    if (this.#options.role === 'read') {
      return refuse(
        new StargateError('STG_LOG_CLOSED', { message: 'This log was opened for reading only.' }),
      );
    }
    const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
    if (!this.#fits(bytes)) return refuse(new StargateError('STG_LOG_FULL'));
    return { state: 'stored', partition: 0, first: this.#store.add(records) };
  }

  #fits(bytes: number): boolean {
    const most = this.#options.maxBytes ?? MAX_BYTES;
    if (this.#store.bytes + bytes > most) this.#store.trim();
    return this.#store.bytes + bytes <= most;
  }
}

const commitsOf = (state: GroupState): Commits => ({
  committed: () => state.committed,
  commit: async (_partition, at, saved) => {
    state.committed = { at, saved };
  },
  release: async () => {
    state.owned = false;
  },
});

const readableOf = (store: Store): Readable => ({
  partition: 0,
  start: async () => store.start,
  end: () => store.end,
  reader: (from) => new MemoryReader(store, from),
  grown: (than, signal) =>
    new Promise((resolve) => {
      const check = (): void => {
        if (store.end <= than && !signal.aborted) return;
        store.waiting.delete(check);
        signal.removeEventListener('abort', check);
        resolve();
      };
      store.waiting.add(check);
      signal.addEventListener('abort', check);
      check();
    }),
});

class MemoryReader implements Reader {
  readonly #store: Store;
  at: Position;

  constructor(store: Store, from: Position) {
    this.#store = store;
    this.at = from;
  }

  async read(maxRecords: number, maxBytes: number): Promise<ConsumedRecord[]> {
    const from = Math.max(0, this.at - this.#store.start);
    const records: ConsumedRecord[] = [];
    let room = maxBytes;
    for (const record of this.#store.records.slice(from, from + maxRecords)) {
      room -= record.value.length;
      if (room < 0 && records.length > 0) break;
      records.push(record);
    }
    const last = records.at(-1);
    if (last) this.at = (last.position + 1) as Position;
    return records;
  }

  async close(): Promise<void> {}
}
