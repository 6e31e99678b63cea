import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSchema } from '../../src/config/json-schema.js';
import { SETTING_NAMES } from '../../src/config/schema.js';
import { load } from './load.js';

type Schema = Readonly<Record<string, unknown>>;

/** The part of JSON Schema that ours uses; an unknown keyword fails, so that this cannot go blind. */
const KEYWORDS: Readonly<Record<string, (value: unknown, arg: never, schema: Schema) => boolean>> = {
  type: (value, type: string) =>
    ({
      string: typeof value === 'string',
      boolean: typeof value === 'boolean',
      integer: Number.isInteger(value),
      array: Array.isArray(value),
      object: value !== null && typeof value === 'object' && !Array.isArray(value),
    })[type]!,
  enum: (value, list: readonly unknown[]) => list.includes(value),
  const: (value, one) => value === one,
  pattern: (value, source: string) => typeof value !== 'string' || new RegExp(source, 'u').test(value),
  minLength: (value, n: number) => typeof value !== 'string' || value.length >= n,
  maxLength: (value, n: number) => typeof value !== 'string' || value.length <= n,
  minimum: (value, n: number) => typeof value !== 'number' || value >= n,
  maximum: (value, n: number) => typeof value !== 'number' || value <= n,
  anyOf: (value, list: readonly Schema[]) => list.some((each) => valid(value, each)),
  items: (value, each: Schema) => !Array.isArray(value) || value.every((item) => valid(item, each)),
  required: (value, names: readonly string[]) => names.every((name) => Object.hasOwn(value as object, name)),
  properties: (value, props: Readonly<Record<string, Schema>>) =>
    Object.entries(value as object).every(([name, each]) => !props[name] || valid(each, props[name])),
  additionalProperties: (value, _, { properties }) =>
    Object.keys(value as object).every((name) => Object.hasOwn(properties as object, name)),
};
const IGNORED = ['$schema', 'title', 'description', 'default'];

function valid(value: unknown, schema: Schema): boolean {
  if (schema.type === 'object' && !KEYWORDS.type!(value, 'object' as never, schema)) return false;
  return Object.entries(schema)
    .filter(([keyword]) => !IGNORED.includes(keyword))
    .every(([keyword, arg]) => KEYWORDS[keyword]!(value, arg as never, schema));
}

const loads = (file: object): boolean => {
  try {
    load({ file });
    return true;
  } catch {
    return false;
  }
};

const scalars = fc.oneof(
  fc.constantFrom(
    'auto',
    'off',
    '0',
    '5s',
    '1GiB',
    '3 MB',
    'log',
    'visitor',
    'latest',
    'memory:',
    'duckdb:x',
  ),
  fc.constantFrom('embedded:x', 'kafka://a/t', 'https://a.example', '10.0.0.0/8', '::1', 'exactly-once'),
  fc.constantFrom({ env: 'NOPE' }, [], ['https://a.example'], ['10.0.0.0/8'], null),
  fc.integer({ min: -2, max: 70_000 }),
  fc.boolean(),
  fc.string({ maxLength: 6 }),
);

describe('the JSON Schema', () => {
  it('knows every setting, with its default', () => {
    const { properties } = jsonSchema() as { properties: Record<string, Schema> };
    expect(Object.keys(properties).sort()).toEqual(['$schema', ...SETTING_NAMES].sort());
    expect(properties.dataMax).toMatchObject({
      default: '10GiB',
      description: expect.stringContaining('--data-max'),
    });
    for (const [name, schema] of Object.entries(properties))
      if ('default' in schema) expect(valid(schema.default, schema), name).toBe(true);
  });

  it('never marks as wrong what the loader takes', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...SETTING_NAMES), scalars, (name, value) => {
        if (!loads({ [name]: value })) return;
        taken++;
        expect(valid({ [name]: value }, jsonSchema()), `${name}: ${JSON.stringify(value)}`).toBe(true);
      }),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it.each([
    { prot: 1 },
    { port: 'x' },
    { port: 70_000 },
    { ack: 'maybe' },
    { log: 'duckdb:x' },
    { dataMax: '10' },
    { drainWait: '5' },
    { sources: [{ id: 'a' }] },
    { sources: [{ id: 'a', kind: 'server', kye: 'x' }] },
    { sources: [{ id: 'a b', kind: 'server' }] },
    { apiKey: { env: '' } },
  ])('marks what the loader refuses: %j', (file) => {
    expect(valid(file, jsonSchema())).toBe(false);
    expect(loads(file)).toBe(false);
  });
});
