/** Addresses of visitors, cut before anything is stored: /24 of IPv4, /48 of IPv6. */
import { isIPv4, isIPv6 } from 'node:net';

/** `203.0.113.0`, `2001:db8:1::`, or null for what is no address. IPv4 in IPv6 form is cut as IPv4. */
export function truncateAddress(address: string | null): string | null {
  if (address === null) return null;
  const text = address.slice(0, 64).trim();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text;
  if (isIPv4(mapped)) return `${mapped.slice(0, mapped.lastIndexOf('.'))}.0`;
  const plain = mapped.split('%')[0]!;
  return isIPv6(plain) ? prefix48(plain) : null;
}

function prefix48(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    // An IPv4 tail counts for two groups; its digits lie behind the first 48 bits in any case.
    const behind = tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0);
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length < 8 - behind) groups.push('0');
    groups.push(...rest);
  }
  const kept = groups.slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16));
  while (kept.length > 0 && kept.at(-1) === '0') kept.pop();
  return `${kept.join(':')}::`;
}
