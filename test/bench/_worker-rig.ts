/** What the benchmarks of the worker on Kafka share: a record as the collector writes it, and a worker into plain arrays. */
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { consumeKafka } from '../../src/log/kafka/consumer.js';
import type { Log } from '../../src/log/port.js';
import type { MemoryWarehouse } from '../../src/warehouse/memory.js';
import { startWorker, type Worker } from '../../src/worker/loop.js';
import type { Cluster } from '../helpers/kafka/index.js';
import { settingsOf } from '../integration/kafka/consumer-support.js';
import { pageView } from './_payloads.js';

/** Stands in the record for the id of its event. */
export const ID = 'bench-000000000000';

const POLICY = {
  id: 'dev',
  kind: 'browser',
  timeZone: 'America/Sao_Paulo',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
} as const;
const FACTS = {
  receivedAt: Date.now(),
  ingestPath: 'v1',
  origin: 'https://www.example.com.br',
  address: '203.0.113.7',
  userAgent:
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36',
} as const;

/** The record of one page view. `change` has the request's body. */
export function recordText(change = (body: string): string => body): string {
  const [prepared] = createPreparer(POLICY)(parseEnvelope(Buffer.from(change(pageView(ID)))), FACTS);
  return prepared!.value.toString();
}

export const quiet = { onWarning: () => {} };

/** Consumes the topic into the warehouse, as `stargate worker` does into another. */
export function workerInto(
  warehouse: MemoryWarehouse,
  cluster: Cluster,
  topic: string,
  group: string,
): Promise<Worker> {
  const log: Pick<Log, 'id' | 'topic' | 'consume'> = {
    ...{ id: 'bench', topic },
    consume: (name, handlers, options) =>
      consumeKafka(settingsOf(cluster.brokers, topic), name, handlers, { ...options, ...quiet }),
  };
  const ignore = (): void => {};
  const observer = { read: ignore, skipped: ignore, stored: ignore, rejected: ignore, retrying: ignore };
  return startWorker({ log: log as Log, warehouse, group, observer });
}
