import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { load, refusal } from './load.js';

const hosts = (ALLOWED_HOSTS: string) => load({ env: { ALLOWED_HOSTS } }).config.allowedHosts;

const label = fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/);
const host = fc
  .tuple(label, label, fc.constantFrom('com', 'com.br', 'example'))
  .map((parts) => parts.join('.'));
const entry = fc.tuple(fc.constantFrom('', 'https://', 'http://'), host, fc.constantFrom('', ':8443', '/'));
const entries = fc.array(entry, { minLength: 1, maxLength: 6 });

const expected = (list: readonly (readonly [string, string, string])[]) => {
  const all = list.flatMap(([scheme, name, tail]) =>
    (scheme ? [scheme] : ['https://', 'http://']).map((each) => `${each}${name}${tail.replace('/', '')}`),
  );
  return [...new Set(all)];
};

/** The spellings that deployments of Stargate 2.0 have. */
const FORMS: readonly ((list: readonly string[]) => string)[] = [
  (list) => JSON.stringify(list),
  (list) => JSON.stringify(list, null, 2),
  (list) => `[${list.map((one) => `'${one}'`).join(', ')}]`,
  (list) => `[${list.map((one) => `'${one}',`).join('')}]`,
  (list) => `(${list.map((one) => `'${one}'`).join(',')},)`,
  (list) => `'${JSON.stringify(list)}'`,
  (list) => `"[${list.map((one) => `'${one}'`).join(', ')}]"`,
  (list) => list.join(','),
  (list) => list.join(' '),
  (list) => ` ${list.join(' ,\n ')} `,
];

describe('ALLOWED_HOSTS', () => {
  it('means the same in every spelling', () => {
    fc.assert(
      fc.property(entries, fc.constantFrom(...FORMS), (list, spell) => {
        expect(hosts(spell(list.map((parts) => parts.join(''))))).toEqual(expected(list));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['https://WWW.Example.com', ['https://www.example.com']],
    ['https://www.example.com:443', ['https://www.example.com']],
    ['https://*.example.com', ['https://*.example.com']],
    ['*.example.com', ['https://*.example.com', 'http://*.example.com']],
    ['https://loja.ação.example', ['https://loja.xn--ao-siap.example']],
    ['http://localhost:3000', ['http://localhost:3000']],
    ['localhost:3000', ['https://localhost:3000', 'http://localhost:3000']],
    ['http://[::1]:8080', ['http://[::1]:8080']],
    ['null', ['null']],
    ['["null"]', ['null']],
    ['[]', []],
  ])('reads %s', (text, origins) => {
    expect(hosts(text)).toEqual(origins);
  });

  it.each([
    '*',
    'https://*',
    'https://*.com',
    'https://*.*.example.com',
    'https://www.*.com',
    'https://w*.example.com',
    'https://example.com/path',
    'https://example.com?q',
    'https://user:pw@example.com',
    'https://user@example.com',
    'file:///etc/passwd',
    'ftp://example.com',
    'javascript:alert(1)',
    'https://',
    'https://exa mple.com/x',
  ])('refuses %s', (text) => {
    expect(refusal({ file: { allowedHosts: [text] } }).code).toBe('STG_CONFIG_INVALID');
  });

  it('never lets an odd text through, and never throws anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        try {
          for (const origin of hosts(text)) expect(origin).toMatch(/^(null|https?:\/\/[^/\s@?#,'"]+)$/);
        } catch (error) {
          expect(error).toHaveProperty('code', 'STG_CONFIG_INVALID');
        }
      }),
      { numRuns: 300 },
    );
  });
});
