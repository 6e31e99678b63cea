import { Command, CommanderError, Option } from 'commander';
import type { CommandEntry, CommandTable, Invocation } from '../commands/_command.js';
import { StargateError } from '../errors.js';
import type { Style } from '../output.js';

const COMMON_GROUP = 'Common options:';
const COMMON = [
  ['--json', 'print one JSON document, or one a line, and nothing else on stdout'],
  ['--verbose', 'show the chain of causes of an error'],
  ['--yes', 'accept defaults and confirmations'],
  ['--no-input', 'never ask'],
  ['--no-color', 'no colours'],
] as const;

/** Thrown to end parsing when help was asked for. */
export class HelpShown extends Error {
  readonly text: string;
  constructor(text: string) {
    super('help');
    this.text = text;
  }
}

/** A command with everything that can be typed behind it. */
export async function build(name: string, entry: CommandEntry): Promise<Command> {
  const { command: module } = await entry.load();
  const command = new Command(name).summary(entry.summary).description(`${entry.summary}.`);
  command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => {} });
  module.define(command);
  for (const [flags, help] of COMMON) command.addOption(new Option(flags, help).helpGroup(COMMON_GROUP));
  return command.addHelpOption(new Option('-h, --help', 'show this').helpGroup(COMMON_GROUP));
}

/** Every command, for completion. */
export async function buildTree(table: CommandTable): Promise<Command> {
  const root = new Command('stargate');
  for (const [name, entry] of Object.entries(table)) root.addCommand(await build(name, entry));
  return root;
}

/** commander's refusals in our words. It names what it refused between quotes, and suggests in brackets. */
function translate(error: CommanderError, command: Command): StargateError {
  const [, named] = /'([^']*)'/.exec(error.message) ?? [];
  const meant = /Did you mean (?:one of )?(.*)\?\)/.exec(error.message)?.[1];
  const all = `All options: stargate ${command.name()} --help`;
  const refuse = (code: 'STG_OPTION_UNKNOWN' | 'STG_OPTION_INVALID', message: string, next = all) =>
    new StargateError(code, { message, next });
  switch (error.code) {
    case 'commander.unknownOption':
      return refuse(
        'STG_OPTION_UNKNOWN',
        `stargate ${command.name()} has no option “${named}”.`,
        meant ? `Did you mean ${meant}?  ${all}` : all,
      );
    case 'commander.optionMissingArgument':
      return refuse('STG_OPTION_INVALID', `A value is missing behind “${named}”.`);
    case 'commander.missingArgument':
      return refuse('STG_OPTION_INVALID', `The argument ${named?.toUpperCase()} is missing.`);
    case 'commander.excessArguments':
      return refuse('STG_OPTION_INVALID', 'There are more arguments than the command takes.');
    default:
      return refuse('STG_OPTION_INVALID', error.message.replace(/^error: /, ''));
  }
}

/** Applies our colours to commander's help. */
function dress(command: Command, style: Style, width: number, out: (text: string) => void): void {
  command.configureHelp({
    helpWidth: width,
    minWidthToWrap: 20,
    // The text names the choices already.
    optionDescription: ({ description }) => description,
    styleTitle: style.bold,
    styleOptionTerm: style.accent,
  });
  command.configureOutput({ writeOut: out, writeErr: () => {}, getOutHasColors: () => style.colour });
}

/**
 * Reads what stands behind the command's name.
 * @throws HelpShown when help was asked for; STG_OPTION_UNKNOWN, STG_OPTION_INVALID
 */
export async function parse(
  name: string,
  entry: CommandEntry,
  argv: readonly string[],
  { style, width }: { readonly style: Style; readonly width: number },
): Promise<Invocation> {
  const command = await build(name, entry);
  let help = '';
  dress(command.name(`stargate ${name}`), style, width, (text) => {
    help += text;
  });
  command.action(() => {});
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') throw new HelpShown(help.trimEnd());
    throw translate(error, command.name(name));
  }
  return { name, args: command.processedArgs as string[], flags: command.opts() };
}
