/** The write server as a process of its own, which outlives workers that are killed. Its controls are HTTP. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PartitionKey } from '../../../src/warehouse/port.js';
import { type ServerOptions, WriteServer } from './server.js';
import { lastPosition } from './sql.js';

const server = await WriteServer.start(JSON.parse(process.argv[2] ?? '{}') as ServerOptions);

/** Where a row stands, and no more: all of them are asked for. */
const brief = ({ kafka_partition, kafka_offset }: Readonly<Record<string, unknown>>) =>
  `${kafka_partition}/${kafka_offset}`;

let counted = 0;
const rowsByPartition: Record<number, number> = {};

/** Rows of the event table by partition. Each is looked at once: it is asked for many times a second. */
function byPartition(path: string): Record<number, number> {
  const rows = server.rows(path);
  for (; counted < rows.length; counted++) {
    const partition = Number(rows[counted]!.kafka_partition);
    rowsByPartition[partition] = (rowsByPartition[partition] ?? 0) + 1;
  }
  return rowsByPartition;
}

const ROUTES: Readonly<Record<string, (body: never) => unknown>> = {
  '/faults': (faults: object) => server.set(faults),
  '/counts': () => ({
    ...server.counts,
    ...server.latency.summary(),
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
  }),
  '/reset-latency': () => server.latency.reset(),
  '/places': ({ path }: { path: string }) => server.rows(path).map(brief),
  '/ends': ({ path }: { path: string }) => {
    const ends: Record<string, number> = {};
    for (const { kafka_partition, kafka_offset } of server.rows(path))
      ends[String(kafka_partition)] = Math.max(ends[String(kafka_partition)] ?? -1, Number(kafka_offset));
    return ends;
  },
  '/by-partition': ({ path }: { path: string }) => byPartition(path),
  '/events': ({ path }: { path: string }) =>
    server.rows(path).map((row) => [row.event_id, row.kafka_partition, row.kafka_offset]),
  '/count': ({ path }: { path: string }) => {
    const table = server.store.tables.get(path);
    return (table?.rows.length ?? 0) + (table?.undecoded ?? 0);
  },
  '/streams': () => [...server.store.streams.keys()],
  '/forget': ({ name }: { name: string }) => server.store.forget(name),
  '/last': ({ dataset, table, key }: { dataset: string; table: string; key: PartitionKey }) =>
    lastPosition({ rows: (path) => server.rows(path), clear: () => {} }, dataset, table, key),
};

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}

const control = createServer((request, response) => {
  void bodyOf(request)
    .then((body) => ROUTES[request.url ?? '']!(body as never))
    .then((answer) => response.end(JSON.stringify(answer ?? null)))
    .catch((error) => response.writeHead(500).end(String(error)));
});
control.listen(0, '127.0.0.1', () => {
  process.send?.({ port: server.port, control: (control.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit(0));
