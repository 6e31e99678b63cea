import { StargateError } from '../errors.js';
import type { CommandModule } from './_command.js';
import { SHELL_NAMES, script } from './_shells.js';

export const command: CommandModule = {
  define(cli) {
    cli.argument('<shell>', 'bash, zsh or fish');
    const [shell] = cli.registeredArguments;
    if (shell) shell.argChoices = SHELL_NAMES;
    cli.addHelpText('after', '\nTry it:  source <(stargate completion bash)');
  },
  async run({ args: [got = ''] }, { output, tree }) {
    const shell = SHELL_NAMES.find((name) => name === got);
    if (!shell) throw new StargateError('STG_OPTION_INVALID', { expected: SHELL_NAMES.join(', '), got });
    const text = script(shell, await tree());
    await output.result({ shell, script: text }, () => text);
    return 0;
  },
};
