import type { CommandTable, Context } from '../commands/_command.js';
import { isStargateError, StargateError } from '../errors.js';
import { asStargateError } from '../output/fault.js';
import { createOutput, type Output } from '../output.js';
import { listenToSignals, type Signals } from './signals.js';

/** What was typed, before any command is known. */
interface Typed {
  readonly name: string | null;
  readonly rest: readonly string[];
  readonly has: (flag: string) => boolean;
}

/** Switches that may also stand in front of the command. */
const ANYWHERE = ['--json', '--verbose', '--no-color', '--no-input', '--yes'];

function read(argv: readonly string[]): Typed {
  const end = argv.indexOf('--');
  const flags = new Set(end < 0 ? argv : argv.slice(0, end));
  const at = argv.findIndex((word) => !word.startsWith('-'));
  const leading = at < 0 ? argv : argv.slice(0, at);
  const has = (flag: string) => flags.has(flag);
  const name = at < 0 ? null : argv[at]!;
  // `stargate help dev` is `stargate dev --help`.
  if (name === 'help') return { name: argv[at + 1] ?? null, rest: ['--help'], has };
  return { name, rest: [...leading, ...argv.slice(at + 1)], has };
}

async function unknownCommand(
  name: string,
  table: CommandTable,
  { open, close }: Output['style']['symbols'],
) {
  const { nearest } = await import('../commands/_suggest.js');
  const close_ = nearest(name, Object.keys(table));
  return new StargateError('STG_COMMAND_UNKNOWN', {
    message: `There is no command ${open}${name}${close}.`,
    next: `${close_ ? `Did you mean stargate ${close_}?  ` : ''}All commands: stargate --help`,
  });
}

function context(typed: Typed, frame: Frame, table: CommandTable): Context {
  const { process, output, signals, version } = frame;
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

async function dispatch(typed: Typed, frame: Frame, table: CommandTable): Promise<number> {
  const { output, version } = frame;
  const { name, rest } = typed;
  const odd = rest.find((word) => name === null && !ANYWHERE.includes(word) && !/^(-h|--help)$/.test(word));
  if (odd !== undefined)
    throw new StargateError('STG_OPTION_UNKNOWN', {
      message: `There is no option ${odd} in front of a command.`,
      next: 'Options stand behind the command: stargate COMMAND --option',
    });
  if (name === null) {
    const { overview } = await import('./help.js');
    const commands = Object.entries(table).map(([command, { summary }]) => ({ command, summary }));
    await output.result({ version, commands }, () => overview(table, version, output.style));
    return 0;
  }
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!entry) throw await unknownCommand(name, table, output.noteStyle.symbols);
  const { parse, HelpShown } = await import('./program.js');
  try {
    const invocation = await parse(name, entry, rest, output);
    const { command } = await entry.load();
    return (await command.run(invocation, context(typed, frame, table))) ?? 0;
  } catch (error) {
    if (!(error instanceof HelpShown)) throw error;
    await output.result({ help: error.text }, () => error.text);
    return 0;
  }
}

interface Frame {
  readonly process: NodeJS.Process;
  readonly output: Output;
  readonly signals: Signals;
  readonly version: string;
}

/** A closed pipe is not an error; a wait that the signal cut short is an interruption, whatever it threw. */
function judge(error: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted) return error;
  const cut = error === signal.reason || (error as Error | null)?.name === 'AbortError';
  return cut ? signal.reason : error;
}

const PIPE_CLOSED = Symbol('nobody reads stdout');

/** Runs one command line and returns the exit status. Prints every error. */
export async function runFrame(
  argv: readonly string[],
  table: CommandTable,
  process: NodeJS.Process,
  version: string,
): Promise<number> {
  const typed = read(argv);
  const signals = listenToSignals(process, () => process.exit(130));
  const output = createOutput({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    json: typed.has('--json'),
    noColour: typed.has('--no-color'),
    verbose: typed.has('--verbose'),
    onClosed: (error) => signals.abort(error ?? PIPE_CLOSED),
  });
  const fail = async (error: unknown) => {
    if (error === PIPE_CLOSED) return 0;
    await output.fault(error);
    return asStargateError(error).definition.exit;
  };
  // Nothing can be trusted after an error that nobody caught: say it, and go.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => void fail(error).then((status) => process.exit(status)));
  try {
    const status = await dispatch(typed, { process, output, signals, version }, table);
    const { reason } = signals.signal;
    return isStargateError(reason, 'STG_OUTPUT_WRITE') ? await fail(reason) : status;
  } catch (error) {
    return fail(judge(error, signals.signal));
  } finally {
    signals.dispose();
  }
}
