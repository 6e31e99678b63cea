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
import { isForBuilds, type Outcome, type Result, type Row } from './harness/row.js';
import { conservation } from './rows/29-all.js';
import { ROWS } from './rows/index.js';

const HERE = new URL('.', import.meta.url).pathname;

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
  const parameters = values.quick ? row.quick : row.full;
  const missing =
    findKafka() === null ? 'needs Kafka: test/tools/setup' : (row.missing?.(parameters) ?? null);
  const named = { number, title, target };
  if (missing !== null)
    return { ...named, ok: true, measured: missing, figures: {}, verdict: 'skipped', seconds: 0 };
  say(`${number}  ${title} …`);
  const began = performance.now();
  const outcome = await row
    .run(parameters, { seed, say: (text) => say(`   ${text}`) })
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
