import { text as readAll } from 'node:stream/consumers';
import { Option } from 'commander';
import { linesOf, replay } from '../runtime/replay.js';
import { agreed } from './_agree.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { numberOf, refuse } from './_load-values.js';
import { replayText } from './_replay-text.js';

const USES = ['log', 'warehouse', 'table', 'data', 'dataMax', 'partitionBy', 'bigqueryEndpoint'] as const;

export const command: CommandModule = {
  define(cli) {
    const source = 'NDJSON of events, envelopes, log records or rejected rows; - is standard input';
    withSettings(cli.argument('[file]', `${source}; without it, events_rejected is read`), USES)
      .addOption(new Option('--reason <CODE>', 'only what was rejected for this reason'))
      .addOption(new Option('--event <NAME>', 'only events of this name'))
      .addOption(
        new Option('--since <TIME>', 'only what first came in since then, such as 2026-03-01T12:00Z'),
      )
      .addOption(new Option('--source <ID>', 'source of lines that name none, or one that is not configured'))
      .addOption(new Option('--rate <N>', 'records a second at most (default 500)'))
      .addOption(new Option('--dry-run', 'judge everything, and send nothing'));
  },
  async run(invocation, context) {
    const { config } = configured(invocation, context, USES);
    const { output, signal } = context;
    const { flags, args } = invocation;
    const word = (given: unknown): string | null => (typeof given === 'string' ? given : null);
    const options = {
      lines: await linesFrom(args[0]),
      filter: { reason: word(flags.reason), event: word(flags.event), since: timeFrom(flags.since) },
      source: word(flags.source),
      rate: numberOf(flags, 'rate', '--rate', [0.1, 1_000_000]) ?? 500,
      ...{ signal, onWarning: (message: string) => output.warn(message) },
    };
    const found = await replay(config, options, true);
    signal.throwIfAborted();
    if (flags.dryRun === true || found.accepted === 0) {
      await output.result({ sent: false, ...found }, () => replayText(found, false));
      return 0;
    }
    output.note(replayText(found, false));
    const what = `${found.accepted} events into the log`;
    if (!(await agreed(`Send ${what}?`, what, context))) {
      await output.result({ sent: false, ...found }, () => 'Nothing was sent.');
      return 0;
    }
    const sent = await replay(config, options, false);
    await output.result({ sent: true, ...sent }, () => replayText(sent, true));
    // What has been sent is told; that it was not all, by the status.
    signal.throwIfAborted();
    return 0;
  },
};

/** The lines, as often as they are asked for: they are judged before they are sent. */
async function linesFrom(file: string | undefined) {
  if (file === undefined) return null;
  if (file !== '-') return () => linesOf(file);
  const lines = (await readAll(process.stdin)).split('\n');
  return async function* () {
    yield* lines;
  };
}

function timeFrom(given: unknown): number | null {
  if (given === undefined) return null;
  const time = Date.parse(String(given));
  return Number.isFinite(time) ? time : refuse('--since', 'a time such as 2026-03-01T12:00Z', given);
}
