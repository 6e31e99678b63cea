import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import { openWarehouse } from '../../src/warehouse/open.js';
import type { Warehouse } from '../../src/warehouse/port.js';
import { inFolder, owned } from './folder.js';
import { KEY, rows } from './rows.js';

/** The owner's side of POST /query, as the admin port has it. */
async function serve(warehouse: Warehouse, token: () => string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { sql, ...options } = JSON.parse(await text(request));
    const known = request.headers.authorization === `Bearer ${token()}` && request.url === '/query';
    const body = await (known ? warehouse.query(sql, options) : Promise.reject(new Error('who?'))).catch(
      (error: unknown) => {
        response.statusCode = 400;
        const { code, message, got } = isStargateError(error) ? error : { code: 'X', message: 'x', got: 'x' };
        return { error: { code, message, got } };
      },
    );
    response.setHeader('connection', 'close').end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a client for queries', () => {
  it('asks the owner by HTTP, and reads the file once the owner has gone', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      const owner = await owned(file);
      let token = '';
      const server = await serve(owner, () => token);
      const published = await owner.publishEndpoint({ port: (server.address() as AddressInfo).port });
      token = published?.token ?? '';
      await (await owner.openPartition(KEY, null)).append(rows(0, 5));

      const client = await openWarehouse(`duckdb:${file}`, { mode: 'query' });
      const count = { columns: [{ name: 'n', type: 'BIGINT' }], rows: [{ n: 5 }], truncated: false };
      expect(await client.query('SELECT count(*) AS n FROM events')).toEqual(count);
      expect((await client.query('FROM range(9)', { maxRows: 2 })).truncated).toBe(true);
      await expect(client.query('DELETE FROM events')).rejects.toMatchObject({
        code: 'STG_QUERY_REFUSED',
        got: 'a statement of type DELETE',
      });
      await owner.close();
      server.close();
      await expect(readFile(`${file}.owner.json`)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await client.query('SELECT count(*) AS n FROM events')).toEqual(count);
      await expect(client.query('DELETE FROM events')).rejects.toMatchObject({ code: 'STG_QUERY_REFUSED' });
    });
  });

  it('leaves the file free for an owner between queries', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      await (await owned(file)).close();
      const client = await openWarehouse(`duckdb:${file}`, { mode: 'query' });
      await client.query('SELECT 1');
      const owner = await owned(file);
      // No endpoint is published: the file is locked, and the client says by whom.
      await expect(client.query('SELECT 1')).rejects.toMatchObject({
        code: 'STG_WAREHOUSE_LOCKED',
        got: expect.stringContaining(String(process.pid)),
      });
      await owner.close();
    });
  });

  it.each(['', 'not json', '{"pid":1}', '{"pid":1,"started":"1","port":1,"token":"t"}'])(
    'ignores an owner file that says %j',
    async (content) => {
      await inFolder(async (folder) => {
        const file = join(folder, 'w.duckdb');
        await (await owned(file)).close();
        await writeFile(`${file}.owner.json`, content);
        const client = await openWarehouse(`duckdb:${file}`, { mode: 'query' });
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      });
    },
  );

  it('says what is missing', async () => {
    await inFolder(async (folder) => {
      const client = await openWarehouse(`duckdb:${join(folder, 'none.duckdb')}`, { mode: 'query' });
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'STG_WAREHOUSE_MISSING' });
      await expect(client.openPartition(KEY, null)).rejects.toMatchObject({ code: 'STG_WAREHOUSE_LOCKED' });
    });
  });

  it('is the same for two owners in one process as for two processes', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      const owner = await owned(file);
      await expect(openWarehouse(`duckdb:${file}`, { mode: 'own' })).rejects.toMatchObject({
        code: 'STG_WAREHOUSE_LOCKED',
      });
      await owner.close();
      await (await owned(file)).close();
    });
  });

  it.each(['duckdb:', 'memory:x', 'bigquery://a/b.c', 'w.duckdb', 'duckdb::memory:'])(
    'does not speak %s',
    async (url) => {
      await expect(openWarehouse(url, { mode: 'own' })).rejects.toMatchObject({
        code: 'STG_CONNECTION_UNSUPPORTED',
      });
    },
  );
});
