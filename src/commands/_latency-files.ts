/** The report as a document for scripts, and as files. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StargateError } from '../errors.js';
import type { FreshnessReport } from '../measure/freshness/report.js';
import type { Context, Invocation } from './_command.js';

/** The report, with the short names that scripts rely on. */
export function latencyDocument(report: FreshnessReport): object {
  const { counts, percentiles, within, objectives } = report;
  const { found, late, lost, duplicated, refused, sent } = counts;
  return {
    unit: 'ms',
    sent,
    seen: found,
    lost,
    late,
    duplicated,
    refused,
    ...Object.fromEntries(percentiles.map((one) => [nameOf(one.p), shortPercentile(one)])),
    slo: objectives.map(({ objective, state, value }) => ({
      expression: objective,
      met: state === 'not-judged' ? null : state === 'met',
      value,
    })),
    ...report,
    within: within.map((one) => ({ limit: one.limitMs, share: one.least, ...one })),
  };
}

/** p50, p99, and p999 for 99.9. */
const nameOf = (p: number): string => `p${String(Number((p * 100).toFixed(4))).replace('.', '')}`;

/** Null where it lies beyond the timeout. */
function shortPercentile({
  lower,
  upper,
  midpoint,
  enough,
}: FreshnessReport['percentiles'][number]): object | null {
  return upper === null
    ? { lower, mid: null, upper: null, enough, censored: true }
    : { lower, mid: midpoint, upper, enough };
}

/** Writes what --csv and --html ask for. Errors: STG_OUTPUT_WRITE. */
export async function writeReports(
  report: FreshnessReport,
  { csv, html }: Invocation['flags'],
  { cwd, output }: Pick<Context, 'cwd' | 'output'>,
): Promise<void> {
  if (typeof csv === 'string') {
    const { latencyCsv } = await import('../measure/report/csv.js');
    await write(resolve(cwd, csv), latencyCsv(report));
    output.good(`Written: ${csv}`);
  }
  if (typeof html === 'string') {
    const { latencyHtml } = await import('../measure/report/html.js');
    await write(resolve(cwd, html), latencyHtml(report));
    output.good(`Written: ${html}`);
  }
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((cause: NodeJS.ErrnoException) => {
    throw new StargateError('STG_OUTPUT_WRITE', { got: `${cause.code} at ${path}`, cause });
  });
}
