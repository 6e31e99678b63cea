import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { type ReadRecord, readRecord } from '../../src/event/record.js';
import type { PreparedEvent, RequestFacts, SourcePolicy } from '../../src/event/source.js';

export const policy: SourcePolicy = {
  id: 'loja',
  kind: 'browser',
  timeZone: 'America/Sao_Paulo',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
};

export const facts: RequestFacts = {
  receivedAt: Date.parse('2026-11-23T14:32:04.655Z'),
  ingestPath: 'v1',
  origin: 'https://loja.example',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
  address: '203.0.113.77',
};

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The records that one envelope gives, as a worker reads them. */
export function store(
  envelope: object,
  {
    policy: own = {},
    facts: at = {},
  }: { policy?: Partial<SourcePolicy>; facts?: Partial<RequestFacts> } = {},
): { prepared: PreparedEvent[]; records: ReadRecord[] } {
  const body = json({ v: 1, k: 'key', ...envelope });
  const prepared = createPreparer({ ...policy, ...own })(parseEnvelope(body), { ...facts, ...at });
  return { prepared, records: prepared.map(({ value }) => readRecord(value)) };
}

/** The row of the only event; throws where it was rejected. */
export function rowOf(envelope: object, more?: Parameters<typeof store>[1]) {
  const [record] = store(envelope, more).records;
  if (record?.kind !== 'event') throw new Error(JSON.stringify(record));
  return record.event;
}

/** The rejected record of the only event. */
export function rejectedOf(envelope: object, more?: Parameters<typeof store>[1]) {
  const [record] = store(envelope, more).records;
  if (record?.kind !== 'rejected') throw new Error(JSON.stringify(record));
  return record.record;
}
