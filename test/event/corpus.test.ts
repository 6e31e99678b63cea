import { describe, expect, it } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { readRecord } from '../../src/event/record.js';
import { type CorpusCase, corpus, corpusPolicy, factsOf } from '../corpus/index.js';

/** Refused by size or encoding before there is a body to parse: the server's tests send these. */
const isForTheServer = ({ expected }: CorpusCase): boolean => expected.code === 'STG_BODY_TOO_LARGE';

const prepare = createPreparer(corpusPolicy);

function codeOf(body: Buffer): string {
  try {
    parseEnvelope(body);
    return 'accepted';
  } catch (error) {
    return isStargateError(error) ? error.code : String(error);
  }
}

describe('the corpus', () => {
  it('has every case of the design', () => {
    const numbers = new Set(corpus.map(({ name }) => Number(name.slice(0, 2))));
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(corpus.filter(({ proves }) => proves.length < 10)).toEqual([]);
  });

  const refused = corpus.filter((one) => one.expected.code !== null && !isForTheServer(one));
  it.each(refused)('$name is refused', ({ request, expected }) => {
    expect(codeOf(request.body)).toBe(expected.code);
  });

  const stored = corpus.filter(({ expected }) => expected.code === null);
  it.each(stored)('$name gives its rows', (one) => {
    const records = prepare(parseEnvelope(one.request.body), factsOf(one)).map(({ value }) =>
      readRecord(value),
    );
    const rows = records.flatMap((record) => (record.kind === 'event' ? [record.event] : []));
    const rejected = records.flatMap((record) => (record.kind === 'rejected' ? [record.record] : []));
    expect(records.map(({ kind }) => kind)).not.toContain('unreadable');
    expect(rows).toEqual(one.expected.rows);
    expect(rejected).toEqual(one.expected.rejected);
    // Nested texts too: toEqual would not see a difference in the order of keys.
    expect(rows.map((row) => JSON.stringify(row.data_layer))).toEqual(
      one.expected.rows.map((row) => JSON.stringify(row.data_layer)),
    );
  });
});
