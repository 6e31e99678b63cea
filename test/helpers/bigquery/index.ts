import { FIELDS, REJECTED_FIELDS } from '../../../src/event/fields.js';
import { type BigqueryOptions, openBigqueryWriter } from '../../../src/warehouse/bigquery/open-writer.js';
import { POSITION_FIELDS } from '../../../src/warehouse/bigquery/tables.js';
import type { Warehouse } from '../../../src/warehouse/port.js';
import { type ServerOptions, WriteServer } from './server.js';
import { sqlOver } from './sql.js';

export { WriteServer } from './server.js';

export const DATASET = 'projects/project-1/datasets/stargate_v2/tables';

/** The tables that a deployment has. */
export const tablesFor = (...names: readonly string[]) => ({
  ...Object.fromEntries(names.map((name) => [`${DATASET}/${name}`, FIELDS])),
  [`${DATASET}/events_rejected`]: REJECTED_FIELDS,
  [`${DATASET}/stargate_positions`]: POSITION_FIELDS,
});

export const startWriteServer = (options: ServerOptions = {}): Promise<WriteServer> =>
  WriteServer.start({ tables: tablesFor('realtime'), ...options });

/** For who counts requests: none of them is to be a position's. */
export const NO_POSITIONS = { openedMs: 60_000, positionsMs: 60_000 };

/** The adapter on the server, with SQL's part answered from the server's rows. */
export function openOn(
  server: WriteServer,
  options: Partial<BigqueryOptions> = {},
  trimPositions?: () => Promise<void>,
): Promise<Warehouse> {
  const { table = 'realtime' } = options;
  const source = {
    rows: (path: string) => server.rows(path),
    clear: (path: string) => void server.store.tableOf(path).rows.splice(0),
  };
  const sql = { ...sqlOver(source, DATASET, table), ...(trimPositions && { trimPositions }) };
  return openBigqueryWriter(sql, {
    ...{ project: 'project-1', dataset: 'stargate_v2', table, storageEndpoint: server.endpoint },
    ...options,
  });
}

/** event_id of every row, in the order of partition and offset. */
export function eventIds(server: WriteServer, table = 'realtime'): string[] {
  const place = (row: Readonly<Record<string, unknown>>) =>
    Number(row.kafka_partition) * 1e9 + Number(row.kafka_offset);
  return [...server.rows(`${DATASET}/${table}`)]
    .sort((a, b) => place(a) - place(b))
    .map((row) => String(row.event_id));
}
