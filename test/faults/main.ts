/**
 * `npm run faults [-- --quick] [-- --only N[,N]] [-- --seed S]`: runs the rows of the scoreboard one after another, and
 * prints what was measured beside what was asked for. Everything measured goes to a file of test/faults/results.
 * Exit status: 1 when a row misses its target, 2 for arguments that say nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endAll } from '../helpers/cli.js';
import { findKafka } from '../helpers/kafka/home.js';
import { machine } from './harness/machine.js';
import { isForBuilds, type Outcome, type Row } from './harness/row.js';
import { ROWS } from './rows/index.js';

const HERE = new URL('.', import.meta.url).pathname;

interface Result extends Outcome {
  readonly number: string;
  readonly title: string;
  readonly target: string;
  readonly verdict: 'holds' | 'MISSED' | 'skipped';
  readonly seconds: number;
}

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
const only = values.only?.split(',');
const rows = ROWS.filter(({ number, quick, shownBy }) =>
  only
    ? only.includes(number) && !(values.quick && quick === null)
    : !values.quick || isForBuilds({ quick, shownBy }),
);
if (rows.length === 0 || !Number.isSafeInteger(seed)) {
  process.stderr.write(`Rows: ${ROWS.map(({ number }) => number).join(' ')}. --seed takes a whole number.\n`);
  process.exit(2);
}

// What is registered for the end, brokers and mounts, is ended then too.
process.once('SIGINT', () => process.exit(130));

const say = (text: string): void => void process.stderr.write(`${text}\n`);

if (values.quick && !only)
  for (const { number, shownBy } of ROWS)
    if (shownBy) say(`${number}  is left to ${shownBy}; --only ${number}`);

async function run(row: Row): Promise<Result> {
  const { number, title, target } = row;
  const missing = findKafka() === null ? 'needs Kafka: test/tools/setup' : (row.missing?.() ?? null);
  const named = { number, title, target };
  if (missing !== null)
    return { ...named, ok: true, measured: missing, figures: {}, verdict: 'skipped', seconds: 0 };
  say(`${number}  ${title} …`);
  const began = performance.now();
  const outcome = await row
    .run(values.quick ? row.quick : row.full, { seed, say: (text) => say(`   ${text}`) })
    .catch(
      (error: Error): Outcome => ({ ok: false, measured: error.message, figures: { stack: error.stack } }),
    );
  await endAll();
  const seconds = Math.round((performance.now() - began) / 1_000);
  say(`   ${outcome.ok ? 'holds' : 'MISSED'} after ${seconds} s: ${outcome.measured}`);
  return { ...named, ...outcome, verdict: outcome.ok ? 'holds' : 'MISSED', seconds };
}

function table(results: readonly Result[]): string {
  const head = ['#', 'Test', 'Target', 'Measured', 'Verdict', 's'];
  const lines = results.map((one) => [
    one.number,
    one.title,
    one.target,
    one.measured.split('\n')[0]!,
    one.verdict,
    String(one.seconds),
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

interface Conserved {
  readonly samples: number;
  readonly violations: readonly string[];
}

/** Row 29 is looked at during all others: what they found, wherever it stands in their figures. */
function conserved(figures: unknown): Conserved[] {
  if (typeof figures !== 'object' || figures === null) return [];
  const { conservation } = figures as { conservation?: Conserved };
  return [...(conservation ? [conservation] : []), ...Object.values(figures).flatMap(conserved)];
}

function conservation(results: readonly Result[]): Result {
  const all = results.flatMap(({ figures }) => conserved(figures));
  const violations = all.flatMap((one) => one.violations);
  const samples = all.reduce((sum, one) => sum + one.samples, 0);
  return {
    number: '29',
    title: 'log, rows and positions fit, looked at once a second during the rows above',
    target: '0 violations',
    ok: violations.length === 0,
    measured: `${violations.length} violations in ${samples} samples, and at ${all.length} ends`,
    figures: { samples, ends: all.length, violations },
    verdict: all.length === 0 ? 'skipped' : violations.length === 0 ? 'holds' : 'MISSED',
    seconds: 0,
  };
}

const began = new Date();
const results: Result[] = [];
for (const row of rows) results.push(await run(row));
results.push(conservation(results));

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: HERE, encoding: 'utf8' }).trim();
const tier = values.quick ? 'quick' : 'full';
const folder = join(HERE, 'results');
const file = join(folder, `${began.toISOString().replaceAll(':', '')}-${tier}.json`);
mkdirSync(folder, { recursive: true });
writeFileSync(
  file,
  `${JSON.stringify({ began, tier, seed, commit, machine: machine(), results }, null, 2)}\n`,
);
process.stdout.write(`${table(results)}\nSeed ${seed}, ${tier}. Everything measured: ${file}\n`);
process.exitCode = results.some(({ ok }) => !ok) ? 1 : 0;
