import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MemoryWarehouse } from '../../../src/warehouse/memory.js';
import type { AppendRow, PartitionKey, PartitionWriter } from '../../../src/warehouse/port.js';
import type { DriverName } from './consumer-support.js';

export interface ChildSettings {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly group: string;
  readonly driver: DriverName;
  readonly membersFolder?: string;
  readonly sessionMs?: number;
}

/** A message of a child: a call of the warehouse, or (id 0) news of its consumer. */
export interface Call {
  readonly id: number;
  readonly what: 'open' | 'append' | 'last' | 'reject' | 'assigned' | 'ended' | 'warning' | 'failed';
  readonly args: readonly unknown[];
}

export interface Opened {
  readonly writer: number;
  readonly skip: number;
  readonly saved: string;
  readonly restart: boolean;
  /** Texts of `savedAfter`, by number of records passed over. */
  readonly after: readonly string[];
}

export interface Member {
  readonly process: ChildProcess;
  /** News, in order: `assigned 3`, `ended 3`, … */
  readonly news: string[];
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Worker processes that share a group and one warehouse, which lives here. */
export class Family {
  readonly warehouse = new MemoryWarehouse();
  readonly members: Member[] = [];
  readonly #settings: ChildSettings;
  readonly #writers: PartitionWriter[] = [];

  constructor(settings: ChildSettings) {
    this.#settings = settings;
  }

  /** Ends all members. */
  async end(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
  }

  /** `partition/position` of every row, as often as it was stored. */
  get stored(): string[] {
    return this.warehouse.rows.map(
      ({ kafka_partition, kafka_offset }) => `${kafka_partition}/${kafka_offset}`,
    );
  }

  join(): Member {
    const file = fileURLToPath(new URL('./consumer-child.ts', import.meta.url));
    const process = fork(file, [JSON.stringify(this.#settings)], {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
    });
    const news: string[] = [];
    process.on('message', (call: Call) => {
      if (call.id === 0) news.push([call.what, ...call.args].join(' '));
      else void this.#answer(process, call);
    });
    const exited = once(process, 'exit');
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      process.kill(signal);
      await exited;
    };
    const member = { process, news, kill: () => end('SIGKILL'), close: () => end('SIGTERM') };
    this.members.push(member);
    return member;
  }

  async #answer(child: ChildProcess, { id, what, args }: Call): Promise<void> {
    const answer = await this.#do(what, args as never[]).then(
      (value) => ({ id, value }),
      (error) => ({ id, error: String(error) }),
    );
    // It may have been killed meanwhile.
    if (child.connected) child.send(answer, () => {});
  }

  async #do(what: Call['what'], args: readonly never[]): Promise<unknown> {
    if (what === 'open') return this.#open(args[0]!, args[1]!);
    if (what === 'last') return this.warehouse.lastPosition(args[0]!);
    if (what !== 'append') return null;
    const [writer, rows] = args as unknown as [number, [number, number, string][]];
    const events = rows.map(([partition, offset, event_id]) => {
      const event = { kafka_partition: partition, kafka_offset: offset, event_id };
      return { partition, offset, event } as unknown as AppendRow;
    });
    return this.#writers[writer]!.append(events);
  }

  async #open(key: PartitionKey, saved: string | null): Promise<Opened> {
    const writer = await this.warehouse.openPartition(key, saved);
    const after = Array.from({ length: writer.skip + 1 }, (_, skipped) => writer.savedAfter(skipped));
    const opened = { skip: writer.skip, saved: writer.saved, restart: writer.restart };
    return { ...opened, after, writer: this.#writers.push(writer) - 1 };
  }
}
