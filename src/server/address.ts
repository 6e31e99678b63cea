/** The client's address behind proxies that we trust; used for geography and truncation only. */
import { BlockList, isIP } from 'node:net';
import { StargateError } from '../errors.js';
import { Cache } from '../event/cache.js';

/** CIDR ranges or addresses, and the preset `google` for its external application load balancers. */
export type TrustedProxies = readonly string[];

/** Where Google's front ends connect from: cloud.google.com/load-balancing/docs/firewall-rules. */
const GOOGLE = ['35.191.0.0/16', '130.211.0.0/22', '2600:2d00:1:1::/64', '2600:2d00:1:b029::/64'];
/** Addresses whose lists are remembered: asking a BlockList costs 2 µs, and a visitor sends many events. */
const REMEMBERED = 10_000;

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
  const known = new Cache<{ readonly trusted: boolean; readonly google: boolean }>(REMEMBERED);
  const listsOf = (address: string) =>
    known.get(address, () => ({ trusted: inList(all, address), google: inList(google, address) }));
  return (peer, forwardedFor) => {
    const from = plain(peer);
    if (trusted.length === 0 || forwardedFor === undefined) return isIP(from) ? from : null;
    const proxy = listsOf(from);
    if (!proxy.trusted) return isIP(from) ? from : null;
    return walk(forwardedFor.split(','), proxy.google, (entry) => listsOf(entry).trusted);
  };
}

function walk(
  entries: readonly string[],
  balancer: boolean,
  isTrusted: (address: string) => boolean,
): string | null {
  let last: string | null = null;
  for (let index = entries.length - (balancer ? 2 : 1); index >= 0; index--) {
    const entry = plain(entries[index]!.trim());
    if (!isIP(entry)) return null;
    last = entry;
    if (!isTrusted(entry)) return entry;
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

function inList(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
