import { stripVTControlCharacters } from 'node:util';
import type { CommandTable, Context } from '../commands/_command.js';
import { StargateError } from '../errors.js';
import type { Output } from '../output.js';
import type { Signals } from './signals.js';
import type { Typed } from './typed.js';

export interface Frame {
  readonly process: NodeJS.Process;
  readonly output: Output;
  readonly signals: Signals;
  readonly version: string;
  readonly table: CommandTable;
}

async function unknownCommand(name: string, { table, output }: Frame): Promise<StargateError> {
  const { nearest } = await import('../commands/_suggest.js');
  const { open, close } = output.noteStyle.symbols;
  const meant = nearest(name, Object.keys(table));
  return new StargateError('STG_COMMAND_UNKNOWN', {
    message: `There is no command ${open}${name}${close}.`,
    next: `${meant ? `Did you mean stargate ${meant}?  ` : ''}All commands: stargate --help`,
  });
}

function contextOf(typed: Typed, { process, output, signals, version, table }: Frame): Context {
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    output,
    version,
    signal: signals.signal,
    env: process.env,
    cwd: process.cwd(),
    interactive: terminal && !process.env.CI && !typed.has('--no-input'),
    yes: typed.has('--yes'),
    onReload: signals.onReload,
    tree: async () => (await import('./program.js')).buildTree(table),
  };
}

async function showOverview({ output, table, version }: Frame): Promise<number> {
  const { overview } = await import('./help.js');
  const commands = Object.entries(table).map(([command, { summary }]) => ({ command, summary }));
  await output.result({ version, commands }, () => overview(table, version, output.style));
  return 0;
}

/** Runs what was typed, or throws why not. Loads one command, and commander with it, only when it must. */
export async function dispatch(typed: Typed, frame: Frame): Promise<number> {
  const { output, table } = frame;
  const { name, rest, stray } = typed;
  if (stray !== undefined)
    throw new StargateError('STG_OPTION_UNKNOWN', {
      message: `There is no option ${stray} in front of a command.`,
      next: 'Options stand behind the command: stargate COMMAND --option',
    });
  if (name === null) return showOverview(frame);
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!entry) throw await unknownCommand(name, frame);
  const { parse, HelpShown } = await import('./program.js');
  try {
    const invocation = await parse(name, entry, rest, output);
    const { command } = await entry.load();
    return (await command.run(invocation, contextOf(typed, frame))) ?? 0;
  } catch (error) {
    if (!(error instanceof HelpShown)) throw error;
    await output.result({ help: stripVTControlCharacters(error.text) }, () => error.text);
    return 0;
  }
}
