import { StargateError } from '../errors.js';
import { planOf } from '../measure/load/options.js';
import type { LoadReport } from '../measure/load/report.js';
import { type LoadProgress, loadtest } from '../measure/load/run.js';
import { findMax } from '../measure/load/search.js';
import { allowTarget, targetOf } from '../measure/target.js';
import { configured } from './_args.js';
import type { CommandModule, Context, Invocation } from './_command.js';
import { mergedReport, writeReports } from './_load-files.js';
import { declareFlags, optionsOf, searched } from './_load-flags.js';
import { loadDocument } from './_load-json.js';
import { liveView } from './_load-live.js';
import { confirmLoad } from './_load-size.js';
import { loadSummary } from './_load-summary.js';
import { sizeOf, typedCommand } from './_load-typed.js';
import { openVerify } from './_load-verify.js';

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
        ? await mergedReport(files, context.cwd)
        : await measured(files, invocation, context);
    const written = await writeReports(report, invocation.flags, context.cwd);
    const { output } = context;
    await output.result(loadDocument(report), () => loadSummary(report, written, output.style, output.width));
    return report.exitCode;
  },
};

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
  const { config, provenance } = configured(invocation, context);
  const { output, signal, cwd } = context;
  const { flags } = invocation;
  const url = targetOf(invocation.args[0]!);
  allowTarget(url, flags.iOwnThisTarget === true);
  const asked = await optionsOf(url, flags, config, cwd);
  await confirmLoad(url, sizeOf(planOf(asked), asked), context);
  const verifying = flags.verify
    ? await openVerify(url, flags, config, provenance.warehouse, context.env.STARGATE_DEV_TOKEN || null)
    : null;
  const options = { ...asked, command: typedCommand(invocation), ...verifying?.option };
  const view = liveView(output, options.objectives ?? []);
  const watch = { signal, onProgress: (progress: LoadProgress) => view.show(progress) };
  try {
    return flags.findMax ? await findMax(searched(options), watch) : await loadtest(options, watch);
  } finally {
    view.end();
    await verifying?.close();
  }
}
