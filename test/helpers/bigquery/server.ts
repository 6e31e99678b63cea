/**
 * A BigQueryWrite server: gRPC over a real socket, with the protos that Google ships. It keeps to the documented
 * semantics, decodes rows by their writer's descriptor, and fails as it is told (`faults.ts`).
 */
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import type { Field } from '../../../src/event/fields.js';
import { type AppendCall, AppendConversation } from './call.js';
import { type Faults, NO_FAULTS, random } from './faults.js';
import { Latency } from './latency.js';
import { writeService } from './protos.js';
import { type Answer, CallError, type Row, Store } from './store.js';

type Chance = 'unavailable' | 'lost' | 'hang' | 'swallow' | 'quota' | 'finalizeLost' | 'createFails';

export interface Counts {
  appends: number;
  rows: number;
  calls: number;
  creates: number;
  finalizes: number;
  idle: number;
  injected: Partial<Record<Chance, number>>;
  /** Refusals inside answers, by their code, and requests refused for their rows. */
  refused: Record<string, number>;
  rowErrors: number;
}

const zero = (): Counts => ({
  ...{ appends: 0, rows: 0, calls: 0, creates: 0, finalizes: 0, idle: 0, rowErrors: 0 },
  ...{ injected: {}, refused: {} },
});

export interface ServerOptions {
  /** False: rows are only counted, for measuring clients. */
  readonly decode?: boolean;
  readonly seed?: number;
  /** Calls that one connection may have at a time; the others wait. Default: no limit. */
  readonly callsPerConnection?: number;
  /** Columns that are kept of a row: all of them, where left out. A long run has no room for that. */
  readonly keep?: readonly string[];
  /** Tables by path; without it rows are taken for any table, unchecked. */
  readonly tables?: Readonly<Record<string, readonly Field[]>>;
}

export class WriteServer {
  readonly store: Store;
  faults: Faults = NO_FAULTS;
  counts = zero();
  port = 0;
  readonly latency = new Latency();
  readonly #grpc: Server;
  readonly #conversations = new Set<AppendConversation>();
  #random: () => number;

  private constructor({ decode = true, seed = 1, callsPerConnection, keep, tables }: ServerOptions) {
    this.#grpc = new Server({
      'grpc.max_receive_message_length': 32 * 2 ** 20,
      ...(callsPerConnection !== undefined && { 'grpc.max_concurrent_streams': callsPerConnection }),
    });
    this.#random = random(seed);
    this.store = new Store({
      decode,
      keep: keep ?? null,
      refuseEvery: () => this.faults.refuseEvery,
      finalizeLagMs: () => this.faults.finalizeLagMs,
      onStored: (rows) => {
        this.counts.rows += rows.length;
        this.latency.record(Date.now(), rows);
      },
    });
    if (!tables) this.store.takeAnyTable();
    for (const [path, fields] of Object.entries(tables ?? {})) this.store.table(path, fields);
  }

  static async start(options: ServerOptions = {}, port = 0): Promise<WriteServer> {
    const server = new WriteServer(options);
    server.#grpc.addService(writeService, server.#handlers());
    server.port = await new Promise<number>((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      server.#grpc.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  set(faults: Partial<Faults>): void {
    this.faults = { ...NO_FAULTS, ...faults };
  }

  seed(seed: number): void {
    this.#random = random(seed);
  }

  rows(path: string): readonly Row[] {
    return this.store.tables.get(path)?.rows ?? [];
  }

  /** Whether the fault strikes this time. */
  draws(chance: Chance): boolean {
    const strikes = this.faults[chance] > 0 && this.#random() < this.faults[chance];
    if (strikes) this.counts.injected[chance] = (this.counts.injected[chance] ?? 0) + 1;
    return strikes;
  }

  delay(): number {
    const [from, to] = this.faults.delayMs;
    return to > 0 ? from + this.#random() * (to - from) : 0;
  }

  note(answer: Answer): void {
    if ('appendResult' in answer) return;
    if (answer.rowErrors) this.counts.rowErrors++;
    else {
      const name = status[answer.error.code] ?? String(answer.error.code);
      this.counts.refused[name] = (this.counts.refused[name] ?? 0) + 1;
    }
  }

  /** Ends every AppendRows call that is open, with PERMISSION_DENIED. */
  denyCalls(): void {
    for (const conversation of this.#conversations)
      conversation.die(status.PERMISSION_DENIED, 'injected: denied');
  }

  /** Ends all calls. */
  async close(): Promise<void> {
    this.#grpc.forceShutdown();
  }

  #handlers() {
    return {
      CreateWriteStream: this.#unary((request: { parent: string }) => {
        this.counts.creates++;
        if (this.draws('createFails')) throw new CallError(status.UNAVAILABLE, 'injected: not created');
        const { name } = this.store.create(request.parent);
        const { fields } = this.store.tableOf(request.parent);
        return { name, type: 'COMMITTED', ...(fields && { tableSchema: { fields: tableSchema(fields) } }) };
      }),
      GetWriteStream: this.#unary(({ name }: { name: string }) => ({
        ...{ name: this.store.stream(name).name, type: 'COMMITTED' },
      })),
      FinalizeWriteStream: this.#unary(({ name }: { name: string }) => {
        this.counts.finalizes++;
        const rowCount = this.store.finalize(name);
        if (this.draws('finalizeLost')) throw new CallError(status.UNAVAILABLE, 'injected: answer lost');
        return { rowCount };
      }),
      AppendRows: (call: AppendCall) => {
        this.counts.calls++;
        const conversation = new AppendConversation(this, call);
        this.#conversations.add(conversation);
        call.on('close', () => this.#conversations.delete(conversation));
      },
      BatchCommitWriteStreams: this.#unary(unimplemented),
      FlushRows: this.#unary(unimplemented),
    };
  }

  #unary<T>(answer: (request: T) => object) {
    return ({ request }: ServerUnaryCall<T, object>, done: sendUnaryData<object>): void => {
      setTimeout(() => {
        try {
          done(null, answer(request));
        } catch (error) {
          done(error as CallError);
        }
      }, this.delay());
    };
  }
}

function unimplemented(): never {
  throw new CallError(status.UNIMPLEMENTED, 'only COMMITTED streams');
}

interface ColumnSchema {
  readonly name: string;
  readonly type: string;
  readonly mode: string;
  readonly fields?: readonly ColumnSchema[];
}

const tableSchema = (fields: readonly Field[]): ColumnSchema[] =>
  fields.map(({ name, type, mode = 'NULLABLE', fields: inner }) => ({
    ...{ name, type: type === 'RECORD' ? 'STRUCT' : type, mode },
    ...(inner && { fields: tableSchema(inner) }),
  }));
