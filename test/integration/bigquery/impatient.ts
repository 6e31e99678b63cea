/** A door before the SQL engine that first says of every job what BigQuery says of one after ten seconds: it still runs. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export async function impatient(endpoint: string) {
  const told = new Set<string>();
  const again = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { pathname } = new URL(`${endpoint}${request.url}`);
    const answer = await fetch(`${endpoint}${request.url}`, {
      ...{ method: request.method ?? 'GET', headers: { 'content-type': 'application/json' } },
      ...(body !== '' && { body }),
    });
    let said = await answer.text();
    if (told.has(pathname)) again.add(pathname);
    else if (/\/queries\/[^/]+$/.test(pathname)) {
      told.add(pathname);
      const { kind, jobReference } = JSON.parse(said);
      said = JSON.stringify({ kind, jobReference, jobComplete: false });
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(said);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Jobs of which it was said, and that were asked for again. */
    again: () => again.size,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
