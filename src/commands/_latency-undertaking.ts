/** Before probes go to another machine, or queries cost something: what will happen, and a yes. */
import type { Undertaking } from '../measure/freshness/latency.js';
import { duration } from '../measure/freshness/texts.js';
import { printable } from '../output.js';
import { agreed } from './_agree.js';
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
export function confirmed(
  undertaking: Undertaking,
  context: Pick<Context, 'output' | 'yes' | 'interactive' | 'signal'>,
): Promise<boolean> {
  const text = undertakingText(undertaking);
  context.output.note(`  ${text}`);
  return agreed('Go on?', text, context);
}
