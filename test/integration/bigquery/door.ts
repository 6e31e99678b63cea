/** A door before the SQL engine: what comes back may be told otherwise, or not be asked for at all. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: string;
}

/** `answer` gives the text to be sent with status 200; `pass` asks the engine. */
export async function door(
  endpoint: string,
  answer: (asked: Asked, pass: () => Promise<string>) => Promise<string>,
): Promise<{ readonly endpoint: string; close(): Promise<void> }> {
  const headers = { 'content-type': 'application/json' };
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '' } = request;
    const body = await text(request);
    let status = 200;
    const pass = async (): Promise<string> => {
      const said = await fetch(`${endpoint}${url}`, { method, headers, ...(body !== '' && { body }) });
      status = said.status;
      return said.text();
    };
    const told = await answer({ method, url, body }, pass);
    response.writeHead(status, headers).end(told);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/**
 * Says `times` times of each job that it is not done yet, as BigQuery does of every job that takes longer than ten
 * seconds (cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults, `jobComplete`).
 */
export async function slow(endpoint: string, times: number) {
  const left = new Map<string, number>();
  let cancelled = 0;
  const { endpoint: told, close } = await door(endpoint, async ({ method, url }, pass) => {
    if (/\/cancel(\?|$)/.test(url)) cancelled++;
    const [, jobId] = /\/queries\/([^?]+)/.exec(url) ?? [];
    if (method !== 'GET' || jobId === undefined) return pass();
    const more = left.get(jobId) ?? times;
    left.set(jobId, more - 1);
    return more > 0 ? JSON.stringify({ jobReference: { jobId }, jobComplete: false }) : pass();
  });
  return {
    endpoint: told,
    /** Jobs that somebody asked for, and did not wait for. */
    left: () => [...left.values()].filter((more) => more >= 0).length,
    cancelled: () => cancelled,
    close,
  };
}
