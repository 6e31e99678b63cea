import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';

const policy = {
  id: 'dev',
  kind: 'browser',
  timeZone: 'UTC',
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
} as const;
const facts = {
  receivedAt: 1_795_444_324_655,
  ingestPath: 'v1',
  origin: null,
  userAgent: 'Mozilla/5.0',
  address: null,
} as const;

describe('pointers into the push', () => {
  it('carry no personal data, although they are made of keys', () => {
    const layer = { 'ana@exemplo.com.br': 'x'.repeat(9_000), 'cpf 529.982.247-25': '\u0000' };
    const event = {
      id: 'e1',
      name: 'x',
      ts: facts.receivedAt,
      data_layer: layer,
      truncated: ['/bia@exemplo.com.br'],
    };
    const envelope = parseEnvelope(Buffer.from(JSON.stringify({ v: 1, k: 'dev', events: [event] })));
    const [prepared] = createPreparer(policy)(envelope, facts);
    const row = JSON.parse(prepared!.value.toString());
    expect(row.truncated.length).toBeGreaterThanOrEqual(2);
    expect(row.issues.length).toBeGreaterThanOrEqual(1);
    expect(prepared!.value.toString()).not.toMatch(/exemplo\.com|529\.982/);
  });
});
