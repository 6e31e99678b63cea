/** `dev --demo`: synthetic shoppers that post to our own collector, as browsers would. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { random, shoppers } from '../measure/shoppers.js';

const PER_SECOND = 4;

/** Sends until the signal is aborted. Refusals are the page's to show; a lost connection only pauses. */
export async function demoTraffic(site: string, writeKey: string, signal: AbortSignal): Promise<void> {
  const seed = Date.now();
  const next = shoppers({ seed, writeKey, site });
  const dice = random(seed ^ 0x5eed);
  while (!signal.aborted) {
    // Exponential pauses: shoppers do not wait for each other.
    await sleep((-Math.log(1 - dice()) * 1000) / PER_SECOND, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const headers = { 'content-type': 'text/plain', origin: site, 'user-agent': AGENT };
    const body = JSON.stringify(next(Date.now()));
    await request(`${site}/v1/events`, { method: 'POST', headers, body, signal })
      .then((answer) => answer.body.dump())
      .catch(() => {});
  }
}

const AGENT =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36';
