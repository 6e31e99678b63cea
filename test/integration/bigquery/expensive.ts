/** A door before the SQL engine that says of every dry run how many bytes it would read. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface JobRequest {
  readonly configuration?: {
    readonly dryRun?: boolean;
    readonly query?: { readonly maximumBytesBilled?: string; readonly useQueryCache?: boolean };
  };
}

export async function expensive(endpoint: string, bytes: number) {
  const limits: (string | undefined)[] = [];
  let fresh = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const job = request.method === 'POST' && body.startsWith('{') ? (JSON.parse(body) as JobRequest) : {};
    const { dryRun, query } = job.configuration ?? {};
    if (query && !dryRun) limits.push(query.maximumBytesBilled);
    if (query?.useQueryCache === false && !dryRun) fresh++;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${endpoint}${request.url}`, {
      ...{ method: request.method ?? 'GET', headers },
      ...(body !== '' && { body }),
    });
    const said = await answer.text();
    const told = dryRun
      ? said.replace(/"totalBytesProcessed":"0"/g, `"totalBytesProcessed":"${bytes}"`)
      : said;
    response.writeHead(answer.status, headers).end(told);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Queries that ran, and what each was to be billed at most. */
    run: () => limits.length,
    limits: () => limits,
    /** Queries that no cache was to answer. */
    fresh: () => fresh,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
