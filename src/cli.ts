/**
 * The entry of the command line, and the only place that ends the process. Loading this module runs it.
 * What `--version` and `--help` need is loaded here; everything else when a command asks for it.
 */
import { readFileSync } from 'node:fs';
import type { CommandTable } from './commands/_command.js';

/** Every command, in the order of `stargate --help`. */
const COMMANDS: CommandTable = {
  dev: {
    summary: 'Run the whole pipeline on this machine, with a live page and a demo shop',
    group: 'Run',
    load: () => import('./commands/dev.js'),
  },
  serve: {
    summary: 'Run the collector: requests in, acknowledged events in the log',
    group: 'Run',
    load: () => import('./commands/serve.js'),
  },
  worker: {
    summary: 'Write the log to the warehouse, exactly once',
    group: 'Run',
    load: () => import('./commands/worker.js'),
  },
  query: {
    summary: 'Run SQL against the warehouse',
    group: 'Look',
    load: () => import('./commands/query.js'),
  },
  tail: {
    summary: 'Follow events as they arrive',
    group: 'Look',
    load: () => import('./commands/tail.js'),
  },
  config: {
    summary: 'Show every effective setting and where it came from',
    group: 'Settings',
    load: () => import('./commands/config.js'),
  },
  completion: {
    summary: 'Print a completion script for bash, zsh or fish',
    group: 'Settings',
    load: () => import('./commands/completion.js'),
  },
};

const OLDEST = [20, 19] as const;

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

const version = (): string =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

async function start(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const { runFrame } = await import('./cli/frame.js');
  return runFrame(argv, COMMANDS, process, version());
}

/** Something that should have ended still holds the process: give it a moment, then go. */
const LINGER_MS = 3000;

if (isOld(process.versions.node)) {
  process.stderr.write(
    `x STG_NODE_UNSUPPORTED  This version of Node is too old.\n  Expected    Node ${OLDEST.join('.')} or newer\n  Got         ${process.version}\n`,
  );
  process.exitCode = 1;
} else {
  let done = false;
  process.on('exit', () => {
    if (done) return;
    process.stderr.write('x STG_BUG  The command ended before it was done. Please report it.\n');
    process.exitCode = 1;
  });
  // Not awaited: a command that waits for nothing any more must end here, not as an unsettled module.
  void start(process.argv.slice(2)).then((status) => {
    done = true;
    process.exitCode = status;
    setTimeout(() => process.exit(), LINGER_MS).unref();
  });
}
