import { StargateError } from '../errors.js';
import { planOf } from '../measure/load/options.js';
import type { LoadReport } from '../measure/load/report.js';
import { loadtest } from '../measure/load/run.js';
import { configured } from './_args.js';
import type { CommandModule, Context, Invocation } from './_command.js';
import { readReports, writeReports } from './_load-files.js';
import { declareFlags, optionsOf } from './_load-flags.js';
import { loadDocument } from './_load-json.js';
import { liveView } from './_load-live.js';
import { loadSummary } from './_load-summary.js';
import { sizeOf, typedCommand } from './_load-typed.js';
import { allowTarget } from './_target.js';

export const command: CommandModule = {
  define(cli) {
    declareFlags(
      cli
        .argument('<url>', 'the collector, such as http://127.0.0.1:8000; or the word report')
        .argument('[files...]', 'behind report: files with what --json printed, to merge'),
    );
  },
  async run(invocation, context) {
    const files = (invocation.args[1] ?? []) as unknown as readonly string[];
    const report =
      invocation.args[0] === 'report'
        ? await merged(files, context)
        : await measured(files, invocation, context);
    const written = await writeReports(report, invocation.flags, context.cwd);
    const { output } = context;
    await output.result(loadDocument(report), () => loadSummary(report, written, output.style, output.width));
    return report.exitCode;
  },
};

async function merged(files: readonly string[], { cwd }: Context): Promise<LoadReport> {
  if (files.length === 0) {
    throw new StargateError('STG_OPTION_INVALID', {
      message: 'There is no report to read.',
      next: 'stargate loadtest report run-1.json run-2.json --html merged.html',
    });
  }
  const { mergeLoad } = await import('../measure/report/merge.js');
  return mergeLoad(await readReports(files, cwd));
}

async function measured(
  files: readonly string[],
  invocation: Invocation,
  context: Context,
): Promise<LoadReport> {
  if (files.length > 0)
    throw new StargateError('STG_OPTION_INVALID', {
      message: 'There is one target too many.',
      got: files.join(', '),
    });
  const { config } = configured(invocation, context);
  const { output, signal, cwd } = context;
  const options = {
    ...(await optionsOf(invocation.args[0]!, invocation.flags, config, cwd)),
    command: typedCommand(invocation),
  };
  const plan = planOf(options);
  await allowTarget(plan.url, invocation.flags.iOwnThisTarget === true, sizeOf(plan, options), context);
  const view = liveView(output, options.objectives ?? []);
  try {
    return await loadtest(options, { signal, onProgress: (progress) => view.show(progress) });
  } finally {
    view.end();
  }
}
