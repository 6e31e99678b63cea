/** Ports of servers whose number has to be known before they listen, or to which they come back. */
import { createServer } from 'node:net';

/**
 * Below those that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere): of those any connection
 * may take one before its server listens, or while it is being started again.
 */
const [LEAST, MOST] = [10_240, 32_767];
/** Processes that look at the same time begin at different places. */
let next = LEAST + ((process.pid * 61) % (MOST - LEAST));

/** Ports that nobody listens on, all different, and others in each call. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = MOST - LEAST; tries > 0; tries--) {
    if (ports.length === count) return ports;
    const port = next;
    next = port < MOST ? port + 1 : LEAST;
    if (await isFree(port)) ports.push(port);
  }
  throw new Error(`no ${count} ports that nobody listens on between ${LEAST} and ${MOST}`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
