import { describe, expect, it } from 'vitest';
import { createReplayer, type ReplayLine } from '../../src/event/replay.js';
import type { SourcePolicy } from '../../src/event/source.js';

const policy = (id: string, more: Partial<SourcePolicy> = {}): SourcePolicy => ({
  ...{ id, kind: 'browser', timeZone: 'America/Sao_Paulo', consent: 'gtm', anonymous: false },
  scrub: { keys: [], allow: [] },
  ...more,
});
const judge = createReplayer(
  [policy('shop', { scrub: { keys: ['matricula'], allow: [] } })],
  policy('replay'),
);
const RECEIVED = Date.UTC(2026, 2, 1, 2);
const line = (value: unknown, more: Partial<ReplayLine> = {}): ReplayLine => ({
  ...{ text: JSON.stringify(value), receivedAt: RECEIVED, source: null, id: null },
  ...more,
});
const stored = (given: ReplayLine) =>
  judge(given).map((result) =>
    result.status === 'accepted' ? JSON.parse(result.value.toString()) : result.reason,
  );

describe('replay', () => {
  it('takes events and envelopes in as if they came when they came', () => {
    expect(stored(line({ id: 'e1', name: 'view' }))).toEqual([
      expect.objectContaining({
        ...{ event_id: 'e1', event_name: 'view', source_id: 'replay' },
        ...{ received_at: '2026-03-01T02:00:00.000Z', event_date: '2026-02-28' },
      }),
    ]);
    const envelope = { v: 1, ctx: { ids: { client_id: '1.2' } }, events: [{ name: 'a' }, { name: 7 }] };
    expect(stored(line(envelope))).toEqual([
      expect.objectContaining({ event_name: 'a', user_pseudo_id: '1.2' }),
      'field_type',
    ]);
  });

  it('takes a log record as it is', () => {
    const [record] = stored(line({ id: 'e1', name: 'view', data_layer: { n: 1 } }));
    expect(stored(line(record, { receivedAt: 0 }))).toEqual([record]);
  });

  it('judges a rejected row by the rules of its source, under an id that stays the same', () => {
    const row = {
      ...{ reason: 'field_type', received_at: '2026-01-05T00:00:00.000Z', source_id: 'shop' },
      ...{ kafka_topic: 'realtime', kafka_partition: 3, kafka_offset: 17 },
      raw: '{"name":"view","data_layer":{"matricula":"77","n":1}}',
    };
    expect(stored(line(row))).toEqual([
      expect.objectContaining({
        ...{ event_id: 'rejected-realtime-3-17', source_id: 'shop', received_at: '2026-01-05T00:00:00.000Z' },
        ...{ pii_redactions: 1, data_layer: expect.objectContaining({ n: 1 }) },
      }),
    ]);
    expect(stored(line({ ...row, source_id: 'gone' }))[0]).toMatchObject({
      source_id: 'gone',
      pii_redactions: 0,
    });
    expect(stored(line({ ...row, raw: '{"id":"own","name":"view"}' }))[0]).toMatchObject({ event_id: 'own' });
  });

  it.each<[string, ReplayLine, string]>([
    ['what is still wrong', line({ reason: 'field_type', raw: '{"name":7}' }), 'field_type'],
    ['what kept nothing', line({ rejected: { reason: 'consent_denied' }, raw: '' }), 'nothing_kept'],
    ['what is no JSON', { ...line(0), text: '{"name":' }, 'event_not_object'],
    ['what is no object', line(['a']), 'event_not_object'],
    ['what consent forbids', line({ name: 'x', consent: { analytics_storage: 'denied' } }), 'consent_denied'],
  ])('refuses %s', (_, given, reason) => {
    expect(stored(given)).toEqual([reason]);
  });
});
