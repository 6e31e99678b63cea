/**
 * The entry of the command line, and the only place that ends the process. Loading this module runs it.
 * What `--version` and `--help` need is loaded here; everything else when a command asks for it.
 */
import { readFileSync } from 'node:fs';
import type { CommandTable } from './commands/_command.js';

/** Every command, in the order of `stargate --help`. */
const COMMANDS: CommandTable = {
  dev: {
    summary: 'Run everything on this machine, with a live page',
    group: 'Run',
    load: () => import('./commands/dev.js'),
  },
  serve: {
    summary: 'Run the collector: requests in, events in the log',
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
  doctor: {
    summary: 'Check machine, log, spool and warehouse; each fault with its fix',
    group: 'Look after',
    load: () => import('./commands/doctor.js'),
  },
  replay: {
    summary: 'Take in again what was rejected, or a file of events',
    group: 'Look after',
    load: () => import('./commands/replay.js'),
  },
  forget: {
    summary: 'Erase a person from warehouse, log and spool',
    group: 'Look after',
    load: () => import('./commands/forget.js'),
  },
  loadtest: {
    summary: 'Send load and tell the truth about both sides',
    group: 'Measure',
    load: () => import('./commands/loadtest.js'),
  },
  latency: {
    summary: 'Measure how long events take until they can be queried',
    group: 'Measure',
    load: () => import('./commands/latency.js'),
  },
  setup: {
    summary: 'Create or check what log and warehouse need: topic, tables, views',
    group: 'Settings',
    load: () => import('./commands/setup.js'),
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

if (isOld(process.versions.node)) {
  // Before anything newer than this file is loaded: an old Node may not even read it.
  process.stderr.write(
    `x STG_NODE_UNSUPPORTED  This version of Node is too old.\n  Expected  Node ${OLDEST.join('.')} or newer\n  Got       ${process.version}\n`,
  );
  process.exitCode = 1;
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${version()}\n`);
} else {
  const { launch } = await import('./cli/frame.js');
  launch({ table: COMMANDS, version: version(), process, exit: (status) => process.exit(status) });
}
