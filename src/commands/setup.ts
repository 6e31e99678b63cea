import { Option } from 'commander';
import type { SettingName } from '../config/schema.js';
import type { SetupPlan } from '../log/port.js';
import { printable } from '../output.js';
import { openSetup } from '../runtime/setup.js';
import { agreed } from './_agree.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';

const USES: readonly SettingName[] = [
  ...(['log', 'warehouse', 'data', 'partitions', 'replicas', 'topicRetention'] as const),
  ...(['bigqueryEndpoint', 'bigqueryLocation', 'retentionDays'] as const),
];

function text({ steps, notes }: SetupPlan, done: string): string {
  const lines = steps.map(({ title }) => `  + ${printable(title)}`);
  const head = steps.length === 0 ? 'Everything is in place.' : `${done}:`;
  return [head, ...lines, ...notes.map((note) => `  ${printable(note)}`)].join('\n');
}

export const command: CommandModule = {
  define(cli) {
    withSettings(cli, USES);
    cli.addOption(new Option('--dry-run', 'show what would be done, and do nothing'));
  },
  async run(invocation, context) {
    const { output } = context;
    const dryRun = invocation.flags.dryRun === true;
    const setup = await openSetup(configured(invocation, context));
    try {
      const { plan } = setup;
      const document = (applied: boolean) => ({ applied, steps: plan.steps, notes: plan.notes });
      if (dryRun || plan.steps.length === 0) {
        await output.result(document(false), () => text(plan, 'To be done'));
        return 0;
      }
      output.note(text({ ...plan, notes: [] }, 'To be done'));
      const what = plan.steps.map(({ title }) => title).join('; ');
      const going = await agreed('Go on?', what, context);
      if (going) await setup.apply();
      await output.result(document(going), () => (going ? text(plan, 'Done') : 'Nothing was changed.'));
      return 0;
    } finally {
      setup.close();
    }
  },
};
