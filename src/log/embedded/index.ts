import { StargateError } from '../../errors.js';
import { ConsumerRun, type Readable } from '../consumer.js';
import { DEFAULT_TOPIC, type OpenLogOptions, warnOf } from '../options.js';
import {
  type Append,
  type AppendOptions,
  type ConsumeHandlers,
  type ConsumeOptions,
  type Consumer,
  type Log,
  type LogFeatures,
  type LogRecord,
  type PartitionLag,
  type Position,
  refused,
} from '../port.js';
import { Cursor } from './cursor.js';
import { type Disk, isNoRoom, realDisk } from './disk.js';
import { Ends, partitionFolder } from './ends.js';
import { Groups } from './groups.js';
import { LagMeter } from './lag.js';
import { openMeta } from './meta.js';
import { listSegments } from './segment.js';
import { openSlot, type Slot } from './slot.js';

/**
 * Opens the log in a folder, made where it is missing: `stargate-log.json` holds its id, `00000`, `00001`, … are the
 * partitions, `groups` the consumer groups. Errors: STG_LOG_LOCKED, STG_LOG_FULL (a start writes a few hundred bytes),
 * STG_LOG_VERSION, STG_LOG_CORRUPT.
 */
export async function openEmbedded(
  folder: string,
  options: OpenLogOptions,
  disk: Disk = realDisk,
): Promise<EmbeddedLog> {
  return opened(folder, options, disk).catch((cause) => {
    throw isNoRoom(cause)
      ? new StargateError('STG_LOG_FULL', { got: `${cause.code}: ${folder}`, cause })
      : cause;
  });
}

async function opened(folder: string, options: OpenLogOptions, disk: Disk): Promise<EmbeddedLog> {
  const id = await openMeta(disk, folder);
  const groups = new Groups(disk, folder);
  for (const group of options.groups ?? []) await groups.register(group);
  const ends = new Ends(folder);
  const slot = options.role === 'read' ? null : await openSlot({ disk, log: folder, ends, groups }, options);
  return new EmbeddedLog(id, folder, options, { ends, groups, slot });
}

interface Parts {
  readonly ends: Ends;
  readonly groups: Groups;
  readonly slot: Slot | null;
}

/** A log in a folder of this machine: appending fsyncs, and each slot is a partition with one writing process. */
export class EmbeddedLog implements Log {
  readonly id: string;
  readonly topic: string;
  readonly features: LogFeatures = { durable: true, sharedGroups: false, lateOutcomes: true, bounded: true };
  readonly #folder: string;
  readonly #options: OpenLogOptions;
  readonly #parts: Parts;
  readonly #lag: LagMeter;
  readonly #consumers = new Set<Consumer>();
  #closing: Promise<void> | null = null;

  constructor(id: string, folder: string, options: OpenLogOptions, parts: Parts) {
    this.id = id;
    this.topic = options.topic ?? DEFAULT_TOPIC;
    this.#folder = folder;
    this.#options = options;
    this.#parts = parts;
    this.#lag = new LagMeter(folder, parts.ends, parts.groups);
  }

  get inflightBytes(): number {
    return this.#parts.slot?.writer.inflightBytes ?? 0;
  }

  get writable(): boolean {
    return this.#parts.slot?.writer.writable ?? false;
  }

  append(records: readonly LogRecord[], options?: AppendOptions): Append {
    const { slot } = this.#parts;
    if (slot) return slot.writer.append(records, options);
    return refused('STG_LOG_CLOSED', { message: 'This log was opened for reading only.' });
  }

  async consume(group: string, handlers: ConsumeHandlers, options: ConsumeOptions = {}): Promise<Consumer> {
    if (this.#closing) throw new StargateError('STG_LOG_CLOSED');
    const { ends, groups } = this.#parts;
    const run = new ConsumerRun(handlers, options, await groups.own(group));
    try {
      for (const partition of ends.list()) run.add(this.#readable(partition));
    } catch (error) {
      await run.close();
      throw error;
    }
    // Of a slot that appears later nothing was there when the consumer began: all of it is new.
    const stop = ends.onPartition((partition) => run.add(this.#readable(partition), 'earliest'));
    this.#consumers.add(run);
    const forget = (): void => {
      stop();
      this.#consumers.delete(run);
    };
    run.done.then(forget, forget);
    return run;
  }

  /** Deletes segments that are older than `retentionMs`; done every few seconds by itself. */
  async retain(now = Date.now()): Promise<void> {
    await this.#parts.slot?.retain(now);
  }

  lag(group: string): Promise<readonly PartitionLag[]> {
    return this.#lag.measure(group);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Appends first: what was promised to a request must not wait for a consumer's handler.
    await this.#parts.slot?.close();
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await this.#lag.close();
    this.#parts.ends.close();
  }

  #readable(partition: number): Readable {
    const { ends } = this.#parts;
    const folder = partitionFolder(this.#folder, partition);
    const warn = warnOf(this.#options);
    return {
      partition,
      start: async () => (await listSegments(folder))[0] as Position,
      end: () => ends.of(partition).offset as Position,
      reader: (from) => new Cursor(folder, from, () => ends.of(partition), warn),
      grown: (than, signal) => ends.grown(partition, than, signal),
    };
  }
}
