/**
 * Whether our write server can be believed: another implementation of the service answers alike, and Google's own
 * writer, which shares no code with ours, works on it.
 */
import { managedwriter } from '@google-cloud/bigquery-storage';
import { credentials, status } from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';
import { expect, it, onTestFinished } from 'vitest';
import { protoMessage } from '../../../src/event/derive/protobuf.js';
import { FIELDS } from '../../../src/event/fields.js';
import { type AppendAnswer, StorageClient } from '../../../src/warehouse/bigquery/client.js';
import { encoder } from '../../../src/warehouse/bigquery/encode.js';
import { openSql } from '../../../src/warehouse/bigquery/open.js';
import { encodeSaved, RULES, tableId } from '../../../src/warehouse/bigquery/saved.js';
import { Streams } from '../../../src/warehouse/bigquery/streams.js';
import { DATASET, startWriteServer } from '../../helpers/bigquery/index.js';
import { startBigquery } from '../../helpers/bigquery-sql.js';
import { describeWith } from '../../helpers/needs.js';
import { row } from '../../warehouse/rows.js';
import { settingsOf } from './support.js';

const TABLE = `${DATASET}/realtime`;
const protoDescriptor = protoMessage('Event', FIELDS);
const encode = encoder(FIELDS, 2 ** 20);
const bytesOf = (event: object) => encode(event, JSON.stringify(event).length) as Buffer;
const good = (offset: number) => bytesOf(row(offset).event);
const { event_id: _, ...nameless } = row(0).event;
const bad = bytesOf(nameless);

/** One request on a call of its own, and its answer, or how the call ended, in a few words. */
function send(client: StorageClient, writeStream: string, offset: number | null, rows: readonly Buffer[]) {
  return new Promise<string>((resolve) => {
    const call = client.append(writeStream);
    call.on('data', (answer: AppendAnswer) => {
      resolve(told(answer));
      call.end();
    });
    call.on('error', ({ code }: { code?: number }) => resolve(`call ended: ${status[code ?? -1]}`));
    call.write({
      ...{ writeStream, ...(offset !== null && { offset: { value: offset } }) },
      protoRows: { writerSchema: { protoDescriptor }, rows: { serializedRows: rows } },
    });
  });
}

function told({ appendResult, error, rowErrors = [] }: AppendAnswer): string {
  if (!error) return `stored at ${appendResult?.offset?.value ?? 0}`;
  const finalized = /finalized/i.test(error.message ?? '') ? ', finalized' : '';
  const wrong = rowErrors.map(({ index }) => `, row ${index ?? 0}`).join('');
  return `${status[error.code ?? -1]}${finalized}${wrong}`;
}

/** What who takes over reads out of it. */
const counted = (client: StorageClient, table: string, name: string, r: number) =>
  new Streams(client, { table, tableId: tableId(table), recountMs: null }).count(
    encodeSaved({ t: tableId(table), s: name.split('/').at(-1)!, r, v: RULES }),
  );

/** What happens to a stream, from its making on. */
async function story(client: StorageClient, table: string): Promise<unknown[]> {
  const { name } = await client.create(table);
  const at = (offset: number, rows: readonly Buffer[]) => send(client, name, offset, rows);
  return [
    await at(0, [good(0), good(1), good(2)]),
    await at(0, [good(0), good(1), good(2)]),
    await at(2, [good(2), good(3)]),
    await at(9, [good(9)]),
    await at(3, [good(3), bad, good(5), bad]),
    await at(3, [good(3), good(4)]),
    await client.finalize(name),
    await client.finalize(name),
    await at(5, [good(5)]),
    await send(client, `${table}/streams/_default`, null, [good(6)]),
    await counted(client, table, name, 2),
    await counted(client, table, `${table}/streams/none`, 0),
  ];
}

const STORY = [
  'stored at 0',
  'ALREADY_EXISTS',
  'ALREADY_EXISTS',
  'OUT_OF_RANGE',
  'INVALID_ARGUMENT, row 1, row 3',
  'stored at 3',
  5,
  5,
  'INVALID_ARGUMENT, finalized',
  'stored at 0',
  { skip: 3, restart: false, uncounted: null },
  { skip: 0, restart: false, uncounted: expect.stringContaining('no longer knows the stream') },
];

async function opened(port: number, project: string): Promise<StorageClient> {
  const endpoint = { host: '127.0.0.1', port, insecure: true };
  const client = await StorageClient.open({ project, endpoint, deadlineMs: 20_000 });
  onTestFinished(() => client.close());
  return client;
}

it('our write server answers as the service is documented to', async () => {
  const server = await startWriteServer();
  onTestFinished(() => server.close());
  expect(await story(await opened(server.port, 'project-1'), TABLE)).toEqual(STORY);
  expect(server.rows(TABLE).map(({ kafka_offset }) => kafka_offset)).toEqual([0, 1, 2, 3, 4, 6]);
});

it('our write server refuses a request over the limit, and stores nothing of it', async () => {
  const server = await startWriteServer();
  onTestFinished(() => server.close());
  const client = await opened(server.port, 'project-1');
  const { name } = await client.create(TABLE);
  const large = encoder(FIELDS, 2 ** 24)(
    { ...row(0).event, page_title: 'x'.repeat(11 * 2 ** 20) },
    12 * 2 ** 20,
  );
  expect(await send(client, name, 0, [large as Buffer])).toBe('call ended: INVALID_ARGUMENT');
  expect(await send(client, name, 0, [good(1)])).toBe('stored at 0');
  expect(server.rows(TABLE)).toHaveLength(1);
});

describeWith('bigquery', 'another implementation of the service', () => {
  it('answers as ours does', { timeout: 120_000 }, async () => {
    const engine = await startBigquery();
    onTestFinished(() => engine.close());
    const settings = settingsOf(engine.endpoint);
    const { setup } = openSql(settings);
    await setup.apply(await setup.plan());
    const client = await opened(engine.grpcPort, settings.project);
    const { project, dataset, table } = settings;
    expect(await story(client, `projects/${project}/datasets/${dataset}/tables/${table}`)).toEqual(STORY);
  });
});

it("Google's own writer works on our server", async () => {
  const server = await startWriteServer();
  onTestFinished(() => server.close());
  const client = new managedwriter.WriterClient({
    ...{ apiEndpoint: '127.0.0.1', port: server.port, projectId: 'project-1' },
    ...{ sslCreds: credentials.createInsecure(), authClient: new OAuth2Client() as never },
  });
  const connection = await client.createStreamConnection({
    ...{ streamType: 'COMMITTED', destinationTable: TABLE },
  });
  const writer = new managedwriter.Writer({ connection, protoDescriptor: protoDescriptor as never });
  const append = (offset: number, ...serializedRows: Buffer[]) =>
    writer.appendRows({ serializedRows }, offset).getResult() as Promise<AppendAnswer>;
  const answers = await Promise.all([append(0, good(0), good(1)), append(2, good(2)), append(3, bad)]);
  expect(answers.map(told)).toEqual(['stored at 0', 'stored at 2', 'INVALID_ARGUMENT, row 0']);
  expect(await connection.finalize()).toMatchObject({ rowCount: '3' });
  writer.close();
  client.close();
  expect(server.rows(TABLE).map(({ event_id }) => event_id)).toEqual(['e0-0', 'e0-1', 'e0-2']);
});
