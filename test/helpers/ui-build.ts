import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { root } from './source.js';

/** The pages as `npm run build` makes them, in a folder of their own: tests in parallel never share dist/. */
export async function buildUi(): Promise<{ readonly dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'stargate-ui-'));
  await build({
    configFile: join(root, 'src', 'ui', 'vite.config.ts'),
    mode: 'production',
    logLevel: 'error',
    build: { outDir: dir },
  });
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
