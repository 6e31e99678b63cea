import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentOf, payloadOf } from '../../src/ui/live/payload.js';
import { curlOf, shellQuote, sqlOf } from '../../src/ui/live/snippets.js';
import { bad, good, idOf, inFlight } from '../helpers/live-events.js';

/** What a real shell hands to the program. */
const asWord = (quoted: string) => execFileSync('sh', ['-c', `printf %s ${quoted}`], { encoding: 'utf8' });

describe('snippets', () => {
  it('quote for a real shell', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((one) => !one.includes('\0'));
    fc.assert(
      fc.property(text, (word) => {
        expect(asWord(shellQuote(word))).toBe(word);
      }),
      { numRuns: 30 },
    );
    expect(asWord(shellQuote('$(id) `id` \\ " \' !\n*'))).toBe('$(id) `id` \\ " \' !\n*');
  });

  it('send a good event again, without its id', () => {
    const body = /-d ('.*')$/s.exec(curlOf(good(7, "it's"), 'http://127.0.0.1:8000', 'dev'))![1]!;
    expect(JSON.parse(asWord(body))).toEqual({
      v: 1,
      k: 'dev',
      events: [{ name: "it's", data_layer: { event: "it's", 'gtm.uniqueEventId': 7 } }],
    });
  });

  it('find an event by id, a bad one by its place', () => {
    expect(sqlOf(good(7, 'x'))).toContain(
      `FROM events\nWHERE received_at >= TIMESTAMP '2026-11-23'\n  AND event_id = '${idOf(7)}'`,
    );
    expect(sqlOf(bad(9))).toContain('FROM events_rejected');
    expect(sqlOf(bad(9))).toContain('kafka_partition = 0 AND kafka_offset = 9');
  });

  it('never put a hostile id into SQL', () => {
    for (const id of ["' OR 1=1 --", "\\' OR 1=1 --", '`x`', 'a\nb', '']) {
      const sql = sqlOf({ ...good(7, 'x'), event_id: id });
      expect(sql).toContain('AND kafka_partition = 0 AND kafka_offset = 7');
      expect(sql).not.toContain('OR 1');
    }
  });
});

describe('the payload', () => {
  it('is the push, whether the column comes as text or as a value', () => {
    expect(payloadOf(good(1, 'x', '/', { data_layer: '{"a":1}' }))).toEqual({ a: 1 });
    expect(payloadOf(good(1, 'x', '/', { data_layer: { a: 1 } }))).toEqual({ a: 1 });
    expect(payloadOf(inFlight(1, 'x'))).toBeNull();
    expect(payloadOf(bad(1, 'x', 'no json'))).toBeNull();
    expect(payloadOf(bad(1, 'x', ''))).toBeNull();
  });

  it('is part of the document that is copied', () => {
    expect(documentOf(good(1, 'x', '/', { data_layer: '{"a":1}' }))).toMatchObject({
      event_id: idOf(1),
      data_layer: { a: 1 },
    });
    expect(documentOf(bad(1, 'x', '{"ts":"a"}'))).toMatchObject({ reason: 'field_type', raw: { ts: 'a' } });
    expect(documentOf(bad(1, 'x', 'no json'))).toMatchObject({ raw: 'no json' });
    expect(documentOf(inFlight(1, 'x'))).toMatchObject({ state: 'in_flight', event_name: 'x' });
  });
});
