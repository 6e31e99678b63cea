import { setTimeout as sleep } from 'node:timers/promises';
import { StargateError } from '../errors.js';
import { CHECKS } from './codes.js';
import type { Check, Finding, Observation } from './port.js';
import { told, unknown } from './port.js';

/** For one check, ms. Longer than a broker that does not answer is waited for, three times over. */
const PATIENCE_MS = 15_000;

/**
 * Makes all checks at the same time and tells what they saw, in their order. A check that throws or takes longer than
 * `patienceMs` is `unknown`: nothing is known of what it asked about.
 */
export async function examine(checks: readonly Check[], patienceMs = PATIENCE_MS): Promise<Finding[]> {
  const all = await Promise.all(checks.map((check) => findingOf(check, patienceMs)));
  return all.filter((finding) => finding !== null);
}

async function findingOf(check: Check, patienceMs: number): Promise<Finding | null> {
  const seen = await patiently(check, patienceMs).catch(notMade);
  if (seen === null) return null;
  const { state, detail, fix = null } = seen;
  return { code: check.code, component: CHECKS[check.code].component, state, detail, fix };
}

async function patiently(check: Check, ms: number): Promise<Observation | null> {
  const over = new AbortController();
  const late = sleep(ms, unknown(`no answer within ${ms / 1_000} s`), { signal: over.signal });
  late.catch(() => {});
  try {
    return await Promise.race([check.look(), late]);
  } finally {
    over.abort();
  }
}

function notMade(error: unknown): Observation {
  if (error instanceof StargateError) return unknown(told(error), error.next);
  return unknown(told({ message: error instanceof Error ? error.message : String(error) }));
}
