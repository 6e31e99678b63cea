/**
 * A rehearsal before the run: the sender sends a moment to a sink in its own process, so that its code is compiled
 * and its caches are filled when the clock starts. Without it the first second shows the client, not the target.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createSender } from './sending.js';
import type { SendPlan } from './wire.js';

const LENGTH_MS = 400;
const RATE = 15_000;
const CONNECTIONS = 8;

const ANSWER = Buffer.from(
  'HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{"accepted":1,"rejected":0}',
);
const LENGTH = /content-length: (\d+)\r\n/;

/** Answers each request at once; reads no more than its length. */
function answering(socket: Socket): void {
  let missing = 0;
  socket.on('data', (chunk) => {
    if (missing === 0) {
      const head = chunk.indexOf('\r\n\r\n');
      const [, length = '0'] = LENGTH.exec(chunk.toString('latin1', 0, head + 2)) ?? [];
      missing = head + 4 + Number(length);
    }
    missing = Math.max(0, missing - chunk.length);
    if (missing === 0) socket.write(ANSWER);
  });
  socket.on('error', () => socket.destroy());
}

const portOf = (server: Server): Promise<number | null> =>
  new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : null);
    });
  });

/** Takes about half a second. Where no port can be had there is no rehearsal. */
export async function rehearse(plan: SendPlan): Promise<void> {
  const server = createServer({ noDelay: true }, answering);
  const port = await portOf(server);
  if (port === null) return;
  const sender = createSender(
    {
      ...plan,
      target: { url: `http://127.0.0.1:${port}/`, headers: plan.target.headers },
      curve: { kind: 'constant', rate: RATE, durationMs: LENGTH_MS },
      poisson: false,
      durationMs: LENGTH_MS,
      drainMs: LENGTH_MS,
      timeoutMs: 10 * LENGTH_MS,
      connections: CONNECTIONS,
      worker: 0,
      workers: 1,
    },
    () => {},
  );
  await sender.open();
  await sender.run(performance.now());
  await new Promise((resolve) => server.close(resolve));
}
