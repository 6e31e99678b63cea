import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../src/config/schema.js';
import { StargateError } from '../../src/errors.js';
import { load, type Setup } from './load.js';

const names = fc.oneof(fc.constantFrom(...SETTING_NAMES), fc.string({ maxLength: 8 }));
const source = fc.record(
  {
    id: fc.oneof(fc.constantFrom('a', 'b'), fc.jsonValue()),
    kind: fc.oneof(fc.constantFrom('browser', 'server'), fc.jsonValue()),
    key: fc.oneof(fc.constantFrom('k', { env: 'A' }, { file: 'x' }), fc.jsonValue()),
    origins: fc.oneof(fc.array(fc.webUrl()), fc.jsonValue()),
    timeZone: fc.oneof(fc.constantFrom('UTC', 'America/Sao_Paulo'), fc.jsonValue()),
    scrub: fc.oneof(fc.record({ keys: fc.array(fc.string()) }, { requiredKeys: [] }), fc.jsonValue()),
  },
  { requiredKeys: [] },
);

function outcome(setup: Setup): unknown {
  try {
    return load(setup).config;
  } catch (error) {
    return error;
  }
}

describe('whatever stands in the configuration', () => {
  it('the file gives a configuration or named faults, never a bug', () => {
    const file = fc.oneof(
      fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 }),
      fc.record({ sources: fc.array(source, { maxLength: 3 }) }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(file, (value) => {
        const result = outcome({ file: JSON.stringify(value) });
        if (result instanceof StargateError) {
          expect(result.code).toBe('STG_CONFIG_INVALID');
          expect(result.items.length > 0 || result.expected !== undefined).toBe(true);
        } else expect(result).toHaveProperty('sources');
      }),
      { numRuns: 500 },
    );
  });

  it('the environment gives a configuration or named faults, never a bug', () => {
    const env = fc.dictionary(
      fc.constantFrom(
        'STARGATE_PORT',
        'STARGATE_LOG',
        'STARGATE_DATA_MAX',
        'BOOTSTRAP_SERVERS',
        'API_KEY',
        'API_SECRET',
        'KAFKA_TOPIC_NAME',
        'STARGATE_TRUSTED_PROXIES',
        'STARGATE_HOST',
        'STARGATE_WORKERS',
      ),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    );
    fc.assert(
      fc.property(env, (value) => {
        const result = outcome({ env: value });
        if (result instanceof StargateError) expect(result.code).toBe('STG_CONFIG_INVALID');
        else expect(result).toHaveProperty('sources');
      }),
      { numRuns: 300 },
    );
  });
});
