import { describe, expect, it } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import { parseEnvelope, parseLegacy, parseMp } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { readRecord } from '../../src/event/record.js';
import type { RequestFacts, SourcePolicy } from '../../src/event/source.js';
import { facts, json, policy } from './support.js';

const codeOf = (parse: () => unknown): string => {
  try {
    parse();
  } catch (error) {
    if (isStargateError(error)) return error.code;
    throw error;
  }
  return 'accepted';
};

const rows = (
  envelope: ReturnType<typeof parseMp>,
  ingestPath: RequestFacts['ingestPath'],
  own: Partial<SourcePolicy> = {},
) =>
  createPreparer({ ...policy, ...own })(envelope, { ...facts, ingestPath }).map(({ value }) => {
    const record = readRecord(value);
    return record.kind === 'event' ? record.event : record;
  });

describe('parseEnvelope', () => {
  it.each([
    ['', 'STG_BODY_NOT_JSON'],
    ['{"v":1', 'STG_BODY_NOT_JSON'],
    ['{"v":1,"events":[]} x', 'STG_BODY_NOT_JSON'],
    ['{"v":1,"events":[NaN]}', 'STG_BODY_NOT_JSON'],
    ['null', 'STG_BODY_NOT_ENVELOPE'],
    ['[]', 'STG_BODY_NOT_ENVELOPE'],
    ['{"v":2,"events":[]}', 'STG_BODY_NOT_ENVELOPE'],
    ['{"v":"1","events":[]}', 'STG_BODY_NOT_ENVELOPE'],
    ['{"v":1,"events":{}}', 'STG_BODY_NOT_ENVELOPE'],
    [`{"v":1,"events":[${'['.repeat(63)}${']'.repeat(63)}]}`, 'STG_BODY_TOO_DEEP'],
    [`{"v":1,"events":[${'['.repeat(62)}${']'.repeat(62)}]}`, 'accepted'],
    [`{"v":1,"events":[${Array(51).fill('{}').join()}]}`, 'STG_TOO_MANY_EVENTS'],
    [`{"v":1,"events":[${Array(50).fill('{}').join()}]}`, 'accepted'],
    [`{"v":1,"events":[[${Array(200_000).fill(0).join()}]]}`, 'STG_BODY_TOO_LARGE'],
    ['{"v":1,"events":[]}', 'accepted'],
  ])('%.40s: %s', (body, code) => {
    expect(codeOf(() => parseEnvelope(Buffer.from(body)))).toBe(code);
  });

  it('refuses what is no UTF-8', () => {
    expect(codeOf(() => parseEnvelope(Buffer.from([0x7b, 0xff, 0x7d])))).toBe('STG_BODY_NOT_UTF8');
  });

  it('says nothing of the body in its errors', () => {
    try {
      parseEnvelope(Buffer.from('{"v":1,"secret-ana@exemplo.com.br'));
    } catch (error) {
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('ana@');
    }
  });

  it('takes a key only where it is a text, and ignores keys that it does not know', () => {
    expect(parseEnvelope(json({ v: 1, k: 'K', events: [], more: 1 })).key).toBe('K');
    for (const k of [1, null, ['K'], { toString: 1 }, undefined])
      expect(parseEnvelope(json({ v: 1, k, events: [] })).key).toBeNull();
  });

  it('counts the bytes of each event as they arrived', () => {
    const { events } = parseEnvelope(Buffer.from('{"v":1, "events" : [ {"name": "é"} ,\n{"name":"b"}]}'));
    expect(events.map(({ bytes, pointer }) => [bytes, pointer])).toEqual([
      [14, '/events/0'],
      [12, '/events/1'],
    ]);
    // Where the bytes cannot tell, by serialising.
    const escaped = parseEnvelope(Buffer.from('{"v":1,"\\u0065vents":[{"name": "b"}]}'));
    expect(escaped.events[0]?.bytes).toBe(12);
  });
});

describe('parseLegacy', () => {
  it('keeps the ten fields, and everything else in data_layer', () => {
    const [row] = rows(
      parseLegacy(
        json({
          hitType: 'pageview',
          page: '/a?b=1',
          eventLabel: 7,
          clientId: '1.2',
          x: { y: 1 },
          utmSource: { no: 1 },
          utmMedium: null,
        }),
      ),
      'legacy',
    );
    expect(row).toMatchObject({
      event_name: 'pageview',
      ingest_path: 'legacy',
      hitType: 'pageview',
      page: '/a?b=1',
      eventLabel: '7',
      clientId: '1.2',
      user_pseudo_id: '1.2',
      client_id_source: 'legacy',
      data_layer: { x: { y: 1 }, utmSource: { no: 1 } },
      event_timestamp: '2026-11-23T14:32:04.655Z',
    });
    expect(row).not.toHaveProperty('utmSource');
    expect(row).not.toHaveProperty('issues');
  });

  it('needs no field at all', () => {
    const [row] = rows(parseLegacy(json({})), 'legacy');
    expect(row).toMatchObject({ event_name: 'unnamed' });
    expect(row).not.toHaveProperty('data_layer');
  });

  it.each(['[]', '"x"', 'null', '1'])('refuses %s', (body) => {
    expect(codeOf(() => parseLegacy(Buffer.from(body)))).toBe('STG_BODY_NOT_FLAT');
  });
});

describe('parseMp', () => {
  const body = {
    client_id: '12.34',
    user_id: 'u-1',
    timestamp_micros: '1795444324500123',
    non_personalized_ads: true,
    consent: { ad_user_data: 'GRANTED' },
    user_properties: { tier: { value: 'gold' } },
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
    ip_override: '198.51.100.9',
    events: [
      {
        name: 'purchase',
        params: {
          transaction_id: 'T-1',
          currency: 'BRL',
          value: 10.5,
          session_id: '99',
          page_location: 'https://loja.example/x',
          items: [{ item_id: 'A', quantity: 2 }],
        },
      },
      { name: 'page_view', timestamp_micros: 1795444324000000, params: {} },
    ],
  };
  const query = new URLSearchParams('measurement_id=G-1&api_secret=s3');

  it('maps ids, time, consent, page and commerce', () => {
    const envelope = parseMp(json(body), query);
    expect(envelope.key).toBe('s3');
    const [purchase, view] = rows(envelope, 'mp');
    expect(purchase).toMatchObject({
      event_name: 'purchase',
      ingest_path: 'mp',
      user_pseudo_id: '12.34',
      client_id_source: 'mp',
      user_id: 'u-1',
      session_id: 99,
      event_timestamp: '2026-11-23T14:32:04.500Z',
      page_path: '/x',
      transaction_id: 'T-1',
      value: '10.5',
      items: [{ item_id: 'A', quantity: 2 }],
      ip_truncated: '203.0.113.0',
      consent: { ad_user_data: 'granted', ad_personalization: 'denied', analytics_storage: 'unset' },
    });
    expect(view).toMatchObject({ event_timestamp: '2026-11-23T14:32:04.000Z' });
    expect(view).not.toHaveProperty('issues');
  });

  it('believes address and agent only from a server', () => {
    expect(rows(parseMp(json(body), query), 'mp', { kind: 'server' })[0]).toMatchObject({
      ip_truncated: '198.51.100.0',
      browser: 'Firefox',
    });
  });

  it('names a wrong time as the sender wrote it', () => {
    const envelope = parseMp(json({ events: [{ name: 'x', timestamp_micros: 'soon' }] }), query);
    expect(createPreparer(policy)(envelope, { ...facts, ingestPath: 'mp' })[0]).toMatchObject({
      reason: 'field_type',
      pointer: '/events/0/timestamp_micros',
    });
  });

  it('is no envelope without events', () => {
    expect(codeOf(() => parseMp(json({ client_id: '1' }), query))).toBe('STG_BODY_NOT_ENVELOPE');
  });
});
