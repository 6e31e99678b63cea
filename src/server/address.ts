/** The client's address behind proxies that we trust; used for geography and truncation only. */
import { BlockList, isIP } from 'node:net';
import { StargateError } from '../errors.js';
import { Cache } from '../event/cache.js';

/** CIDR ranges or addresses, and the preset `google` for its external application load balancers. */
export type TrustedProxies = readonly string[];

/** Where Google's front ends connect from: cloud.google.com/load-balancing/docs/firewall-rules. */
const GOOGLE = ['35.191.0.0/16', '130.211.0.0/22', '2600:2d00:1:1::/64', '2600:2d00:1:b029::/64'];
/** Entries of the header that are remembered: to read one and ask a BlockList costs 3 µs, and a visitor sends many events. */
const REMEMBERED = 10_000;
/** A part of a text keeps the whole text in memory (V8): entries of longer headers are read each time. */
const LONGEST = 256;

/** What an entry of the header, or the socket's address, is. */
interface Hop {
  /** As it is stored: without port, brackets and zone; null where it is no address. */
  readonly address: string | null;
  readonly trusted: boolean;
  readonly google: boolean;
}

/**
 * A function from the socket's address and X-Forwarded-For to the client's address, null where it cannot be
 * known. The header counts only when the peer is a trusted proxy; then the last entry that is not one is the
 * client. Behind Google the last entry is the balancer's own address, and is passed over.
 * Errors: STG_CONFIG_INVALID for a range that cannot be read.
 */
export function clientAddress(
  trusted: TrustedProxies,
): (peer: string, forwardedFor: string | undefined) => string | null {
  const google = rangeList(trusted.includes('google') ? GOOGLE : []);
  const all = rangeList([
    ...(trusted.includes('google') ? GOOGLE : []),
    ...trusted.filter((t) => t !== 'google'),
  ]);
  const known = new Cache<Hop>(REMEMBERED);
  const read = (text: string): Hop => {
    const address = plain(text);
    if (!isIP(address)) return { address: null, trusted: false, google: false };
    const trusted = inList(all, address);
    // Google's are among all, and nearly nobody is: the second question is for few.
    return { address, trusted, google: trusted && inList(google, address) };
  };
  const remembered = (text: string): Hop => known.get(text, read);
  return (peer, forwardedFor) => {
    const from = remembered(peer);
    if (trusted.length === 0 || forwardedFor === undefined || !from.trusted) return from.address;
    return walk(forwardedFor, from.google, forwardedFor.length > LONGEST ? read : remembered);
  };
}

/** From the last entry back to the first one that is no trusted proxy. */
function walk(entries: string, balancer: boolean, hop: (text: string) => Hop): string | null {
  let last: string | null = null;
  let end = balancer ? entries.lastIndexOf(',') : entries.length;
  while (end >= 0) {
    const comma = end === 0 ? -1 : entries.lastIndexOf(',', end - 1);
    const { address, trusted } = hop(entries.slice(comma + 1, end).trim());
    if (address === null) return null;
    last = address;
    if (!trusted) return address;
    end = comma;
  }
  return last;
}

/** Without port, brackets, zone and the IPv4-in-IPv6 prefix. */
function plain(text: string): string {
  let address = text;
  if (address.startsWith('[')) address = address.slice(1, address.indexOf(']'));
  else if (address.includes('.') && address.lastIndexOf(':') > address.lastIndexOf('.')) {
    address = address.slice(0, address.lastIndexOf(':'));
  }
  const zone = address.indexOf('%');
  if (zone >= 0) address = address.slice(0, zone);
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function rangeList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/', 2);
    const version = isIP(address);
    const width = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? width : Number(bits);
    if (!version || !Number.isInteger(prefix) || prefix < 0 || prefix > width) {
      throw new StargateError('STG_CONFIG_INVALID', {
        message: 'A trusted proxy is not valid.',
        expected: 'an address, a range such as 10.0.0.0/8, or google',
        got: range,
      });
    }
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

const inList = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
