import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { truncateAddress } from '../../src/event/address.js';
import { campaignOf, splitAddress, withoutClickIds } from '../../src/event/page.js';

describe('splitAddress', () => {
  it.each([
    ['https://www.casaipe.example/a/b?x=1#y', 'www.casaipe.example', '/a/b', '?x=1'],
    ['http://LOJA.example:8080', 'loja.example', '/', ''],
    ['https://loja.example?x=/y', 'loja.example', '/', '?x=/y'],
    ['https://loja.example#/rota?x=1', 'loja.example', '/', ''],
    ['https://user:pass@loja.example/x', 'loja.example', '/x', ''],
    ['https://[2001:db8::1]:8443/x', '[2001:db8::1]', '/x', ''],
    ['https://café.example/maçã', 'café.example', '/maçã', ''],
    ['file:///etc/passwd', null, null, ''],
    ['javascript:alert(1)', null, null, ''],
    ['/only/a/path', null, null, ''],
    ['', null, null, ''],
  ])('%s', (location, hostname, path, query) => {
    expect(splitAddress(location)).toEqual({ hostname, path, query });
  });

  it('agrees with URL on addresses that browsers send', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
        const url = new URL(text);
        const { hostname, path } = splitAddress(url.href);
        expect([hostname, path]).toEqual([url.hostname, url.pathname]);
      }),
    );
  });
});

describe('campaignOf', () => {
  it('decodes, takes the first of equal names, and leaves broken escapes as they are', () => {
    expect(
      campaignOf('?utm_source=a+b&utm_source=c&utm_medium=%C3%A9&utm_term=%zz&utm_content=&gclid=G&fbclid=F'),
    ).toEqual({
      utm_source: 'a b',
      utm_medium: 'é',
      utm_term: '%zz',
      gclid: 'G',
      fbclid: 'F',
    });
  });

  it.each(['', '?', '?xutm_source=1', '?utm_source', '?__proto__=1&utm_=2'])(
    'finds nothing in %s',
    (query) => {
      expect(campaignOf(query)).toEqual({});
    },
  );
});

describe('withoutClickIds', () => {
  it.each([
    ['https://a.example/?gclid=1', 'https://a.example/'],
    ['https://a.example/?x=1&gclid=1', 'https://a.example/?x=1'],
    ['https://a.example/?gclid=1&x=1#f', 'https://a.example/?x=1#f'],
    ['https://a.example/?gclid=1&fbclid=2&_gl=3#f', 'https://a.example/#f'],
    ['https://a.example/?x=1&_ga=2#gclid=3', 'https://a.example/?x=1'],
    ['https://a.example/?gclidx=1', 'https://a.example/?gclidx=1'],
    ['https://a.example/gclid=1', 'https://a.example/gclid=1'],
  ])('%s', (from, to) => {
    expect(withoutClickIds(from)).toBe(to);
  });
});

describe('truncateAddress', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:DB8::1', '2001:db8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['2001:db8:0:1::', '2001:db8::'],
    ['1::2:3:4:5:6:7', '1:0:2::'],
    ['64:ff9b::203.0.113.77', '64:ff9b::'],
    ['999.1.1.1', null],
    ['unknown', null],
    ['', null],
    [null, null],
  ])('%s', (address, expected) => {
    expect(truncateAddress(address)).toBe(expected);
  });

  it('keeps nothing behind the first 24 or 48 bits', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV4(), (six, four) => {
        expect(truncateAddress(four)).toBe(four.replace(/\d+$/, '0'));
        const url = (address: string) => new URL(`http://[${address}]/`).hostname;
        const cut = truncateAddress(six)!;
        if (cut.includes('.')) return;
        // The same 48 bits, and nothing else.
        const bits = (address: string) => {
          const [head = '', tail = ''] = url(address).slice(1, -1).split('::');
          const left = head ? head.split(':') : [];
          const right = url(address).includes('::') && tail ? tail.split(':') : [];
          return [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
        };
        expect(bits(cut)).toEqual([...bits(six).slice(0, 3), '0', '0', '0', '0', '0']);
      }),
    );
  });
});
