/** Requests at a steady rate, whatever the server does: latencies count from when a request was due. */
import { Client } from 'undici';
import { CONNECTIONS, HEADERS } from './_collector-rig.js';

export interface Paced {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
}

const TICK_MS = 1;
const WARM_MS = 1_000;

export async function paced(
  port: number,
  bodies: readonly string[],
  perSecond: number,
  ms: number,
): Promise<Paced> {
  const idle = Array.from(
    { length: CONNECTIONS },
    () => new Client(`http://127.0.0.1:${port}`, { pipelining: 1 }),
  );
  const clients = [...idle];
  const due: number[] = [];
  const latencies: number[] = [];
  const began = performance.now();
  let answered = 0;
  let refused = 0;
  const next = (client: Client): void => {
    const at = due.shift();
    if (at === undefined) idle.push(client);
    else send(client, at);
  };
  const send = (client: Client, at: number): void => {
    const body = bodies[answered % bodies.length]!;
    client.dispatch(
      { path: '/v1/events', method: 'POST', headers: HEADERS, body },
      {
        onConnect() {},
        onHeaders(status) {
          if (status !== 202) refused++;
          return true;
        },
        onData: () => true,
        onComplete() {
          // Connections are new in the first second.
          if (at - began > WARM_MS) latencies.push(performance.now() - at);
          answered++;
          next(client);
        },
        onError() {
          refused++;
          next(client);
        },
      },
    );
  };
  for (let sent = 0; performance.now() - began < ms; ) {
    for (; sent < ((performance.now() - began) / 1_000) * perSecond; sent++) {
      due.push(began + (sent / perSecond) * 1_000);
      const client = idle.pop();
      if (client) next(client);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(clients.map((client) => client.destroy()));
  return {
    perSecond: (latencies.length / (ms - WARM_MS)) * 1_000,
    ...{ p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), refused },
  };
}

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN;
