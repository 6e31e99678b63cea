import { isIP } from 'node:net';
import { type Kind, list } from './kinds.js';
import { splitList } from './origins.js';

const EXPECTED = 'an address or network such as 10.0.0.0/8, or google';

function isNetwork(entry: string): boolean {
  const [address = '', bits, ...more] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Whose X-Forwarded-For is believed; `google` stands for the ranges of its load balancers. */
export const proxies: Kind<readonly string[]> = list(
  'CIDR[,CIDR]',
  `a list, each ${EXPECTED}`,
  { type: 'string', minLength: 1 },
  splitList,
  (entry, place) => (entry === 'google' || isNetwork(entry) ? [entry] : place.refuse(EXPECTED, entry)),
);
