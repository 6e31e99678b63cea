/**
 * `npm run build`, and `npm ci` through `prepare`: TypeScript to dist/, then the browser parts.
 * With --if-possible it does nothing where the compiler or the sources are missing (`npm ci --omit=dev`,
 * an installed package), so that installing never fails for want of what only developers have.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

function bin(name, entry = name) {
  try {
    const manifest = require.resolve(`${name}/package.json`);
    const { bin: declared } = require(manifest);
    return join(dirname(manifest), typeof declared === 'string' ? declared : declared[entry]);
  } catch {
    return null;
  }
}

function run(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const tsc = bin('typescript', 'tsc');
const vite = bin('vite');
if (!tsc || !vite || !existsSync(join(root, 'src', 'cli.ts'))) {
  if (process.argv.includes('--if-possible')) process.exit(0);
  process.stderr.write('Cannot build: run npm ci first (it installs the compiler).\n');
  process.exit(1);
}
rmSync(join(root, 'dist'), { recursive: true, force: true });
run(tsc, ['-p', root]);
for (const part of ['tracker', 'ui']) {
  const config = join(root, 'src', part, 'vite.config.ts');
  if (existsSync(config)) run(vite, ['build', '--logLevel', 'warn', '--config', config]);
}
