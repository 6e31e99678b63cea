import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { adminMetrics, latencyFlags, latencyInput, lookedUpIn, USES } from './_latency.js';
import { latencyDocument, writeReports } from './_latency-files.js';
import { latencyLive } from './_latency-live.js';
import { latencyText } from './_latency-text.js';

export const command: CommandModule = {
  define: (cli) => latencyFlags(withSettings(cli, USES)),
  async run(invocation, context) {
    const loaded = configured(invocation, context, USES);
    const { output, signal } = context;
    const { flags } = invocation;
    const { latency } = await import('../runtime/latency.js');
    const admin = await adminMetrics(loaded, context);
    const live = latencyLive(context, flags.watch === true);
    try {
      const report = await latency({
        ...latencyInput(invocation, loaded.config, context),
        ...lookedUpIn(loaded),
        signal,
        onProgress: (progress) => live.show(progress),
        onSettled: (probe) => admin?.settled(probe),
      });
      live.end();
      if (flags.watch && output.json) await output.record(latencyDocument(report), () => '');
      else
        await output.result(latencyDocument(report), () => latencyText(report, output.style, output.width));
      await writeReports(report, flags, context);
      return report.exitCode;
    } finally {
      live.end();
      await admin?.close();
    }
  },
};
