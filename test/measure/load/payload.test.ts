/** Bodies as the collector reads them. */
import { describe, expect, it } from 'vitest';
import { mixNames } from '../../../src/measure/load/mix.js';
import { createPayload } from '../../../src/measure/load/payload.js';

const spec = (from: string, batch = 1, key: string | null = 'dev') =>
  ({ kind: 'events', from, batch, sessions: 50, key }) as const;

interface Body {
  k?: string;
  sent_at: number;
  ctx: { ids: { client_id: string; session_id: number } };
  events: { id: string; name: string; ts: number; data_layer: object }[];
}
const parsed = (body: Buffer) => JSON.parse(body.toString()) as Body;

describe('payloads', () => {
  it.each(mixNames())('of mix %s are envelopes of this moment', (mix) => {
    const payload = createPayload(spec(mix, 3), 'lt-0123ab', 2, Date.now());
    const before = Date.now();
    for (let n = 0; n < 300; n++) {
      const { k, sent_at, ctx, events } = parsed(payload.body(n));
      expect(k).toBe('dev');
      expect(sent_at).toBeGreaterThanOrEqual(before);
      expect(sent_at).toBeLessThanOrEqual(Date.now());
      expect(ctx.ids.client_id).toMatch(/^\d{10}\.\d{10}$/);
      expect(events).toHaveLength(3);
      for (const [index, event] of events.entries()) {
        expect(event.id).toBe(`lt-0123ab-02-${n.toString(16).padStart(8, '0')}-0${index}`);
        expect(event.ts).toBe(sent_at);
        expect(event.name).not.toBe('');
        expect(event.data_layer).toBeTypeOf('object');
      }
    }
  });

  it('have ids of their own in every process, and many visitors', () => {
    const ids = new Set<string>();
    const visitors = new Set<string>();
    for (const worker of [0, 1, 17])
      for (let n = 0; n < 1000; n++) {
        const { ctx, events } = parsed(createPayloadOnce(worker).body(n * 70_001));
        ids.add(events[0]!.id);
        visitors.add(ctx.ids.client_id);
      }
    expect(ids.size).toBe(3000);
    expect(visitors.size).toBe(50);
  });

  it('carry no key where a header does, and a body of your own as it is', () => {
    expect(parsed(createPayload(spec('ga4', 1, null), 'lt-1', 0, Date.now()).body(0))).not.toHaveProperty(
      'k',
    );
    const raw = createPayload({ kind: 'raw', body: Buffer.from('<xml/>') }, 'lt-1', 0, 0);
    expect(raw.body(7).toString()).toBe('<xml/>');
    expect(raw.told(Buffer.from('{"accepted":1,"rejected":0}'))).toBeNull();
  });

  it('read what an answer says it took', () => {
    const { told } = createPayload(spec('ga4', 2), 'lt-1', 0, 0);
    expect(told(Buffer.from('{"accepted":2,"rejected":0}'))).toEqual({ accepted: 2, rejected: 0 });
    expect(told(Buffer.from('{"accepted":1,"rejected":1,"events":[]}'))).toEqual({
      accepted: 1,
      rejected: 1,
    });
    expect(told(Buffer.from('ok'))).toBeNull();
    expect(told(Buffer.from('{}'))).toBeNull();
  });

  it('refuse a mix that is none, and name those that are', () => {
    expect(() => createPayload(spec('ga5'), 'lt-1', 0, 0)).toThrow('no such mix');
  });
});

const made = new Map<number, ReturnType<typeof createPayload>>();
/** Processes of one run are told the same start: of two, their visitors would be others. */
const startedAt = Date.now();
function createPayloadOnce(worker: number) {
  const known = made.get(worker) ?? createPayload(spec('ga4'), 'lt-0123ab', worker, startedAt);
  made.set(worker, known);
  return known;
}
