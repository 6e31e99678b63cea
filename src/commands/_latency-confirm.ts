/** Before probes go to another machine, or queries cost something: what will happen, and a yes. */
import { createInterface } from 'node:readline/promises';
import { StargateError } from '../errors.js';
import type { Undertaking } from '../measure/freshness/latency.js';
import { duration } from '../measure/freshness/texts.js';
import { printable } from '../output.js';
import type { Context } from './_command.js';

/** One sentence: how many, where to, how often somebody looks, and for how much. */
export function undertakingText({ target, warehouse, plan, looks, cost }: Undertaking): string {
  const ends = Number.isFinite(plan.probes);
  const probes = ends ? `${plan.probes} probes` : 'Probes without end';
  const queries = ends ? `up to ${looks} queries` : `a query every ${duration(plan.pollMs)}`;
  const size = (bytes: number) =>
    bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  const bill = cost && ends ? `: ${size(cost.bytes)} billed, about US$ ${cost.usd.toFixed(2)}` : '';
  return printable(
    `${probes} to ${target}, ${plan.ratePerSecond} a second; ${queries} of ${warehouse}${bill}.`,
  );
}

/** Resolves to whether a person agrees. Errors: STG_CONFIRMATION_NEEDED where nobody can be asked. */
export async function confirmed(
  undertaking: Undertaking,
  { output, yes, interactive, signal }: Pick<Context, 'output' | 'yes' | 'interactive' | 'signal'>,
): Promise<boolean> {
  const text = undertakingText(undertaking);
  output.note(`  ${text}`);
  if (yes) return true;
  if (!interactive) throw new StargateError('STG_CONFIRMATION_NEEDED', { got: text });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('  Go on? (y/N) ', { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
