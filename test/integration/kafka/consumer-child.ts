/**
 * A worker in a process of its own, to be killed. Its log is Kafka; its warehouse is the parent's, by messages, so
 * that the rows outlive it, as those of a real warehouse do.
 */
import type { Log } from '../../../src/log/port.js';
import type { AppendReceipt, PartitionKey, PartitionWriter, Warehouse } from '../../../src/warehouse/port.js';
import { startWorker } from '../../../src/worker/loop.js';
import type { Call, ChildSettings, Opened } from './consumer-family.js';
import { DRIVERS, settingsOf } from './consumer-support.js';

const { brokers, topic, group, driver, ...consuming } = JSON.parse(process.argv[2]!) as ChildSettings;

let calls = 0;
const answers = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
process.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
  const call = answers.get(id);
  answers.delete(id);
  if (error === undefined) call?.resolve(value);
  else call?.reject(new Error(error));
});
function ask<T>(what: Call['what'], ...args: unknown[]): Promise<T> {
  const id = ++calls;
  process.send!({ id, what, args } satisfies Call);
  return new Promise<T>((resolve, reject) => answers.set(id, { resolve: resolve as never, reject }));
}
const tell = (what: Call['what'], ...args: unknown[]): void => void process.send!({ id: 0, what, args });

const warehouse: Pick<Warehouse, 'openPartition' | 'lastPosition' | 'reject'> = {
  async openPartition(key: PartitionKey, saved: string | null): Promise<PartitionWriter> {
    const { writer, after, ...opened } = await ask<Opened>('open', key, saved);
    return {
      ...opened,
      savedAfter: (skipped) => after[skipped]!,
      append: (rows) =>
        ask<AppendReceipt>(
          'append',
          writer,
          rows.map(({ event }) => [event.kafka_partition, event.kafka_offset, event.event_id]),
        ),
    };
  },
  lastPosition: (key) => ask('last', key),
  reject: (rows) => ask('reject', rows.length),
};

const log: Pick<Log, 'id' | 'topic' | 'consume'> = {
  id: 'kafka',
  topic,
  consume: (name, handlers, options) =>
    DRIVERS[driver].consume(
      settingsOf(brokers, topic),
      name,
      {
        ...handlers,
        onAssigned: async (assignment) => {
          tell('assigned', assignment.partition);
          assignment.signal.addEventListener('abort', () => tell('ended', assignment.partition));
          await handlers.onAssigned(assignment);
        },
      },
      { ...options, ...consuming, onWarning: (text) => tell('warning', text) },
    ),
};

const ignore = (): void => {};
const worker = await startWorker({
  ...{ log: log as Log, warehouse: warehouse as Warehouse, group },
  observer: { read: ignore, skipped: ignore, stored: ignore, rejected: ignore, retrying: ignore },
  onWarning: (text) => tell('warning', text),
});
process.on('SIGTERM', () => void worker.close().then(() => process.disconnect()));
worker.done.catch((error) => {
  tell('failed', String(error?.code), String(error?.stack));
});
