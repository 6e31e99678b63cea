/**
 * Bytes of an event in BigQuery, of demo shoppers and of the two payloads that all figures speak of: on the wire of the Storage Write API
 * (the row's protobuf message, as the worker sends it), and by BigQuery's rule of logical bytes, by which storage and
 * queries are billed (cloud.google.com/bigquery/docs/best-practices-costs, "data size calculation"). Seeded: the same
 * figures every time.
 */
import { FIELDS, type Field } from '../../src/event/fields.js';
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import type { RequestFacts } from '../../src/event/source.js';
import type { Position } from '../../src/log/port.js';
import { shoppers } from '../../src/measure/shoppers.js';
import { encoder } from '../../src/warehouse/bigquery/encode.js';
import { project } from '../../src/worker/project.js';
import { corpusPolicy, RECEIVED_AT } from '../corpus/index.js';
import { pageView, purchase } from './_payloads.js';

const EVENTS = 2_000;
const FIXED: Readonly<Record<string, number>> = { INT64: 8, BOOL: 1, TIMESTAMP: 8, DATE: 8, NUMERIC: 16 };

/** Logical bytes: 2 + UTF-8 of a text, fixed sizes of others, a record the sum of its fields, a null nothing. */
function logical(field: Field, value: unknown): number {
  if (value === undefined || value === null) return 0;
  const { type, mode, fields = [] } = field;
  if (mode === 'REPEATED') {
    const single = { ...field, mode: undefined } as unknown as Field;
    return (value as unknown[]).reduce<number>((sum, each) => sum + logical(single, each), 0);
  }
  if (type === 'RECORD') return sumOf(fields, value as Readonly<Record<string, unknown>>);
  if (type in FIXED) return FIXED[type]!;
  return 2 + Buffer.byteLength(type === 'JSON' ? JSON.stringify(value) : String(value));
}

const sumOf = (fields: readonly Field[], row: Readonly<Record<string, unknown>>): number =>
  fields.reduce((sum, field) => sum + logical(field, row[field.name]), 0);

const facts: RequestFacts = {
  ...{
    receivedAt: RECEIVED_AT,
    ingestPath: 'v1' as const,
    origin: 'https://www.example.com.br',
    address: '203.0.113.77',
  },
  userAgent:
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
};

/** Means over the events of these requests. */
function sizesOf(bodies: Iterable<Buffer>) {
  const prepare = createPreparer(corpusPolicy);
  const encode = encoder(FIELDS, 2 ** 24);
  const sum = { events: 0, record: 0, wire: 0, logical: 0, dataLayer: 0 };
  for (const body of bodies) {
    for (const { value } of prepare(parseEnvelope(body), facts)) {
      const at = { topic: 'events', partition: 3 };
      const record = {
        value,
        key: null,
        position: (10_000_000 + sum.events) as Position,
        timestamp: RECEIVED_AT,
      };
      const projected = project(record, at);
      if (!('row' in projected)) continue;
      const { event } = projected.row;
      sum.events += 1;
      sum.record += value.length;
      sum.wire += (encode(event, value.length) as Buffer).length;
      sum.logical += sumOf(FIELDS, event as never);
      sum.dataLayer += logical({ name: '', type: 'JSON', doc: '' }, event.data_layer);
    }
    if (sum.events >= EVENTS) break;
  }
  const mean = (total: number) => Math.round(total / sum.events);
  return {
    ...{ events: sum.events, recordBytes: mean(sum.record), wireBytes: mean(sum.wire) },
    ...{ logicalBytes: mean(sum.logical), dataLayerBytes: mean(sum.dataLayer) },
  };
}

function* demo(): Generator<Buffer> {
  const next = shoppers({ seed: 1, writeKey: 'dev', site: 'https://www.example.com.br' });
  for (let n = 0; n < 10 * EVENTS; n++) yield Buffer.from(JSON.stringify(next(RECEIVED_AT - 1_000 + n)));
}

export async function run(): Promise<Record<string, unknown>> {
  return {
    demo: sizesOf(demo()),
    pageView: sizesOf([Buffer.from(pageView('e', RECEIVED_AT))]),
    purchase: sizesOf([Buffer.from(purchase('e', RECEIVED_AT))]),
  };
}
