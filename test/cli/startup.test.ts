import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, folder, ROOT, stargate } from '../helpers/cli.js';

beforeAll(ensureBuilt, 180_000);

/** Files of ours and packages that a command line loads, from V8's own record of scripts. */
async function loadedBy(...args: readonly string[]): Promise<string[]> {
  const { path, remove } = folder();
  try {
    await stargate(args, { env: { NODE_V8_COVERAGE: path } });
    const [report = ''] = readdirSync(path);
    const { result } = JSON.parse(readFileSync(join(path, report), 'utf8')) as { result: { url: string }[] };
    const urls = result.map(({ url }) => decodeURI(url)).filter((url) => url.startsWith('file:'));
    return urls.map((url) =>
      url.includes('/node_modules/')
        ? url.replace(/^.*\/node_modules\/((?:@[^/]+\/)?[^/]+).*$/, 'package $1')
        : url.slice(url.indexOf(ROOT) + ROOT.length),
    );
  } finally {
    remove();
  }
}

// Wall time depends on the machine; what is loaded does not, and decides it.
describe('start-up loads', () => {
  it('two files for --version', async () => {
    expect((await loadedBy('--version')).sort()).toEqual(['bin/stargate', 'dist/cli.js']);
  });

  it('no package, no command and no configuration for --help', async () => {
    const loaded = await loadedBy('--help');
    expect(loaded).toContain('dist/cli/help.js');
    expect(loaded.filter((name) => /^package|commands\/|config\//.test(name))).toEqual([]);
    expect(loaded.length).toBeLessThan(16);
  });

  it('one command and commander for a command', async () => {
    const loaded = await loadedBy('config');
    expect(loaded).toContain('dist/commands/config.js');
    expect(loaded).not.toContain('dist/commands/completion.js');
    expect([...new Set(loaded.filter((name) => name.startsWith('package')))]).toEqual(['package commander']);
  });
});
