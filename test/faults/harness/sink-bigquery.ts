import type { Faults } from '../../helpers/bigquery/faults.js';
import { tablesFor } from '../../helpers/bigquery/index.js';
import { RemoteServer } from '../../helpers/bigquery/remote.js';
import { workerTarget } from '../../helpers/bigquery/worker.js';
import { TcpProxy } from '../../helpers/proxy.js';
import type { Sink, Spot } from './sink.js';

const TABLE = 'realtime';
/** What the checker asks for, and what the position of last resort is found by. */
const KEPT = [
  ...['event_id', 'kafka_topic', 'kafka_partition', 'kafka_offset'],
  ...['log', 'topic', 'partition', 'position'],
];
/** ms that an answer takes while nothing is wrong. */
const USUAL = [5, 20] as const;

/** The write server and the proxy before it, for who strikes at them. */
export interface BigquerySink extends Sink {
  readonly server: Pick<RemoteServer, 'signal'>;
  readonly proxy: TcpProxy;
  /** Chances of faults, and how many times as long answers take; without any, all is well again. */
  faults(chances?: Partial<Faults>, times?: number): Promise<void>;
}

/** A write server in a process of its own: its rows outlive every worker. */
export async function openBigquerySink(): Promise<BigquerySink> {
  const server = await RemoteServer.start({ tables: tablesFor(TABLE), keep: KEPT });
  const proxy = await TcpProxy.start(server.port);
  const faults = (chances: Partial<Faults> = {}, times = 1): Promise<void> =>
    server.faults({ delayMs: [USUAL[0] * times, USUAL[1] * times], ...chances });
  await faults();
  const rejected = async () => (await server.places('events_rejected')).map(spotOf);
  return {
    ...{ server, proxy, faults, rejected },
    ...workerTarget(server, proxy.port, TABLE),
    slow: (times) => faults({}, times),
    async away() {
      proxy.refuse = true;
      proxy.reset();
    },
    async whole() {
      proxy.refuse = false;
      await faults();
    },
    rows: async () => (await server.events()).map(([id, partition, offset]) => ({ id, partition, offset })),
    // Its views are SQL.
    repeatedInView: async () => null,
    async held() {
      const rows = await server.count();
      const spots = new Set(await server.places('events_rejected'));
      // Nothing but the rows themselves says how far it is.
      return { rows, rejected: spots.size, done: rows + spots.size };
    },
    async byPartition() {
      const counts = Object.entries(await server.byPartition());
      return new Map(counts.map(([partition, rows]) => [Number(partition), rows]));
    },
    async close() {
      server.signal('SIGCONT');
      await proxy.close();
      await server.close();
    },
  };
}

function spotOf(place: string): Spot {
  const [partition, offset] = place.split('/').map(Number) as [number, number];
  return { partition, offset };
}
