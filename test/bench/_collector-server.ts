/**
 * The server under measurement, in a process of its own. Prints its ports; a GET on the control port answers the
 * CPU that it has used. Kinds: `raw` (node:http alone, reading the body and answering), `none` (the collector over a log
 * that stores nothing, but answers in groups), `embedded`.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openLog } from '../../src/log/open.js';
import type { AppendOutcome, Log, Position } from '../../src/log/port.js';
import { NO_ASSETS } from '../../src/server/assets.js';
import { createCollector } from '../../src/server/collector.js';
import { LIMITS } from '../../src/server/limits.js';
import { listen } from '../../src/server/listen.js';
import { CollectorMetrics } from '../../src/server/metrics.js';

const [, , kind = 'none', folder = ''] = process.argv;

function rawServer(): Promise<number> {
  const headers = ['content-type', 'application/json', 'content-length', '27'];
  const server = createServer((incoming, response) => {
    incoming.on('data', () => {});
    incoming.on('end', () => response.writeHead(202, headers).end('{"accepted":1,"rejected":0}'));
  });
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => resolve(portOf(server)));
  });
}

async function collector(): Promise<number> {
  const log = await (kind === 'embedded' ? openLog(`embedded:${folder}`, { role: 'append' }) : groupLog());
  const metrics = new CollectorMetrics('bench');
  const { app } = createCollector({
    log,
    metrics,
    sources: [
      {
        id: 'shop',
        kind: 'browser',
        key: 'pk_shop',
        origins: ['https://www.shop.example'],
        timeZone: 'America/Sao_Paulo',
        consent: 'gtm',
        anonymous: false,
        scrub: { keys: [], allow: [] },
      },
    ],
    legacyBearer: null,
    trustedProxies: ['google'],
    assets: NO_ASSETS,
    version: 'bench',
    // The load shares the machine: what it costs must be counted, not shed.
    limits: { ...LIMITS, lateMs: Number.POSITIVE_INFINITY },
  });
  return (await listen(app, { host: '127.0.0.1', port: 0, metrics })).port;
}

/** Answers all appends of one turn of the event loop together, as a group commit does. */
function groupLog(): Log {
  let waiting: (() => void)[] = [];
  let next = 0;
  const settle = () => {
    const due = waiting;
    waiting = [];
    for (const done of due) done();
  };
  return {
    id: 'none',
    topic: 'none',
    features: { durable: false, sharedGroups: false, lateOutcomes: false, bounded: false },
    inflightBytes: 0,
    writable: true,
    append(records) {
      const first = next as Position;
      next += records.length;
      const answer = new Promise<AppendOutcome>((resolve) => {
        if (waiting.push(() => resolve({ state: 'stored', partition: 0, first })) === 1) setImmediate(settle);
      });
      return { answer, final: answer };
    },
    consume: () => Promise.reject(new Error('nothing to consume')),
    lag: async () => [],
    close: async () => {},
  };
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

const port = kind === 'raw' ? await rawServer() : await collector();
const control = createServer((_, response) => response.end(JSON.stringify(process.cpuUsage())));
control.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port, control: portOf(control) })}\n`);
});
