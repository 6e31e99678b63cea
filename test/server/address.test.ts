import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../src/server/address.js';
import { addressPrefix, RateLimit } from '../../src/server/rate.js';

const LB = '35.191.0.7';

describe('the client address', () => {
  it.each<[trusted: string[], peer: string, header: string | undefined, expected: string | null]>([
    [[], '203.0.113.9', '1.1.1.1', '203.0.113.9'],
    [[], '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    [['10.0.0.0/8'], '203.0.113.9', '1.1.1.1', '203.0.113.9'],
    [['10.0.0.0/8'], '10.0.0.1', '1.1.1.1', '1.1.1.1'],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', '1.1.1.1', '1.1.1.1'],
    [['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.2.3.4', '1.1.1.1'],
    [['10.0.0.0/8'], '10.0.0.1', '6.6.6.6,1.1.1.1,10.2.3.4', '1.1.1.1'],
    [['10.0.0.0/8'], '10.0.0.1', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
    [['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
    [['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, nonsense', null],
    [['10.0.0.0/8'], '10.0.0.1', '1.1.1.1:4711', '1.1.1.1'],
    [['10.0.0.0/8'], '10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
    [['10.0.0.0/8'], '10.0.0.1', '2001:db8::1', '2001:db8::1'],
    [['2001:db8::/32'], '2001:db8::5', '1.1.1.1', '1.1.1.1'],
    [['google'], LB, '6.6.6.6, 1.1.1.1, 34.120.0.1', '1.1.1.1'],
    [['google'], LB, '6.6.6.6,1.1.1.1,34.120.0.1', '1.1.1.1'],
    [['google'], LB, '34.120.0.1', null],
    [['google'], '203.0.113.9', '1.1.1.1, 34.120.0.1', '203.0.113.9'],
    [['google', '198.51.100.0/24'], LB, '1.1.1.1, 198.51.100.7, 34.120.0.1', '1.1.1.1'],
    [[], '', undefined, null],
  ])('trusting %j, from %s with %j: %s', (trusted, peer, header, expected) => {
    expect(clientAddress(trusted)(peer, header)).toBe(expected);
  });

  it.each(['10.0.0.0/33', '10.0.0.0/x', 'nonsense', '10.0.0/8', ''])('refuses the range %j', (range) => {
    expect(() => clientAddress([range])).toThrow('proxy');
  });
});

describe('rates', () => {
  it.each([
    ['203.0.113.9', '203.0.113'],
    ['2001:db8:1:2::3', '2001:db8:1'],
    ['2001:0db8:0001::', '2001:db8:1'],
    ['2001:db8::1', '2001:db8:0'],
    ['::1', '0:0:0'],
  ])('are taken together for %s as %s', (address, prefix) => expect(addressPrefix(address)).toBe(prefix));

  it('allow a burst, then an average', () => {
    let now = 0;
    const limit = new RateLimit({ perSecond: 10, burst: 5 }, () => now);
    const taken = (tries: number) =>
      Array.from({ length: tries }, () => limit.take('a')).filter(Boolean).length;
    expect(taken(20)).toBe(5);
    now = 300;
    expect(taken(20)).toBe(3);
    now = 1_000_000;
    expect(taken(20)).toBe(5);
    expect(limit.take('b')).toBe(true);
  });
});
