/** A topic filled as fast as the producer goes, for benchmarks of what reads it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openProducer } from '../../src/log/kafka/open-producer.js';
import type { ProduceOptions } from '../../src/log/kafka/options.js';
import type { Append } from '../../src/log/port.js';
import type { Cluster } from '../helpers/kafka/index.js';

const BATCH = 500;
/** Appends under way while the topic is filled. */
const AHEAD = 24;

export async function fillTopic(
  cluster: Cluster,
  topic: string,
  records: number,
  made: (n: number) => Buffer,
  options: Partial<ProduceOptions> = {},
): Promise<void> {
  const brokers = cluster.nodes.map(({ ports }) => ({ host: '127.0.0.1', port: ports.plain }));
  const connect = { brokers, topic, clientId: 'fill', tls: null, sasl: null };
  const { producer, leaders } = openProducer(connect, options, () => {});
  await leaders.look();
  while (!producer.reachable) await sleep(20);
  const appends: Append[] = [];
  for (let at = 0; at < records; at += BATCH) {
    const timestamp = Date.now();
    const some = Array.from({ length: Math.min(BATCH, records - at) }, (_, i) => ({
      ...{ key: null, value: made(at + i), timestamp },
    }));
    appends.push(producer.append(some));
    if (appends.length >= AHEAD) await stored(appends.shift()!);
  }
  await Promise.all(appends.map(stored));
  await producer.close();
}

async function stored({ answer }: Append): Promise<void> {
  const { state, error } = await answer;
  if (state !== 'stored') throw error;
}
