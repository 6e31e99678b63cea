/** Before load goes anywhere: is the target this machine, or the sender's own, and does the person want it? */
import { createInterface } from 'node:readline/promises';
import { StargateError } from '../errors.js';
import { labelled, printable } from '../output.js';
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

/** A target that is not this machine needs its owner's word. Errors: STG_TARGET_FOREIGN. */
export function refuseForeign(url: URL, owned: boolean): void {
  if (owned || isLoopbackTarget(url)) return;
  throw new StargateError('STG_TARGET_FOREIGN', {
    expected: 'a loopback target such as http://127.0.0.1:8000, or --i-own-this-target',
    got: printable(url.host),
  });
}

/**
 * Shows what is about to be sent elsewhere, and asks. A target of this machine passes.
 * @throws STG_CONFIRMATION_NEEDED without a terminal, and after a no; the signal's reason when interrupted
 */
export async function confirmLoad(
  url: URL,
  size: Size,
  { output, interactive, yes, signal }: Context,
): Promise<void> {
  if (isLoopbackTarget(url)) return;
  const host = printable(url.host);
  output.note(labelled('  Target', host, 10, output.width));
  output.note(labelled('  Size', estimate(size), 10, output.width));
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
