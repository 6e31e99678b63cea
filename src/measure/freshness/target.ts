/** Where probes go, and whether they may. */
import { StargateError } from '../../errors.js';

const LOOPBACK = /^(localhost|[\w.-]+\.localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

export const isLoopback = ({ hostname }: URL): boolean => LOOPBACK.test(hostname);

/** The address that events go to: `/v1/events` of a collector, unless a path is given. Errors: STG_OPTION_INVALID. */
export function targetOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    throw new StargateError('STG_OPTION_INVALID', {
      message: 'The target is not the address of a collector.',
      expected: 'an address without user and query, such as http://127.0.0.1:8000',
      // What follows a user's name or a question mark could be a secret.
      got: text.replace(/\/\/[^/]*@/, '//***@').replace(/\?.*/, '?***'),
    });
  }
  if (url.pathname === '/') url.pathname = '/v1/events';
  return url;
}

/** Errors: STG_TARGET_FOREIGN for another machine's address, unless its owner says so. */
export function allowTarget(url: URL, own: boolean): void {
  if (!own && !isLoopback(url))
    throw new StargateError('STG_TARGET_FOREIGN', {
      expected: 'a loopback address such as 127.0.0.1',
      got: url.host,
    });
}
