import { describe, expect, it } from 'vitest';
import { type Import, importsOf, type SourceFile, sourceFiles } from '../helpers/source.js';

/**
 * Who may import whom. The first rule whose `from` matches a file decides for it; `own` lists the files below
 * src/ it may import, `packages` the packages (node: is free unless `node` is false).
 */
interface Rule {
  readonly from: RegExp;
  readonly own: readonly RegExp[];
  readonly packages?: readonly RegExp[];
  readonly node?: false;
}

const ERRORS = /^errors\.ts$/;
const EVENT = /^event\//;
const PORTS = /^(log|warehouse)\/port\.ts$/;
/** How a room brings its checks to `doctor`. */
const CHECKS = /^doctor\/(port|codes)\.ts$/;
const OPENERS = /^(log|warehouse)\/open\.ts$/;

const RULES: readonly Rule[] = [
  { from: /\/vite\.config\.ts$/, own: [/^tracker\/version\.ts$/], packages: [/^vite$/] },
  { from: /^errors\.ts$/, own: [] },
  { from: /^event\/sanitise\.ts$/, own: [], node: false },
  { from: /^event\//, own: [EVENT, ERRORS], packages: [/^bowser$/, /^isbot$/] },
  { from: /^config\//, own: [/^config\//, ERRORS] },
  { from: /^(log|warehouse)\/port\.ts$/, own: [EVENT, ERRORS], node: false },
  {
    from: /^(log|warehouse)\/open\.ts$/,
    own: [/^(log|warehouse)\//, /^config\/connections\.ts$/, CHECKS, ERRORS],
  },
  // What the adapters of a log share: how they are opened, the loop of a consumer, what lag means, which process is which.
  {
    from: /^log\/(options|consumer|lag|identity)\.ts$/,
    own: [/^log\/(options|port)\.ts$/, CHECKS, EVENT, ERRORS],
  },
  {
    from: /^log\/embedded\//,
    own: [/^log\/(embedded\/|(port|options|consumer|lag|identity)\.ts)/, CHECKS, EVENT, ERRORS],
  },
  // The policies know logs by their port alone.
  { from: /^log\/spooled\//, own: [/^log\/(spooled\/|port\.ts)/, ERRORS] },
  { from: /^log\/fast\//, own: [/^log\/(fast\/|port\.ts)/, ERRORS] },
  { from: /^log\/memory/, own: [/^log\/(memory|port\.ts|options\.ts|consumer\.ts)/, EVENT, ERRORS] },
  {
    from: /^log\/kafka\//,
    own: [
      /^log\/(kafka\/|(port|options|consumer|lag|identity)\.ts)/,
      /^config\/connections\.ts$/,
      CHECKS,
      EVENT,
      ERRORS,
    ],
    packages: [/^@platformatic\/kafka$/, /^kafkajs$/],
  },
  {
    from: /^warehouse\/duckdb\//,
    own: [/^warehouse\/(duckdb\/|port\.ts)/, CHECKS, EVENT, ERRORS],
    packages: [/^@duckdb\/node-api$/, /^undici$/],
  },
  {
    from: /^warehouse\/bigquery\//,
    own: [/^warehouse\/(bigquery\/|port\.ts)/, CHECKS, EVENT, ERRORS],
    packages: [
      /^@google-cloud\/bigquery$/,
      /^@google-cloud\/bigquery-storage\/build\/src\/v1\/big_query_write_client\.js$/,
      /^@grpc\/grpc-js$/,
      /^google-auth-library$/,
    ],
  },
  { from: /^warehouse\/memory/, own: [/^warehouse\/(memory|port\.ts)/, EVENT, ERRORS] },
  { from: /^server\//, own: [/^server\//, PORTS, EVENT, ERRORS], packages: [/^prom-client$/] },
  { from: /^worker\//, own: [/^worker\//, PORTS, EVENT, ERRORS], packages: [/^prom-client$/] },
  {
    from: /^measure\//,
    own: [/^measure\//, PORTS, EVENT, ERRORS],
    packages: [/^hdr-histogram-js$/, /^undici$/, /^prom-client$/],
  },
  { from: /^doctor\/port\.ts$/, own: [/^doctor\/codes\.ts$/], node: false },
  { from: /^doctor\//, own: [/^doctor\//, ERRORS] },
  { from: /^tracker\//, own: [/^tracker\//, /^event\/sanitise\.ts$/], node: false },
  { from: /^ui\//, own: [/^ui\//, EVENT, ERRORS], packages: [/^preact/] },
  {
    from: /^runtime\//,
    own: [
      /^runtime\//,
      /^config\//,
      OPENERS,
      PORTS,
      /^log\/(spooled|fast)\/index\.ts$/,
      /^(server|worker|measure|doctor)\//,
      ERRORS,
      EVENT,
    ],
    packages: [/^prom-client$/, /^undici$/],
  },
  {
    from: /^commands\//,
    own: [
      /^commands\/_/,
      /^runtime\//,
      PORTS,
      /^(server|worker|measure|doctor)\//,
      EVENT,
      /^config\//,
      /^output\.ts$/,
      ERRORS,
    ],
    packages: [/^commander$/],
  },
  { from: /^output(\.ts$|\/)/, own: [/^output\//, ERRORS], packages: [/^ora$/] },
  {
    from: /^cli(\.ts$|\/)/,
    own: [/^cli\//, /^commands\//, /^output(\.ts$|\/)/, ERRORS],
    packages: [/^commander$/],
  },
  { from: /^index\.ts$/, own: [/./] },
];

/** One line per import that no rule allows. */
function violations(files: readonly Pick<SourceFile, 'path' | 'imports'>[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const rule = RULES.find(({ from }) => from.test(path));
    if (!rule) return [`${path}: no rule names this file`];
    return imports
      .filter((found) => !allowed(rule, path, found))
      .map((found) => `${path} → ${found.to} (${found.kind})`);
  });
}

function allowed(rule: Rule, path: string, found: Import): boolean {
  if (!found.own) {
    if (found.to.startsWith('node:')) return rule.node !== false;
    return (rule.packages ?? []).some((pattern) => pattern.test(found.to)) || path.endsWith('vite.config.ts');
  }
  // An adapter is loaded when its URL asks for it, and only then.
  if (
    OPENERS.test(path) &&
    /^(log|warehouse)\//.test(found.to) &&
    !PORTS.test(found.to) &&
    found.kind === 'value'
  )
    return false;
  if (path === 'cli.ts' && found.to.startsWith('commands/')) return found.kind !== 'value';
  // Pages and adapters know other rooms by their types only; whoever opens a log takes its URL apart.
  if (/^log\/kafka\//.test(path) && found.to.startsWith('config/')) return found.kind === 'type';
  if (/^ui\//.test(path) && (EVENT.test(found.to) || ERRORS.test(found.to))) return found.kind === 'type';
  return rule.own.some((pattern) => pattern.test(found.to));
}

describe('import rules', () => {
  it('hold for every file', () => {
    expect(violations(sourceFiles())).toEqual([]);
  });

  it.each([
    ['event/parse.ts', "import { open } from '../log/open.js';"],
    ['server/app.ts', "import { openLog } from '../log/open.js';"],
    ['server/app.ts', "import { startWorker } from '../worker/loop.js';"],
    ['worker/loop.ts', "import { DuckDBInstance } from '@duckdb/node-api';"],
    ['log/open.ts', "import { EmbeddedLog } from './embedded/log.js';"],
    ['log/embedded/log.ts', "import { memoryLog } from '../memory.js';"],
    ['commands/dev.ts', "import { command } from './serve.js';"],
    ['doctor/disk.ts', "import { openLog } from '../log/open.js';"],
    ['log/kafka/checks.ts', "import { examine } from '../../doctor/examine.js';"],
    ['tracker/main.ts', "import { scrub } from '../event/scrub.js';"],
    ['event/sanitise.ts', "import { Buffer } from 'node:buffer';"],
    ['elsewhere/file.ts', ''],
  ])('refuse a wrong import in %s', (path, text) => {
    expect(violations([{ path, imports: importsOf(path, text) }])).toHaveLength(1);
  });

  it('have no cycle of value imports', () => {
    const files = new Map(
      sourceFiles().map(({ path, imports }) => [
        path,
        imports.filter(({ own, kind }) => own && kind === 'value').map(({ to }) => to),
      ]),
    );
    expect(cycles(files)).toEqual([]);
  });

  it('finds a cycle where there is one', () => {
    expect(
      cycles(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['a']],
        ]),
      ),
    ).toEqual(['a → b → c → a']);
  });
});

function cycles(files: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    if (finished.has(path)) return;
    for (const next of files.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of files.keys()) visit(path, []);
  return found;
}
