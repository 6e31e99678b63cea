/** How much load goes to another machine, what that may cost, and whether the person wants it. */
import { StargateError } from '../errors.js';
import { isLoopback } from '../measure/target.js';
import { labelled, printable } from '../output.js';
import { agreed } from './_agree.js';
import type { Context } from './_command.js';

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
 * Shows what is about to be sent elsewhere, and asks. A target of this machine passes.
 * @throws STG_CONFIRMATION_NEEDED without a terminal, and after a no; the signal's reason when interrupted
 */
export async function confirmLoad(url: URL, size: Size, context: Context): Promise<void> {
  if (isLoopback(url)) return;
  const host = printable(url.host);
  const { output } = context;
  output.note(labelled('  Target', host, 10, output.width));
  output.note(labelled('  Size', estimate(size), 10, output.width));
  if (await agreed('Send it?', host, context)) return;
  throw new StargateError('STG_CONFIRMATION_NEEDED', { message: 'Nothing was sent.', got: 'no' });
}
