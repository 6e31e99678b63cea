/** A worker in a process of its own, to be killed: Kafka in, the write server out. */
import { openLog } from '../../../src/log/open.js';
import type { Log } from '../../../src/log/port.js';
import { openBigqueryWriter } from '../../../src/warehouse/bigquery/open-writer.js';
import { startWorker } from '../../../src/worker/loop.js';
import { remoteSql } from '../../helpers/bigquery/remote.js';
import type { WorkerSettings } from './bigquery-family.js';

const {
  log: url,
  group,
  endpoint,
  control,
  answerMs,
  recountMs,
  membersFolder,
} = JSON.parse(process.argv[2]!) as WorkerSettings;

const tell = (...words: readonly string[]): void => void process.send?.(words.join(' '));
const onWarning = (text: string): void => tell('warning', text);

const log = await openLog(url, { role: 'read', onWarning, ...(membersFolder && { membersFolder }) });
/** Tells when it gets a partition, when it has taken it over, and when it has to leave it. */
const toldLog: Pick<Log, 'id' | 'topic' | 'consume'> = {
  ...{ id: log.id, topic: log.topic },
  consume: (name, handlers, options) => {
    const onAssigned: typeof handlers.onAssigned = async (assignment) => {
      tell('assigned', String(assignment.partition));
      await handlers.onAssigned(assignment);
      tell('opened', String(assignment.partition));
    };
    const onRevoked: typeof handlers.onRevoked = (partition) => {
      tell('revoked', String(partition));
      return handlers.onRevoked(partition);
    };
    return log.consume(name, { ...handlers, onAssigned, onRevoked }, options);
  },
};
const warehouse = await openBigqueryWriter(remoteSql(control, 'realtime'), {
  ...{ project: 'project-1', dataset: 'stargate_v2', table: 'realtime', storageEndpoint: endpoint },
  ...{ answerMs, recountMs: recountMs ?? null },
});
const ignore = (): void => {};
const worker = await startWorker({
  ...{ log: toldLog as Log, warehouse, group, onWarning },
  observer: {
    ...{ read: ignore, stored: ignore, rejected: ignore },
    skipped: (rows) => tell('skipped', String(rows.length)),
    retrying: (partition, error) => tell('retrying', String(partition), String((error as Error).message)),
  },
  backoff: { firstMs: 20, mostMs: 1_000 },
});
tell('started');

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  tell('usage', String((user + system) / 1e6), String(process.memoryUsage.rss() / 2 ** 20));
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => {
  void worker
    .close()
    .then(() => warehouse.close())
    .then(() => log.close())
    .finally(() => process.exit(0));
});
worker.done.catch((error) => tell('failed', String(error?.code), String(error?.stack)));
