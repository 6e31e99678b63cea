/**
 * `npm run bench [-- NAME …] [-- --record]`: runs the benchmarks of this folder, one after another, and prints
 * each result beside the recorded baseline. A benchmark never fails for being slow; `--record` makes the
 * results of this run the baseline (test/bench/baseline.json).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Figures = Record<string, unknown>;
interface Baseline {
  [name: string]: { readonly machine: Figures; readonly figures: Figures };
}

const here = dirname(fileURLToPath(import.meta.url));
const baselineFile = join(here, 'baseline.json');
const given = process.argv.slice(2);
const names = given.filter((argument) => !argument.startsWith('--'));

function machine(): Figures {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here, encoding: 'utf8' }).trim(),
  };
}

/** Numbers of a nested result as PATH → number, so that a run can be set beside another. */
function flatten(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path ? `${path}.${key}` : key));
}

function compare(figures: Figures, before: Figures | undefined): string {
  const old = new Map(before ? flatten(before) : []);
  return flatten(figures)
    .map(([path, now]) => {
      const then = old.get(path);
      const change = then
        ? `  ${(((now - then) / then) * 100).toFixed(0).padStart(5)} % against ${round(then)}`
        : '';
      return `  ${path.padEnd(56)} ${String(round(now)).padStart(12)}${change}`;
    })
    .join('\n');
}

const round = (value: number): number => Number(value.toPrecision(4));

const baseline: Baseline = existsSync(baselineFile) ? JSON.parse(readFileSync(baselineFile, 'utf8')) : {};
const available = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts' && !file.startsWith('_'))
  .map((file) => file.slice(0, -3));

for (const name of names.length > 0 ? names : available) {
  if (!available.includes(name)) {
    process.stderr.write(`There is no benchmark ${name}. There are: ${available.join(', ')}\n`);
    process.exitCode = 2;
    break;
  }
  process.stderr.write(`${name} …\n`);
  // A process of its own: no benchmark inherits another's heap, caches or compiled code.
  const printed = execFileSync(
    process.execPath,
    [
      '--expose-gc',
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `const { run } = await import('./${name}.ts'); console.log('\\n' + JSON.stringify(await run()));`,
    ],
    { cwd: here, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 },
  );
  const figures = JSON.parse(printed.trim().split('\n').at(-1)!) as Figures;
  process.stdout.write(`${name}\n${compare(figures, baseline[name]?.figures)}\n`);
  if (given.includes('--record')) {
    baseline[name] = { machine: machine(), figures };
    writeFileSync(baselineFile, `${JSON.stringify(baseline, null, 2)}\n`);
  }
}
