/** Before load goes anywhere: is the target this machine, or the sender's own, and does the person want it? */
import { createInterface } from 'node:readline/promises';
import { StargateError } from '../errors.js';
import { printable } from '../output.js';
import type { Context } from './_command.js';

export function isLoopbackTarget(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
  );
}

/** What will be sent, for the question. */
export interface Size {
  readonly requests: number;
  readonly bytes: number;
}

/**
 * List prices of Google Cloud, us-central1, US$ per GB (cloud.google.com/vpc/network-pricing, /bigquery/pricing):
 * data processed by an external load balancer, Storage Write API, a month of active logical storage.
 */
const PRICES = { balancer: 0.008, write: 0.025, storage: 0.02 } as const;

export function estimate({ requests, bytes }: Size): string {
  const gigabytes = bytes / 1e9;
  const cost = gigabytes * (PRICES.balancer + PRICES.write + PRICES.storage);
  const volume = gigabytes < 0.1 ? `${(bytes / 1e6).toFixed(1)} MB` : `${gigabytes.toFixed(1)} GB`;
  const about = cost < 0.01 ? 'less than US$ 0.01' : `about US$ ${cost.toFixed(2)}`;
  return `${requests.toLocaleString('en-US')} requests, ${volume}; at list prices of Google Cloud ${about} for balancer, writing and a month of storage`;
}

/**
 * Lets a target of this machine pass; any other only with the owner's word and a confirmation.
 * @throws STG_TARGET_FOREIGN, STG_CONFIRMATION_NEEDED; the signal's reason when interrupted or answered with no
 */
export async function allowTarget(
  url: URL,
  owned: boolean,
  size: Size,
  { output, interactive, yes, signal }: Context,
): Promise<void> {
  if (isLoopbackTarget(url)) return;
  const host = printable(url.host);
  if (!owned) {
    throw new StargateError('STG_TARGET_FOREIGN', {
      expected: 'a loopback target such as http://127.0.0.1:8000, or --i-own-this-target',
      got: host,
    });
  }
  output.note(`  Target  ${host}\n  Size    ${estimate(size)}`);
  if (yes) return;
  if (!interactive) throw new StargateError('STG_CONFIRMATION_NEEDED', { got: `${host}, and no terminal` });
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asked.question('  Send it? (y/N) ', { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    asked.close();
  }
  throw new StargateError('STG_CONFIRMATION_NEEDED', { message: 'Nothing was sent.', got: 'no' });
}
