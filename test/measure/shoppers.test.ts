import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { readRecord } from '../../src/event/record.js';
import { shoppers } from '../../src/measure/shoppers.js';

const NOW = 1_795_444_324_655;
const options = { seed: 7, writeKey: 'dev', site: 'http://127.0.0.1:8000' };
const envelopes = (count: number, seed = options.seed) => {
  const next = shoppers({ ...options, seed });
  return Array.from({ length: count }, (_, index) => next(NOW + index * 250));
};

const policy = {
  id: 'dev',
  kind: 'browser',
  timeZone: 'UTC',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
} as const;
const facts = {
  receivedAt: NOW,
  ingestPath: 'v1',
  origin: options.site,
  userAgent: 'Mozilla/5.0',
  address: '127.0.0.1',
} as const;

describe('shoppers', () => {
  it('do the same again from the same seed, and something else from another', () => {
    expect(envelopes(50)).toEqual(envelopes(50));
    expect(envelopes(50, 8)).not.toEqual(envelopes(50));
  });

  it('make events that the collector stores, with ids of their own, and a mistake now and then', () => {
    const prepare = createPreparer(policy);
    const prepared = envelopes(3_000).flatMap((envelope) =>
      prepare(parseEnvelope(Buffer.from(JSON.stringify(envelope))), facts),
    );
    const bad = prepared.filter(({ status }) => status === 'rejected');
    expect(bad.length).toBeGreaterThan(3);
    expect(bad.length).toBeLessThan(60);
    expect(new Set(prepared.map(({ id }) => id)).size).toBe(prepared.length);
    const names = new Set(
      prepared
        .map(({ value }) => readRecord(value))
        .flatMap((read) => (read.kind === 'event' ? [read.event.event_name] : [])),
    );
    for (const name of ['page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'purchase', 'event'])
      expect(names).toContain(name);
  });

  it('carry personal data that the scrubber takes out', () => {
    const purchase = envelopes(3_000).find(({ events }) => events[0]!.name === 'purchase')!;
    expect(JSON.stringify(purchase)).toContain('ana@exemplo.com.br');
    const [prepared] = createPreparer(policy)(parseEnvelope(Buffer.from(JSON.stringify(purchase))), facts);
    expect(prepared!.value.toString()).not.toMatch(/ana@exemplo|529\.982|98888-7777/);
  });
});
