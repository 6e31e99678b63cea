import { Option } from 'commander';
import { StargateError } from '../errors.js';
import { idsOf, type Person } from '../event/person.js';
import { openForgetting } from '../runtime/forget.js';
import { typed } from './_agree.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { forgottenText, waitingOf } from './_forget-text.js';

const USES = ['warehouse', 'log', 'table', 'data', 'spool', 'bigqueryEndpoint'] as const;

export const command: CommandModule = {
  define(cli) {
    withSettings(cli, USES)
      .addOption(new Option('--client-id <ID>', 'the person by client id: user_pseudo_id, clientId'))
      .addOption(new Option('--user-id <ID>', 'the person by user id'))
      .addOption(new Option('--confirm <ID>', 'the first of these ids once more, instead of typing it'))
      .addOption(new Option('--dry-run', 'count, and delete nothing'));
  },
  async run(invocation, context) {
    const { config } = configured(invocation, context, USES);
    const { output } = context;
    const { flags } = invocation;
    const person = personOf(flags.clientId, flags.userId);
    const [id = ''] = idsOf(person);
    const forgetting = await openForgetting(config, person);
    try {
      const found = await forgetting.find();
      if (flags.dryRun === true) {
        await output.result({ erased: false, ...found }, () => forgottenText(found, 'Found', []));
        return 0;
      }
      output.note(forgottenText(found, 'Found', []));
      await typed(id, flags.confirm, context);
      const erased = await forgetting.erase();
      const remains = await forgetting.remains();
      await output.result({ erased: true, ...erased, remains }, () =>
        forgottenText(erased, 'Deleted', remains),
      );
      if (waitingOf(erased) === 0) return 0;
      output.warn('Some records still wait to be stored: run the worker until it is done, then this again.');
      return 3;
    } finally {
      await forgetting.close();
    }
  },
};

function personOf(clientId: unknown, userId: unknown): Person {
  const id = (given: unknown): string | null => (typeof given === 'string' && given !== '' ? given : null);
  const person = { clientId: id(clientId), userId: id(userId) };
  if (idsOf(person).length > 0) return person;
  throw new StargateError('STG_INPUT_MISSING', {
    message: 'Nobody is named.',
    next: 'Add --client-id ID, or --user-id ID, or both.',
  });
}
