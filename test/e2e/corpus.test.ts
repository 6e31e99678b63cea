/** Every case of the corpus through a real `dev`: posted over HTTP, read back from DuckDB, compared with its rows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CorpusCase, corpus, corpusPolicy, WRITE_KEY } from '../corpus/index.js';
import { folder } from '../helpers/cli.js';
import { type Dev, type Row, startDev } from '../helpers/dev.js';
import { endAll } from '../helpers/running.js';

interface Outcome {
  readonly status: number;
  readonly body: string;
  /** Positions of the log that the case took. */
  readonly events: readonly Row[];
  readonly rejected: readonly Row[];
}

const site = folder({
  'stargate.json': JSON.stringify({
    sources: [
      {
        ...corpusPolicy,
        key: WRITE_KEY,
        origins: [...new Set(corpus.map(({ request }) => request.headers.origin))],
      },
    ],
  }),
});
const outcomes = new Map<string, Outcome>();
const COORDINATES = ['kafka_topic', 'kafka_partition', 'kafka_offset', 'kafka_timestamp', 'kafka_key'];

/** One case after the other, so that each knows its positions in the log. */
async function postAll(dev: Dev): Promise<void> {
  const answers: { readonly name: string; readonly status: number; readonly body: string; first: number }[] =
    [];
  let stored = 0;
  for (const { name, request, expected } of corpus) {
    const answer = await fetch(dev.url + request.path, {
      method: 'POST',
      headers: request.headers,
      body: new Uint8Array(request.body),
    });
    answers.push({ name, status: answer.status, body: await answer.text(), first: stored });
    stored += expected.rows.length + expected.rejected.length;
  }
  await dev.wait(`good=${total('rows')}&bad=${total('rejected')}`);
  const events = await dev.query('SELECT * FROM events ORDER BY kafka_offset');
  const rejected = await dev.query('SELECT * FROM events_rejected ORDER BY kafka_offset');
  answers.forEach(({ name, status, body, first }, index) => {
    const end = answers[index + 1]?.first ?? stored;
    const own = (rows: readonly Row[]) =>
      rows.filter(({ kafka_offset: at }) => Number(at) >= first && Number(at) < end);
    outcomes.set(name, { status, body, events: own(events), rejected: own(rejected) });
  });
}

const total = (kind: 'rows' | 'rejected') =>
  corpus.reduce((sum, { expected }) => sum + expected[kind].length, 0);

/** A row as its record has it: absent instead of null or empty, numbers without the zeros of their scale. */
function asRecord(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => asRecord(one));
  if (typeof value === 'string' && /^(value|tax|shipping|price|discount)$/.test(key))
    return value.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([name, one]) => one !== null && !(Array.isArray(one) && one.length === 0) && !COORDINATES.includes(name),
  );
  return Object.fromEntries(entries.map(([name, one]) => [name, asRecord(one, name)]));
}

const HOURS_72 = 72 * 3_600_000;
const dates = new Intl.DateTimeFormat('sv', { timeZone: corpusPolicy.timeZone });

/** What the case expects of a row that came at this moment, from this machine. */
function expectedRow(record: CorpusCase['expected']['rows'][number], row: Row): unknown {
  const received = Date.parse(String(row.received_at));
  const skew = record.sent_at ? received - Date.parse(record.sent_at) : 0;
  const happened = Date.parse(record.client_timestamp!) + skew;
  const late = happened < received - HOURS_72;
  const at = late ? received - HOURS_72 : happened;
  const note = '/ts: more than 72 h before its arrival, set to 72 h before';
  return asRecord({
    ...record,
    received_at: row.received_at,
    event_timestamp: new Date(at).toISOString(),
    event_date: dates.format(at),
    ip_truncated: '127.0.0.0',
    issues: [...(record.issues ?? []), ...(late ? [note] : [])].sort(),
    data_layer: JSON.stringify(record.data_layer),
  });
}

const sorted = (row: Row): Row => ({ ...row, issues: [...((row.issues as string[]) ?? [])].sort() });

describe('the corpus, over HTTP into DuckDB', () => {
  let dev: Dev;
  beforeAll(async () => {
    dev = await startDev(site.path);
    await postAll(dev);
  });
  afterAll(async () => {
    await endAll();
    site.remove();
  });

  const refused = corpus.filter(({ expected }) => expected.code !== null);
  it.each(refused)('$name is refused with its code, and stores nothing', ({ name, expected }) => {
    const { status, body, events, rejected } = outcomes.get(name)!;
    expect([status, JSON.parse(body).error.code]).toEqual([expected.status, expected.code]);
    expect([...events, ...rejected]).toEqual([]);
  });

  const taken = corpus.filter(({ expected }) => expected.code === null);
  it.each(taken)('$name gives its rows', ({ name, expected }) => {
    const { status, body, events, rejected } = outcomes.get(name)!;
    expect(status).toBe(expected.status);
    expect(JSON.parse(body)).toEqual({
      accepted: expected.rows.length,
      rejected: expected.rejected.length,
    });
    expect(events.map(sorted).map((row) => asRecord(row))).toEqual(
      expected.rows.map((record, index) => expectedRow(record, events[index]!)),
    );
    expect(
      rejected.map(({ reason, pointer, raw, source_id }) => ({ reason, pointer, raw, source_id })),
    ).toEqual(
      expected.rejected.map((record) => ({
        ...record.rejected,
        raw: record.raw,
        source_id: record.source_id,
      })),
    );
  });

  it('leaves nothing uncounted', async () => {
    const good = total('rows');
    const bad = total('rejected');
    expect(await dev.counts()).toEqual({ total: good + bad, good, bad });
  });

  it('keeps every copy of an event, and shows the first of equal ids', async () => {
    const copies = `FROM TABLE WHERE event_id = 'same'`;
    const [all] = await dev.query(`SELECT count(*) AS n ${copies.replace('TABLE', 'events')}`);
    const one = await dev.query(`SELECT kafka_offset ${copies.replace('TABLE', 'events_deduped')}`);
    expect(all).toEqual({ n: 3 });
    expect(one).toHaveLength(1);
  });
});
