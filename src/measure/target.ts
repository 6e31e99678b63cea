/** What a measurement sends to, and whether it may. */
import { StargateError } from '../errors.js';

const LOOPBACK = /^(localhost|[\w.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** On this machine: no network lies between, and whoever answers shares its cores. */
export const isLoopback = ({ hostname }: URL): boolean => LOOPBACK.test(hostname);

/** The address that events go to: `/v1/events` of a collector, unless a path is given. Errors: STG_OPTION_INVALID. */
export function targetOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new StargateError('STG_OPTION_INVALID', {
      message: 'The target is not the address of a collector.',
      expected: 'an address without a user, such as http://127.0.0.1:8000',
      // What stands before an at sign or behind a question mark could be a secret.
      got: text.replace(/\/\/[^/]*@/, '//***@').replace(/\?.*/, '?***'),
    });
  }
  if (url.pathname === '/') url.pathname = '/v1/events';
  url.hash = '';
  return url;
}

/** Errors: STG_TARGET_FOREIGN for another machine's address, unless its owner says so. */
export function allowTarget(url: URL, own: boolean): void {
  if (own || isLoopback(url)) return;
  throw new StargateError('STG_TARGET_FOREIGN', {
    expected: 'a loopback target such as http://127.0.0.1:8000, or --i-own-this-target',
    got: url.host,
  });
}
